"""Work in a process of its own that is killed at a moment seen in its files."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from support.waiting import PATIENCE_SECONDS, wait_until

# What the work of any test imports: the tests of a process fork from one server, which heeds only its first list.
_LOADED = [
    "support.tiny_training",
    "support.tiny_prediction",
    "trl",
    "peft",
    "transformers.models.qwen3.modeling_qwen3",
    "litellm",
    "medinjection.sources.normalise",
    "medinjection.sources.fetching.fetch",
]
# What Python tells an audit hook of work with files.
_OF_FILES = {"open", "os.chmod", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.scandir", "shutil.rmtree"}


def forking() -> ForkServerContext:
    """Return what makes processes that have loaded the libraries which tests of killed work use."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    return context


def starter(target: Callable) -> Callable[..., BaseProcess]:
    """Return what starts `target` in a process of its own, of those that `forking` makes."""
    context = forking()

    def start(*arguments, killed_at: Path | None = None):
        process = context.Process(target=_run, args=(target, arguments, killed_at))
        process.start()
        return process

    return start


def assert_killed(process: BaseProcess) -> None:
    """Wait until a process that was started with `killed_at` has died of it."""
    process.join(PATIENCE_SECONDS)
    assert process.exitcode == -signal.SIGKILL, f"ended with {process.exitcode} before the file was there"


def _run(target: Callable, arguments: tuple, killed_at: Path | None) -> None:
    """Call `target`; the process kills itself at the first thing it does with files once `killed_at` is there."""

    def look(event: str, _: tuple) -> None:
        if event in _OF_FILES and killed_at.exists():
            os.kill(os.getpid(), signal.SIGKILL)

    if killed_at is not None:
        sys.addaudithook(look)
    target(*arguments)


def kill_once(process: BaseProcess, reached: Callable[[], object], what: str) -> None:
    """Kill `process` as soon as `reached()` is true; `what` says what that means."""

    def reached_alive() -> object:
        # Looked at first: a process may reach it and end between the two looks.
        alive = process.is_alive()
        now = reached()
        assert now or alive, f"ended before {what}"
        return now

    wait_until(reached_alive, what)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
