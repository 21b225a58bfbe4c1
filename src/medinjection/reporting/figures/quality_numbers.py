"""The numbers of Figure 3, beside what the paper says: as CSV, and as tables for readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.files import csv_text
from medinjection.reporting.grid import Grid
from medinjection.reporting.quantities import NOTHING
from medinjection.reporting.reading import number
from medinjection.scoring.quality.agreement import Agreement
from medinjection.scoring.quality.scales import BEST_SCORES, SCORES
from medinjection.scoring.quality.scores import AGREEMENT_COLUMNS, QUALITY_COLUMNS

_PERCENT = tuple(f"percent_{score}" for score in SCORES)
_BESIDE = (*_PERCENT, "mean", "majority")
PUBLISHED_COLUMNS = ("kind", "judge", *_BESIDE)
COLUMNS = ("kind", "judge", "items", "unparsed", *_BESIDE, *(f"{name}_published" for name in _BESIDE))
FIGURE_AGREEMENT_COLUMNS = ("kind", "judge", "other_judge", "items", "same_percent", "kappa", "spearman")


@dataclass(frozen=True, slots=True)
class JudgeScores:
    """How one judge scores the items of one kind.

    Attributes:
        counts: items of each score, from 1 to the best one of the kind.
        items: items that were judged, with and without a score.
        unparsed: items for which the judge's text is no score.
        mean: mean score of the items that have one.
        majority: the score that more than half of all items have; None where there is no such score.
        published: what the paper says of this judge by column, without what it leaves open.
    """

    kind: str
    judge: str
    counts: tuple[int, ...]
    items: int
    unparsed: int
    mean: float | None
    majority: int | None
    published: Mapping[str, float]

    def percent(self, count: int) -> float:
        """Return a number of items in percent of all of them."""
        return 100 * count / self.items if self.items else 0.0


@dataclass(frozen=True, slots=True)
class QualityScores:
    """Figure 3 in numbers: a row for each kind and judge, and the agreement of each two judges by kind."""

    rows: tuple[JudgeScores, ...]
    agreements: tuple[tuple[str, Agreement], ...]

    def of_kind(self, kind: str) -> list[JudgeScores]:
        """Return the rows of one kind, in the order of the judges."""
        return [row for row in self.rows if row.kind == kind]


def read_published_quality(path: Path | str) -> dict[tuple[str, str], dict[str, float]]:
    """Read what the paper says of Figure 3: (kind, judge) -> column -> number, without what it leaves open.

    Raises:
        InputError: as `read_rows`, or a row occurs twice or is of an unknown kind, or a cell is no number.
    """
    published: dict[tuple[str, str], dict[str, float]] = {}
    for row in read_rows(path, PUBLISHED_COLUMNS):
        key = (row["kind"], row["judge"])
        if row["kind"] not in BEST_SCORES or key in published:
            raise InputError(f"{path}: found {', '.join(key)}, expected each of {', '.join(BEST_SCORES)} once a judge")
        cells = {name: number(row[name], path, f"{', '.join(key)}, {name}") for name in _BESIDE}
        published[key] = {name: value for name, value in cells.items() if value is not None}
    return published


def read_quality(
    scores: Path | str, agreement: Path | str, published: Mapping[tuple[str, str], Mapping[str, float]]
) -> QualityScores:
    """Read scores/quality.csv and scores/quality_agreement.csv.

    Raises:
        InputError: as `read_rows`, or a kind is unknown, or a cell is no number.
    """
    rows = []
    for row in read_rows(scores, QUALITY_COLUMNS):
        kind, judge = row["kind"], row["judge"]
        if kind not in BEST_SCORES:
            raise InputError(f"{scores}: found {kind}, expected one of {', '.join(BEST_SCORES)}")
        place = f"{kind}, {judge}"
        names = ("items", "unparsed", *(f"count_{score}" for score in range(1, BEST_SCORES[kind] + 1)))
        items, unparsed, *counts = (_count(row, name, scores, place) for name in names)
        mean, majority = (number(row[name], scores, f"{place}: {name}") for name in ("mean", "majority"))
        best = None if majority is None else int(majority)
        beside = published.get((kind, judge), {})
        rows.append(JudgeScores(kind, judge, tuple(counts), items, unparsed, mean, best, beside))
    pairs = []
    for row in read_rows(agreement, AGREEMENT_COLUMNS):
        place = f"{row['kind']}, {row['judge']}, {row['other_judge']}"
        shared = _count(row, "items", agreement, place)
        measures = (number(row[name], agreement, f"{place}: {name}") for name in ("same", "kappa", "spearman"))
        pairs.append((row["kind"], Agreement(row["judge"], row["other_judge"], shared, *measures)))
    return QualityScores(tuple(rows), tuple(pairs))


def quality_csv(scores: QualityScores) -> str:
    """Return fig3.csv: a line for each kind and judge, percentages of all items, the published numbers beside."""
    lines = []
    for row in scores.rows:
        percents = [f"{row.percent(count):.2f}" for count in row.counts]
        percents += [""] * (len(SCORES) - len(percents))
        majority = "" if row.majority is None else row.majority
        beside = ["" if name not in row.published else f"{row.published[name]:g}" for name in _BESIDE]
        cells = [row.kind, row.judge, row.items, row.unparsed, *percents, _printed(row.mean, 3), majority, *beside]
        lines.append(cells)
    return csv_text(COLUMNS, lines)


def agreement_csv(scores: QualityScores) -> str:
    """Return fig3_agreement.csv: a line for each kind and two judges."""
    lines = []
    for kind, pair in scores.agreements:
        same = None if pair.same is None else 100 * pair.same
        numbers = [_printed(same, 2), _printed(pair.kappa, 3), _printed(pair.spearman, 3)]
        lines.append([kind, pair.first, pair.second, pair.items, *numbers])
    return csv_text(FIGURE_AGREEMENT_COLUMNS, lines)


def quality_grids(folder: Path | str) -> list[Grid]:
    """Read fig3.csv and fig3_agreement.csv back as tables for readers; the second only where there are two judges.

    Raises:
        InputError: a file is missing or lacks a column.
    """
    header = ("Judge", "items", "judged", "no score", *(f"score {s}, %" for s in SCORES), "mean", "majority", "paper")
    caption = (
        "Scores by judge, in percent of the items judged. no score: the judge's text was none. majority: the score of "
        "more than half of the items; beside it that of the paper's text."
    )
    columns = ("unparsed", *_BESIDE, "majority_published")
    grids = [Grid(caption, header, _lines(read_rows(Path(folder) / "fig3.csv", COLUMNS), ("judge", "kind"), columns))]
    pairs = read_rows(Path(folder) / "fig3_agreement.csv", FIGURE_AGREEMENT_COLUMNS)
    if pairs:
        header = ("Judge", "other judge", "items", "both scored", "same score, %", "weighted kappa", "Spearman")
        caption = (
            "Agreement of the judges on the items that both have scored. Weighted kappa: Cohen's, quadratic weights."
        )
        names = ("judge", "other_judge", "kind")
        grids.append(Grid(caption, header, _lines(pairs, names, ("same_percent", "kappa", "spearman"))))
    return grids


def _lines(
    rows: Sequence[Mapping[str, str]], names: Sequence[str], columns: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Return the lines of a table: names, the number of items, then `columns`."""
    lines = []
    for row in rows:
        counts = {name: f"{int(row[name]):,}" for name in ("items", "unparsed") if name in row}
        cells = {**row, **counts}
        lines.append((*(cells[name] for name in (*names, "items")), *(cells[name] or NOTHING for name in columns)))
    return tuple(lines)


def _count(row: Mapping[str, str], name: str, path: Path | str, place: str) -> int:
    if not row[name].isdecimal():
        raise InputError(f"{path}: {place}: {name} is {row[name]!r}, expected a count")
    return int(row[name])


def _printed(value: float | None, places: int) -> str:
    # Adding 0 turns the -0.0 of a rounded tiny negative number into 0.0.
    return "" if value is None else f"{round(value, places) + 0.0:.{places}f}"
