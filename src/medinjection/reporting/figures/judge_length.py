"""Figure 5: do models that write longer answers score higher with the judge (paper section 5.2)?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, write_text
from medinjection.reporting.figures.length_axes import model_legend, plain_log_axis
from medinjection.reporting.figures.length_numbers import Association, JudgedLengths, ModelLength
from medinjection.reporting.figures.style import figure_style, model_looks, save_figure, write_caption
from medinjection.reporting.grid import Grid, grid_latex, grid_markdown
from medinjection.reporting.latex import latex_file
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv

COLUMNS = ("judge", "model", "output_tokens", "mean_score")


def write_judge_length_figure(
    lengths: Sequence[ModelLength],
    judged: Sequence[JudgedLengths],
    trained: Sequence[str],
    grids: Sequence[Grid],
    folder: Path | str,
    remark: Remark = NO_REMARK,
) -> None:
    """Write `fig5.csv`, `.svg`, `.png`, `.md`, `.tex` and `fig5_caption.txt` to `folder`.

    The picture is of the first judge.

    Args:
        grids: the tables that go with it, as `length_grids` returns them.
        trained: the models that learnt a mix, in the order of the training curves.

    Raises:
        InputError: there is no judge.
    """
    if not judged:
        raise InputError("Figure 5: no judge, expected at least one")
    stem = Path(folder) / "fig5"
    with figure_style():
        save_figure(_drawn(lengths, judged[0], trained), stem, remark.demonstration)
    write_caption(stem, judge_length_caption(lengths, judged, remark), remark)
    write_text(stem.with_suffix(".csv"), marked_csv(_csv(lengths, judged), remark))
    said = [replace(grid, caption=f"{grid.caption} {remark}".strip()) for grid in grids]
    write_text(stem.with_suffix(".md"), "\n".join(map(grid_markdown, said)))
    tables = [grid_latex(grid, f"figure5_{place}") for place, grid in enumerate(said, start=1)]
    write_text(stem.with_suffix(".tex"), latex_file(*tables))


def judge_length_caption(
    lengths: Sequence[ModelLength], judged: Sequence[JudgedLengths], remark: Remark = NO_REMARK
) -> list[str]:
    """Return the sentences of the caption."""
    first, *others = judged
    sentences = [
        "Mean length of a model's open answers, in its own tokens (logarithmic), against their mean score by the judge "
        f"{first.judge}; one point per model. Dashed: least-squares line.",
        _coefficients(first),
    ]
    if spread := _without_one(first.associations[1:]):
        sentences.append(spread)
    sentences += [f"By {other.judge}: {_coefficients(other)}" for other in others]
    points = _points(lengths, first)
    if missing := [length.model for length in lengths if length.model not in points]:
        sentences.append(f"Without a point, for no answer has a text or none a score: {', '.join(missing)}.")
    unfinished = sum(int(length.numbers["unfinished"] or 0) for length in lengths)
    if unfinished:
        sentences.append(f"{unfinished:,} answers were cut at the limit of new tokens and would have been longer.")
    if not remark.stand_ins:
        sentences.append("The paper gives rho and tau as 0.00, p = 1, over its eight models.")
    return sentences


def _coefficients(judged: JudgedLengths) -> str:
    found = judged.associations[0]
    if not found.defined:
        return f"No correlation is defined over {found.models} models: too few, or all lengths or scores are equal."
    n = found.numbers
    return (
        f"Spearman's rho = {n['spearman_rho']:.2f} (p = {n['spearman_p']:.2f}), Kendall's tau-b = "
        f"{n['kendall_tau_b']:.2f} (p = {n['kendall_p']:.2f}) over {found.models} models."
    )


def _without_one(rows: Sequence[Association]) -> str:
    """Say between what the rank correlation lies once each model is left out in turn."""
    found = sorted((row.numbers["spearman_rho"] or 0.0, row.left_out) for row in rows if row.defined)
    if len(found) < 2:
        return ""
    (low, without_low), (high, without_high) = found[0], found[-1]
    return (
        f"Each model left out in turn, rho lies between {low:.2f} (without {without_low}) and {high:.2f} (without "
        f"{without_high})."
    )


def _points(lengths: Sequence[ModelLength], judged: JudgedLengths) -> dict[str, tuple[float, float]]:
    points = {}
    for length in lengths:
        tokens, mean = length.numbers["output_tokens"], judged.means[length.model]
        if tokens and mean is not None:
            points[length.model] = (tokens, mean)
    return points


def _csv(lengths: Sequence[ModelLength], judged: Sequence[JudgedLengths]) -> str:
    rows = []
    for judge in judged:
        for length in lengths:
            mean = judge.means[length.model]
            cells = ("" if value is None else f"{value:.6g}" for value in (length.numbers["output_tokens"], mean))
            rows.append([judge.judge, length.model, *cells])
    return csv_text(COLUMNS, rows)


def _drawn(lengths: Sequence[ModelLength], judged: JudgedLengths, trained: Sequence[str]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    looks = model_looks([length.model for length in lengths], trained)
    points = _points(lengths, judged)
    _draw_line(axes, judged.associations[0].numbers, [tokens for tokens, _ in points.values()])
    for model, (tokens, mean) in points.items():
        colour, marker = looks[model]
        axes.plot(tokens, mean, marker, color=colour, markersize=8, markeredgecolor="white", markeredgewidth=0.6)
    axes.margins(x=0.08, y=0.12)
    plain_log_axis(axes.xaxis, [tokens for tokens, _ in points.values()])
    axes.set_xlabel("Mean length of the answers, in tokens of the model (logarithmic)")
    axes.set_ylabel(f"Mean score by {judged.judge}")
    axes.grid(linewidth=0.4, color="#dddddd")
    axes.set_axisbelow(True)
    model_legend(figure, looks, {model: model for model in points})
    return figure


def _draw_line(axes: Any, numbers: Mapping[str, float | None], tokens: Sequence[float]) -> None:
    import numpy as np

    slope, intercept = numbers["slope"], numbers["intercept"]
    axes.set_xscale("log")
    if slope is None or intercept is None:
        return
    ends = np.array([min(tokens), max(tokens)])
    axes.plot(ends, slope * np.log10(ends) + intercept, "--", color="#555555", linewidth=1, zorder=1)
