"""Snakemake started from a process that has imported it already: half of a dry run's time is that import."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_forked(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `snakemake` with `arguments` in a folder, with no other environment; stdout and stderr come as one text."""
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    server.stdin.write(json.dumps([list(arguments), str(folder), dict(environment)]) + "\n")
    server.stdin.flush()
    status, said = json.loads(server.stdout.readline())
    return subprocess.CompletedProcess(["snakemake", *arguments], status, said, "")


@functools.cache
def _server() -> subprocess.Popen[str]:
    """Start the process that forks; it ends with this one, as its input does."""
    # Nothing beside this file is found by its name.
    command = [sys.executable, "-P", __file__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _serve() -> None:
    """Run what each line of the input asks for, and answer with a line."""
    # Nothing of this project: a checkout has its own, which a test may have edited.
    import pyarrow.parquet  # noqa: F401
    import snakemake.cli  # noqa: F401

    for line in sys.stdin:
        with tempfile.TemporaryFile() as said:
            child = os.fork()
            if child == 0:
                _become_snakemake(*json.loads(line), said.fileno())
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said.seek(0)
            sys.stdout.write(json.dumps([status, said.read().decode(errors="replace")]) + "\n")
            sys.stdout.flush()


def _become_snakemake(arguments: list[str], folder: str, environment: dict[str, str], said: int) -> None:
    """Run Snakemake and end this process with its status, whatever happens."""
    status = 1
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.path.insert(0, folder)
        sys.argv = ["snakemake", *arguments]
        sys.modules["snakemake.cli"].main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
