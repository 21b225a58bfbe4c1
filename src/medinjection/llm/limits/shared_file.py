"""A small JSON file that the processes of a run change in turn, under a lock."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medinjection.llm.lock_files import locked
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)

# A lock is held for about a millisecond.
_WAIT_SECONDS = 60.0


@contextmanager
def shared_json(path: Path) -> Iterator[dict[str, Any]]:
    """Give the object in `path` (empty where there is none) to change; it is written back before the lock is released.

    A process that is killed leaves the file as it was or as it should be, never half; a file that is damaged all the
    same counts as empty.

    Raises:
        InputError: the file cannot be written, or another process keeps it locked.
    """
    with _locked(path):
        content = _read(path)
        before = json.dumps(content)
        yield content
        if (after := json.dumps(content)) != before:
            partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
            try:
                partial.write_text(after)
                os.replace(partial, path)
            except OSError as error:
                partial.unlink(missing_ok=True)
                raise InputError(f"{path}: cannot be written ({error})") from None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the kernel's lock, which holds over NFS too; where the file system has none, that of `lock_files`.

    The kernel's comes first because a request takes it up to four times: a turn costs 0.5 ms of CPU time under it and
    1 to 1.6 ms under one of filelock's, more with more processes (benchmarks/lock_turns.py).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path.with_name(f".{path.name}.flock"), "wb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error})") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            with locked(path, _WAIT_SECONDS, "another process keeps it locked; stop it and run again"):
                yield
        else:
            yield


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        content = None
    if not isinstance(content, dict):
        _logger.warning("%s: the file is damaged; it is made anew", path)
        return {}
    return content
