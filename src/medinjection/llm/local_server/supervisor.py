"""Run one program and stop it, with all it started, as soon as standard input ends.

Example: `python -I supervisor.py 10 program argument ...` (10: seconds between SIGTERM and SIGKILL). Standard input is
a pipe held by the process that wants the program: the system closes it however that process ends, SIGKILL included.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence


def supervise(command: Sequence[str], grace: float) -> int:
    """Run `command` until it ends or standard input does; return its exit status, 128 + the signal that ended it."""
    # Handlers, unlike ignored signals, are not inherited: the program can be stopped, and this process stays to do it.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    ended = threading.Event()

    def stop_at_end_of_input() -> None:
        while os.read(0, 1024):
            pass
        _signal_group(program.pid, signal.SIGTERM)
        if not ended.wait(grace):
            _signal_group(program.pid, signal.SIGKILL)

    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    status = program.wait()
    ended.set()
    _signal_group(program.pid, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    try:
        sys.exit(supervise(sys.argv[2:], float(sys.argv[1])))
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
