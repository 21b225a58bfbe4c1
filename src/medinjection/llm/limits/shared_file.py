"""A small JSON file that the processes of a run change in turn, under a lock."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)


@cache
def _warn_of_missing_locks(path: Path, error: str) -> None:
    _logger.warning("%s: this file system has no locks (%s); limits hold for each job alone", path, error)


@contextmanager
def shared_json(path: Path) -> Iterator[dict[str, Any]]:
    """Give the object in `path` (empty where there is none) to change; it is written back before the lock is released.

    A process that is killed leaves the file as it was or as it should be, never half; a file that is damaged all the
    same counts as empty. On a file system without locks processes may overwrite each other's changes.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock_file = open(path.with_name(f".{path.name}.lock"), "wb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error})") from None
    with lock_file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            _warn_of_missing_locks(path, str(error))
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
