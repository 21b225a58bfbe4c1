"""Reading the small CSV files that reporting starts from, with errors that name file, line and column."""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from medinjection.records.errors import InputError

# Columns of the ledger cost.csv.
COST_COLUMNS = (
    "stage",
    "model",
    "shard",
    "requests",
    "prompt_tokens",
    "completion_tokens",
    "money",
    "requests_without_price",
)


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


def read_published(path: Path | str, columns: Sequence[str], key: str = "model") -> dict[str, dict[str, str]]:
    """Read a published table as model -> column -> the number as the paper prints it.

    Args:
        columns: columns of numbers.
        key: column that names the lines, where they are not of models.

    Raises:
        InputError: as `read_rows`, or a line occurs twice, or a cell is no number.
    """
    published: dict[str, dict[str, str]] = {}
    for row in read_rows(path, [key, *columns]):
        name = row[key]
        if name in published:
            raise InputError(f"{path}: {key} {name} occurs twice")
        for column in columns:
            number(row[column], path, f"{name}, {column}")
        published[name] = {column: row[column] for column in columns}
    return published


def number(text: str, path: Path | str, place: str) -> float | None:
    """Return the number that a cell holds, or None for an empty cell.

    Raises:
        InputError: the cell holds something else; the message names `path` and `place`.
    """
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path}: {place}: found {text!r}, expected a number or an empty cell")
    return value


def check_models(models: Iterable[str], found: Iterable[str], path: Path | str) -> None:
    """Check that a file of scores knows every model of the table.

    Raises:
        InputError: a model has no row in the file.
    """
    known = sorted(set(found))
    for model in models:
        if model not in known:
            raise InputError(f"{path}: no row of model {model!r}; found: {', '.join(known) or 'none'}")
