"""The authors' release of all components in one set: finished French records, each with its component and task.

Format (huggingface.co/datasets/MedInjection-FR/ALL): parquet with the columns instruction, context, answer, type and
origin, all texts; the splits are files. What `type` and `origin` hold was seen nowhere: the likely spellings of the
three tasks and the three components are read, in capitals or not, and a file with any other is refused with what was
found. The task is the one that `type` states. An older README of the authors' exchanges MCQ and MCQU: an MCQU with
several right answers is rejected. How options are written: `released_prompts`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.files import read_columns
from medinjection.records.schema import Record
from medinjection.sources.items import RawItem, as_json, convert, files_to_read, optional_text_of, text_of, value_of
from medinjection.sources.reading.file_formats import Row, read_parquet
from medinjection.sources.reading.released_prompts import answer_text, released_record
from medinjection.sources.reading.unknown_form import some_understood
from medinjection.sources.registry import Source, SourceFile

_COLUMNS = ("instruction", "context", "answer", "type", "origin")
_FORM = "the options in instruction as lines (A), (B), ... after 'Choix de réponses :', and their letters in answer"
_SPELLINGS = {
    "origin": {
        "native": ("native", "nat", "natif"),
        "translated": ("translated", "translation", "trad", "traduit", "traduction"),
        "synthetic": ("synthetic", "syn", "synth", "synthétique"),
    },
    "type": {
        "mcq": ("mcq", "qcm"),
        "mcqu": ("mcqu", "qcmu", "qcu"),
        "oeq": ("oeq", "oeqa", "qro"),
    },
}
_MEANINGS = {
    column: {spelling: meant for meant, spellings in known.items() for spelling in spellings}
    for column, known in _SPELLINGS.items()
}
_SHOWN_CHARACTERS = 600
_SHOWN_VALUES = 10


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the component of `source` in `folder`, and a reject for each of its rows that makes none.

    Rows of the other components are not looked at.

    Raises:
        InputError: a file lacks a column, holds an unknown `type` or `origin`, or no row of the component makes a
            record: the release has another form.
    """
    for file, path in files_to_read(folder, source):
        mine = (row for row in _rows(path) if _meaning(row.values, "origin") == source.component)
        to_items = partial(convert, source, make=partial(_record, source, file), id_key=None)
        yield from some_understood(path, mine, to_items, lambda row: as_json(row)[:_SHOWN_CHARACTERS], _FORM)


def _rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file that has the columns, and in `type` and `origin` known values alone."""
    for row in read_parquet(path, _COLUMNS):
        if row.number == 1:
            _require_known(path)
        yield row


def _require_known(path: Path) -> None:
    """Raise InputError where `type` or `origin` holds what is not known; each is looked at as a whole column."""
    for column, known in _MEANINGS.items():
        counts = read_columns(path, None, [column])[column].value_counts().to_pylist()
        unknown = [entry for entry in counts if _folded(entry["values"]) not in known]
        if unknown:
            found = ", ".join(f"{entry['values']!r} ({entry['counts']} rows)" for entry in unknown[:_SHOWN_VALUES])
            more = f" and {len(unknown) - _SHOWN_VALUES} more" if len(unknown) > _SHOWN_VALUES else ""
            raise InputError(f"{path}: {column} holds {found}{more}, expected one of: {', '.join(known)}")


def _folded(value: Any) -> str | None:
    return value.strip().casefold() if isinstance(value, str) else None


def _meaning(row: Mapping[str, Any], column: str) -> str:
    folded = _folded(row[column])
    assert folded is not None, "the columns hold known values alone"
    return _MEANINGS[column][folded]


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    record = released_record(
        source,
        file,
        text_of(row, "instruction"),
        answer_text(value_of(row, "answer")),
        context=optional_text_of(row, "context"),
        task=_meaning(row, "type"),
    )
    # The same question may be in two components: their records are two.
    return replace(record, id=record.id.replace(":", f":{source.component}-", 1))
