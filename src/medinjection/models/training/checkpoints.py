"""Checkpoints: kept in a folder stamped with what defines the run, and resumed only where the stamp matches."""

import json
import logging
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typing_extensions import override

from medinjection.models.files.stamps import open_stamped, remove_stamped
from medinjection.records.files import sha256_of, write_text

PARTS = "parts.json"
CHECKSUMS = "checksums.json"
_FILES = ("trainer_state.json", "adapter_model.safetensors", "optimizer.pt", "scheduler.pt")
_NAME = re.compile(r"checkpoint-(\d+)")
# One to go on from, and one before it should that be damaged.
_KEPT = 2
_logger = logging.getLogger(__name__)


def open_checkpoints(folder: Path | str, definition: Mapping[str, Any]) -> Path | None:
    """Return the newest whole checkpoint of the run that `definition` describes, None where there is none.

    Checkpoints of another run are set aside (see `open_stamped`). One that was cut off while it was written, or that is
    damaged, is passed over and set aside as `damaged-checkpoint-<step>`. `folder` is created and stamped.

    Args:
        definition: everything that changes the trained weights, as JSON values.

    Raises:
        InputError: `folder` holds files but no stamp, so that removing them might destroy something else.
    """
    folder = open_stamped(folder, definition, "checkpoints")
    for checkpoint in reversed(_checkpoints_in(folder)):
        fault = _fault_of(checkpoint, definition.get("processes", 1))
        if fault is None:
            _logger.info("resuming from %s", checkpoint)
            return checkpoint
        aside = checkpoint.with_name(f"damaged-{checkpoint.name}")
        _logger.warning("%s: %s; set aside as %s, going on from the one before", checkpoint, fault, aside.name)
        shutil.rmtree(aside, ignore_errors=True)
        checkpoint.rename(aside)
    return None


def step_of(checkpoint: Path | None) -> int:
    """Return the optimizer steps that a checkpoint has behind it, 0 without one."""
    return int(checkpoint.name.removeprefix("checkpoint-")) if checkpoint else 0


def note_part(folder: Path | str, first_step: int, facts: Mapping[str, Any]) -> None:
    """Add to the notes of a training that it goes on after `first_step` steps, and on what: hardware and kernels."""
    parts = [*parts_of(folder), {"after_step": first_step, **facts}]
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


def seal(checkpoint: Path) -> None:
    """Write the checksums of a checkpoint's files beside them, once all of them are there."""
    sums = {file.name: sha256_of(file) for file in sorted(checkpoint.iterdir()) if file.is_file()}
    write_text(checkpoint / CHECKSUMS, json.dumps(sums, indent=2) + "\n")


def checkpoint_keeper(folder: Path, is_main: bool) -> Any:
    """Return the callback that seals each checkpoint, and keeps the two newest.

    The trainer's own limit goes by the time of a folder and by the beginning of its name: a copy would be kept in
    place of what came last, and a folder that somebody put there removed.
    """
    from transformers import TrainerCallback

    class CheckpointKeeper(TrainerCallback):
        """Seals each checkpoint once every process has written its part."""

        @override
        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            import torch.distributed as processes

            if processes.is_available() and processes.is_initialized():
                processes.barrier()
            if is_main:
                seal(folder / f"checkpoint-{state.global_step}")
                for older in _checkpoints_in(folder)[:-_KEPT]:
                    shutil.rmtree(older)

    return CheckpointKeeper()


def _checkpoints_in(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, the newest last; what has another name is not ours to read or remove."""
    named = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]
    return sorted(named, key=step_of)


def _fault_of(checkpoint: Path, processes: int) -> str | None:
    """Return what is wrong with a checkpoint, None where every file is there as it was written."""
    states = ["rng_state.pth"] if processes == 1 else [f"rng_state_{rank}.pth" for rank in range(processes)]
    try:
        sums = json.loads((checkpoint / CHECKSUMS).read_text(encoding="utf-8"))
        for name in (*_FILES, *states):
            if sha256_of(checkpoint / name) != sums[name]:
                return f"{name} is not as it was written"
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is missing"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"it cannot be read ({error})"
    return None
