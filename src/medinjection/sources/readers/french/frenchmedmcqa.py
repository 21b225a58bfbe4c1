"""FrenchMedMCQA: French pharmacy examination questions with five options, one or several right answers.

Format (github.com/qanastek/FrenchMedMCQA, corpus/*.json): a JSON array; `answers` maps the letters a to e to texts,
`correct_answers` lists lower-case letters. `type` and `nbr_correct_answers` are not read: test rows lack the former.
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
    value_of,
)
from medinjection.sources.reading.file_formats import read_json_array, type_name
from medinjection.sources.registry import Source, SourceFile

OPTION_KEYS = ("a", "b", "c", "d", "e")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        yield from convert(source, read_json_array(path), partial(_record, source, file), "id")


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    answers = value_of(row, "answers")
    if not isinstance(answers, dict):
        raise InvalidRecord(f"answers is {type_name(answers)}, expected an object with the options a to e")
    for key in OPTION_KEYS:
        if key not in answers:
            raise InvalidRecord(f"option {key.upper()} is missing")
    unknown = [key for key in answers if key not in OPTION_KEYS]
    if unknown:
        raise InvalidRecord(f"unknown option {unknown[0]!r}, expected a to e")
    return choice_record(
        source,
        file,
        upstream_id=text_of(row, "id"),
        question=text_of(row, "question"),
        options=option_texts(answers, OPTION_KEYS),
        answer_indices=_right_answers(value_of(row, "correct_answers")),
        specialty_raw=optional_text_of(row, "subject_name"),
    )


def _right_answers(letters: Any) -> list[int]:
    if not isinstance(letters, list):
        raise InvalidRecord(f"correct_answers is {type_name(letters)}, expected a list of letters")
    if not letters:
        raise InvalidRecord("no right answer")
    for letter in letters:
        if letter not in OPTION_KEYS:
            raise InvalidRecord(f"right answer {letter!r} is not among the options a to e")
    if len(set(letters)) != len(letters):
        raise InvalidRecord("a right answer is given twice")
    return [OPTION_KEYS.index(letter) for letter in letters]
