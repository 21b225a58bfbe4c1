"""What every source gives the bad-input tests: a few rows in upstream's true form, and how each fault looks in them.

A module `samples_<group>.py` lists its samples as SAMPLES; `test_bad_input.py` collects all of them.
"""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FAULTS = (
    "missing_column",
    "wrong_type",
    "answer_out_of_range",
    "letter_beyond_options",
    "empty_option",
    "one_option",
    "twelve_options",
    "long_context",
    "no_break_space",
    "combining_accents",
    "mojibake",
    "html",
    "duplicate_id",
)


@dataclass(frozen=True)
class SourceSample:
    """Good files of one source, and the faults that its format can hold.

    source: the name in the registry.
    files: the name of each file with its rows, as Python values in upstream's true form; at least three rows, their
        ids distinct.
    write: writes rows to one file in upstream's format.
    faults: for a fault, what spoils the rows of the first file in place, and the pattern that the InputError or the
        reason of the reject must match; "" where every row must be kept.
    impossible: for a fault, why the format cannot express it.
    """

    source: str
    files: Mapping[str, list]
    write: Callable[[Path, list], None]
    faults: Mapping[str, tuple[Callable[[list], None], str]]
    impossible: Mapping[str, str]


def write_json_array(path: Path, rows: list) -> None:
    """Write `rows` as one JSON array."""
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


def write_json_lines(path: Path, rows: list) -> None:
    """Write `rows` as one JSON value a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_parquet(path: Path, rows: list) -> None:
    """Write `rows` as a parquet file; a column is there if the first row has it."""
    pq.write_table(pa.Table.from_pylist(rows), path)


def write_tsv(path: Path, rows: list) -> None:
    """Write `rows` (mappings) as tab-separated text with a header and no quoting; None is an empty field."""
    lines = [list(rows[0]), *([_field(value) for value in row.values()] for row in rows)]
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def write_csv(path: Path, rows: list) -> None:
    """Write `rows` (lists, or mappings for a file with a header) as comma-separated text, quoted where needed."""
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        if isinstance(rows[0], dict):
            writer.writerow(rows[0])
        writer.writerows(row.values() if isinstance(row, dict) else row for row in rows)


def on_row(index: int, **changes: object) -> Callable[[list], None]:
    """Return what sets the fields of one row."""

    def spoil(rows: list) -> None:
        rows[index] = {**rows[index], **changes}

    return spoil


def without_key(key: str, index: int | None = None) -> Callable[[list], None]:
    """Return what takes the key away from one row, or from all."""

    def spoil(rows: list) -> None:
        for number, row in enumerate(rows):
            if index in (None, number):
                del row[key]

    return spoil


def _field(value: object) -> str:
    return "" if value is None else str(value)


ODD_TEXTS = {
    "long_context": "Le patient est revu en consultation. " * 6000,
    "no_break_space": "Une dose de 5\xa0mg\u202fpar jour\xa0?",
    "combining_accents": "Me\u0301ningite a\u0300 me\u0301ningocoque",
    "mojibake": "SyndrÃ´me de BehÃ§et, 380 Âµmol/l",
    "html": "<b>p</b> &lt; 0,05",
}


def odd_texts(key: str) -> dict[str, tuple[Callable[[list], None], str]]:
    """Return the faults that are odd but good texts, in the field `key` of the second row."""
    return {fault: (on_row(1, **{key: text}), "") for fault, text in ODD_TEXTS.items()}


def repeat_first(rows: list) -> None:
    """Make the second row the same as the first."""
    rows[1] = rows[0]
