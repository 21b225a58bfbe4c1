"""PubMedQA: questions that titles of PubMed abstracts ask, answered yes, no or maybe from the abstract's body.

Two sets. `labelled` (1,000 questions, labelled by experts): `ori_pqal.json` of the authors' repository, one object by
PubMed id with upper-case keys, or the same questions on the hub as parquet. `artificial` (211,269, labelled by rule):
parquet on the hub. Upstream gives no options: the three answers become the options, always in this order, and the
abstract without its conclusion becomes the context, its sections joined by line feeds. How the paper turned the answers
into options is not known.

Where the folder holds `test_ground_truth.json`, the PubMed ids of the official test, the other labelled questions go to
train; without that list all labelled questions go to test, so that none of the official test is trained on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import InvalidRecord, Record
from medinjection.sources.items import RawItem, choice_record, convert, files_to_read, text_of, value_of
from medinjection.sources.reading.file_formats import Row, read_json_object, read_parquet, require_keys, type_name
from medinjection.sources.registry import Source, SourceFile

OPTIONS = ("yes", "no", "maybe")

_ID = "PMID"
_GITHUB_KEYS = (_ID, "QUESTION", "CONTEXTS", "final_decision")
_HUB_COLUMNS = ("pubid", "question", "context", "final_decision")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none."""
    present = files_to_read(folder, source)
    official_test = None
    for file, path in present:
        if file.subset == "official test":
            official_test = frozenset(row.values[_ID] for row in read_json_object(path, _ID))
    for file, path in present:
        if file.subset == "official test":
            continue
        known = official_test if file.subset == "labelled" else None
        if path.suffix == ".parquet":
            rows: Iterator[Row] = map(_with_text_id, read_parquet(path, _HUB_COLUMNS))
            yield from convert(source, rows, partial(_from_hub, source, file, known), "pubid")
        else:
            rows = require_keys(path, read_json_object(path, _ID), _GITHUB_KEYS)
            yield from convert(source, rows, partial(_from_github, source, file, known), _ID)


def _with_text_id(row: Row) -> Row:
    """Return the row with its whole-number id as a text, the form that the authors' files have."""
    number = row.values["pubid"]
    return replace(row, values={**row.values, "pubid": str(number)}) if type(number) is int else row


def _from_github(
    source: Source, file: SourceFile, official_test: frozenset[str] | None, row: Mapping[str, Any]
) -> Record:
    return _record(source, file, official_test, text_of(row, _ID), text_of(row, "QUESTION"), row, "CONTEXTS")


def _from_hub(source: Source, file: SourceFile, official_test: frozenset[str] | None, row: Mapping[str, Any]) -> Record:
    context = value_of(row, "context")
    if not isinstance(context, dict):
        raise InvalidRecord(f"context is {type_name(context)}, expected an object with contexts")
    row = {**row, "contexts": value_of(context, "contexts")}
    return _record(source, file, official_test, text_of(row, "pubid"), text_of(row, "question"), row, "contexts")


def _record(
    source: Source,
    file: SourceFile,
    official_test: frozenset[str] | None,
    pubmed_id: str,
    question: str,
    row: Mapping[str, Any],
    sections_key: str,
) -> Record:
    decision = text_of(row, "final_decision")
    if decision not in OPTIONS:
        raise InvalidRecord(f"final_decision is {decision[:20]!r}, expected {', '.join(OPTIONS)}")
    if official_test is not None:
        file = replace(file, split="test" if pubmed_id in official_test else "train")
    context = _joined(value_of(row, sections_key), sections_key)
    return choice_record(source, file, pubmed_id, question, OPTIONS, [OPTIONS.index(decision)], context=context)


def _joined(sections: Any, key: str) -> str:
    """Return the sections of an abstract as one text, a line feed between them."""
    if not isinstance(sections, list) or not sections:
        found = "an empty list" if sections == [] else type_name(sections)
        raise InvalidRecord(f"{key} is {found}, expected the sections of an abstract")
    return "\n".join(text_of({key: section}, key, "a section of the abstract") for section in sections)
