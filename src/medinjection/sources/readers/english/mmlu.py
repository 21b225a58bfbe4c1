"""MMLU: English examination questions with four options, six medical subjects of 57 (Hendrycks et al., 2021).

Three layouts of the same data. `csv`: the authors' files, no header, the columns question, four options, letter; some
cells hold line feeds. `csv with header`: a re-layout by others with a header and answers that count from 0. `parquet`:
the hub's cais/mmlu, the options as a list and answers from 0. There are no ids; a question is often in two subjects.
The five questions of `dev`, upstream's examples for prompts, go to train.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import InvalidRecord, Record
from medinjection.sources.items import RawItem, choice_record, convert, files_to_read, option_texts, text_of, value_of
from medinjection.sources.options.lettered_options import letter_index
from medinjection.sources.options.option_numbers import require_counting
from medinjection.sources.reading.file_formats import Row, read_csv, read_parquet, type_name
from medinjection.sources.registry import Source, SourceFile

_LETTERED = ("A", "B", "C", "D")
_NUMBERED = ("choice0", "choice1", "choice2", "choice3")
_COUNT = len(_LETTERED)
# The layout whose answers are letters.
_LETTERS_LAYOUT = "csv"


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none.

    Raises:
        InputError: a file's numbers of right answers do not count from 0; nothing is yielded then.
    """
    present = files_to_read(folder, source)
    for file, path in present:
        if file.layout != _LETTERS_LAYOUT:
            require_counting(path, _layout(file, path)[0], "answer", 0, _COUNT)
    for file, path in present:
        rows, make = _layout(file, path)
        yield from convert(source, rows, partial(make, source, file), None)


def _layout(file: SourceFile, path: Path) -> tuple[Iterable[Row], Any]:
    if file.layout == "parquet":
        return read_parquet(path, ("question", "subject", "choices", "answer")), _from_parquet
    if file.layout == "csv with header":
        return read_csv(path, ("question", *_NUMBERED, "answer"), has_header=True), _from_csv_with_header
    return read_csv(path, ("question", *_LETTERED, "answer"), has_header=False), _from_csv


def _from_csv(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    return _record(source, file, row, option_texts(row, _LETTERED), letter_index(row, "answer", _COUNT))


def _from_csv_with_header(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    answer = text_of(row, "answer")
    if answer not in ("0", "1", "2", "3"):
        raise InvalidRecord(f"answer is {answer[:20]!r}, expected a number from 0 to {_COUNT - 1}")
    return _record(source, file, row, option_texts(row, _NUMBERED), int(answer))


def _from_parquet(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    subject = text_of(row, "subject")
    if subject != file.subset:
        raise InvalidRecord(f"subject is {subject!r}, expected {file.subset!r}")
    choices = value_of(row, "choices")
    if not isinstance(choices, list) or len(choices) != _COUNT:
        found = f"{len(choices)} options" if isinstance(choices, list) else type_name(choices)
        raise InvalidRecord(f"choices: found {found}, expected {_COUNT} options")
    answer = value_of(row, "answer")
    if type(answer) is not int or not 0 <= answer < _COUNT:
        found = repr(answer) if type(answer) is int else type_name(answer)
        raise InvalidRecord(f"answer is {found}, expected a number from 0 to {_COUNT - 1}")
    options = option_texts(dict(zip(_LETTERED, choices, strict=True)), _LETTERED)
    return _record(source, file, row, options, answer)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any], options: list[str], answer: int) -> Record:
    return choice_record(source, file, None, text_of(row, "question"), options, [answer], specialty_raw=file.subset)
