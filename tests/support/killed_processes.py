"""Work in a process of its own that is killed at a moment seen in its files."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from support.waiting import wait_until


def starter(target: Callable, preload: Sequence[str]) -> Callable[..., BaseProcess]:
    """Return what starts `target` in a process that has the modules `preload` loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)

    def start(*arguments):
        process = context.Process(target=target, args=arguments)
        process.start()
        return process

    return start


def kill_when(process: BaseProcess, file: Path) -> None:
    """Kill `process` as soon as `file` exists."""
    kill_once(process, file.exists, f"it wrote {file}")


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
