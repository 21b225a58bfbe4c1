"""What a training says of itself: a row per step, a progress bar, a stop where the loss is no number."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from typing_extensions import override

from medinjection.models.energy import EnergyMeter
from medinjection.models.training.faults import check_finite
from medinjection.progress import progress_bar

# `tokens` without padding and `seconds` count from the start of the training, over all its parts. `validation_loss` is
# that of the validation mix after the last step of an epoch or of the training, null in other rows.
TRAINING_SCHEMA = pa.schema(
    [
        pa.field("step", pa.int64(), nullable=False),
        pa.field("loss", pa.float64(), nullable=False),
        pa.field("validation_loss", pa.float64()),
        pa.field("grad_norm", pa.float64(), nullable=False),
        pa.field("learning_rate", pa.float64(), nullable=False),
        pa.field("epoch", pa.float64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("seconds", pa.float64(), nullable=False),
    ]
)


def log_table(history: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return one row per step, of TRAINING_SCHEMA; equal trainings differ in `seconds` alone."""
    validated = {row["step"]: row["eval_loss"] for row in history if "eval_loss" in row}
    rows = [{**row, "validation_loss": validated.get(row["step"])} for row in steps_of(history)]
    return pa.Table.from_pylist(rows, schema=TRAINING_SCHEMA)


def steps_of(history: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows of the trainer's history that are optimizer steps, without those of validations."""
    return [row for row in history if "loss" in row]


def energy_of(history: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the joules used up to the last step, None where the driver does not tell."""
    return steps_of(history)[-1]["energy_joules"]


def training_watch(checkpoints: Path, meter: EnergyMeter, is_main: bool, fillers: int = 0) -> Any:
    """Return the callback that shows progress, refuses NaN, and adds up over all the parts of a training.

    Args:
        fillers: empty examples per epoch, see `filler_count`.
    """
    from transformers import TrainerCallback

    class TrainingWatch(TrainerCallback):
        """Progress bar, and the columns `tokens`, `seconds` and `energy_joules` of the log."""

        @override
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._bar = progress_bar(state.max_steps, "training", unit="steps") if is_main else None
            if self._bar is not None:
                self._bar.update(state.global_step)
            self._counted = 0
            # A resumed training would go on with the steps between checkpoints that it was started with.
            state.save_steps = args.save_steps
            first: Mapping[str, Any] = {"seconds": 0.0, "energy_joules": 0.0, "tokens": 0, "epoch": 0}
            self._earlier = self._last = (steps_of(state.log_history) or [first])[-1]
            self._started = time.monotonic()

        @override
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            meter.sample()
            if self._bar is not None:
                self._bar.update(1)

        @override
        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            row = state.log_history[-1]
            check_finite(row, state.global_step, checkpoints)
            if "loss" not in row:
                return
            # The trainer counts from the start of the process; the log, from the start of the training.
            earlier, self._last = self._last, row
            # The last step of an epoch has the fillers, a token each.
            filled = fillers * (int(row["epoch"]) - int(earlier["epoch"]))
            row["tokens"] = earlier["tokens"] + int(row["num_tokens"]) - self._counted - filled
            self._counted = int(row["num_tokens"])
            row["seconds"] = self._earlier["seconds"] + time.monotonic() - self._started
            used = (self._earlier["energy_joules"], meter.joules)
            row["energy_joules"] = None if None in used else sum(used)
            if self._bar is not None:
                self._bar.set_postfix(loss=f"{row['loss']:.3f}", refresh=False)

        @override
        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if self._bar is not None:
                self._bar.close()

    return TrainingWatch()
