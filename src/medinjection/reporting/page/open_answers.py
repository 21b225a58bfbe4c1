"""What the page shows of open answers: Table 4, judges, Figures 5 and 6, the screen for numbers and negations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.reporting.figures.length_grids import length_grids
from medinjection.reporting.page.dataset import picture_facts
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.accuracy_table import accuracy_grid
from medinjection.reporting.tables.correlation_table import NUMBER, correlation_grid, read_correlation_table
from medinjection.reporting.tables.faithfulness_table import faithfulness_grid
from medinjection.reporting.tables.judge_tables import judge_grids

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
            correlation_grid(read_correlation_table(path), remark),
            accuracy_grid(scores / "rated_accuracy.csv", remark),
        ]
        if rated
        else [],
        "faithfulness": faithfulness_grid(said, remark) if said.is_file() else None,
        "judge_tables": judge_grids(scores, remark),
        "length_tables": length_grids(*parts) if _JUDGED in figure_numbers else [],
        "length_figures": [
            {"number": number, "title": title, **picture_facts(figures, f"fig{number}", "svg")}
            for number, title in _FIGURES.items()
            if number in figure_numbers
        ],
    }
