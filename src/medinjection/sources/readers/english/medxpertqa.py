"""MedXpertQA, config Text: English expert-level questions with ten options, one right answer (Zuo et al., 2025).

Three layouts of the same data, all JSON lines. `hub`: options by letter, `label` a letter. `github`: the authors'
evaluation input, options as a list of {letter, content}, `label` a list of one letter. `medagents`: a re-layout by
others with `realidx`, `answer_idx` and `answer`, without the body system. The config MM needs images and is not read.

Upstream repeats the options inside the question, after "Answer Choices:". That list is cut off, so that permuted
options show one order only. Where it is not the same as the options field (2 of 2,450 questions) nobody can say which
of the two the label belongs to: such a row is rejected.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import LETTERS, InvalidRecord, Record
from medinjection.records.text import folded, is_blank
from medinjection.sources.items import (
    RawItem,
    choice_record,
    convert,
    files_to_read,
    optional_text_of,
    text_of,
    value_of,
)
from medinjection.sources.options.lettered_options import letter_index, options_by_letter, require_answer_text
from medinjection.sources.reading.file_formats import read_json_lines, require_keys, type_name
from medinjection.sources.registry import Source, SourceFile

# Layout -> the keys of the id and of the right letter.
_KEYS: Mapping[str | None, tuple[str, str]] = {
    "hub": ("id", "label"),
    "github": ("id", "label"),
    "medagents": ("realidx", "answer_idx"),
}
_LIST_MARK = "\nAnswer Choices:"


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        id_key, label_key = _KEYS[file.layout]
        rows = require_keys(path, read_json_lines(path), ("question", "options", id_key, label_key))
        yield from convert(source, rows, partial(_record, source, file), id_key)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    id_key, label_key = _KEYS[file.layout]
    upstream_id = text_of(row, id_key)
    if file.layout == "github":
        row = {**row, "options": _by_letter(value_of(row, "options")), "label": _single(value_of(row, "label"))}
    options = options_by_letter(row, "options")
    index = letter_index(row, label_key, len(options))
    if file.layout == "medagents":
        require_answer_text(row, "answer", options[index])
    return choice_record(
        source,
        file,
        upstream_id,
        question_without_options(text_of(row, "question"), options),
        options,
        [index],
        specialty_raw=optional_text_of(row, "body_system"),
    )


def question_without_options(question: str, options: Sequence[str]) -> str:
    """Return the question without the list of the options that follows "Answer Choices:"; without one, unchanged.

    Raises:
        InvalidRecord: the list is not the same as `options`, both folded, or no question is left.
    """
    stem, mark, listed = question.partition(_LIST_MARK)
    if not mark:
        return question
    expected = " ".join(f"({LETTERS[i]}) {option}" for i, option in enumerate(options))
    if folded(listed) != folded(expected):
        raise InvalidRecord("the list of options inside the question differs from the options")
    if is_blank(stem):
        raise InvalidRecord("question is empty")
    return stem.strip()


def _by_letter(options: Any) -> dict[str, Any]:
    """Return a list of {letter, content} as an object by letter."""
    if not isinstance(options, list):
        raise InvalidRecord(f"options is {type_name(options)}, expected a list of letter and content")
    by_letter: dict[str, Any] = {}
    for option in options:
        if not isinstance(option, dict):
            raise InvalidRecord(f"an option is {type_name(option)}, expected an object with letter and content")
        letter = text_of(option, "letter", "letter of an option")
        if letter in by_letter:
            raise InvalidRecord(f"option {letter} is given twice")
        by_letter[letter] = value_of(option, "content")
    return by_letter


def _single(label: Any) -> Any:
    """Return the only element of a list."""
    if not isinstance(label, list) or len(label) != 1:
        found = f"a list of {len(label)}" if isinstance(label, list) else type_name(label)
        raise InvalidRecord(f"label is {found}, expected a list of one letter")
    return label[0]
