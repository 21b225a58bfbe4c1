"""MMLU-Pro: English questions with three to ten options, one right answer; psychology, biology and health are taken.

Format (hub TIGER-Lab/MMLU-Pro, parquet; or JSON lines with the same columns): `options` is a list, in some result files
of the authors' repository the text of a Python list; `answer` is a letter and `answer_index` counts from 0. Questions
of the other eleven categories are set aside as "not sampled".
"""

import ast
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import LETTERS, InvalidRecord, Record
from medinjection.sources.items import RawItem, choice_record, convert, files_to_read, option_texts, text_of, value_of
from medinjection.sources.options.lettered_options import letter_index
from medinjection.sources.reading.file_formats import read_json_lines, read_parquet, require_keys, type_name
from medinjection.sources.registry import Source, SourceFile

# The categories that the paper took (section 3.1).
CATEGORIES = ("psychology", "biology", "health")

_COLUMNS = ("question_id", "question", "options", "answer", "answer_index", "category")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        if path.suffix == ".parquet":
            rows = read_parquet(path, _COLUMNS)
        else:
            rows = require_keys(path, read_json_lines(path), _COLUMNS)
        yield from convert(source, rows, partial(_record, source, file), None)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    category = text_of(row, "category")
    if category not in CATEGORIES:
        raise InvalidRecord(f"not sampled: category {category}")
    number = value_of(row, "question_id")
    if type(number) is not int:
        raise InvalidRecord(f"question_id is {type_name(number)}, expected a whole number")
    question = text_of(row, "question")
    options = _options(value_of(row, "options"))
    index = letter_index(row, "answer", len(options))
    if value_of(row, "answer_index") != index:
        raise InvalidRecord("answer and answer_index name different options")
    return choice_record(source, file, str(number), question, options, [index], specialty_raw=category)


def _options(value: Any) -> list[str]:
    """Return the cleaned options of a list, or of the text of a Python list."""
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise InvalidRecord("options is a text that is no Python list") from None
    if not isinstance(value, list):
        raise InvalidRecord(f"options is {type_name(value)}, expected a list")
    if not 2 <= len(value) <= len(LETTERS):
        raise InvalidRecord(f"{len(value)} options, expected 2 to {len(LETTERS)}")
    return option_texts(dict(zip(LETTERS, value, strict=False)), LETTERS[: len(value)])
