"""What claims are tested on: the score files of a run, and the published tables."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS
from medinjection.scoring.agreement.correlations import COMPARISON_COLUMNS
from medinjection.scoring.choice.decoding_gap import GAP_COLUMNS
from medinjection.scoring.choice.paired import ALL_PAIR_COLUMNS
from medinjection.scoring.choice.spread import SPREAD_COLUMNS
from medinjection.scoring.claims.of_run import Evidence
from medinjection.scoring.length.association import ASSOCIATION_COLUMNS
from medinjection.scoring.quality.scores import QUALITY_COLUMNS
from medinjection.sources.paper_counts import PaperCount, read_paper_counts

# Field of `Evidence` -> its score file and what that file must have.
_FILES = {
    "pairs": ("paired_all", ALL_PAIR_COLUMNS),
    "gaps": ("decoding_gaps", GAP_COLUMNS),
    "spread": ("choice_spread", SPREAD_COLUMNS),
    "quality": ("quality", QUALITY_COLUMNS),
    "correlation_tests": ("correlation_tests", COMPARISON_COLUMNS),
    "association": ("length_association", ASSOCIATION_COLUMNS),
}

Cells = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class PaperNumbers:
    """The published tables as line -> column -> number, and the counts by source.

    Attributes:
        table1: component, or `total`, -> split or `total` -> count.
        table2: task -> `count`.
        table3: system -> `comet`; the best system of WMT is `wmt24-best`.
        table4: judge -> `pearson_r`.
        table5: model -> columns of Table 5, percentages.
        table6: model -> `llm_judge`.
        table7: model -> columns of Table 7, percentages; deviations end in `_sd`.
        correlations: lines of Table 4 as printed.
        majority: judge -> the score that the text says most choice items got, of 3.
        ledger: counts by source, task and split.
    """

    table1: Cells
    table2: Cells
    table3: Cells
    table4: Cells
    table5: Cells
    table6: Cells
    table7: Cells
    correlations: Sequence[Mapping[str, str]]
    majority: Mapping[str, int]
    ledger: Sequence[PaperCount]

    @property
    def tested(self) -> dict[str, int]:
        """Task -> choice questions of the test split."""
        return {
            task: sum(one.count for one in self.ledger if one.split == "test" and one.task == task)
            for task in CHOICE_TASKS
        }


def read_evidence(scores: Path, comet: Path | None = None) -> Evidence:
    """Read the score files of a run, as far as they are there.

    Args:
        scores: their folder.
        comet: JSON lines of COMET by segment, of the test set of WMT 2024.

    Raises:
        InputError: a file lacks a column, or a line of `comet` has no score.
    """
    files = {key: (scores / f"{name}.csv", columns) for key, (name, columns) in _FILES.items()}
    rows: dict[str, Any] = {key: read_rows(path, columns) for key, (path, columns) in files.items() if path.is_file()}
    return Evidence(**rows, comet=comet_by_segment(comet) if comet else {})


def comet_by_segment(path: Path) -> dict[str, dict[str, float]]:
    """Return system -> segment id -> COMET. Raises InputError, naming the line, where one has no score."""
    found: dict[str, dict[str, float]] = {}
    for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            found.setdefault(row["system"], {})[row["segment_id"]] = float(row["comet"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: line {place} is no segment with a score ({error!r})") from error
    return found


def read_paper_numbers(published: Path, ledger: Path) -> PaperNumbers:
    """Read the published tables and the paper's counts by source.

    Args:
        published: folder of `published_table<number>.csv` and `published_figure3.csv`.
        ledger: `ledger.csv`.

    Raises:
        InputError: a file is missing or not what it should be.
    """
    tables = {number: read_rows(published / f"published_table{number}.csv", ()) for number in range(1, 8)}
    majorities = read_rows(published / "published_figure3.csv", ("judge", "majority"))
    return PaperNumbers(
        table1=_numbers_of(tables[1], "component"),
        table2=_numbers_of(tables[2], "task"),
        table3=_numbers_of(tables[3], "system"),
        table4=_numbers_of([row for row in tables[4] if row["kind"] == "judge"], "scorer"),
        table5=_numbers_of(tables[5], "model"),
        table6=_numbers_of(tables[6], "model"),
        table7=_numbers_of(tables[7], "model"),
        correlations=tables[4],
        majority={row["judge"]: int(row["majority"]) for row in majorities if row["majority"]},
        ledger=read_paper_counts(ledger),
    )


def _numbers_of(rows: Sequence[Mapping[str, str]], key: str) -> dict[str, dict[str, float]]:
    """Return rows of a published table as line -> column -> number; cells that hold no number are left out."""
    table: dict[str, dict[str, float]] = {}
    for row in rows:
        cells = table.setdefault(row[key], {})
        for column, text in row.items():
            if column == key:
                continue
            try:
                cells[column] = float(text)
            except ValueError:
                continue
    return table
