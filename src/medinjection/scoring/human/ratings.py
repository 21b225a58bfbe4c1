"""Reading what raters sent back: every rating is of an answer of the sample, as it was shown, and there once."""

import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from medinjection.records.errors import InputError
from medinjection.scoring.human.schema import COMMENT, HASH, ITEM, RATING, RATINGS_SCHEMA, SIMULATED, TEXTS
from medinjection.scoring.human.spreadsheets import read_spreadsheet, unguarded

_logger = logging.getLogger(__name__)

# As spreadsheets write them once a column is a number's.
_NUMBER = re.compile(r"([01])(?:[.,]0+)?")
_YES_OR_NO = {"yes": True, "no": False, "": False}
# A spreadsheet holds 32,767 characters a cell.
_COMPARED = 32_000
_NOT_KEPT = re.compile(r"[^A-Za-z0-9]+")


def read_ratings(path: Path | str, rater: str, sample: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a rater's ratings as rows of RATINGS_SCHEMA, in the order of the sample.

    An answer whose rating is empty was left out by the rater: it has no row, and the log says how many there are.

    Args:
        path: csv with the columns item, text_hash, rating and comment, from the page or a spreadsheet; the columns
            case, question, reference and answer are compared with the sample where they are there.
        sample: rows of SAMPLE_SCHEMA.

    Raises:
        InputError: the csv cannot be read; a row is of an item that the sample does not have, or of another text than
            the sample's, as after a new draw or where rows were sorted by some columns only; an item is there twice or
            has no row; a rating is neither 1 nor 0 nor empty; nothing is rated.
    """
    items = {str(row[ITEM]): row for row in sample}
    found: dict[str, dict[str, Any]] = {}
    row_of_item: dict[str, int] = {}
    for number, cells in read_spreadsheet(path, (ITEM, HASH, RATING, COMMENT)):
        item = cells[ITEM].strip()
        place = f"{path}: row {number}, {item or 'no item'}"
        shown = items.get(item)
        if shown is None:
            raise InputError(f"{place}: not an item of this sample, expected {next(iter(items))} to {[*items][-1]}")
        if item in row_of_item:
            raise InputError(f"{place}: is in row {row_of_item[item]} already, expected each item once")
        row_of_item[item] = number
        _check_texts(place, cells, shown)
        rating, simulated = _rating(place, cells[RATING]), _simulated(place, cells.get(SIMULATED, ""))
        if rating is not None:
            found[item] = {
                "record_id": shown["record_id"],
                "model": shown["model"],
                "rater": rater,
                "rating": rating,
                "comment": unguarded(cells[COMMENT].strip()),
                "simulated": simulated,
                "probability": shown["probability"],
            }
    if missing := [item for item in items if item not in row_of_item]:
        raise InputError(
            f"{path}: no row of {missing[0]} ({len(missing)} such items), expected a row for each of the {len(items)} "
            "items; leave a rating empty that cannot be given"
        )
    if not found:
        raise InputError(f"{path}: no answer is rated, expected 1 or 0 in the column {RATING}")
    if left := len(items) - len(found):
        _logger.warning("%s: %d of %d answers not rated", path, left, len(items))
    return [found[item] for item in items if item in found]


def ratings_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return the ratings of all raters as a table of RATINGS_SCHEMA."""
    return pa.Table.from_pylist([*rows], schema=RATINGS_SCHEMA)


def _check_texts(place: str, cells: Mapping[str, str], shown: Mapping[str, Any]) -> None:
    if cells[HASH].strip() != shown[HASH]:
        raise InputError(
            f"{place}: {HASH} is {cells[HASH].strip()!r}, expected {shown[HASH]}: the rater was shown another text "
            "than this sample has; was the sample drawn again?"
        )
    for name in TEXTS:
        if name in cells and _letters(cells[name]) != _letters(shown[name] or ""):
            raise InputError(
                f"{place}: the text in column {name} is not the one of the sample: the file was edited, or only some "
                "of its columns were sorted"
            )


def _letters(text: str) -> str:
    """Return what survives any spreadsheet: unaccented letters and digits, up to the end of its cells."""
    return _NOT_KEPT.sub("", unicodedata.normalize("NFC", text)[:_COMPARED])


def _rating(place: str, cell: str) -> int | None:
    text = cell.strip()
    if not text:
        return None
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise InputError(f"{place}: rating is {text!r}, expected 1 (equivalent), 0 (not equivalent) or nothing")
    return int(number[1])


def _simulated(place: str, cell: str) -> bool:
    said = _YES_OR_NO.get(cell.strip().lower())
    if said is None:
        raise InputError(f"{place}: {SIMULATED} is {cell.strip()!r}, expected yes or no")
    return said
