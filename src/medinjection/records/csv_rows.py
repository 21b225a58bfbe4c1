"""Reading small CSV files with a header line, with errors that name file, line and column."""

import csv
from collections.abc import Sequence
from pathlib import Path

from medinjection.records.errors import InputError


def read_rows(path: Path | str, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a CSV file with a header line, as one dictionary of texts a row.

    Raises:
        InputError: the file is missing, lacks one of `columns`, or has a row with more or fewer cells than the header.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with open(path, encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.reader(handle))
    header = lines[0] if lines else []
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; found: {', '.join(header) or 'nothing'}")
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise InputError(f"{path}: line {number} has {len(line)} cells, expected {len(header)}")
    return [dict(zip(header, line, strict=True)) for line in lines[1:]]
