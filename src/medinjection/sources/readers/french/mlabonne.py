"""medical-cases-fr and medical-mqca-fr: French multiple-choice questions of medical examinations, by one author.

Format (huggingface.co/datasets/mlabonne/medical-cases-fr and medical-mqca-fr): parquet, splits train and eval. Stored
pages of the hub show seven columns of the former, Specialite, Serie, Question, N_Question, Answer, instruction and
output, the third and fourth as numbers; those of the latter are very likely the same. What stands in them was seen
nowhere. That the rows are multiple choice follows from Table 2 of the paper, whose choice questions add up only so.

So the question and its options are taken from `instruction`, the right answers from `Answer` and `output`, in the forms
of `written_options`. Both must name the same options where both say something; a row in which they do not is rejected
naming both. A file in which no row is understood is refused with its first row.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import LETTERS, InvalidRecord, Record
from medinjection.sources.items import (
    RawItem,
    as_json,
    choice_record,
    convert,
    files_to_read,
    optional_text_of,
    text_of,
)
from medinjection.sources.options.written_options import named_options, question_and_options
from medinjection.sources.reading.file_formats import read_parquet
from medinjection.sources.reading.unknown_form import some_understood
from medinjection.sources.registry import Source, SourceFile

_COLUMNS = ("Specialite", "Serie", "Question", "N_Question", "Answer", "instruction", "output")
_ANSWERS = ("Answer", "output")
_EXPECTED = "options on lines such as 'A. text' in instruction, and letters or options in Answer and output"
_SHOWN_CHARACTERS = 600


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none.

    Raises:
        InputError: a file lacks a column, or none of its rows makes a record: they are written in another form.
    """
    for file, path in files_to_read(folder, source):
        to_items = partial(convert, source, make=partial(_record, source, file), id_key=None)
        yield from some_understood(path, read_parquet(path, _COLUMNS), to_items, _shown, _EXPECTED)


def _shown(row: Mapping[str, Any]) -> str:
    return as_json(row)[:_SHOWN_CHARACTERS]


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    question, options = question_and_options(text_of(row, "instruction"))
    return choice_record(
        source,
        file,
        None,
        question=question,
        options=options,
        answer_indices=_right_answers(row, options),
        specialty_raw=optional_text_of(row, "Specialite"),
    )


def _right_answers(row: Mapping[str, Any], options: list[str]) -> list[int]:
    """Return the positions of the right options, in which `Answer` and `output` must agree."""
    given = {name: text for name in _ANSWERS if (text := optional_text_of(row, name))}
    if not given:
        raise InvalidRecord("neither Answer nor output says anything")
    named = {name: named_options(text, options, name) for name, text in given.items()}
    if len({tuple(indices) for indices in named.values()}) > 1:
        said = " and ".join(f"{name} names {', '.join(LETTERS[i] for i in found)}" for name, found in named.items())
        raise InvalidRecord(f"the right answers are given in two ways: {said}")
    return next(iter(named.values()))
