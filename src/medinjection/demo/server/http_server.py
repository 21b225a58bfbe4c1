"""An OpenAI-compatible HTTP server around the scripted teacher, with faults to switch on. Loopback only.

    python -m medinjection.demo.server.http_server --port 0 --knowledge resources/knowledge_base.yaml \
        --faults '{"rate_limit": 0.05, "cut": 0.05}'

prints one line with its address when it is ready, and runs until it is stopped. It asks for no key.

It serves chat completions, models, files and batches under /v1, and of its own:

GET /health     {"status": "ok"}
GET /counts     requests received, answered whole, answered distinct, answered well (distinct and not spoiled),
                repeated_answered, failed, abandoned by the client, in progress, by fault; "batches" counts lines in the
                same way; /counts?ids=1 adds how often each id was answered
POST /faults    a JSON object of shares, in place of those of --faults; tries start from zero

Faults, each a share of requests from 0 to 1:
rate_limit, rate_limit_bare, server_error   status 429 with and without Retry-After, status 500
hang, slow      no answer until the client gives up; an answer after --slow-seconds
cut, invalid_json   the connection ends in the middle of the answer; an answer that is no JSON, with status 200
unauthorized    status 401 at every try, with the key in the message
prose, wrong_schema, truncated, refusal, content_filter   an answer with bad content
batch_failed, batch_expired, batch_error_line   a batch that fails, one that ends half done, a line with status 500
A fault of the first two rows, or of a batch, hits the same request no more than three times.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from medinjection.demo.server.batches import Batches, error_response
from medinjection.demo.server.counts import Counts, answer_id, digest_of
from medinjection.demo.server.shares import Shares
from medinjection.demo.teacher.faults import spoiled
from medinjection.demo.teacher.scripted_teacher import ScriptedAnswer, ScriptedTeacher
from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError

HOST = "127.0.0.1"
ECHO = "La réponse est courte."

_MOST_BYTES = 256 * 2**20
_FOREVER = 86_400.0
_MODEL = "teacher"
_LOOK_SECONDS = 1.0


class ScriptedServer:
    """The server's state and its answers.

    Args:
        knowledge: path of the knowledge base file; None answers everything with ECHO.
        latency: seconds before each answer.
        slow: seconds before an answer that is hit by the fault `slow`.
    """

    def __init__(
        self,
        knowledge: Path | None,
        shares: Shares,
        latency: float = 0.0,
        slow: float = 1.0,
        batch_seconds: float = 0.0,
    ) -> None:
        self._knowledge = None if knowledge is None else str(knowledge)
        self._latency = latency
        self._slow = slow
        self._teacher = ScriptedTeacher()
        self._counts = Counts()
        self._shares = shares
        self._batches = Batches(self._completion, batch_seconds, shares)

    def application(self) -> web.Application:
        """Return the web application."""
        application = web.Application(client_max_size=_MOST_BYTES, middlewares=[self._check_key])
        application.add_routes(
            [
                web.post("/v1/chat/completions", self._chat),
                web.get("/v1/models", _models),
                web.get("/health", _health),
                web.get("/counts", self._count),
                web.post("/faults", self._set_faults),
                *self._batches.routes(),
            ]
        )
        return application

    @web.middleware
    async def _check_key(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Apply the fault of authentication to files and batches too; a chat's depends on its content."""
        guarded = request.path.startswith(("/v1/files", "/v1/batches"))
        fault = self._shares.authentication(f"{request.method} {request.path}") if guarded else None
        return _failure(fault, request) if fault else await handler(request)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self._counts.received += 1
        try:
            return await self._answer_chat(request, await request.read())
        except (asyncio.CancelledError, ConnectionError):
            self._counts.abandoned += 1
            raise

    async def _answer_chat(self, request: web.Request, content: bytes) -> web.StreamResponse:
        digest = digest_of(content)
        fault = self._shares.transport(digest)
        if fault == "hang":
            self._counts.by_fault[fault] += 1
            await asyncio.sleep(_FOREVER)
        if fault == "slow":
            self._counts.by_fault[fault] += 1
        elif fault is not None and fault not in ("cut", "invalid_json"):
            self._counts.fail(fault)
            return _failure(fault, request)
        if waiting := self._latency + (self._slow if fault == "slow" else 0.0):
            await asyncio.sleep(waiting)
        try:
            body = None if self._knowledge is None and not self._shares.of_content else json.loads(content)
            completion, content_fault = self._completion(body, digest)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._counts.fail("bad_request")
            return error_response(400, f"not a chat request ({error})", "invalid_request_error")
        text = json.dumps(completion, ensure_ascii=False).encode()
        if fault == "invalid_json":
            self._counts.fail(fault)
            return web.Response(body=text[: len(text) // 2] + b"}{", content_type="application/json")
        response = web.Response(body=text, content_type="application/json")
        if fault == "cut":
            self._counts.fail(fault)
            return await _cut(request, text)
        await response.prepare(request)
        await response.write_eof()
        self._counts.answer(digest, content_fault)
        return response

    def _completion(self, body: dict[str, Any] | None, digest: str) -> tuple[dict[str, Any], str | None]:
        """Return the chat completion for a request's body, and the fault of its content."""
        if body is None:
            return _filled(ScriptedAnswer("", ECHO, "stop", 1, 1), _MODEL, digest), None
        model, messages = body["model"], body["messages"]
        fault = self._shares.content(model, messages)
        rates = {fault: 1.0} if fault and fault != "content_filter" else {}
        if self._knowledge is None:
            text, finish_reason = spoiled(ECHO, fault)
            answer = ScriptedAnswer("", text, finish_reason, 1, 1)
        else:
            answer = self._teacher.answer(model, messages, self._knowledge, rates)
        completion = _filled(answer, model, digest)
        if fault == "content_filter":
            choice = completion["choices"][0]
            choice["finish_reason"], choice["message"]["content"] = fault, None
        return completion, fault

    async def _count(self, request: web.Request) -> web.Response:
        counts = self._counts.as_dict(ids="ids" in request.query)
        return web.json_response(counts | {"batches": self._batches.as_dict()})

    async def _set_faults(self, request: web.Request) -> web.Response:
        try:
            self._shares = self._batches.shares = Shares(await request.json())
        except (InputError, ValueError, AttributeError) as error:
            return error_response(400, str(error), "invalid_request_error")
        return web.json_response({"status": "ok"})


async def _models(_: web.Request) -> web.Response:
    model = {"id": _MODEL, "object": "model", "created": 0, "owned_by": "scripted"}
    return web.json_response({"object": "list", "data": [model]})


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def _failure(fault: str, request: web.Request) -> web.Response:
    if fault == "rate_limit":
        return error_response(429, "too many requests", "requests", "rate_limit_exceeded", Retry_After="1")
    if fault == "rate_limit_bare":
        return error_response(429, "too many requests", "requests", "rate_limit_exceeded")
    if fault == "unauthorized":
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        said = f"Incorrect API key provided: {key}."
        return error_response(401, said, "invalid_request_error", "invalid_api_key")
    return error_response(500, "a server error on purpose", "server_error")


async def _cut(request: web.Request, text: bytes) -> web.StreamResponse:
    """Promise the whole text, send half of it, and end the connection."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(text))})
    await response.prepare(request)
    await response.write(text[: len(text) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _filled(answer: ScriptedAnswer, model: str, digest: str) -> dict[str, Any]:
    usage = {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "total_tokens": answer.prompt_tokens + answer.completion_tokens,
    }
    message = {"role": "assistant", "content": answer.text, "refusal": None}
    return {
        "id": answer_id(digest),
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason, "logprobs": None}],
        "usage": usage,
    }


async def serve(server: ScriptedServer, port: int, ready: Callable[[str], None], with_parent: bool) -> None:
    """Serve on the loopback interface until the process is asked to stop; `ready` is given the address.

    Args:
        with_parent: stop, too, when the process that started this one is gone, however it ended.
    """
    parent = os.getppid()
    # A handler is cancelled when its client goes away, so that no answer is counted that no one received.
    runner = web.AppRunner(server.application(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    ready(f"http://{HOST}:{runner.addresses[0][1]}/v1")
    while not stopped.is_set() and (not with_parent or os.getppid() == parent):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _LOOK_SECONDS)
    await runner.cleanup()


def _shares(text: str) -> Shares:
    try:
        shares = json.loads(text)
    except ValueError as error:
        raise InputError(f"--faults is not JSON ({error})") from error
    if not isinstance(shares, dict):
        raise InputError(f"--faults is a JSON {type(shares).__name__}, expected an object")
    return Shares(shares)


def _announce(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--port", type=int, default=0, help="port, 0 for a free one (default: 0)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--knowledge", type=Path, help="knowledge base file of the scripted teacher")
    what.add_argument("--echo", action="store_true", help="answer everything with one short text, at little cost")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer (default: 0)")
    parser.add_argument("--slow-seconds", type=float, default=1.0, help="further seconds of a slow one (default: 1)")
    parser.add_argument("--batch-seconds", type=float, default=0.0, help="minimum of seconds of a batch (default: 0)")
    parser.add_argument("--faults", metavar="JSON", default="{}", help="shares of requests by fault (default: none)")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started it has ended")
    return parser.parse_args()


def main() -> None:
    """Run the server as the flags say."""
    args = _arguments()
    if args.knowledge is not None and not args.knowledge.is_file():
        raise InputError(f"{args.knowledge}: no such knowledge base file")
    shares = _shares(args.faults)
    server = ScriptedServer(args.knowledge, shares, args.latency, args.slow_seconds, args.batch_seconds)
    asyncio.run(serve(server, args.port, _announce, args.with_parent))


if __name__ == "__main__":
    run_program(main)
