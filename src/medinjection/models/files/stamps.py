"""Folders of unfinished work: stamped with what defines the work, and gone on with only where the stamp matches.

What other work has left is not deleted: it is set aside under a dated name, and taken up again when its stamp matches.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medinjection.models.files.run_facts import digest
from medinjection.records.errors import InputError
from medinjection.records.files import write_text

STAMP = "stamp.json"
_logger = logging.getLogger(__name__)


def open_stamped(folder: Path | str, definition: Mapping[str, Any], content: str) -> Path:
    """Return `folder`, stamped with `definition`, with what the same work has left there or set aside.

    What other work has left there is moved to `<folder>.set-aside/<date>-<stamp>/`, and logged.

    Args:
        definition: everything that changes the result of the work, as JSON values.
        content: what the folder holds, in a message: "checkpoints".

    Raises:
        InputError: `folder` holds files but no stamp, so that moving them might break something else.
    """
    folder = Path(folder)
    stamp = folder / STAMP
    # A job that is killed while it writes the stamp leaves a partial one.
    if folder.is_dir() and any(not file.name.endswith(".partial") for file in folder.iterdir()):
        if not stamp.is_file():
            raise InputError(f"{folder}: holds files but no {STAMP}, expected a folder of {content}, or none")
        if difference := _difference(stamp, definition):
            aside = _set_aside(folder)
            _logger.warning("%s: %s of another run (%s differs) are kept as %s", folder, content, difference, aside)
    if not stamp.is_file() and (earlier := _same_work_in(_aside_folder(folder), definition)):
        shutil.rmtree(folder, ignore_errors=True)  # empty, or with a partial stamp
        earlier.rename(folder)
        _logger.warning("%s: %s of this run were set aside as %s and are taken up again", folder, content, earlier)
    folder.mkdir(parents=True, exist_ok=True)
    if not stamp.is_file():
        stamped = {"sha256": digest(definition), "definition": definition}
        write_text(stamp, json.dumps(stamped, indent=2, sort_keys=True) + "\n")
    return folder


def remove_stamped(folder: Path | str) -> None:
    """Remove a folder that `open_stamped` made; what was set aside beside it stays."""
    folder = Path(folder)
    if (folder / STAMP).is_file():
        shutil.rmtree(folder)


def _aside_folder(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.set-aside")


def _set_aside(folder: Path) -> Path:
    """Move `folder` to a name that says when, and whose it is; return that name."""
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    aside = _aside_folder(folder) / f"{when}-{(_stamped_digest(folder) or 'no-stamp')[:12]}"
    count = 1
    while aside.exists():
        count += 1
        aside = aside.with_name(f"{aside.name.split('.')[0]}.{count}")
    aside.parent.mkdir(exist_ok=True)
    folder.rename(aside)
    return aside


def _same_work_in(set_aside: Path, definition: Mapping[str, Any]) -> Path | None:
    """Return the folder that was set aside last of those with this stamp, None where there is none."""
    if not set_aside.is_dir():
        return None
    same = [one for one in set_aside.iterdir() if one.is_dir() and _stamped_digest(one) == digest(definition)]
    return max(same, key=lambda one: one.name, default=None)


def _stamped_digest(folder: Path) -> str | None:
    """Return the digest in a folder's stamp, None where it cannot be read."""
    try:
        found = json.loads((folder / STAMP).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _difference(stamp: Path, definition: Mapping[str, Any]) -> str:
    """Return the names of the parts that differ from those stamped, an empty text where none does."""
    try:
        stamped = json.loads(stamp.read_text(encoding="utf-8"))
        if stamped["sha256"] == digest(definition):
            return ""
        earlier = stamped["definition"]
        return ", ".join(sorted(k for k in earlier.keys() | definition.keys() if earlier.get(k) != definition.get(k)))
    except (ValueError, KeyError, AttributeError):
        return STAMP
