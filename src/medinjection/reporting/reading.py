"""Reading the small CSV files that reporting starts from, with errors that name file, line and column."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from medinjection.records.csv_rows import read_rows
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
