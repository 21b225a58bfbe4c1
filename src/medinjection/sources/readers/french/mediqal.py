"""MediQAl: French medical examination questions: one right answer (mcqu), several (mcqm), open ones (oeq).

Two layouts of the same data. The hub's (ANR-MALADES/MediQAl): `<subset>/<split>.json`; whether these are JSON arrays or
JSON lines could not be verified, so the first character of the file decides. The rebuilt one: `<subset>.jsonl`, made by
third parties from parts of the hub's rows, with upstream's columns but no splits and, in places, without ids.

Right answers are letters joined by commas ("A,E"). `task` is not read: it says QCM for some rows of mcqu. Ids are
unique only within a subset, so that the subset is part of ours. Several questions may share a clinical case.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.conservation import Reject
from medinjection.records.schema import Record
from medinjection.sources.items import (
    RawItem,
    choice_record,
    convert,
    files_to_read,
    open_record,
    optional_text_of,
    text_of,
)
from medinjection.sources.options.lettered_options import letter_indices, options_present, split_letters
from medinjection.sources.reading.file_formats import read_json, require_keys
from medinjection.sources.registry import Source, SourceFile

OPTION_KEYS = ("answer_a", "answer_b", "answer_c", "answer_d", "answer_e")
_COMMON_KEYS = ("id", "clinical_case", "question")
_CHOICE_KEYS = (*_COMMON_KEYS, *OPTION_KEYS, "correct_answers")
_OPEN_KEYS = (*_COMMON_KEYS, "answer")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        is_open = file.subset == "oeq"
        rows = require_keys(path, read_json(path), _OPEN_KEYS if is_open else _CHOICE_KEYS)
        make = partial(_open if is_open else _choice, source, file)
        for item in convert(source, rows, make, "id"):
            yield _with_subset(source, file, item) if isinstance(item, Reject) else item


def _choice(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    options = options_present(row, OPTION_KEYS)
    letters = split_letters(text_of(row, "correct_answers"))
    return choice_record(
        source,
        file,
        options=options,
        answer_indices=letter_indices(letters, len(options), "correct_answers"),
        **_common(file, row),
    )


def _open(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    return open_record(source, file, answer=text_of(row, "answer"), **_common(file, row))


def _common(file: SourceFile, row: Mapping[str, Any]) -> dict[str, Any]:
    upstream_id = optional_text_of(row, "id")
    return {
        "upstream_id": f"{file.subset}-{upstream_id}" if upstream_id else None,
        "question": text_of(row, "question"),
        "context": optional_text_of(row, "clinical_case"),
        "specialty_raw": optional_text_of(row, "medical_subject"),
        "question_type": optional_text_of(row, "question_type"),
    }


def _with_subset(source: Source, file: SourceFile, reject: Reject) -> Reject:
    """Return `reject` with the id that its record would have had."""
    prefix = f"{source.name}:"
    return replace(reject, id=f"{prefix}{file.subset}-{reject.id.removeprefix(prefix)}") if reject.id else reject
