"""Figure 3: what judges think of the synthetic items (paper section 3.4)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from medinjection.records.files import write_text
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.figures.quality_numbers import (
    JudgeScores,
    QualityScores,
    agreement_csv,
    quality_csv,
    quality_grids,
)
from medinjection.reporting.figures.style import figure_style, name_in_lines, save_figure, write_caption
from medinjection.reporting.grid import grid_latex, grid_markdown
from medinjection.reporting.latex import latex_file
from medinjection.reporting.quantities import NOTHING
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv
from medinjection.scoring.quality.scales import BEST_SCORES

# ColorBrewer YlGnBu in five classes, which colour-blind readers can tell apart; of three scores the outer and middle.
_COLOURS = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
_COLOURS_OF = {"open": _COLOURS, "choice": _COLOURS[::2]}
_DARK = frozenset(_COLOURS[3:])
_TITLES = {"open": "Open questions, scores 1 to 5", "choice": "Choice questions, scores 1 to 3"}
# Narrower segments have no room for their percentage.
_NARROW = 6
# Inches from the axis to the legend: room for its numbers and its label.
_LEGEND_BELOW = 0.5


def write_quality_figure(scores: QualityScores, folder: Path | str, remark: Remark = NO_REMARK) -> None:
    """Write `fig3.csv`, `.svg`, `.png`, `.md`, `.tex`, `fig3_agreement.csv` and `fig3_caption.txt` to `folder`."""
    folder = Path(folder)
    with figure_style():
        save_figure(_drawn(scores), folder / "fig3", remark.demonstration)
    write_caption(folder / "fig3", quality_caption(scores, remark), remark)
    write_text(folder / "fig3.csv", marked_csv(quality_csv(scores), remark))
    write_text(folder / "fig3_agreement.csv", marked_csv(agreement_csv(scores), remark))
    grids = [replace(grid, caption=f"{grid.caption} {remark}".strip()) for grid in quality_grids(folder)]
    write_text(folder / "fig3.md", "\n".join(map(grid_markdown, grids)))
    labels = ("figure3_scores", "figure3_agreement")
    tables = [grid_latex(grid, label) for grid, label in zip(grids, labels, strict=False)]
    write_text(folder / "fig3.tex", latex_file(*tables))


def quality_caption(scores: QualityScores, remark: Remark = NO_REMARK) -> list[str]:
    """Return the sentences of the caption."""
    unparsed = sum(row.unparsed for row in scores.rows)
    judgements = sum(row.items for row in scores.rows)
    items = {kind: next((row.items for row in scores.of_kind(kind)), 0) for kind in BEST_SCORES}
    said = [row for row in scores.rows if "majority" in row.published]
    alike = sum(row.majority == row.published["majority"] for row in said)
    sentences = [
        f"Quality of {items['open']:,} open (left, 1 to 5) and {items['choice']:,} choice items (right, 1 to 3) of the "
        "synthetic component by each judge, in percent of the items judged; at the end of each bar the mean score, and "
        "how many items are without one.",
        f"Hatched: {unparsed:,} of {judgements:,} judgements are no score of the scale; they are left out of the "
        "means.",
        "The prompt for choice items (Figure 13 of the paper) asks for a score from 1 to 5 and defines 1 to 3; a 4 or "
        "5 is no score here.",
        "The paper prints no numbers with this figure; its text says that every judge gives most choice items a 3.",
    ]
    if StandIn.JUDGE in remark.stand_ins:
        sentences.append("A scripted judge reads no item: its scores here are drawn by a hash, most of them high.")
    if said and not remark.stand_ins:
        sentences.append(f"So do {alike} of the {len(said)} judges here that are the paper's.")
    return sentences


def _drawn(scores: QualityScores) -> Any:
    from matplotlib.figure import Figure

    judges = len(scores.of_kind("open"))
    figure = Figure(figsize=(9.6, 1.7 + 0.55 * judges), layout="constrained")
    panels = figure.subplots(1, len(BEST_SCORES), sharey=True)
    for axes, kind in zip(panels, BEST_SCORES, strict=True):
        _draw_panel(axes, kind, scores.of_kind(kind))
    panels[0].set_yticks(range(judges), [name_in_lines(row.judge) for row in scores.of_kind("open")])
    panels[0].invert_yaxis()
    return figure


def _draw_panel(axes: Any, kind: str, rows: Sequence[JudgeScores]) -> None:
    from matplotlib.transforms import ScaledTranslation

    places = range(len(rows))
    left = [0.0] * len(rows)
    colours = _COLOURS_OF[kind]
    segments = [(str(score), colours[score - 1], "", [row.counts[score - 1] for row in rows]) for score in _scale(kind)]
    segments.append(("no score", "white", "////", [row.unparsed for row in rows]))
    for label, colour, hatch, counts in segments:
        widths = [row.percent(count) for row, count in zip(rows, counts, strict=True)]
        axes.barh(places, widths, left=left, color=colour, hatch=hatch, edgecolor="#555555", linewidth=0.4, label=label)
        for place, width in enumerate(widths):
            if width >= _NARROW:
                shade = "white" if colour in _DARK else "black"
                middle = left[place] + width / 2
                # Between the lines of a hatching a number is not read.
                ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.5} if hatch else None
                look = {"ha": "center", "va": "center", "fontsize": 8, "color": shade, "bbox": ground}
                axes.text(middle, place, f"{width:.0f}", **look)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for place, row in enumerate(rows):
        mean = NOTHING if row.mean is None else f"{row.mean:.2f}"
        text = f"{mean}\n{row.unparsed:,} without" if row.unparsed else mean
        axes.annotate(text, (100, place), (5, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xlim(0, 100)
    axes.tick_params(axis="y", length=0)
    axes.set_title(f"{_TITLES[kind]} ({rows[0].items:,} items)" if rows else _TITLES[kind])
    axes.set_xlabel("Percent of the items judged; right: mean score")
    below = ScaledTranslation(0, -_LEGEND_BELOW, axes.figure.dpi_scale_trans)
    where = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "bbox_transform": axes.transAxes + below}
    axes.legend(**where, ncols=len(segments), fontsize=8)


def _scale(kind: str) -> range:
    return range(1, BEST_SCORES[kind] + 1)
