"""Work in a process of its own that is killed at a moment seen in its files."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path


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
    deadline = time.monotonic() + 120
    while not file.exists():
        assert process.is_alive(), f"ended before it wrote {file}"
        assert time.monotonic() < deadline, f"never wrote {file}"
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
