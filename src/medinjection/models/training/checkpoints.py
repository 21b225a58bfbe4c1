"""Checkpoints: kept in a folder stamped with what defines the run, and resumed only where the stamp matches."""

import json
import logging
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medinjection.models.files.stamps import open_stamped, remove_stamped
from medinjection.records.files import write_text

PARTS = "parts.json"
# The trainer's state is the last file that the first process writes.
_STATE = "trainer_state.json"
_WEIGHTS = "adapter_model.safetensors"
_STEPPERS = ("optimizer.pt", "scheduler.pt")
_logger = logging.getLogger(__name__)


def open_checkpoints(folder: Path | str, definition: Mapping[str, Any]) -> Path | None:
    """Return the newest whole checkpoint of the run that `definition` describes, None where there is none.

    Checkpoints of another run are removed. `folder` is created and stamped.

    Args:
        definition: everything that changes the trained weights, as JSON values.

    Raises:
        InputError: `folder` holds files but no stamp, so that removing them might destroy something else.
    """
    folder = open_stamped(folder, definition, "checkpoints")
    newest = None
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=step_of):
        if _is_whole(checkpoint, definition.get("processes", 1)):
            newest = checkpoint
        else:
            _logger.info("%s: cut off while it was written, removed", checkpoint)
            shutil.rmtree(checkpoint)
    if newest:
        _logger.info("resuming from %s", newest)
    return newest


def step_of(checkpoint: Path | None) -> int:
    """Return the optimizer steps that a checkpoint has behind it, 0 without one."""
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


def note_part(folder: Path | str, first_step: int, hardware: str) -> None:
    """Add to the notes of a training that it goes on after `first_step` steps, and where."""
    parts = [*parts_of(folder), {"after_step": first_step, "hardware": hardware}]
    write_text(Path(folder) / PARTS, json.dumps(parts, ensure_ascii=False, indent=2) + "\n")


def parts_of(folder: Path | str) -> list[dict[str, Any]]:
    """Return what `note_part` wrote, in order; nothing where it cannot be read."""
    try:
        return json.loads((Path(folder) / PARTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []


def remove_checkpoints(folder: Path | str) -> None:
    """Remove a folder that `open_checkpoints` made."""
    remove_stamped(folder)


def _is_whole(checkpoint: Path, processes: int) -> bool:
    """Tell whether every file of a checkpoint can be read: a machine that stops may leave names without content."""
    from safetensors import SafetensorError, safe_open

    states = ["rng_state.pth"] if processes == 1 else [f"rng_state_{rank}.pth" for rank in range(processes)]
    try:
        json.loads((checkpoint / _STATE).read_text(encoding="utf-8"))
        with safe_open(checkpoint / _WEIGHTS, framework="numpy") as weights:
            weights.keys()
    except (OSError, ValueError, SafetensorError):
        return False
    return all(zipfile.is_zipfile(checkpoint / name) for name in (*_STEPPERS, *states))
