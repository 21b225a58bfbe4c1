"""The page's section on the dataset: Tables 1 to 3, the ledger, Figures 1 to 4, near duplicates."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from medinjection.reporting.duplicate_pairs import count_pairs
from medinjection.reporting.figures.quality_numbers import quality_grids
from medinjection.reporting.grid import Grid
from medinjection.reporting.page.pictures import picture_facts
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.dataset_tables import (
    COUNT_LAYOUTS,
    CountTable,
    count_caption,
    count_grid,
    read_count_table,
)
from medinjection.reporting.tables.ledger_table import (
    NAME,
    REASONS_NAME,
    ledger_grid,
    read_ledger,
    read_reasons,
    reasons_grid,
)
from medinjection.reporting.tables.translation_table import NUMBER, read_translation_table, translation_grid

SHOWN_PAIRS = 15

# Number -> title and picture: vectors where they are small, dots for the map with its thousands of points.
_FIGURES = {
    1: ("Examples", "svg"),
    2: ("Specialties", "svg"),
    3: ("Quality of the synthetic items", "svg"),
    4: ("Map of instructions", "png"),
}


def dataset_facts(
    tables: Path,
    figures: Path,
    figure_numbers: Sequence[int],
    near_duplicates: Path | None,
    components: Sequence[Path],
    remark: Remark,
) -> dict[str, Any]:
    """Return what the template shows of the dataset.

    Args:
        figure_numbers: the run's figures, of which 1 to 4 are shown; Figure 3 with the tables of its numbers.

    Raises:
        InputError: a figure, its caption or the near duplicates are missing or not what they should be.
    """
    pairs = count_pairs(near_duplicates, components) if near_duplicates else []
    return {
        "count_tables": [
            _count_grid(read_count_table(tables / f"table{number}.csv", layout), remark)
            for number, layout in sorted(COUNT_LAYOUTS.items())
            if (tables / f"table{number}.csv").is_file()
        ],
        "translation_tables": _translation_grids(tables / f"table{NUMBER}.csv"),
        **_ledger_facts(tables),
        "figures": [_figure(figures, number, remark) for number in sorted(figure_numbers) if number in _FIGURES],
        "duplicate_pairs": pairs[:SHOWN_PAIRS],
        "all_duplicate_pairs": sum(row.pairs for row in pairs),
        "other_duplicate_pairs": sum(row.pairs for row in pairs[SHOWN_PAIRS:]),
    }


def _count_grid(table: CountTable, remark: Remark) -> Grid:
    """Return Table 1 or 2: a demonstration's have no differences, which the remark decides, and no sentence on it."""
    return replace(count_grid(table, remark), caption=count_caption(table, NO_REMARK))


def _translation_grids(path: Path) -> list[Grid]:
    """Return Table 3 where the run has it."""
    return [translation_grid(read_translation_table(path), NO_REMARK)] if path.is_file() else []


def _ledger_facts(tables: Path) -> dict[str, Any]:
    """Return the ledger, the reasons of its differences, and every step of every source, where the run has it."""
    if not (tables / f"{NAME}.csv").is_file():
        return {"ledger": None, "ledger_reasons": [], "ledger_steps": None}
    lines = read_ledger(tables / f"{NAME}.csv")
    return {
        "ledger": ledger_grid(lines, NO_REMARK),
        "ledger_reasons": [(line.sources.replace("+", " + "), line.reasons) for line in lines if line.reasons],
        "ledger_steps": reasons_grid(read_reasons(tables / f"{REASONS_NAME}.csv"), NO_REMARK),
    }


def _figure(folder: Path, number: int, remark: Remark) -> dict[str, Any]:
    title, suffix = _FIGURES[number]
    return {
        "number": number,
        **picture_facts(folder, f"fig{number}", f"Figure {number}", title, remark, suffix),
        "grids": quality_grids(folder) if number == 3 else [],
    }
