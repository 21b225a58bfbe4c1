"""Tables of answers with their texts sealed, and opened again: what a shared folder's parquet files hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from medinjection.prediction.schema import CHOICE_SCHEMA, OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_table
from medinjection.records.stand_ins import read_stand_ins, with_stand_ins
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA
from medinjection.sharing.sealing import WrongKey, open_sealed, seal

_SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """One kind of table of answers.

    Attributes:
        schema: of the table as a run writes it.
        column: the column that holds what a model wrote.
        file_name: what the file of a model is called, empty where it is called as the model is.
        harmless: a text that this fits wholly says nothing of the question, and is never sealed.
    """

    schema: pa.Schema
    column: str
    file_name: str
    harmless: re.Pattern[str]

    @property
    def shared_schema(self) -> pa.Schema:
        """The schema in a shared folder: each row has its text either in `column` or, sealed, in `sealed`."""
        place = self.schema.get_field_index(self.column)
        fields = list(self.schema)
        fields[place] = fields[place].with_nullable(True)
        return pa.schema([*fields, pa.field(_SEALED, pa.binary())])


# Letters of options, a judge's score; nothing that is written in words.
CHOICE = AnswerTable(
    CHOICE_SCHEMA, "raw_output", "choice.parquet", re.compile(r"[\s,.;:()]*(?:[A-Z][\s,.;:()]+)*[A-Z]?")
)
OPEN = AnswerTable(OPEN_SCHEMA, "output", "open.parquet", re.compile(r"\s*"))
JUDGEMENTS = AnswerTable(JUDGEMENT_SCHEMA, "raw_output", "", re.compile(r"\s*[01]?\.?\s*"))


def share_table(kind: AnswerTable, source: Path, target: Path, keys: Mapping[str, bytes | None]) -> None:
    """Write a table of answers with every text sealed that may quote a question which may not be given away.

    Args:
        keys: record id -> key of the seal, None where the record's texts may be given away.

    Raises:
        InputError: the file is not of the kind's schema, or holds an answer to a record that has no entry in `keys`.
    """
    table = read_table(source, kind.schema)
    shown: list[str | None] = []
    sealed: list[bytes | None] = []
    for record_id, text in zip(table["record_id"].to_pylist(), table[kind.column].to_pylist(), strict=True):
        if record_id not in keys:
            raise InputError(f"{source}: record {record_id} is answered, but is none of the records of the run")
        key = keys[record_id]
        closed = key is not None and not kind.harmless.fullmatch(text)
        shown.append(None if closed else text)
        sealed.append(seal(text, key) if closed and key else None)
    _write(source, target, kind.shared_schema, table, {kind.column: shown, _SEALED: sealed})


def join_table(kind: AnswerTable, source: Path, target: Path, keys: Mapping[str, bytes]) -> None:
    """Write a shared table of answers as the run wrote it, its sealed texts opened.

    Raises:
        InputError: the file is not one of a shared folder, a row is of a record without a key, or a text cannot be
            opened.
    """
    table = read_table(source, kind.shared_schema)
    texts: list[str] = []
    columns = (table[name].to_pylist() for name in ("record_id", kind.column, _SEALED))
    for record_id, text, sealed in zip(*columns, strict=True):
        if record_id not in keys:
            raise InputError(f"{source}: record {record_id} is answered, but is not in records.parquet beside it")
        if (text is None) == (sealed is None):
            raise InputError(f"{source}: record {record_id}: found a text and a sealed one, or none; expected one")
        try:
            texts.append(open_sealed(sealed, keys[record_id]) if text is None else text)
        except WrongKey as error:
            raise InputError(f"{source}: record {record_id}: its text cannot be opened: {error}") from error
    _write(source, target, kind.schema, table, {kind.column: texts})


def _write(source: Path, target: Path, schema: pa.Schema, table: pa.Table, changed: Mapping[str, list[Any]]) -> None:
    """Write `table` with some columns changed; of the metadata only what says whether the run was a demonstration."""
    columns = [
        pa.array(changed[field.name], field.type) if field.name in changed else table[field.name] for field in schema
    ]
    stand_ins = read_stand_ins(source)
    written = pa.Table.from_arrays(columns, schema=schema).combine_chunks()
    write_table(target, written if stand_ins is None else with_stand_ins(written, stand_ins))
