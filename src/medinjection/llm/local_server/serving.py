"""A server of one's own for an open model: started inside the job that asks it, checked, and stopped with it.

Both programs speak OpenAI's protocol: vLLM on a GPU, `transformers serve` anywhere. The server listens on a free port
of the loopback interface: nothing outside the machine can reach it.
"""

import contextlib
import http.client
import json
import logging
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from medinjection.llm.local_server import supervisor
from medinjection.llm.local_server.served_model import ServedModel, absolute
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)

_GRACE = 10.0
# From the closing of its port to the exit of a server and of its supervisor.
_EXIT_SECONDS = 30.0
_PORTS_TRIED = 5
_POLL_SECONDS = 0.2
_LOG_LINES_SHOWN = 15


@contextmanager
def serving(served: ServedModel, log: Path) -> Iterator[str]:
    """Serve a model during a `with` block, which is given the base URL (`http://127.0.0.1:<port>/v1`).

    Requests call the model `served.name`; litellm calls it `served.litellm_model` and sends a placeholder in place of
    a key. Before the block begins the model has answered one request. What the program prints goes to `log`; variables
    whose name ends in `_API_KEY` do not reach it, and it is told to report its use to nobody.

    Raises:
        InputError: the model or the program is missing; the program ends, is not ready in time, or does not answer.
    """
    served.require_model()
    environment = {name: value for name, value in os.environ.items() if not name.upper().endswith("_API_KEY")}
    environment["DO_NOT_TRACK"] = "1"
    folder = None
    if served.is_folder:
        environment["HF_HUB_OFFLINE"] = "1"
        # transformers serve calls a model by the very path it was given.
        folder = absolute(served.model).parent
    timeout = served.start_timeout
    deadline = time.monotonic() + timeout
    server = running_server(served.command, log, timeout=timeout, folder=folder, environment=environment)
    with _direct_and_without_key(), server as url:
        _ask_once(url, served, log, max(deadline - time.monotonic(), 1.0))
        yield f"{url}/v1"


@contextmanager
def running_server(
    command: Callable[[int], Sequence[str]],
    log: Path,
    ready: str = "/health",
    timeout: float = 1800.0,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run a server during a `with` block, which is given its address (`http://127.0.0.1:<port>`).

    The program and all that it started are stopped (SIGTERM, after ten seconds SIGKILL) however the block ends, and
    also where this process is killed.

    Args:
        command: the program and its arguments, given the port.
        log: file that keeps what the program prints; an earlier one is replaced.
        ready: path that answers 200 once the server can be used.
        timeout: seconds within which it must.
        folder: working directory of the program.
        environment: its environment variables, by default those of this process.

    Raises:
        InputError: the program ends before it is ready (with the end of its log), or is not ready in time.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    deadline = time.monotonic() + timeout
    for tries_left in reversed(range(_PORTS_TRIED)):
        port = _free_port()
        with _started(command(port), log, folder, environment) as process:
            if not _wait_until_ready(process, port, ready, log, deadline, timeout, last=not tries_left):
                continue
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                _report_early_end(process, port, ready, log)
            return


@contextmanager
def _started(
    command: Sequence[str], log: Path, folder: Path | None, environment: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command` under a supervisor, which stops it when this process lets go of the pipe between them."""
    with open(log, "ab") as output:
        output.write(f"$ {shlex.join(command)}\n".encode())
        output.flush()
        process = subprocess.Popen(
            [sys.executable, "-I", supervisor.__file__, str(_GRACE), *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    _logger.info("starting %s; its log: %s", shlex.join(command), log)
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait()


def _report_early_end(process: subprocess.Popen[bytes], port: int, ready: str, log: Path) -> None:
    """Say so where the server ended while it was used: a port that is closed is known before the exit of its owner."""
    if process.poll() is None and _is_closed(port, ready):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_EXIT_SECONDS)
        if process.poll() is None:
            _logger.error("the server closed its port while it was in use; %s ends:\n%s", log, _last_lines(log))
    if process.poll() is not None:
        _logger.error("the server ended while it was in use, %s", _ending(process, log))


def _is_closed(port: int, path: str) -> bool:
    """Whether a connection to `port` is refused or broken off; that of a busy server stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", path)
        connection.getresponse()
    except ConnectionError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return False


def _wait_until_ready(
    process: subprocess.Popen[bytes], port: int, ready: str, log: Path, deadline: float, timeout: float, last: bool
) -> bool:
    """Return True once the server answers, False where its port was taken meanwhile and it is not the last try."""
    next_line = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            if not last and "address already in use" in _last_lines(log, 1000).lower():
                _logger.warning("port %d was taken by another program meanwhile; trying another one", port)
                return False
            raise InputError(f"the server did not start, {_ending(process, log)}")
        # Another program may have taken the port while this one was loading: its answers are not this server's.
        if _answers(port, ready) and not _is_strangers(port, process.pid):
            return True
        if time.monotonic() > next_line:
            _logger.info("waiting for the server, no longer than %.0f s more", deadline - time.monotonic())
            next_line += 60
        time.sleep(_POLL_SECONDS)
    raise InputError(f"the server was not ready within {timeout:g} s and is stopped; {log} ends:\n{_last_lines(log)}")


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _is_strangers(port: int, pid: int) -> bool:
    """Whether what listens on `port` is known to be none of the processes that `pid` started."""
    import psutil

    # Processes of others, and some in containers, cannot be looked into: those get the benefit of the doubt.
    with contextlib.suppress(psutil.Error):
        own = {process.pid for process in psutil.Process(pid).children(recursive=True)}
        found = psutil.net_connections("tcp")
        listeners = {one.pid for one in found if one.status == psutil.CONN_LISTEN and one.laddr.port == port}
        return bool(listeners) and None not in listeners and not listeners & own
    return False


def _ask_once(url: str, served: ServedModel, log: Path, timeout: float) -> None:
    """Let the model write one token, so that one that cannot answer is found before it is used."""
    question = {"model": served.name, "max_tokens": 1, "messages": [{"role": "user", "content": "Bonjour"}]}
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(question), headers)
        reply = connection.getresponse()
        status, body = reply.status, reply.read()
        choices = json.loads(body)["choices"] if status == 200 else []
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{served.model}: served, but a first request was not answered ({type(error).__name__}); "
            f"{log} ends:\n{_last_lines(log)}"
        ) from None
    finally:
        connection.close()
    if not choices:
        found = body[:300].decode(errors="replace")
        raise InputError(f"{served.model}: served, but a first request was answered with status {status}: {found}")


@contextmanager
def _direct_and_without_key() -> Iterator[None]:
    """Let clients in this process reach the loopback interface directly, whatever proxy the site has, with no key."""
    names = ("no_proxy", "NO_PROXY", "HOSTED_VLLM_API_KEY")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    hosts = before.get("no_proxy") or before.get("NO_PROXY")
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = f"{hosts},127.0.0.1" if hosts else "127.0.0.1"
    try:
        yield
    finally:
        del os.environ["no_proxy"], os.environ["NO_PROXY"]
        os.environ.update(before)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _ending(process: subprocess.Popen[bytes], log: Path) -> str:
    return f"exit status {process.returncode}; {log} ends:\n{_last_lines(log)}"


def _last_lines(log: Path, lines: int = _LOG_LINES_SHOWN) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
