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

_logger = logging.getLogger(__name__)


@cache
def _warn_of_missing_locks(path: Path, error: str) -> None:
    _logger.warning("%s: this file system has no locks (%s); limits hold for each job alone", path, error)


@contextmanager
def shared_json(path: Path) -> Iterator[dict[str, Any]]:
    """Give the object in `path` (empty where there is none) to change; it is written back before the lock is released.

    A process that is killed leaves the file as it was or as it should be, never half. On a file system without locks
    processes may overwrite each other's changes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.lock"), "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            _warn_of_missing_locks(path, str(error))
        content = json.loads(path.read_bytes()) if path.exists() else {}
        before = json.dumps(content)
        yield content
        if (after := json.dumps(content)) != before:
            partial = path.with_name(f".{path.name}.partial")
            partial.write_text(after)
            os.replace(partial, path)
