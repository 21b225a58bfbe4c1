"""What the page shows of open answers: text metrics, Table 4, judges, Figures 5 and 6, the screen for numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.records.csv_rows import read_rows
from medinjection.reporting.figures.length_grids import length_grids
from medinjection.reporting.page.pictures import picture_facts
from medinjection.reporting.reading import number
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.accuracy_table import accuracy_grid
from medinjection.reporting.tables.correlation_table import NUMBER, correlation_grid, read_correlation_table
from medinjection.reporting.tables.faithfulness_table import faithfulness_grid
from medinjection.reporting.tables.judge_tables import judge_grids
from medinjection.scoring.open.averages import ALL, TEXT_COLUMNS, shown_average
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS

# The figure of judges, and what there is only with it.
_JUDGED = 5
_FIGURES = {_JUDGED: "Length of the answers and judge scores", 6: "Length of the answers and of the references"}


def open_answer_facts(
    tables: Path, scores: Path, figures: Path, figure_numbers: Sequence[int], remark: Remark
) -> dict[str, Any]:
    """Return what the template shows of open answers.

    That is Table 4 where the run has it, how alike judges are where there are several, the figures with their tables,
    and the screen's table.

    Args:
        figure_numbers: the run's figures, of which 5 and 6 are shown.

    Raises:
        InputError: a table, a figure or its caption is missing or not what it should be.
    """
    path = tables / f"table{NUMBER}.csv"
    rated = path.is_file()
    said = scores / "faithfulness.csv"
    parts = [scores / f"length_{part}.csv" for part in ("association", "deciles", "matched")]
    return {
        "rating_tables": [
            correlation_grid(read_correlation_table(path), NO_REMARK),
            accuracy_grid(scores / "rated_accuracy.csv", NO_REMARK),
        ]
        if rated
        else [],
        "faithfulness": faithfulness_grid(said, NO_REMARK) if said.is_file() else None,
        "judge_tables": judge_grids(scores, NO_REMARK),
        "length_tables": length_grids(*parts) if _JUDGED in figure_numbers else [],
        "length_figures": [
            {"number": place, **picture_facts(figures, f"fig{place}", f"Figure {place}", title, remark)}
            for place, title in _FIGURES.items()
            if place in figure_numbers
        ],
    }


def judge_rows(path: Path) -> list[dict[str, Any]]:
    """Return what scores/judges.csv says of each judge and model, with percentages; nothing where there is no judge."""
    rows: list[dict[str, Any]] = []
    for row in read_rows(path, JUDGE_COLUMNS) if path.is_file() else ():
        place = f"{row['judge']}, {row['model']}"
        means = [number(row[name], path, f"{place}: {name}") for name in ("mean", "mean_released")]
        rates = [number(row[name], path, f"{place}: {name}") for name in ("parse_rate", "parse_rate_released")]
        percents = [None if rate is None else 100 * rate for rate in rates]
        answers = int(number(row["answers"], path, f"{place}: answers") or 0)
        rows.append({**row, "answers": answers, "readings": list(zip(percents, means, strict=True))})
    return rows


def metric_facts(path: Path) -> dict[str, Any]:
    """Return every text metric of each model, and what computed it, from scores/open.csv."""
    values: dict[str, dict[tuple[str, str], float | None]] = {}
    signatures: dict[tuple[str, str], set[str]] = {}
    for row in read_rows(path, TEXT_COLUMNS) if path.is_file() else ():
        key = (row["metric"], row["variant"])
        signatures.setdefault(key, set()).add(row["signature"])
        if (row["source"], row["average"]) == (ALL, shown_average(row["metric"])):
            values.setdefault(row["model"], {})[key] = number(row["value"], path, f"{row['model']}, {', '.join(key)}")
    columns = list(signatures)
    return {
        "open_columns": columns,
        "open_rows": [(model, [cells.get(key) for key in columns]) for model, cells in values.items()],
        "signatures": [(*key, text) for key in columns for text in sorted(signatures[key])],
    }
