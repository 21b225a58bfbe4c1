"""An OpenAI-compatible endpoint on the loopback interface, for tests of what really goes over the wire."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Endpoint:
    """Answers each request by `reply(messages, number of requests so far)`.

    A reply is a text, or a dict with any of: text, finish_reason, status, headers, error, seconds (before answering),
    and the fields of a completion that take the place of the usual ones, such as choices or usage.
    """

    reply: object
    bodies: list = field(default_factory=list)
    headers: list = field(default_factory=list)
    times: list = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    url: str = ""

    @property
    def requests(self):
        return len(self.bodies)


@contextmanager
def serving(reply, port=0):
    endpoint = Endpoint(reply)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                endpoint.bodies.append(body)
                endpoint.headers.append({name.lower(): value for name, value in self.headers.items()})
                endpoint.times.append(time.monotonic())
                number = len(endpoint.bodies)
                endpoint.in_flight += 1
                endpoint.most_in_flight = max(endpoint.most_in_flight, endpoint.in_flight)
            answer = endpoint.reply(body["messages"], number)
            answer = {"text": answer} if isinstance(answer, str) else answer
            time.sleep(answer.get("seconds", 0))
            with lock:
                endpoint.in_flight -= 1
            self._send(number, body, answer)

        def _send(self, number, body, answer):
            status = answer.get("status", 200)
            if status == 200:
                message = {"role": "assistant", "content": answer.get("text", "")}
                content = {
                    "id": f"chatcmpl-{number}",
                    "object": "chat.completion",
                    "created": 0,
                    "model": body["model"],
                    "choices": [{"index": 0, "finish_reason": answer.get("finish_reason", "stop"), "message": message}],
                    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
                } | {name: answer[name] for name in ("choices", "usage") if name in answer}
            else:
                content = {"error": {"message": "a fault on purpose", "type": "test", **answer.get("error", {})}}
            payload = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **answer.get("headers", {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
