"""Files and batches of the scripted server, in the forms of OpenAI's interface (platform.openai.com, Batch API)."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from medinjection.demo.server.counts import Counts, digest_of
from medinjection.demo.server.shares import Shares

ENDPOINT = "/v1/chat/completions"

_MOST_FILE_BYTES = 200 * 2**20
_MOST_LINES = 50_000
_LINES_AT_ONCE = 50
_DAY = 86_400
_UNDER_WAY = ("validating", "in_progress", "finalizing")
_TIMES = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


class Batches:
    """The files and batches of one server, in memory.

    Args:
        answer: takes a chat request's body and its digest, returns the completion and the fault of its content.
        seconds: how long a batch takes at least.
    """

    def __init__(
        self, answer: Callable[[dict[str, Any], str], tuple[dict[str, Any], str | None]], seconds: float, shares: Shares
    ) -> None:
        self.shares = shares
        self.counts = Counts()
        self._answer = answer
        self._seconds = seconds
        self._files: dict[str, dict[str, Any]] = {}
        self._contents: dict[str, bytes] = {}
        self._batches: dict[str, dict[str, Any]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses of files and batches."""
        return [
            web.post("/v1/files", self._upload),
            web.get("/v1/files/{id}", self._file),
            web.get("/v1/files/{id}/content", self._content),
            web.post("/v1/batches", self._create),
            web.get("/v1/batches", self._list),
            web.get("/v1/batches/{id}", self._batch),
            web.post("/v1/batches/{id}/cancel", self._cancel),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the counts of lines, and how many batches there are by status."""
        statuses = [batch["status"] for batch in self._batches.values()]
        by_status = {status: statuses.count(status) for status in sorted(set(statuses))}
        return self.counts.as_dict() | {"files": len(self._files), "batches": len(statuses), "by_status": by_status}

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        upload, purpose = form.get("file"), form.get("purpose")
        if not isinstance(upload, web.FileField) or purpose != "batch":
            return error_response(400, "expected a file and the purpose 'batch'", "invalid_request_error")
        content = upload.file.read()
        if len(content) > _MOST_FILE_BYTES:
            return error_response(413, f"the file has more than {_MOST_FILE_BYTES} bytes", "invalid_request_error")
        return web.json_response(self._keep(content, upload.filename, "batch"))

    async def _file(self, request: web.Request) -> web.Response:
        return _found(self._files, request, "file")

    async def _content(self, request: web.Request) -> web.Response:
        missing = _found(self._files, request, "file")
        content = self._contents.get(request.match_info["id"])
        return missing if content is None else web.Response(body=content, content_type="application/octet-stream")

    async def _create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked.get("input_file_id") not in self._contents:
            return error_response(400, f"no such file: {asked.get('input_file_id')}", "invalid_request_error")
        if asked.get("endpoint") != ENDPOINT or asked.get("completion_window") != "24h":
            return error_response(400, f"expected endpoint {ENDPOINT} and window 24h", "invalid_request_error")
        now = int(time.time())
        batch = {
            "id": f"batch_{secrets.token_hex(12)}",
            "object": "batch",
            "endpoint": ENDPOINT,
            "errors": None,
            "input_file_id": asked["input_file_id"],
            "completion_window": "24h",
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": now,
            "expires_at": now + _DAY,
            **{f"{name}_at": None for name in _TIMES},
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": asked.get("metadata"),
        }
        self._batches[batch["id"]] = batch
        self._tasks[batch["id"]] = asyncio.create_task(self._work(batch))
        return web.json_response(batch)

    async def _list(self, request: web.Request) -> web.Response:
        """Newest first, as OpenAI does; `after` names the last batch of the page before."""
        newest = list(reversed(self._batches.values()))
        ids = [batch["id"] for batch in newest]
        after = request.query.get("after")
        start = ids.index(after) + 1 if after in ids else 0
        page = newest[start : start + int(request.query.get("limit", "20"))]
        first_id, last_id = (page[0]["id"], page[-1]["id"]) if page else (None, None)
        more = start + len(page) < len(newest)
        return web.json_response(
            {"object": "list", "data": page, "first_id": first_id, "last_id": last_id, "has_more": more}
        )

    async def _batch(self, request: web.Request) -> web.Response:
        return _found(self._batches, request, "batch")

    async def _cancel(self, request: web.Request) -> web.Response:
        batch = self._batches.get(request.match_info["id"])
        if batch and batch["status"] in _UNDER_WAY:
            _enter(batch, "cancelling")
            self._tasks[batch["id"]].cancel()
        return _found(self._batches, request, "batch")

    def _keep(self, content: bytes, name: str, purpose: str) -> dict[str, Any]:
        file_id = f"file-{secrets.token_hex(12)}"
        described: dict[str, Any] = {
            "id": file_id,
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": name,
            "purpose": purpose,
            "status": "processed",
        }
        self._files[file_id] = described
        self._contents[file_id] = content
        return described

    async def _work(self, batch: dict[str, Any]) -> None:
        """Take a batch from validation to its end; a cancelled one keeps what is done."""
        started = time.monotonic()
        content = self._contents[batch["input_file_id"]]
        fault = self.shares.batch(digest_of(content))
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        try:
            await asyncio.sleep(self._seconds / 10)
            lines, problems = _lines(content)
            if fault == "batch_failed":
                problems = [{"code": "server_error", "message": "a failure on purpose", "param": None, "line": None}]
            if problems:
                batch["errors"] = {"object": "list", "data": problems}
                self._count_batch_fault(fault, "batch_failed")
                _enter(batch, "failed")
                return
            batch["request_counts"]["total"] = len(lines)
            _enter(batch, "in_progress")
            expired = len(lines) // 2 if fault == "batch_expired" else 0
            for number, line in enumerate(lines):
                self._do(line, number >= len(lines) - expired, done, failed)
                batch["request_counts"].update(completed=len(done), failed=len(failed))
                if number % _LINES_AT_ONCE == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(max(0.0, self._seconds - (time.monotonic() - started)))
        except asyncio.CancelledError:
            self._finish(batch, "cancelled", done, failed)
            return
        self._count_batch_fault(fault, "batch_expired")
        self._finish(batch, "expired" if fault == "batch_expired" else "completed", done, failed)

    def _count_batch_fault(self, fault: str | None, kind: str) -> None:
        if fault == kind:
            self.counts.by_fault[kind] += 1

    def _do(
        self, line: dict[str, Any], expired: bool, done: list[dict[str, Any]], failed: list[dict[str, Any]]
    ) -> None:
        """Answer one line into `done`, or give it up into `failed`."""
        body = line["body"]
        digest = digest_of(json.dumps(body, ensure_ascii=False, sort_keys=True).encode())
        result = {"id": f"batch_req_{secrets.token_hex(12)}", "custom_id": line["custom_id"], "response": None}
        self.counts.received += 1
        if expired:
            said = "This request could not be executed before the completion window expired."
            failed.append(result | {"error": {"code": "batch_expired", "message": said}})
            self.counts.fail("expired_line")
            return
        if fault := self.shares.line(digest):
            error = {"message": "a server error on purpose", "type": "server_error", "param": None, "code": None}
            response = {"status_code": 500, "request_id": f"req_{digest[:24]}", "body": {"error": error}}
            failed.append(result | {"response": response, "error": None})
            self.counts.fail(fault)
            return
        completion, content_fault = self._answer(body, digest)
        response = {"status_code": 200, "request_id": f"req_{digest[:24]}", "body": completion}
        done.append(result | {"response": response, "error": None})
        self.counts.answer(digest, content_fault)

    def _finish(
        self, batch: dict[str, Any], status: str, done: list[dict[str, Any]], failed: list[dict[str, Any]]
    ) -> None:
        """Write the files, in an order of their own as OpenAI's, and set the last status."""
        for field, results in (("output_file_id", done), ("error_file_id", failed)):
            if results:
                shuffled = sorted(results, key=lambda result: digest_of(result["custom_id"].encode()))
                text = "".join(json.dumps(result, ensure_ascii=False) + "\n" for result in shuffled)
                batch[field] = self._keep(text.encode(), f"{batch['id']}_{field[:6]}.jsonl", "batch_output")["id"]
        batch["request_counts"].update(completed=len(done), failed=len(failed))
        _enter(batch, status)


def error_response(status: int, message: str, kind: str, code: str | None = None, **headers: str) -> web.Response:
    """Return an error as OpenAI words it; a `_` in a header's name stands for `-`."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response({"error": error}, status=status, headers=named)


def _found(known: dict[str, dict[str, Any]], request: web.Request, kind: str) -> web.Response:
    name = request.match_info["id"]
    if name in known:
        return web.json_response(known[name])
    return error_response(404, f"no such {kind}: {name}", "invalid_request_error")


def _enter(batch: dict[str, Any], status: str) -> None:
    batch["status"] = status
    batch[f"{status}_at"] = int(time.time())


def _lines(content: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the requests of an input file, and what is wrong with it."""
    lines: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, text in enumerate(_texts(content), start=1):
        try:
            line = json.loads(text)
            custom_id = line["custom_id"]
            if (line["method"], line["url"]) != ("POST", ENDPOINT) or not line["body"]["messages"]:
                raise ValueError(f"expected POST {ENDPOINT} with messages")
            if custom_id in seen:
                raise ValueError(f"custom_id {custom_id!r} is used twice")
        except (ValueError, KeyError, TypeError) as error:
            problems.append({"code": "invalid_line", "message": str(error), "param": None, "line": number})
            continue
        seen.add(custom_id)
        lines.append(line)
    if not lines or len(lines) > _MOST_LINES:
        said = f"the file has {len(lines)} requests, expected 1 to {_MOST_LINES}"
        problems.append({"code": "invalid_size", "message": said, "param": None, "line": None})
    return lines, problems


def _texts(content: bytes) -> Iterable[bytes]:
    return (line for line in content.split(b"\n") if line.strip())
