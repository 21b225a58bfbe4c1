"""The page's section on the dataset: Tables 1 to 3, Figures 1 to 4, near duplicates."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.reporting.page.duplicate_pairs import count_pairs
from medinjection.reporting.tables.dataset_tables import COUNT_LAYOUTS, count_caption, printed_counts, read_count_table
from medinjection.reporting.tables.quality_scores import quality_grids
from medinjection.reporting.tables.translation_table import (
    NUMBER,
    printed_translations,
    read_translation_table,
    translation_caption,
)

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
    note: str,
) -> dict[str, Any]:
    """Return what the template shows of the dataset.

    Args:
        figure_numbers: the figures that are shown; Figure 3 with the tables of its numbers.

    Raises:
        InputError: a table, a figure, its caption or the near duplicates are missing or not what they should be.
    """
    pairs = count_pairs(near_duplicates, components)
    return {
        "count_tables": [
            *(_table(tables, number, note) for number in sorted(COUNT_LAYOUTS)),
            *_translation_tables(tables / f"table{NUMBER}.csv", note),
        ],
        "figures": [_figure(figures, number) for number in sorted(figure_numbers)],
        "duplicate_pairs": pairs[:SHOWN_PAIRS],
        "all_duplicate_pairs": sum(row.pairs for row in pairs),
        "other_duplicate_pairs": sum(row.pairs for row in pairs[SHOWN_PAIRS:]),
    }


def _table(folder: Path, number: int, note: str) -> dict[str, Any]:
    table = read_count_table(folder / f"table{number}.csv", COUNT_LAYOUTS[number])
    header, *lines = printed_counts(table)
    return {"number": number, "caption": count_caption(table, note), "header": header, "lines": lines}


def _translation_tables(path: Path, note: str) -> list[dict[str, Any]]:
    """Return Table 3 where the run has it."""
    if not path.is_file():
        return []
    rows = read_translation_table(path)
    header, *lines = printed_translations(rows)
    return [{"number": NUMBER, "caption": translation_caption(rows, note), "header": header, "lines": lines}]


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
