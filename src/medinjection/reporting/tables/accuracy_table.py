"""The table beside Table 4: accuracy of each model by the ratings alone, and with a judge's scores of all answers."""

from collections.abc import Mapping
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.reporting.grid import Grid, write_grid
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.reading import number
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.scoring.agreement.rated_accuracy import BY_DISAGREEMENT, FEWEST, RATED_COLUMNS

NAME = "table4_accuracy"
_METHODS = ("ratings", "ppi", "ppi_tuned")
_HEADER = (
    "Judge",
    "Model",
    "Answers",
    "Rated",
    "Ratings alone",
    "95 % interval",
    "PPI",
    "95 % interval",
    "PPI, tuned",
    "95 % interval",
    "Worth ratings",
)
_CAPTION = (
    "Share of a model's answers that a physician would call equivalent, from the ratings alone and by "
    "prediction-powered inference (PPI), which adds the judge's scores of all answers and corrects them by the "
    "ratings. Worth ratings: how many plain ratings would give an interval as narrow as the tuned one. "
    f"PPI has an interval from {FEWEST} ratings on."
)
_WEIGHTED = (
    "The rated answers were drawn by disagreement of judges: each rating counts by one over its answer's probability "
    "of being drawn."
)


def accuracy_grid(path: Path | str, remark: Remark) -> Grid:
    """Return the table of scores/rated_accuracy.csv as a reader sees it.

    Raises:
        InputError: as `read_rows`, or a cell is no number.
    """
    found: dict[tuple[str, str], dict[str, Mapping[str, str]]] = {}
    weighted = ""
    for row in read_rows(path, RATED_COLUMNS):
        weighted = _WEIGHTED if row["draw"] == BY_DISAGREEMENT else ""
        found.setdefault((row["judge"], row["model"]), {})[row["method"]] = row
    lines = []
    for (judge, model), rows in found.items():
        plain, tuned = rows["ratings"], rows["ppi_tuned"]
        cells = [cell for method in _METHODS for cell in _estimate(rows[method], path)]
        worth = _number(tuned, "ratings_worth", path)
        counts = (thousands(int(plain["answers"])), thousands(int(plain["rated"])))
        lines.append((judge, model, *counts, *cells, NOTHING if worth is None else f"{worth:,.0f}"))
    caption = " ".join(filter(None, (_CAPTION, weighted, str(remark))))
    return Grid(caption, _HEADER, tuple(lines), "Table 4, accuracy", left=2)


def write_accuracy_table(path: Path | str, folder: Path | str, remark: Remark = NO_REMARK) -> None:
    """Write `table4_accuracy.md` and `.tex` to `folder`."""
    write_grid(accuracy_grid(path, remark), Path(folder) / NAME)


def _estimate(row: Mapping[str, str], path: Path | str) -> tuple[str, str]:
    mean, low, high = (_number(row, name, path) for name in ("mean", "ci_low", "ci_high"))
    interval = NOTHING if low is None or high is None else f"[{low:.2f}, {high:.2f}]"
    return NOTHING if mean is None else f"{mean:.2f}", interval


def _number(row: Mapping[str, str], name: str, path: Path | str) -> float | None:
    return number(row[name], path, f"{row['judge']}, {row['model']}, {row['method']}: {name}")
