"""Measure what a turn at the file that the jobs of a run share costs under three kinds of lock.

Processes take turns at changing one small JSON file, as jobs do with the budget and the rates of a run: under the
kernel's lock as `shared_json` takes it, under filelock's FileLock (the same lock, asked for again and again) and under
its SoftFileLock (a file that exists while the lock is held, which needs no locks of the file system).

Example: python benchmarks/lock_turns.py --processes 8

prints  a table, and as its last line one JSON object: for each kind the microseconds of CPU time per turn

The exit code is 1 where a turn was lost under any of them.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from filelock import FileLock, SoftFileLock

from medinjection.llm.limits.shared_file import shared_json
from medinjection.program import run_program

TURNS, PROCESSES, PAUSE = 400, 2, 0.005
POLL_SECONDS = 0.005


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=TURNS, help=f"of each process (default: {TURNS})")
    parser.add_argument("--processes", type=int, default=PROCESSES, help=f"side by side (default: {PROCESSES})")
    arguments = parser.parse_args()
    figures, whole = {}, True
    for kind in KINDS:
        figures[kind], is_whole = measure(kind, arguments.turns, arguments.processes)
        whole = whole and is_whole
        print(f"{kind:12} {figures[kind]:8.0f} microseconds of CPU time per turn")
    print(json.dumps(figures))
    if not whole:
        sys.exit("error: a turn was lost")


def measure(kind: str, turns: int, processes: int) -> tuple[float, bool]:
    """Return the microseconds of CPU time per turn, and whether every turn was counted."""
    with tempfile.TemporaryDirectory() as folder, multiprocessing.Pool(processes) as pool:
        path = Path(folder) / "shared.json"
        seconds = pool.starmap(take_turns, [(kind, path, turns)] * processes, chunksize=1)
        with shared_json(path) as content:
            return round(1e6 * sum(seconds) / (turns * processes), 1), content["turns"] == turns * processes


def take_turns(kind: str, path: Path, turns: int) -> float:
    """Change the file so many times and return the seconds of CPU time that it took."""
    lock, started = KINDS[kind](path), time.process_time()
    for _ in range(turns):
        # Inside, the kernel's lock is free: what it costs is part of each kind.
        with lock, shared_json(path) as content:
            content["turns"] = content.get("turns", 0) + 1
        time.sleep(PAUSE)
    return time.process_time() - started


KINDS: dict[str, Callable[[Path], AbstractContextManager[object]]] = {
    "kernel": lambda _: nullcontext(),
    "FileLock": lambda path: FileLock(path.with_suffix(".native"), poll_interval=POLL_SECONDS),
    "SoftFileLock": lambda path: SoftFileLock(path.with_suffix(".soft"), poll_interval=POLL_SECONDS),
}

if __name__ == "__main__":
    run_program(main)
