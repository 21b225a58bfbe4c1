"""What can go wrong while a model trains, as a sentence that says what to change."""

import errno
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from medinjection.models.memory import OutOfMemory, is_out_of_memory
from medinjection.records.errors import InputError

# What torch and safetensors say where a write failed; they raise no OSError.
_FULL_DISK = ("No space left on device", "Disk quota exceeded", "PytorchStreamWriter failed", "unexpected pos")


@contextmanager
def faults_explained(folder: Path, batch_size: int, longest: int) -> Iterator[None]:
    """Turn out of memory and a full disk into sentences.

    Args:
        folder: where checkpoints are written.
        batch_size: chats per forward pass.
        longest: tokens of the longest chat.

    Raises:
        OutOfMemory: a batch does not fit.
        InputError: `folder` cannot be written to because its disk is full.
    """
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(
                f"out of memory with {batch_size} chats of up to {longest} tokens per forward pass. Halve "
                "training.per_device_batch_size and double training.gradient_accumulation_steps (a step then sees the "
                "same chats), or set training.gradient_checkpointing to always, or ask for a device with more memory"
            ) from error
        if _is_full_disk(error):
            free = shutil.disk_usage(folder).free
            raise InputError(
                f"{folder}: the disk is full ({free / 1e6:.0f} MB free) or a quota is used up. Make room and run "
                "again: training goes on from the last whole checkpoint"
            ) from error
        raise


def check_finite(row: Mapping[str, Any], step: int, checkpoints: Path) -> None:
    """Refuse a step whose loss, gradient norm or validation loss is no number: later weights would be none either.

    Raises:
        InputError: it is not; the message says what to change.
    """
    for name, title in (("loss", "loss"), ("grad_norm", "grad_norm"), ("eval_loss", "validation loss")):
        if name in row and not math.isfinite(row[name]):
            raise InputError(
                f"{checkpoints.stem}: the {title} of step {step} is {row[name]}, at a learning rate of "
                f"{row.get('learning_rate', 0):.3g}. Nothing of this step is kept. Lower training.learning_rate, or "
                "set training.precision to float32; and look at the examples if it happens at once"
            )


def _is_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if any(words in str(error) for words in _FULL_DISK):
            return True
        error = error.__cause__ or error.__context__
    return False
