"""From one upstream row to a record, a document or a reject: what the readers of all sources share."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from medinjection.records.conservation import Reject
from medinjection.records.errors import InputError
from medinjection.records.schema import (
    LETTERS,
    Document,
    InvalidRecord,
    Provenance,
    Record,
    choice_task,
    record_id,
    validate_record,
)
from medinjection.records.text import clean, is_blank
from medinjection.sources.options.option_references import refers_to_other_options
from medinjection.sources.reading.file_formats import Row, type_name
from medinjection.sources.registry import Source, SourceFile
from medinjection.sources.splits import SPLIT_WITHOUT_UPSTREAM, with_split

STAGE = "normalise_source"

RawItem = Record | Document | Reject


def files_to_read(folder: Path, source: Source) -> list[tuple[SourceFile, Path]]:
    """Return the files of `source` that are in `folder`, in the order of the registry; patterns by name.

    Raises:
        InputError: none of them is there, or files of several layouts of the same data are.
    """
    present = [(file, path) for file in source.files for path in paths_of(folder, file)]
    if not present:
        expected = ", ".join(file.name for file in source.files)
        raise InputError(f"{folder}: no file of {source.name}, expected {expected}; found {_names_in(folder)}")
    first = present[0][0]
    for file, _ in present:
        if file.layout != first.layout:
            raise InputError(
                f"{folder}: {first.name} and {file.name} are two layouts of {source.name} "
                f"({first.layout} and {file.layout}), which hold the same data; keep one of them"
            )
    return present


def paths_of(folder: Path, file: SourceFile) -> list[Path]:
    """Return where `file` is in `folder`: nowhere, at one place, or wherever its pattern matches."""
    if file.is_pattern:
        return sorted(path for path in folder.glob(file.name) if path.is_file())
    return [folder / file.name] if (folder / file.name).is_file() else []


def _names_in(folder: Path) -> str:
    """Return the names of what is in `folder`, the first twenty, for a message."""
    if not folder.is_dir():
        return "no such folder"
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "") or "an empty folder"


def convert(
    source: Source, rows: Iterable[Row], make: Callable[[Mapping[str, Any]], Record | Document], id_key: str | None
) -> Iterator[RawItem]:
    """Yield what `make` makes of each row, or a reject with the reason where it raises InvalidRecord.

    Args:
        make: turns the keys of one row into a record or a document; raises InvalidRecord where it cannot.
        id_key: key of upstream's id, to name rejects by.
    """
    for row in rows:
        try:
            if not isinstance(row.values, dict):
                raise InvalidRecord(f"the row is {type_name(row.values)}, expected an object with named fields")
            yield make(row.values)
        except InvalidRecord as error:
            yield Reject(_id_if_known(source, row, id_key), STAGE, str(error), _raw(row))


def value_of(values: Mapping[str, Any], key: str) -> Any:
    """Return `values[key]`. Raises InvalidRecord where the key is missing."""
    if key not in values:
        raise InvalidRecord(f"missing key: {key}")
    return values[key]


def text_of(values: Mapping[str, Any], key: str, name: str | None = None) -> str:
    """Return the cleaned text under `key`. Raises InvalidRecord where it is missing, no text, or empty."""
    name = name or key
    value = value_of(values, key)
    if not isinstance(value, str):
        raise InvalidRecord(f"{name} is {type_name(value)}, expected a text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidRecord(f"{name} holds a character that UTF-8 cannot write (half a surrogate pair)") from None
    text = clean(value)
    if is_blank(text):
        raise InvalidRecord(f"{name} is empty")
    return text


def optional_text_of(values: Mapping[str, Any], key: str) -> str | None:
    """Return the cleaned text under `key`; None where it is missing, null or blank."""
    value = values.get(key)
    return None if value is None or (isinstance(value, str) and is_blank(value)) else text_of(values, key)


def provenance_of(source: Source, upstream_id: str | None) -> Provenance:
    """Return where an item of `source` comes from."""
    return Provenance(dataset=source.upstream, revision=source.revision, upstream_id=upstream_id)


def choice_record(
    source: Source,
    file: SourceFile,
    upstream_id: str | None,
    question: str,
    options: Sequence[str],
    answer_indices: Iterable[int],
    specialty_raw: str | None = None,
    context: str | None = None,
    stated_task: str | None = None,
    question_type: str | None = None,
) -> Record:
    """Return a checked multiple-choice record, of the task that upstream or the registry states.

    Args:
        upstream_id: None where upstream gives none; the id is then a hash of the content.
        stated_task: one of STATED_TASKS where the row itself states it; else the file's in the registry counts, then
            the source's.
        question_type: what upstream says that the question asks for.

    Raises:
        InvalidRecord: nobody states the task, or the fields break a rule of the record.
    """
    stated_task = stated_task or file.choice_task or source.choice_task
    if stated_task is None:
        raise InvalidRecord("a choice question where the registry has no choice_task for the file or its source")
    indices = tuple(sorted(answer_indices))
    outside = [i for i in indices if not 0 <= i < len(options)]
    if outside:
        raise InvalidRecord(f"right answer {outside[0]} is outside the {len(options)} options")
    record = Record(
        id=record_id(source.name, upstream_id, context, question, list(options), list(indices)),
        component=source.component,
        source=source.name,
        split=SPLIT_WITHOUT_UPSTREAM,
        task=choice_task(stated_task, indices),
        context=context,
        question=question,
        options=tuple(options),
        answer_indices=indices,
        answer=", ".join(options[i] for i in indices) if indices else "",
        shufflable=not refers_to_other_options(options),
        specialty_raw=specialty_raw,
        licence=source.licence,
        provenance=provenance_of(source, upstream_id),
        question_type=question_type,
    )
    return validate_record(with_split(source, file, record))


def open_record(
    source: Source,
    file: SourceFile,
    upstream_id: str | None,
    question: str,
    answer: str,
    specialty_raw: str | None = None,
    context: str | None = None,
    question_type: str | None = None,
) -> Record:
    """Return a checked open question; arguments and errors as `choice_record`."""
    record = Record(
        id=record_id(source.name, upstream_id, *([context] if context else []), question, answer),
        component=source.component,
        source=source.name,
        split=SPLIT_WITHOUT_UPSTREAM,
        task="oeq",
        context=context,
        question=question,
        answer=answer,
        specialty_raw=specialty_raw,
        licence=source.licence,
        provenance=provenance_of(source, upstream_id),
        question_type=question_type,
    )
    return validate_record(with_split(source, file, record))


def document(
    source: Source, file: SourceFile, upstream_id: str, text: str, specialty_raw: str | None = None
) -> Document:
    """Return a document. Its `upstream_id` is what records made from it name it by."""
    made = Document(
        id=record_id(source.name, upstream_id, text),
        source=source.name,
        split=SPLIT_WITHOUT_UPSTREAM,
        text=text,
        specialty_raw=specialty_raw,
        licence=source.licence,
        provenance=provenance_of(source, upstream_id),
    )
    return with_split(source, file, made)


def option_texts(values: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """Return the cleaned option under each of `keys`, in that order; a reason names the option by its letter."""
    return [text_of(values, key, f"option {LETTERS[i]}") for i, key in enumerate(keys)]


def as_json(content: Any) -> str:
    """Return `content` as JSON that any file can hold: what UTF-8 cannot write is escaped."""
    return _storable(json.dumps(content, ensure_ascii=False, default=str))


def _raw(row: Row) -> str:
    return as_json({"file": row.file, "row": row.number, "content": row.values})


def _id_if_known(source: Source, row: Row, id_key: str | None) -> str | None:
    value = row.values.get(id_key) if isinstance(row.values, dict) and id_key else None
    return record_id(source.name, clean(_storable(value))) if isinstance(value, str) and not is_blank(value) else None


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
