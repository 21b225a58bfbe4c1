"""Reading and writing the workflow's files: schema checked, written atomically, same input same bytes."""

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from medinjection.records.casting import check_schema, conformed
from medinjection.records.errors import InputError
from medinjection.records.schema import (
    DOCUMENT_SCHEMA,
    RECORD_SCHEMA,
    Document,
    Record,
    document_from_row,
    documents_to_table,
    record_from_row,
    records_to_table,
)

T = TypeVar("T")

# Rows of a batch and of a row group where files are streamed: about 8 MB of text.
BATCH_ROWS = 8192
_REPEATING_COLUMNS = ("component", "source", "split", "task", "specialty", "specialty_raw", "licence")


@contextmanager
def written_atomically(path: Path | str) -> Iterator[Path]:
    """Give a temporary sibling of `path` to write; it takes the name `path` only if the block ends without error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        with open(partial, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8 with line feeds, atomically."""
    with written_atomically(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def csv_text(header: Sequence[object], rows: Iterable[Iterable[object]]) -> str:
    """Return a header and rows as CSV with line feeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def write_table(path: Path | str, table: pa.Table) -> None:
    """Write a parquet file atomically; the same table gives the same bytes."""
    with written_atomically(path) as partial:
        pq.write_table(table, partial, compression="zstd")


def read_table(path: Path | str, schema: pa.Schema) -> pa.Table:
    """Read a parquet file as a table of exactly `schema`: what another tool wrote again is cast (`conformed`).

    Raises:
        InputError: the file is missing, is no parquet file, or has other columns, or types or values that do not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        # Without partitioning: folders above, such as `run=1`, are no columns.
        table = pq.read_table(path, partitioning=None)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a readable parquet file ({error})") from error
    return conformed(path, table, schema)


def read_batches(
    path: Path | str, schema: pa.Schema, columns: Sequence[str] | None = None, size: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Yield a parquet file in batches of at most `size` rows, whole or only `columns`, without holding it in memory.

    A column may be a field of a struct, such as "provenance.teacher".

    Raises:
        InputError: as `read_table` does.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    names = schema.names if columns is None else list(columns)
    wanted, row = _part_of(schema, names), 0
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            check_schema(path, file.schema_arrow, schema)
            for batch in file.iter_batches(size, columns=names, use_threads=False):
                yield from conformed(path, pa.Table.from_batches([batch]), wanted, row).to_batches()
                row += len(batch)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable parquet file ({error})") from error


def read_columns(path: Path | str, schema: pa.Schema | None, columns: Sequence[str]) -> pa.Table:
    """Return some columns of a parquet file, which must have `schema` (as for `read_table`), or any for None.

    Raises:
        InputError: as `read_table` does, or a column is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            if schema is not None:
                check_schema(path, file.schema_arrow, schema)
            if missing := [name for name in columns if name not in file.schema_arrow.names]:
                raise InputError(f"{path}: no column {', '.join(missing)}; found {', '.join(file.schema_arrow.names)}")
            table = file.read(list(columns), use_threads=False).select(list(columns))
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a readable parquet file ({error})") from error
    if schema is None:
        return table
    return conformed(path, table, _part_of(schema, columns))


def _part_of(schema: pa.Schema, columns: Iterable[str]) -> pa.Schema:
    fields: dict[str, pa.Field] = {}
    for name in columns:
        column, _, inner = name.partition(".")
        field = schema.field(column)
        if inner:
            before = list(fields[column].type) if column in fields else []
            field = field.with_type(pa.struct([*before, field.type.field(inner)]))
        fields[column] = field
    return pa.schema(fields.values())


def column_names(path: Path | str) -> list[str]:
    """Return the names of a parquet file's columns. Raises InputError where it is missing or no parquet file."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        return list(pq.read_schema(path).names)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a readable parquet file ({error})") from error


def count_rows(path: Path | str, schema: pa.Schema) -> int:
    """Return how many rows a parquet file has, from its footer. Raises InputError as `read_table` does."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with pq.ParquetFile(path) as file:
            check_schema(path, file.schema_arrow, schema)
            return file.metadata.num_rows
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a readable parquet file ({error})") from error


@contextmanager
def batches_written(
    path: Path | str, schema: pa.Schema, dictionary: bool | None = None
) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Give a function that appends batches to a parquet file, which appears only if the block ends without error.

    The bytes depend on the rows alone, not on how they are cut into batches.

    Args:
        dictionary: whether all columns are dictionary encoded; by default those that repeat few values: texts hardly
            repeat, and trying costs time and memory.
    """
    repeating = [f.name for f in schema if f.name in _REPEATING_COLUMNS]
    waiting: list[pa.RecordBatch] = []
    with (
        written_atomically(path) as partial,
        pq.ParquetWriter(
            partial, schema, compression="zstd", use_dictionary=repeating if dictionary is None else dictionary
        ) as writer,
    ):

        def write_group(table: pa.Table) -> None:
            # Where a page ends depends on the chunks of a column: there is one.
            writer.write_table(table.combine_chunks(), row_group_size=BATCH_ROWS)

        def write(batch: pa.RecordBatch) -> None:
            waiting.append(batch)
            while sum(map(len, waiting)) >= BATCH_ROWS:
                table = pa.Table.from_batches(waiting, schema)
                write_group(table.slice(0, BATCH_ROWS))
                waiting[:] = table.slice(BATCH_ROWS).to_batches()

        yield write
        if waiting:
            write_group(pa.Table.from_batches(waiting, schema))


def read_records(path: Path | str) -> list[Record]:
    """Read a parquet file of records. Raises InputError as `read_table` does."""
    return list(each_record(path))


def each_record(path: Path | str) -> Iterator[Record]:
    """Yield the records of a parquet file without holding them. Raises InputError as `read_table` does."""
    return (record_from_row(row) for batch in read_batches(path, RECORD_SCHEMA) for row in batch.to_pylist())


def write_records(path: Path | str, records: Iterable[Record]) -> None:
    """Write records to a parquet file, atomically, in the order given."""
    with batches_written(path, RECORD_SCHEMA) as write:
        for part in _parts(records):
            for batch in records_to_table(part).to_batches():
                write(batch)


def read_documents(path: Path | str) -> list[Document]:
    """Read a parquet file of documents. Raises InputError as `read_table` does."""
    return list(each_document(path))


def each_document(path: Path | str) -> Iterator[Document]:
    """Yield the documents of a parquet file without holding them. Raises InputError as `read_table` does."""
    return (document_from_row(row) for batch in read_batches(path, DOCUMENT_SCHEMA) for row in batch.to_pylist())


def write_documents(path: Path | str, documents: Iterable[Document]) -> None:
    """Write documents to a parquet file, atomically, in the order given."""
    with batches_written(path, DOCUMENT_SCHEMA) as write:
        for part in _parts(documents):
            for batch in documents_to_table(part).to_batches():
                write(batch)


def _parts(items: Iterable[T]) -> Iterator[list[T]]:
    """Yield `items` in lists of BATCH_ROWS: Arrow's and Python's form of all of them need not be there at once."""
    rest = iter(items)
    while part := list(islice(rest, BATCH_ROWS)):
        yield part


def sha256_of(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
