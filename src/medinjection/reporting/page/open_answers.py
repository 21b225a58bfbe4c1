"""The page's section on judges and length of open answers: Table 4, Figures 5 and 6."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.reporting.page.dataset import picture_facts
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.correlation_table import NUMBER, correlation_grid, read_correlation_table

_FIGURES = {5: "Length of the answers and judge scores", 6: "Length of the answers and of the references"}


def open_answer_facts(tables: Path, figures: Path, figure_numbers: Sequence[int], remark: Remark) -> dict[str, Any]:
    """Return what the template shows of judges and length: Table 4 where the run has it, and these figures.

    Args:
        figure_numbers: the run's figures, of which 5 and 6 are shown.

    Raises:
        InputError: a table, a figure or its caption is missing or not what it should be.
    """
    path = tables / f"table{NUMBER}.csv"
    return {
        "correlations": correlation_grid(read_correlation_table(path), remark) if path.is_file() else None,
        "length_figures": [
            {"number": number, "title": title, **picture_facts(figures, f"fig{number}", "svg")}
            for number, title in _FIGURES.items()
            if number in figure_numbers
        ],
    }
