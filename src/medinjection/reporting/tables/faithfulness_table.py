"""The table of the screen for clinical faithfulness: how many answers keep numbers and negations of the reference."""

from collections.abc import Mapping
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.reporting.grid import Grid
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.reading import number
from medinjection.reporting.remark import Remark
from medinjection.scoring.faithfulness.scores import FAITHFULNESS_COLUMNS

_HEADER = (
    "Model",
    "Answers",
    "Stated",
    "References",
    "Kept all, %",
    "95 % interval",
    "Changed",
    "Dropped",
    "Added",
    "Unclear",
)
_CAPTION = (
    "A screen by rules, no clinical judgement; the paper has no such table. References: answers whose reference states "
    "a number (with its unit, if any) or a negation. Kept all: share of these that keep each of them, with its Wilson "
    "interval. Changed, dropped, added, unclear: answers with at least one; a right answer in other words may drop "
    "or add."
)


def faithfulness_grid(path: Path | str, remark: Remark) -> Grid:
    """Return the table of scores/faithfulness.csv as a reader sees it.

    Raises:
        InputError: as `read_rows`, or a cell is no number.
    """
    lines = [_line(row, path) for row in read_rows(path, FAITHFULNESS_COLUMNS)]
    caption = " ".join(filter(None, (_CAPTION, str(remark))))
    return Grid(caption, _HEADER, tuple(lines), "Numbers and negations of open answers", left=3)


def _line(row: Mapping[str, str], path: Path | str) -> tuple[str, ...]:
    place = f"{row['model']}, {row['answers']}, {row['stated']}"
    values = {
        name: number(row[name], path, f"{place}: {name}")
        for name in FAITHFULNESS_COLUMNS
        if name not in ("model", "answers", "stated", "signature")
    }
    share, low, high = (values[name] for name in ("share", "ci_low", "ci_high"))
    interval = NOTHING if low is None or high is None else f"[{100 * low:.1f}, {100 * high:.1f}]"
    counts = [thousands(int(values[name] or 0)) for name in ("n", "changed", "dropped", "added", "unclear")]
    shown = NOTHING if share is None else f"{100 * share:.1f}"
    return (row["model"], row["answers"], row["stated"], counts[0], shown, interval, *counts[1:])
