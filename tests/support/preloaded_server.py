"""Fork each program that is asked for from a process that has loaded what such programs import.

    python -P tests/support/preloaded_server.py DESCRIPTOR MODULE...   (a listening socket that it inherits)

The modules are loaded when the first program is asked for; the process ends when its input does.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from types import ModuleType


def main() -> None:
    """Answer requests until the input ends, then wait for what still runs."""
    # A person who interrupts the tests means them; this process ends with them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, *modules = sys.argv[1:]
    listener = socket.socket(fileno=int(descriptor))
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        _load(modules)
        connection, _ = listener.accept()
        if _fork() == 0:
            listener.close()
            _answer(connection)
        connection.close()
        _wait(os.WNOHANG)
    _wait(0)


def _load(modules: list[str]) -> None:
    if all(name in sys.modules for name in modules):
        return
    # Nothing of this project: a checkout has its own, which a test may have edited.
    for name in modules:
        importlib.import_module(name)
    # Children look for garbage in what they have made, not in what all share.
    gc.collect()
    gc.freeze()


def _fork() -> int:
    with warnings.catch_warnings():
        # The other thread that is warned of is that of pyarrow's allocator, which is made for forks.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _wait(options: int) -> None:
    """Wait for children that have ended, or with no options for all: their CPU time counts as this process's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _answer(connection: socket.socket) -> None:
    """Run the program that a connection asks for, send its status and CPU seconds, and end this process."""
    length, files, _, _ = socket.recv_fds(connection, 8, 3)
    request = json.loads(connection.recv(int.from_bytes(length), socket.MSG_WAITALL))
    program = os.fork()
    if program == 0:
        connection.close()
        _become(files, **request)
    _, status, used = os.wait4(program, 0)
    with suppress(BrokenPipeError):
        reply = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime]
        connection.sendall(json.dumps(reply).encode())
    os._exit(0)


def _become(files: list[int], arguments: list[str], folder: str, environment: dict[str, str], python: str) -> None:
    """Run a program as Python would that is started with these arguments, and end this process with its status."""
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    first, *rest = arguments
    begin = folder if first == "-m" else str(Path(folder, first).resolve().parent)
    sys.path[:0] = [begin, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.executable = python
    signal.signal(signal.SIGINT, signal.default_int_handler)
    status = 0
    try:
        if first == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            sys.modules["__main__"] = main_module = ModuleType("__main__")
            main_module.__file__ = str(Path(folder, first))
            exec(compile(Path(first).read_bytes(), first, "exec"), main_module.__dict__)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
