"""MedMCQA: English questions of Indian medical entrance examinations with four options, one right answer.

Two layouts of the same data: the original zip's `*.json`, JSON lines in which `cop` (correct option) counts from 1, and
the hub's `*.parquet` (openlifescienceai/medmcqa), in which it counts from 0. A file that counts otherwise is refused.
The labels of the test split are not public: `cop` is missing there, or -1. `choice_type` is not read: it says "multi"
for questions with one right answer.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import InvalidRecord, Record
from medinjection.sources.items import (
    RawItem,
    choice_record,
    convert,
    files_to_read,
    option_texts,
    optional_text_of,
    text_of,
)
from medinjection.sources.options.option_numbers import require_counting
from medinjection.sources.reading.file_formats import Row, read_json_lines, read_parquet, type_name
from medinjection.sources.registry import Source, SourceFile

OPTION_KEYS = ("opa", "opb", "opc", "opd")
_COLUMNS = ("id", "question", *OPTION_KEYS)


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none.

    Raises:
        InputError: a file's `cop` is not counted as in its layout; nothing is yielded then.
    """
    present = files_to_read(folder, source)
    for _, path in present:
        require_counting(path, _rows(path), "cop", _first_option(path), len(OPTION_KEYS))
    for file, path in present:
        yield from convert(source, _rows(path), partial(_record, source, file, _first_option(path)), "id")


def _rows(path: Path) -> Iterator[Row]:
    return read_parquet(path, _COLUMNS) if path.suffix == ".parquet" else read_json_lines(path)


def _first_option(path: Path) -> int:
    """Return from where `cop` counts."""
    return 0 if path.suffix == ".parquet" else 1


def _record(source: Source, file: SourceFile, first_option: int, row: Mapping[str, Any]) -> Record:
    upstream_id = text_of(row, "id")
    question = text_of(row, "question")
    options = option_texts(row, OPTION_KEYS)
    cop = row.get("cop")
    if cop is None or cop == -1:
        raise InvalidRecord(f"no public label: cop is {'missing' if cop is None else -1}")
    if type(cop) is not int:
        raise InvalidRecord(f"cop is {type_name(cop)}, expected a whole number")
    if not first_option <= cop < first_option + len(OPTION_KEYS):
        raise InvalidRecord(f"cop is {cop}, expected {first_option} to {first_option + len(OPTION_KEYS) - 1}")
    return choice_record(
        source,
        file,
        upstream_id=upstream_id,
        question=question,
        options=options,
        answer_indices=[cop - first_option],
        specialty_raw=optional_text_of(row, "subject_name"),
    )
