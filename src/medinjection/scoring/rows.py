"""Scores as CSV: fixed number format and order, so that equal scores give equal bytes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from medinjection.records.files import csv_text, write_text


def write_rows(path: Path | str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write `rows` under a header of `columns`, atomically; real numbers get six significant digits."""
    lines = ([f"{value:.6g}" if isinstance(value := row[name], float) else value for name in columns] for row in rows)
    write_text(path, csv_text(columns, lines))
