"""An OpenAI-compatible batch interface on the loopback interface; a test scripts the course of each batch."""

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def result(key, answer, number=0):
    """Return a line of a result file: `answer` is a text, a message, or {status, error} or {code} for a failure."""
    answer = {"text": answer} if isinstance(answer, str) else answer
    line = {"id": f"batch_req_{number}", "custom_id": key, "response": None, "error": None}
    if "code" in answer:
        return line | {"error": {"code": answer["code"], "message": "not carried out"}}
    if "status" in answer:
        body = {"error": {"message": "a fault on purpose", "type": "test", "code": None, **answer.get("error", {})}}
        return line | {"response": {"status_code": answer["status"], "request_id": "r", "body": body}}
    message = {"role": "assistant", "content": answer.get("text"), "refusal": answer.get("refusal")}
    body = {
        "id": f"chatcmpl-{key[:8]}",
        "choices": [{"index": 0, "finish_reason": answer.get("finish_reason", "stop"), "message": message}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    return line | {"response": {"status_code": 200, "request_id": "r", "body": body}}


@dataclass
class Course:
    """How a batch goes: its statuses as it is looked at (the last one stays), its results, and its errors.

    Attributes:
        results: function of a request {custom_id, body}: see `result`; None leaves the request out.
        more: further lines of the output file, as they are.
    """

    statuses: tuple = ("in_progress", "completed")
    results: object = lambda request: request["body"]["messages"][-1]["content"].upper()
    errors: tuple = ()
    more: tuple = ()


@dataclass
class BatchEndpoint:
    """`course(number of the batch, its requests)` scripts a batch; `fault(method, path, number of calls)` a call.

    A fault is None or a dict: `status` and `error` to answer with; `raw` bytes of a `type` as a good answer; `hang`, an
    event to wait for before the connection is closed. It comes instead of the call's effect, or after it (`when`); a
    download breaks off after so many `lines`.
    """

    course: object
    fault: object
    url: str = ""
    files: dict = field(default_factory=dict)
    batches: dict = field(default_factory=dict)
    looks: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)
    answered: list = field(default_factory=list)

    @property
    def sizes(self):
        return [len(batch["requests"]) for batch in self.batches.values()]

    def count(self, method, path):
        return sum(1 for call in self.calls if call[0] == method and re.fullmatch(path, call[1]))

    def create(self, content):
        number = len(self.batches) + 1
        requests = [json.loads(line) for line in self.files[content["input_file_id"]].splitlines()]
        course = self.course(number, requests)
        batch = {"id": f"batch_{number}", "content": content, "course": course, "requests": requests}
        self.batches[batch["id"]] = batch
        output, errors = [], []
        for request in requests:
            answer = course.results(request)
            if answer is None:
                continue
            failed = isinstance(answer, dict) and ("status" in answer or "code" in answer)
            if not failed:
                self.answered.append(request["custom_id"])
            (errors if failed else output).append(result(request["custom_id"], answer, number))
        batch["output"] = [json.dumps(line).encode() for line in reversed(output)] + list(course.more)
        batch["error"] = [json.dumps(line).encode() for line in errors]
        for kind in ("output", "error"):
            self.files[f"file-{kind}-{number}"] = b"".join(line + b"\n" for line in batch[kind])
        return self.describe(batch, "validating")

    def describe(self, batch, status):
        number = batch["id"].removeprefix("batch_")
        ended = status in ("completed", "expired", "cancelled")
        total, completed, failed = len(batch["requests"]), len(batch["output"]), len(batch["error"])
        return {
            "id": batch["id"],
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": batch["content"]["input_file_id"],
            "completion_window": "24h",
            "status": status,
            "created_at": 0,
            "output_file_id": f"file-output-{number}" if ended and batch["output"] else None,
            "error_file_id": f"file-error-{number}" if ended and batch["error"] else None,
            "errors": {"object": "list", "data": list(batch["course"].errors)} if status == "failed" else None,
            "request_counts": {"total": total, "completed": completed if ended else 0, "failed": failed},
            "metadata": batch["content"].get("metadata"),
        }

    def look(self, batch_id):
        batch = self.batches[batch_id]
        look = self.looks[batch_id] = self.looks.get(batch_id, 0) + 1
        statuses = batch["course"].statuses
        return self.describe(batch, statuses[min(look, len(statuses)) - 1])

    def page(self, after, limit):
        newest_first = [self.describe(batch, "in_progress") for batch in reversed(list(self.batches.values()))]
        start = next((i + 1 for i, batch in enumerate(newest_first) if batch["id"] == after), 0)
        data = newest_first[start : start + min(limit, 2)]
        return {"object": "list", "data": data, "has_more": start + len(data) < len(newest_first)}


def _handler(endpoint, lock):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer("POST", lambda: self._post(content))

        def do_GET(self):
            self._answer("GET", self._get)

        def _post(self, content):
            if self.path == "/v1/batches":
                return endpoint.create(json.loads(content))
            boundary = re.search("boundary=([^;]+)", self.headers["Content-Type"])[1].strip('"').encode()
            parts = content.split(b"--" + boundary)
            (data,) = (part.partition(b"\r\n\r\n")[2][:-2] for part in parts if b'name="file"' in part)
            file_id = f"file-{len(endpoint.files)}"
            endpoint.files[file_id] = data
            return {"id": file_id, "object": "file", "bytes": len(data), "created_at": 0, "filename": "r",
                    "purpose": "batch", "status": "processed"}  # fmt: skip

        def _get(self):
            path, _, query = self.path.partition("?")
            if path == "/v1/batches":
                arguments = dict(pair.split("=") for pair in query.split("&"))
                return endpoint.page(arguments.get("after"), int(arguments["limit"]))
            return endpoint.look(path.rsplit("/", 1)[1])

        def _answer(self, method, act):
            path = self.path.partition("?")[0].removeprefix("/v1")
            with lock:
                endpoint.calls.append((method, path))
                fault = endpoint.fault(method, path, endpoint.count(method, path)) or {}
            if "raw" in fault:
                return self._send(200, fault["raw"], fault["type"])
            if fault.get("when") == "before":
                fault["hang"].wait(30)
                return self.close()
            if "status" in fault and fault.get("when") != "after":
                return self._send(fault["status"], {"error": {"message": "a fault on purpose", **fault}})
            if method == "GET" and path.endswith("/content"):
                return self._download(path.split("/")[2], fault)
            with lock:
                known = path in ("/files", "/batches") or path.rsplit("/", 1)[1] in endpoint.batches
                content = act() if known else {"error": {"message": "no such batch"}}
            if fault.get("when") == "after":
                if "hang" in fault:
                    fault["hang"].wait(30)
                return self.close() if "hang" in fault else self._send(fault["status"], {"error": {"message": "late"}})
            return self._send(200 if known else 404, content)

        def _download(self, file_id, fault):
            lines = endpoint.files[file_id].splitlines(keepends=True)
            self.send_response(200)
            self.send_header("Content-Length", str(sum(map(len, lines))))
            self.end_headers()
            for line in lines[: fault.get("lines", len(lines))]:
                self.wfile.write(line)
            if "hang" in fault:
                fault["hang"].wait(30)
            if "lines" in fault:
                self.close()

        def _send(self, status, content, kind="application/json"):
            payload = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def close(self):
            self.close_connection = True

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def serving_batches(course=lambda number, requests: Course(), fault=lambda method, path, number: None):
    endpoint = BatchEndpoint(course, fault)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(endpoint, threading.RLock()))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
