"""MedQA: English questions in the style of the US medical licensing examination, one right answer.

Format (the authors' zip, and the hub's GBaker/MedQA-USMLE-4-options): JSON lines; `options` by letter, `answer_idx`
the right letter, `answer` its text. `questions/US` holds the questions with five options, `questions/US/4_options` the
same questions with four of them in another order, so that the letters differ. There are no ids and no specialties.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import Record
from medinjection.sources.items import RawItem, choice_record, convert, files_to_read, text_of
from medinjection.sources.options.lettered_options import letter_index, options_by_letter, require_answer_text
from medinjection.sources.reading.file_formats import read_json_lines, require_keys
from medinjection.sources.registry import Source, SourceFile

_KEYS = ("question", "answer", "options", "answer_idx")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        rows = require_keys(path, read_json_lines(path), _KEYS)
        yield from convert(source, rows, partial(_record, source, file), None)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    question = text_of(row, "question")
    options = options_by_letter(row, "options")
    index = letter_index(row, "answer_idx", len(options))
    require_answer_text(row, "answer", options[index])
    return choice_record(source, file, None, question, options, [index])
