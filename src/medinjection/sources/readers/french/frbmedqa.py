"""FrBMedQA: cloze questions on passages of French biomedical Wikipedia articles, generated automatically.

Format (files train.json, val.json and test.json, as the authors' code at github.com/kadzaki/FrBMedQA writes them): a
JSON array. In `passage` and `question` biomedical terms are replaced by ids such as "@entity12", the one to be found by
"@placeholder". `entities_list` has one object per entity, which maps its id to its text and may have `semantic_groups`
(UMLS); `answer` is the id of the right one. The hub's file and column names could not be verified.

Each row becomes a closed question: the terms are put back, the blank stays, and the answer is the text of its entity.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import InvalidRecord, Record
from medinjection.records.text import clean
from medinjection.sources.items import RawItem, convert, files_to_read, open_record, text_of, value_of
from medinjection.sources.reading.file_formats import read_json_array, require_keys, type_name
from medinjection.sources.registry import Source, SourceFile
from medinjection.sources.specialties import LABEL_SEPARATOR

_KEYS = ("passage", "question", "entities_list", "answer")
_ENTITY = re.compile(r"@entity[0-9]+")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the closed questions of the files in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        rows = require_keys(path, read_json_array(path), _KEYS)
        yield from convert(source, rows, partial(_record, source, file), None)


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    passage, question, answer = (text_of(row, key) for key in ("passage", "question", "answer"))
    listed = value_of(row, "entities_list")
    if not isinstance(listed, list):
        raise InvalidRecord(f"entities_list is {type_name(listed)}, expected a list of entities")
    texts: dict[str, str] = {}
    groups: dict[str, str | None] = {}
    for entity in listed:
        entity_id, text = _entity(entity)
        texts[entity_id] = text
        groups[entity_id] = _groups(entity)
    if answer not in texts:
        raise InvalidRecord("the answer is no entity of entities_list")
    return open_record(
        source,
        file,
        None,
        question=_with_terms(question, texts),
        answer=texts[answer],
        specialty_raw=groups[answer],
        context=_with_terms(passage, texts),
    )


def _entity(entity: Any) -> tuple[str, str]:
    """Return the id and the text of one element of entities_list."""
    if not isinstance(entity, dict):
        raise InvalidRecord(f"an entity is {type_name(entity)}, expected an object that maps its id to its text")
    ids = [key for key in entity if _ENTITY.fullmatch(key)]
    if len(ids) != 1:
        raise InvalidRecord(f"an entity has {len(ids)} ids such as @entity12, expected one")
    return ids[0], text_of(entity, ids[0], "the text of an entity")


def _groups(entity: Mapping[str, Any]) -> str | None:
    groups = entity.get("semantic_groups")
    if groups is None:
        return None
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise InvalidRecord("semantic_groups is no list of texts")
    return LABEL_SEPARATOR.join(groups) or None


def _with_terms(text: str, texts: Mapping[str, str]) -> str:
    """Return `text` with each id replaced by its term; an id that is not listed stays as it is."""
    return clean(_ENTITY.sub(lambda match: texts.get(match[0], match[0]), text))
