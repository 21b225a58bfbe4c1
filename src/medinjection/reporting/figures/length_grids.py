"""The tables that go with Figure 5: judge scores by length, of equally long answers, and without each model."""

from collections.abc import Mapping
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.reporting.grid import Grid
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.reading import number
from medinjection.scoring.length.association import ASSOCIATION_COLUMNS
from medinjection.scoring.length.by_length import DECILE_COLUMNS, LENGTH_FACTOR, MATCHED_COLUMNS

# Tenths of the answers, from the shortest to the longest.
_TENTHS = tuple(map(str, range(1, 11)))


def length_grids(associations: Path | str, deciles: Path | str, matched: Path | str) -> list[Grid]:
    """Return the tables of scores/length_association.csv, length_deciles.csv and length_matched.csv.

    Of a run without a judge there are none; the last one is left out where no model has a base.

    Raises:
        InputError: as `read_rows`, or a cell is no number.
    """
    found = [_association_grid(associations), _decile_grid(deciles), _matched_grid(matched)]
    return [grid for grid in found if grid.lines]


def _association_grid(path: Path | str) -> Grid:
    lines = []
    for row in read_rows(path, ASSOCIATION_COLUMNS):
        names = ("spearman_rho", "spearman_p", "kendall_tau_b", "kendall_p", "slope")
        cells = (_shown(row, name, path) for name in names)
        lines.append((row["judge"], row["left_out"] or "none", row["models"], *cells))
    header = ("Judge", "Left out", "Models", "Spearman's rho", "p", "Kendall's tau-b", "p", "Slope")
    caption = (
        "Mean length of a model's answers and its mean score: correlation over all models, and with each model left "
        "out. Slope: of the line, for ten times the length."
    )
    return Grid(caption, header, tuple(lines), left=2)


def _decile_grid(path: Path | str) -> Grid:
    means: dict[tuple[str, str], dict[str, str]] = {}
    for row in read_rows(path, DECILE_COLUMNS):
        means.setdefault((row["judge"], row["model"]), {})[row["decile"]] = _shown(row, "mean_score", path)
    lines = [(*key, *(of_key.get(tenth, NOTHING) for tenth in _TENTHS)) for key, of_key in means.items()]
    caption = (
        "Mean score of each tenth of a model's answers, from the shortest (1) to the longest (10), by length in tokens."
    )
    return Grid(caption, ("Judge", "Model", *_TENTHS), tuple(lines), left=2)


def _matched_grid(path: Path | str) -> Grid:
    found: dict[tuple[str, str, str], dict[str, Mapping[str, str]]] = {}
    for row in read_rows(path, MATCHED_COLUMNS):
        found.setdefault((row["judge"], row["model"], row["base"]), {})[row["pairs"]] = row
    lines = []
    for key, rows in found.items():
        cells = [cell for pairs in ("all", "matched") for cell in _pair_cells(rows[pairs], path)]
        lines.append((*key, *cells))
    header = ("Judge", "Model", "Base", "Questions", "Difference", "95 % interval")
    caption = (
        "Mean score of a model less that of its base on the same questions: of all that have both scores, then of "
        f"those whose longer answer has at most {LENGTH_FACTOR:g} times the tokens of the shorter."
    )
    return Grid(caption, (*header, "Equally long", "Difference", "95 % interval"), tuple(lines), left=3)


def _pair_cells(row: Mapping[str, str], path: Path | str) -> tuple[str, str, str]:
    low, high = (_shown(row, name, path, sign=True) for name in ("ci_low", "ci_high"))
    interval = NOTHING if NOTHING in (low, high) else f"[{low}, {high}]"
    return thousands(int(row["n"])), _shown(row, "difference", path, sign=True), interval


def _shown(row: Mapping[str, str], name: str, path: Path | str, sign: bool = False) -> str:
    value = number(row[name], path, f"{row['judge']}: {name}")
    if value is None:
        return NOTHING
    return f"{value:+.2f}" if sign else f"{value:.2f}"
