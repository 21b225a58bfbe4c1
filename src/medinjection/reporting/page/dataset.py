"""The page's section on the dataset: Tables 1 to 3, the ledger, Figures 1 to 4, near duplicates."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.reporting.duplicate_pairs import count_pairs
from medinjection.reporting.figures.quality_numbers import quality_grids
from medinjection.reporting.grid import Grid
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.dataset_tables import COUNT_LAYOUTS, count_grid, read_count_table
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
_MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def dataset_facts(
    tables: Path,
    figures: Path,
    figure_numbers: Sequence[int],
    near_duplicates: Path,
    components: Sequence[Path],
    remark: Remark,
) -> dict[str, Any]:
    """Return what the template shows of the dataset.

    Args:
        figure_numbers: the run's figures, of which 1 to 4 are shown; Figure 3 with the tables of its numbers.

    Raises:
        InputError: a figure, its caption or the near duplicates are missing or not what they should be.
    """
    pairs = count_pairs(near_duplicates, components)
    return {
        "count_tables": [
            *(
                count_grid(read_count_table(tables / f"table{number}.csv", layout), remark)
                for number, layout in sorted(COUNT_LAYOUTS.items())
                if (tables / f"table{number}.csv").is_file()
            ),
            *_translation_grids(tables / f"table{NUMBER}.csv", remark),
        ],
        **_ledger_facts(tables, remark),
        "figures": [_figure(figures, number) for number in sorted(figure_numbers) if number in _FIGURES],
        "duplicate_pairs": pairs[:SHOWN_PAIRS],
        "all_duplicate_pairs": sum(row.pairs for row in pairs),
        "other_duplicate_pairs": sum(row.pairs for row in pairs[SHOWN_PAIRS:]),
    }


def _translation_grids(path: Path, remark: Remark) -> list[Grid]:
    """Return Table 3 where the run has it."""
    return [translation_grid(read_translation_table(path), remark)] if path.is_file() else []


def _ledger_facts(tables: Path, remark: Remark) -> dict[str, Any]:
    """Return the ledger, the reasons of its differences, and every step of every source, where the run has it."""
    if not (tables / f"{NAME}.csv").is_file():
        return {"ledger": None, "ledger_reasons": [], "ledger_steps": None}
    lines = read_ledger(tables / f"{NAME}.csv")
    return {
        "ledger": ledger_grid(lines, remark),
        "ledger_reasons": [(line.sources.replace("+", " + "), line.reasons) for line in lines if line.reasons],
        "ledger_steps": reasons_grid(read_reasons(tables / f"{REASONS_NAME}.csv"), remark),
    }


def picture_facts(folder: Path, name: str, suffix: str) -> dict[str, str]:
    """Return the caption of a figure and its picture as an address that holds it.

    Raises:
        InputError: one of the two is missing.
    """
    content = base64.b64encode(_bytes(folder / f"{name}.{suffix}")).decode("ascii")
    return {
        "caption": _bytes(folder / f"{name}_caption.txt").decode("utf-8").strip(),
        "address": f"data:{_MEDIA_TYPES[suffix]};base64,{content}",
    }


def _figure(folder: Path, number: int) -> dict[str, Any]:
    title, suffix = _FIGURES[number]
    return {
        "number": number,
        "title": title,
        **picture_facts(folder, f"fig{number}", suffix),
        "grids": quality_grids(folder) if number == 3 else [],
    }


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
