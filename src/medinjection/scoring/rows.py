"""Scores as CSV: fixed number format and order, so that equal scores give equal bytes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from medinjection.records.files import csv_text, write_text


def row_cells(row: Mapping[str, object], columns: Sequence[str]) -> list[object]:
    """Return the cells of `row` in the order of `columns`; real numbers are texts of six significant digits."""
    return [f"{value:.6g}" if isinstance(value := row[name], float) else value for name in columns]


def write_rows(path: Path | str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write `rows` under a header of `columns`, atomically; real numbers get six significant digits."""
    write_text(path, csv_text(columns, (row_cells(row, columns) for row in rows)))
