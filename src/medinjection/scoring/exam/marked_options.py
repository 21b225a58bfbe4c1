"""Options that a corpus or a teacher marks as indispensable or unacceptable, from a CSV file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS

MARKED_COLUMNS = ("record_id", "indispensable", "unacceptable")


@dataclass(frozen=True, slots=True)
class MarkedOptions:
    """Record id -> bit set of the options, by published position, of each kind; records without any are missing."""

    indispensable: Mapping[str, int]
    unacceptable: Mapping[str, int]

    def sets(self, record_ids: Sequence[str], kind: str) -> np.ndarray:
        """Return the options of one kind of each record, as bit sets, shape (records,)."""
        known = self.indispensable if kind == "indispensable" else self.unacceptable
        if not known:
            return np.zeros(len(record_ids), dtype=np.uint32)
        return np.array([known.get(record_id, 0) for record_id in record_ids], dtype=np.uint32)


NO_MARKED_OPTIONS = MarkedOptions({}, {})


def read_marked_options(path: Path | str | None) -> MarkedOptions:
    """Read the options that a CSV file of MARKED_COLUMNS marks; without a file none is marked.

    Raises:
        InputError: the file is missing or lacks a column, or as `marked_options`.
    """
    return marked_options(read_rows(path, MARKED_COLUMNS), path) if path else NO_MARKED_OPTIONS


def marked_options(rows: Iterable[Mapping[str, str]], path: Path | str) -> MarkedOptions:
    """Return what rows of MARKED_COLUMNS say; options are letters of the published order, such as "A" or "BD".

    Args:
        path: the file that the rows are from, for messages.

    Raises:
        InputError: a record occurs twice, an option is no letter, or is of both kinds.
    """
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        record_id = row["record_id"]
        place = f"{path}: record {record_id}"
        must, never = (_letters(row[kind], f"{place}: {kind}") for kind in MARKED_COLUMNS[1:])
        if record_id in found:
            raise InputError(f"{place} occurs twice")
        if must & never:
            raise InputError(f"{place}: an option is indispensable and unacceptable at once")
        found[record_id] = must, never
    must_by_id = {record_id: must for record_id, (must, _) in found.items() if must}
    return MarkedOptions(must_by_id, {record_id: never for record_id, (_, never) in found.items() if never})


def _letters(text: str, place: str) -> int:
    letters = text.strip()
    if unknown := [letter for letter in letters if letter not in LETTERS]:
        raise InputError(f"{place}: found {unknown[0]!r}, expected letters from A on, such as BD, or nothing")
    return sum({1 << LETTERS.index(letter) for letter in letters})
