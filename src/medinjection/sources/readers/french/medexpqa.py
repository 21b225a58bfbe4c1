"""MedExpQA in French: questions of the Spanish residency exam (CasiMedicos), translated; a case, four or five options.

Format (hub HiTZ/MedExpQA, data/fr/*.casimedicos.rag.jsonl): JSON lines. `full_question` is the case with its question,
`options` an object from "1" to "4" or "5" whose last may be null, `correct_option` a number from 1, `type` the field in
upstream's words. No row was seen here: the keys are as upstream's own programs write and lighteval reads them.
Explanations (`full_answer`, `explanations`) and retrieved passages (`rag`) are not read.
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
    optional_text_of,
    text_of,
    value_of,
)
from medinjection.sources.options.lettered_options import options_present
from medinjection.sources.options.option_numbers import require_counting
from medinjection.sources.reading.file_formats import read_json_lines, require_keys, type_name
from medinjection.sources.registry import Source, SourceFile

_KEYS = ("id", "full_question", "options", "correct_option")
_NUMBERS = ("1", "2", "3", "4", "5")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none.

    Raises:
        InputError: a file's numbers of right answers do not count from 1; nothing is yielded then.
    """
    present = files_to_read(folder, source)
    for _, path in present:
        require_counting(path, read_json_lines(path), "correct_option", 1, len(_NUMBERS))
    for file, path in present:
        rows = require_keys(path, read_json_lines(path), _KEYS)
        yield from convert(source, rows, partial(_record, source, file), "id")


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    given = value_of(row, "options")
    if not isinstance(given, dict):
        raise InvalidRecord(f"options is {type_name(given)}, expected an object of options by number")
    if unknown := sorted(set(given) - set(_NUMBERS)):
        raise InvalidRecord(f"options has {unknown[0]!r}, expected the numbers 1 to {len(_NUMBERS)}")
    options = options_present({number: given.get(number) for number in _NUMBERS}, _NUMBERS)
    answer = value_of(row, "correct_option")
    if type(answer) is not int:
        raise InvalidRecord(f"correct_option is {type_name(answer)}, expected a whole number")
    if not 1 <= answer <= len(options):
        raise InvalidRecord(f"correct_option is {answer}, expected 1 to {len(options)}, the options of the question")
    return choice_record(
        source,
        file,
        upstream_id=text_of(row, "id"),
        question=text_of(row, "full_question"),
        options=options,
        answer_indices=[answer - 1],
        specialty_raw=optional_text_of(row, "type"),
    )
