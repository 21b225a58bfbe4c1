"""Right answers given as numbers: whether a file counts its options from 0 or from 1 is told from the file as a whole.

A single row cannot tell: 2 of four options is B in one file and C in another. Where a file is counted otherwise than
its layout is, most of its rows would be kept with a wrong answer.
"""

from collections.abc import Iterable
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.sources.reading.file_formats import Row

# So many rows cannot all have the first option right by chance: 0 was written where there is no label.
_FEWEST_LABELS = 20


def require_counting(path: Path, rows: Iterable[Row], key: str, first: int, count: int) -> None:
    """Raise InputError where the numbers under `key` do not count options from `first`.

    Numbers outside both countings, such as -1 for a label that is not public, and what is no number say nothing of the
    counting: they are for the reader to reject, row by row.

    Args:
        rows: of the file `path`; a number may stand there as digits.
        first: number of the first option, 0 or 1.
        count: options that a question has.

    Raises:
        InputError: a row has the number that only the other counting has, or all rows have 0.
    """
    last = first + count - 1
    foreign = last + 1 if first == 0 else 0
    places: dict[int, int] = {}
    total = 0
    for row in rows:
        number = _number(row, key)
        if number is not None and 0 <= number <= count:
            total += 1
            places.setdefault(number, row.number)
    if foreign in places:
        found = ", ".join(map(str, sorted(places)))
        raise InputError(
            f"{path}: {key} holds {found}, expected {first} to {last}; row {places[foreign]} has {foreign}: "
            f"does the file count its options from {1 - first}?"
        )
    if total >= _FEWEST_LABELS and set(places) == {0}:
        raise InputError(f"{path}: {key} is 0 in all {total} rows that have one, expected labels; leave the file out")


def _number(row: Row, key: str) -> int | None:
    value = row.values.get(key) if isinstance(row.values, dict) else None
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return value if type(value) is int else None
