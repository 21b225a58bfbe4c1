"""Figure 6: how long answers are beside their references (paper section 5.2)."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from medinjection.records.files import csv_text, write_text
from medinjection.reporting.figures.length_axes import model_legend, plain_log_axis
from medinjection.reporting.figures.length_numbers import ModelLength
from medinjection.reporting.figures.style import (
    OTHER_COLOUR,
    PUBLISHED_COLOUR,
    figure_style,
    model_looks,
    save_figure,
    write_caption,
)
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv
from medinjection.scoring.length.lengths import LENGTH_COLUMNS

_RATIOS = ("mean_of_ratios", "ratio_of_means")
_FILLS = {"filled: mean of ratios": OTHER_COLOUR, "hollow: ratio of means": "white"}


def write_length_ratio_figure(
    lengths: Sequence[ModelLength], trained: Sequence[str], folder: Path | str, remark: Remark = NO_REMARK
) -> None:
    """Write `fig6.csv`, `.svg`, `.png` and `fig6_caption.txt` to `folder`.

    Args:
        trained: the models that learnt a mix, in the order of the training curves.
    """
    stem = Path(folder) / "fig6"
    with figure_style():
        save_figure(_drawn(lengths, trained), stem, remark.demonstration)
    write_caption(stem, length_ratio_caption(lengths, remark), remark)
    rows = (
        [length.model, *("" if value is None else f"{value:.6g}" for value in length.numbers.values())]
        for length in lengths
    )
    write_text(stem.with_suffix(".csv"), marked_csv(csv_text(LENGTH_COLUMNS, rows), remark))


def length_ratio_caption(lengths: Sequence[ModelLength], remark: Remark = NO_REMARK) -> list[str]:
    """Return the sentences of the caption."""
    references = [length.numbers["reference_tokens"] or 0.0 for length in lengths]
    sentences = [
        "Mean length of a model's open answers, in its own tokens, against how many times as long as their references "
        "they are; both axes logarithmic.",
        "Filled: mean of the answers' ratios. Hollow: ratio of the mean lengths; short references weigh less in it.",
        f"Dashed: the mean reference ({_span(references)} tokens), and a ratio of 1.",
        "Legend: answers that were cut at the limit of new tokens, and would have been longer.",
    ]
    if empty := sum(int(length.numbers["empty"] or 0) for length in lengths):
        sentences.append(f"{empty:,} answers have no token; they count with a length of 0.")
    if without := sum(int(length.numbers["without_ratio"] or 0) for length in lengths):
        sentences.append(f"{without:,} answers have a reference without a token, and no ratio of their own.")
    if missing := [length.model for length in lengths if not length.numbers["output_tokens"]]:
        sentences.append(f"Without a point, for all answers are empty: {', '.join(missing)}.")
    if not remark.stand_ins:
        sentences.append(
            "The paper gives about 28 for its base model, 1 to 3.5 for the others, and references of about 90 tokens. "
            "28 times 90 tokens are more than the released limit of 512, so that its ratio is a mean of ratios or its "
            "limit another."
        )
    return sentences


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.0f}", f"{max(values):.0f}"
    return low if low == high else f"{low} to {high} by the models' tokenizers, drawn at their mean,"


def _drawn(lengths: Sequence[ModelLength], trained: Sequence[str]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xscale("log")
    axes.set_yscale("log")
    looks = model_looks([length.model for length in lengths], trained)
    tokens, ratios = [], [1.0]
    for length in lengths:
        place, both = length.numbers["output_tokens"], [length.numbers[name] for name in _RATIOS]
        if not place:
            continue
        tokens.append(place)
        colour, marker = looks[length.model]
        shown = [ratio for ratio in both if ratio]
        ratios += shown
        axes.plot([place] * len(shown), shown, "-", color=colour, linewidth=0.8, zorder=1)
        for ratio, fill in zip(both, (colour, "white"), strict=True):
            if ratio:
                axes.plot(place, ratio, marker, color=colour, markerfacecolor=fill, markersize=7)
    reference = fmean(length.numbers["reference_tokens"] or 0.0 for length in lengths)
    line: dict[str, Any] = {"color": PUBLISHED_COLOUR, "linestyle": "--", "linewidth": 0.8, "zorder": 0}
    if reference:
        axes.axvline(reference, **line)
        tokens.append(reference)
    axes.axhline(1, **line)
    axes.margins(0.08)
    plain_log_axis(axes.xaxis, tokens)
    plain_log_axis(axes.yaxis, ratios)
    axes.set_xlabel("Mean length of the answers, in tokens of the model (logarithmic)")
    axes.set_ylabel("Length of the answer / length of the reference")
    model_legend(figure, looks, {length.model: _named(length) for length in lengths}, _FILLS)
    return figure


def _named(length: ModelLength) -> str:
    unfinished = int(length.numbers["unfinished"] or 0)
    return f"{length.model} ({unfinished:,} of {int(length.numbers['answers'] or 0):,} cut)"
