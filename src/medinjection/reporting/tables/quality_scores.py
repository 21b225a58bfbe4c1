"""The numbers of Figure 3: how each judge scores the synthetic items, and whether judges agree (paper section 3.4)."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.records.files import read_table
from medinjection.reporting.reading import number, read_rows
from medinjection.reporting.tables.grid import Grid
from medinjection.reporting.tables.table import NOTHING
from medinjection.scoring.quality.agreement import Agreement, judges_agreement
from medinjection.scoring.quality.scales import BEST_SCORES, QUALITY_SCHEMA, kind_of

SCORES = tuple(range(1, max(BEST_SCORES.values()) + 1))
_PERCENT = tuple(f"percent_{score}" for score in SCORES)
PUBLISHED_COLUMNS = ("kind", "judge", *_PERCENT, "mean", "majority")
_BESIDE = (*_PERCENT, "mean", "majority")
COLUMNS = (
    "kind",
    "judge",
    "items",
    "unparsed",
    *_BESIDE,
    *(f"{name}_published" for name in _BESIDE),
)
AGREEMENT_COLUMNS = ("kind", "judge", "other_judge", "items", "same_percent", "kappa", "spearman")


@dataclass(frozen=True, slots=True)
class JudgeScores:
    """How one judge scores the items of one kind.

    Attributes:
        counts: items of each score, from 1 to the best one of the kind.
        unparsed: items for which the judge's text is no score.
        published: what the paper says of this judge by column, without what it leaves open.
    """

    kind: str
    judge: str
    counts: tuple[int, ...]
    unparsed: int
    published: Mapping[str, float]

    @property
    def items(self) -> int:
        """Items that were judged, with and without a score."""
        return sum(self.counts) + self.unparsed

    @property
    def mean(self) -> float | None:
        """Mean score of the items that have one."""
        scored = sum(self.counts)
        return sum(score * count for score, count in enumerate(self.counts, start=1)) / scored if scored else None

    @property
    def majority(self) -> int | None:
        """The score that more than half of all items have; None where there is no such score."""
        return next((score for score, count in enumerate(self.counts, start=1) if 2 * count > self.items), None)

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


def quality_scores(
    files: Mapping[str, Path | str], published: Mapping[tuple[str, str], Mapping[str, float]]
) -> QualityScores:
    """Return how each judge scores the items.

    Args:
        files: judge -> its parquet file of scores, in the order in which they are shown.

    Raises:
        InputError: a file is missing or not what it should be, a score is outside its scale, or two judges did not
            judge the same items.
    """
    scored: dict[str, dict[str, dict[str, int]]] = {kind: {} for kind in BEST_SCORES}
    rows, judged = [], {}
    for judge, path in files.items():
        lines = read_table(path, QUALITY_SCHEMA).to_pylist()
        judged[judge] = {line["record_id"] for line in lines}
        for kind, best in BEST_SCORES.items():
            of_kind = {line["record_id"]: line["score"] for line in lines if kind_of(line["task"]) == kind}
            counts = Counter(of_kind.values())
            if outside := sorted(set(counts) - {None, *range(1, best + 1)}):
                raise InputError(f"{path}: found the score {outside[0]} of a {kind} item, expected 1 to {best}")
            in_order = tuple(counts[score] for score in range(1, best + 1))
            rows.append(JudgeScores(kind, judge, in_order, counts[None], published.get((kind, judge), {})))
            scored[kind][judge] = {i: score for i, score in of_kind.items() if score is not None}
    _require_same_items(judged)
    agreements = [(kind, pair) for kind in BEST_SCORES for pair in judges_agreement(scored[kind])]
    rows.sort(key=lambda row: list(BEST_SCORES).index(row.kind))
    return QualityScores(tuple(rows), tuple(agreements))


def quality_csv(scores: QualityScores) -> str:
    """Return fig3.csv: a line for each kind and judge, percentages of all items, the published numbers beside."""
    lines = []
    for row in scores.rows:
        percents = [f"{row.percent(count):.2f}" for count in row.counts]
        percents += [""] * (len(SCORES) - len(percents))
        mean, majority = _printed(row.mean, 3), "" if row.majority is None else row.majority
        beside = ["" if name not in row.published else f"{row.published[name]:g}" for name in _BESIDE]
        lines.append([row.kind, row.judge, row.items, row.unparsed, *percents, mean, majority, *beside])
    return _csv(COLUMNS, lines)


def agreement_csv(scores: QualityScores) -> str:
    """Return fig3_agreement.csv: a line for each kind and two judges."""
    lines = []
    for kind, pair in scores.agreements:
        same = None if pair.same is None else 100 * pair.same
        numbers = [_printed(same, 2), _printed(pair.kappa, 3), _printed(pair.spearman, 3)]
        lines.append([kind, pair.first, pair.second, pair.items, *numbers])
    return _csv(AGREEMENT_COLUMNS, lines)


def quality_grids(folder: Path | str) -> list[Grid]:
    """Read fig3.csv and fig3_agreement.csv back as tables for readers; the second only where there are two judges.

    Raises:
        InputError: a file is missing or lacks a column.
    """
    rows = read_rows(Path(folder) / "fig3.csv", COLUMNS)
    header = ("Judge", "items", "judged", "no score", *(f"score {s}, %" for s in SCORES), "mean", "majority", "paper")
    lines = [
        (
            row["judge"],
            row["kind"],
            *(f"{int(row[name]):,}" for name in ("items", "unparsed")),
            *(row[name] or NOTHING for name in (*_BESIDE, "majority_published")),
        )
        for row in rows
    ]
    title = (
        "Scores by judge, in percent of the items judged. no score: the judge's text was none. majority: the score of "
        "more than half of the items; beside it that of the paper's text."
    )
    grids = [Grid(title, header, tuple(lines))]
    pairs = read_rows(Path(folder) / "fig3_agreement.csv", AGREEMENT_COLUMNS)
    if pairs:
        header = ("Judge", "other judge", "items", "both scored", "same score, %", "weighted kappa", "Spearman")
        lines = [
            (
                row["judge"],
                row["other_judge"],
                row["kind"],
                f"{int(row['items']):,}",
                *(row[name] or NOTHING for name in ("same_percent", "kappa", "spearman")),
            )
            for row in pairs
        ]
        title = (
            "Agreement of the judges on the items that both have scored. Weighted kappa: Cohen's, quadratic weights."
        )
        grids.append(Grid(title, header, tuple(lines)))
    return grids


def _require_same_items(judged: Mapping[str, set[str]]) -> None:
    first, *others = judged
    for other in others:
        if apart := sorted(judged[first] ^ judged[other]):
            raise InputError(
                f"record {apart[0]} is judged by {first} or by {other}, not by both ({len(apart)} such), "
                "expected the same items"
            )


def _printed(value: float | None, places: int) -> str:
    # Adding 0 turns the -0.0 of a rounded tiny negative number into 0.0.
    return "" if value is None else f"{round(value, places) + 0.0:.{places}f}"


def _csv(header: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return buffer.getvalue()
