"""Run a script in a process that has loaded its libraries; whatever else Python is asked for, Python itself does.

    python -IS tests/support/preloaded_python.py ADDRESS PYTHON LOADED_UNDER script.py ARGUMENT...

ADDRESS is that of the socket of tests/support/preloaded_server.py, PYTHON what the script takes for its Python, and
LOADED_UNDER, as JSON, the environment variables that the loaded libraries have read. Only the standard library is used.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence


def ask(
    address: str,
    arguments: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    python: str,
    files: Sequence[int] = (0, 1, 2),
) -> tuple[int, float]:
    """Have Python run with `arguments` by the process behind `address`; return its exit status and CPU seconds.

    Args:
        python: what the program takes for its Python, and starts others by.
        files: descriptors of its input, output and errors.
    """
    request = {"arguments": arguments, "folder": folder, "environment": dict(environment), "python": python}
    text = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [len(text).to_bytes(8)], files)
        connection.sendall(text)
        status, seconds = json.load(connection.makefile())
    return status, seconds


def main() -> None:
    address, python, loaded_under, *arguments = sys.argv[1:]
    same = all(os.environ.get(name) == value for name, value in json.loads(loaded_under).items())
    if not same or not arguments or arguments[0].startswith("-"):
        os.execv(sys.executable, [sys.executable, *arguments])
    folder = os.getcwd()  # noqa: PTH109, pathlib is slow to load
    status, _ = ask(address, arguments, folder, os.environ, python)
    sys.exit(status)


if __name__ == "__main__":
    main()
