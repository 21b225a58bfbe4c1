"""How the models learnt: loss, gradient norm and learning rate of every training, step by step."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, read_columns, write_text
from medinjection.reporting.figures.length_axes import plain_log_axis
from medinjection.reporting.figures.style import (
    MODEL_COLOURS,
    figure_style,
    mix_of,
    name_in_lines,
    save_figure,
    write_caption,
)
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv

# Columns of a training log that mean the same in every run of it: seconds do not.
COLUMNS = ("step", "epoch", "tokens", "loss", "validation_loss", "grad_norm", "learning_rate")
# Known at the end of epochs only.
VALIDATION = "validation_loss"
# A running mean counts this part of the steps on either side, and a minimum of them: it does not lag behind.
NEIGHBOURS = 50
MINIMUM = 3

# Column, name of the axis, scale, height, and whether a running mean is drawn over the values.
_PANELS = (
    ("loss", "Loss", "linear", 4, True),
    ("grad_norm", "Gradient norm", "log", 3, True),
    ("learning_rate", "Learning rate", "linear", 1.3, False),
)
_DASHES = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (3, 1, 1, 1)))


@dataclass(frozen=True, slots=True)
class Training:
    """The log of one model's training: each column of `COLUMNS` as a list with one value per step, in their order.

    The validation loss is None in steps after which there was no validation.
    """

    model: str
    columns: dict[str, list[Any]]

    @property
    def validated(self) -> tuple[list[float], list[float]]:
        """Epochs after which the training was validated, and the losses."""
        pairs = zip(self.columns["epoch"], self.columns[VALIDATION], strict=True)
        found = [(epoch, loss) for epoch, loss in pairs if loss is not None]
        return [epoch for epoch, _ in found], [loss for _, loss in found]

    @property
    def mix(self) -> str:
        """Mix that the model has learnt; another base or an ablation stands behind it in the model's name."""
        return mix_of(self.model)

    @property
    def variant(self) -> str:
        """Base or ablation in the model's name; empty for a model of the first base with the run's settings."""
        return self.model.partition("@")[2]


def read_trainings(paths: Iterable[Path | str]) -> list[Training]:
    """Read training logs, each called as its folder, in the order given.

    Raises:
        InputError: a file is missing, lacks a column, has no step, a step twice, or a value that is no finite number.
    """
    return [_read_training(Path(path)) for path in paths]


def write_training_figure(trainings: Sequence[Training], folder: Path | str, remark: Remark = NO_REMARK) -> None:
    """Write `training.csv`, `.svg`, `.png` and `training_caption.txt` to `folder`; equal logs give equal bytes.

    Raises:
        InputError: no training is given.
    """
    if not trainings:
        raise InputError("no training log, expected at least one")
    stem = Path(folder) / "training"
    with figure_style():
        save_figure(_drawn(trainings), stem, remark.demonstration)
    write_caption(stem, training_caption(trainings), remark)
    write_text(stem.with_suffix(".csv"), marked_csv(training_csv(trainings), remark))


def training_csv(trainings: Sequence[Training]) -> str:
    """Return what is drawn: one line per model and step, every number with all its digits."""
    rows = ((training.model, *row) for training in trainings for row in zip(*training.columns.values(), strict=True))
    return csv_text(("model", *COLUMNS), rows)


def training_caption(trainings: Sequence[Training]) -> list[str]:
    """Return the sentences of the caption."""
    models = f"{len(trainings)} models" if len(trainings) > 1 else f"the model {trainings[0].model}"
    sentences = [
        f"Training of {models}: loss, gradient norm before clipping (logarithmic) and learning rate by epoch.",
        f"Thin: every step. Thick: mean of a step and its neighbours, 1/{NEIGHBOURS} of all steps on either side "
        f"(minimum: {MINIMUM}; fewer at the ends).",
    ]
    if any(training.validated[0] for training in trainings):
        sentences.append(
            "Points: loss on the validation mix, the same for all trainings, at the end of each epoch and without "
            "dropout, which the loss of a step has."
        )
    if len(trainings) > 1:
        sentences.append("Where lines coincide, as learning rates do, a later model covers the earlier ones.")
    if any(training.variant for training in trainings):
        sentences.append("One colour per mix; lines that are not solid are other base models or ablations.")
    return sentences


def running_mean(values: Sequence[float]) -> list[float]:
    """Return the mean of each value with its neighbours, on either side 1/NEIGHBOURS of all values, minimum MINIMUM.

    At the start, where values fall fast, as many before as after, so that the first mean is the first value; at the
    end those there are, so that the last step, often of a smaller batch, does not decide where the line ends.
    """
    sums = np.cumsum([0.0, *values])
    places = np.arange(len(values))
    before = np.minimum(max(len(values) // NEIGHBOURS, MINIMUM), places)
    after = np.minimum(before, places[::-1])
    return ((sums[places + after + 1] - sums[places - before]) / (before + after + 1)).tolist()


def line_looks(trainings: Sequence[Training]) -> list[tuple[str, Any]]:
    """Return colour and line style of each training: a colour per mix, a style per base or ablation.

    Where a run has more mixes than there are colours, the further ones repeat the colours in other styles.
    """
    mixes = list(dict.fromkeys(training.mix for training in trainings))
    colours = list(MODEL_COLOURS)
    # Trainings with the run's own settings come first, so that they are solid whatever the order of the models.
    styles = {("", 0): 0}
    looks = []
    for training in trainings:
        repeated, place = divmod(mixes.index(training.mix), len(colours))
        style = styles.setdefault((training.variant, repeated), len(styles))
        looks.append((colours[place], _DASHES[style % len(_DASHES)]))
    return looks


def _read_training(path: Path) -> Training:
    table = read_columns(path, None, COLUMNS).sort_by("step")
    columns = {name: table[name].to_pylist() for name in COLUMNS}
    if not len(table):
        raise InputError(f"{path}: no step, expected at least one")
    for earlier, later in zip(columns["step"], columns["step"][1:], strict=False):
        if earlier == later:
            raise InputError(f"{path}: step {later} occurs twice")
    for name, values in columns.items():
        for step, value in zip(columns["step"], values, strict=True):
            if value is None and name == VALIDATION:
                continue
            if value is None or not math.isfinite(value):
                raise InputError(f"{path}: step {step}: {name} is {value}, expected a finite number")
    return Training(path.parent.name, columns)


def _drawn(trainings: Sequence[Training]) -> Any:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(9.6, 8), layout="constrained")
    panels = figure.subplots(len(_PANELS), 1, sharex=True, height_ratios=[panel[3] for panel in _PANELS])
    looks = line_looks(trainings)
    for axes, (name, title, scale, _, smoothed) in zip(panels, _PANELS, strict=True):
        axes.set_yscale(scale)
        if scale == "log":
            plain_log_axis(axes.yaxis, [value for training in trainings for value in training.columns[name]])
        axes.set_ylabel(title)
        axes.margins(x=0.01)
        axes.grid(axis="y", linewidth=0.4, color="#dddddd")
        for training, (colour, style) in zip(trainings, looks, strict=True):
            _draw_line(axes, training, name, colour, style, smoothed)
            if name == "loss":
                axes.plot(*training.validated, color=colour, linestyle=style, linewidth=0.5, marker="o", markersize=4)
    panels[-1].set_xlabel("Epoch")
    panels[-1].ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    handles = [Line2D([], [], color=colour, linestyle=style, linewidth=1.6) for colour, style in looks]
    names = [name_in_lines(training.model) for training in trainings]
    figure.legend(handles, names, loc="outside right upper", fontsize=8, handlelength=3)
    return figure


def _draw_line(axes: Any, training: Training, name: str, colour: str, style: Any, smoothed: bool) -> None:
    epochs, values = training.columns["epoch"], training.columns[name]
    # A line of one point is not seen.
    marker = "o" if len(values) == 1 else None
    if smoothed:
        axes.plot(epochs, values, color=colour, linewidth=0.5, alpha=0.25, zorder=1)
        values = running_mean(values)
    axes.plot(epochs, values, color=colour, linestyle=style, linewidth=1.5 if smoothed else 1, marker=marker)
