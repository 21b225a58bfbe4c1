"""Folders of unfinished work: stamped with what defines the work, and gone on with only where the stamp matches."""

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medinjection.models.files.run_facts import digest
from medinjection.records.errors import InputError
from medinjection.records.files import write_text

STAMP = "stamp.json"
_logger = logging.getLogger(__name__)


def open_stamped(folder: Path | str, definition: Mapping[str, Any], content: str) -> Path:
    """Return `folder`, made and stamped with `definition`; what other work has left there is removed, and logged.

    Args:
        definition: everything that changes the result of the work, as JSON values.
        content: what the folder holds, in a message: "checkpoints".

    Raises:
        InputError: `folder` holds files but no stamp, so that removing them might destroy something else.
    """
    folder = Path(folder)
    stamp = folder / STAMP
    # A job that is killed while it writes the stamp leaves a partial one.
    if folder.is_dir() and any(not file.name.endswith(".partial") for file in folder.iterdir()):
        if not stamp.is_file():
            raise InputError(f"{folder}: holds files but no {STAMP}, expected a folder of {content}, or none")
        if difference := _difference(stamp, definition):
            _logger.info("%s: %s of another run (%s differs) are removed", folder, content, difference)
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not stamp.is_file():
        stamped = {"sha256": digest(definition), "definition": definition}
        write_text(stamp, json.dumps(stamped, indent=2, sort_keys=True) + "\n")
    return folder


def remove_stamped(folder: Path | str) -> None:
    """Remove a folder that `open_stamped` made."""
    folder = Path(folder)
    if (folder / STAMP).is_file():
        shutil.rmtree(folder)


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
