"""What the report page shows of the judges of open answers beside their means: how alike they are."""

from collections.abc import Mapping
from pathlib import Path

from medinjection.reporting.grid import Grid
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.reading import number, read_rows
from medinjection.reporting.remark import Remark
from medinjection.scoring.agreement.judge_pairs import PAIR_COLUMNS
from medinjection.scoring.agreement.rated_accuracy import ALL_MODELS

_PAIR_HEADER = (
    "First judge",
    "Second judge",
    "Answers",
    "Unread by first",
    "Unread by second",
    "Both scored",
    "Same score, %",
    "Cohen's kappa",
    "Pearson's r",
    "Spearman's rho",
    "Kendall's tau-b",
    "Mean difference",
)
_PAIR_CAPTION = (
    "How alike two judges score the open answers of all models, over the answers that both gave a score. Mean "
    "difference: the first judge's mean less the second's. scores/judge_pairs.csv has each model."
)


def judge_grids(scores: Path, remark: Remark) -> list[Grid]:
    """Return the tables of the folder `scores` on its judges; none where there is nothing to compare.

    Raises:
        InputError: as `read_rows`, or a cell is no number.
    """
    pairs = scores / "judge_pairs.csv"
    return [grid for grid in [_pair_grid(pairs, remark)] if grid.lines] if pairs.is_file() else []


def _pair_grid(path: Path, remark: Remark) -> Grid:
    lines = []
    for row in read_rows(path, PAIR_COLUMNS):
        if row["model"] != ALL_MODELS:
            continue
        place = f"{row['first']}, {row['second']}"
        counts = (_count(row, name, path, place) for name in ("answers", "unread_first", "unread_second", "n"))
        same = _value(row, "agreement", path, place)
        names = ("cohen_kappa", "pearson_r", "spearman_rho", "kendall_tau_b")
        values = (_decimals(_value(row, name, path, place)) for name in names)
        difference = _value(row, "mean_difference", path, place)
        shown = NOTHING if difference is None else f"{difference:+.2f}"
        percent = NOTHING if same is None else f"{100 * same:.1f}"
        lines.append((row["first"], row["second"], *counts, percent, *values, shown))
    caption = " ".join(filter(None, (_PAIR_CAPTION, str(remark))))
    return Grid(caption, _PAIR_HEADER, tuple(lines), "Judge against judge", left=2)


def _count(row: Mapping[str, str], name: str, path: Path, place: str) -> str:
    return thousands(int(_value(row, name, path, place) or 0))


def _decimals(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _value(row: Mapping[str, str], name: str, path: Path, place: str) -> float | None:
    return number(row[name], path, f"{place}: {name}")
