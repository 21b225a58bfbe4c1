"""Low-level reading of upstream files: JSON array, object or lines, TSV without quoting, CSV, parquet.

Each function yields the rows of one file and raises InputError where the file as a whole is not what it should be;
whether a single row makes sense is for the readers to say.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.files import BATCH_ROWS
from medinjection.sources.reading.json_array import array_elements

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as upstream wrote it, with where it is: the file's name, and the element, line or row counted from 1."""

    file: str
    number: int
    values: Any


def read_json_array(path: Path) -> Iterator[Row]:
    """Yield the elements of a file that is one JSON array, which is read as it is asked for.

    Raises:
        InputError: missing, empty, not UTF-8 (names the byte), not JSON or cut short (names line and byte), no array.
    """
    _require_content(path)
    found = False
    for number, element in enumerate(array_elements(path), start=1):
        found = True
        yield Row(path.name, number, element)
    if not found:
        raise InputError(f"{path}: the list has no rows")


def read_json_lines(path: Path) -> Iterator[Row]:
    """Yield the objects of a file with one JSON value a line; blank lines hold no row.

    Raises:
        InputError: missing, empty, not UTF-8 (names the byte), or a line that is not JSON or cut short (names it).
    """
    found = False
    for number, offset, line in _lines(path):
        text = _decoded(path, line, offset)
        values = _parsed(path, text, number, offset)
        if number == 1 and isinstance(values, list):
            raise InputError(f"{path}: line 1 is a list, expected one object a line")
        found = True
        yield Row(path.name, number, values)
    if not found:
        raise InputError(f"{path}: the file has no rows")


def read_json(path: Path) -> Iterator[Row]:
    """Yield the rows of a JSON array or of JSON lines: the first character that is no white space tells which.

    Raises:
        InputError: as `read_json_array` or `read_json_lines`.
    """
    _require_content(path)
    with open(path, "rb") as handle:
        start = handle.read(4096).removeprefix(_BYTE_ORDER_MARK).lstrip()
    yield from read_json_array(path) if start.startswith(b"[") else read_json_lines(path)


def read_tsv(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a tab-separated file with a header; quotes mean nothing, blank lines hold no row.

    A row whose number of fields differs from the header's comes as the list of its fields, else as a mapping.

    Raises:
        InputError: missing, empty, not UTF-8 (names the byte), or one of `columns` is not in the header.
    """
    header: list[str] = []
    found = False
    for number, offset, line in _lines(path):
        fields = _decoded(path, line, offset).split("\t")
        if not header:
            header = fields
            _require_columns(path, header, columns)
            continue
        found = True
        yield Row(path.name, number, dict(zip(header, fields, strict=True)) if len(fields) == len(header) else fields)
    if not found:
        raise InputError(f"{path}: the file has no rows")


def read_csv(path: Path, columns: Sequence[str], has_header: bool) -> Iterator[Row]:
    """Yield the rows of a comma-separated file with double quotes, in which a cell may hold line feeds.

    A row whose number of fields differs comes as the list of its fields, else as a mapping; empty lines hold no row.

    Args:
        columns: names of the fields in their order; with a header, the columns that it must have.

    Raises:
        InputError: missing, empty, not UTF-8 (names the byte), a quote that is not closed (names the line), one of
            `columns` is not in the header, or without a header no row has as many fields as `columns`.
    """
    _require_content(path)
    # The csv module refuses longer cells; the limit is one of the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), path.stat().st_size))
    content = path.read_bytes()
    start = len(_BYTE_ORDER_MARK) if content.startswith(_BYTE_ORDER_MARK) else 0
    lines = csv.reader(io.StringIO(_decoded(path, content[start:], start), newline=""), strict=True)
    header, number, fitting = [] if has_header else list(columns), 0, 0
    try:
        for fields in filter(None, lines):
            if not header:
                header = fields
                _require_columns(path, header, columns)
                continue
            number += 1
            fits = len(fields) == len(header)
            fitting += fits
            yield Row(path.name, number, dict(zip(header, fields, strict=True)) if fits else fields)
    except csv.Error as error:
        raise InputError(f"{path}: not valid CSV at line {lines.line_num}: {error}; is the file cut short?") from error
    if not number:
        raise InputError(f"{path}: the file has no rows")
    if not fitting:
        raise InputError(f"{path}: no row has the {len(header)} fields expected: {', '.join(header)}")


def read_json_object(path: Path, key_name: str) -> Iterator[Row]:
    """Yield the members of a file that is one JSON object, as mappings with their key under `key_name`.

    A key that is there twice gives two rows. A member that is no object comes under the name `value`.

    Raises:
        InputError: as `read_json_array`; the top level is no object, or it is empty.
    """
    _require_content(path)
    content = path.read_bytes()
    start = len(_BYTE_ORDER_MARK) if content.startswith(_BYTE_ORDER_MARK) else 0
    members = _parsed(path, _decoded(path, content[start:], start), 1, start, _Members)
    if not isinstance(members, _Members):
        raise InputError(f"{path}: the top level is {type_name(members)}, expected an object with one member a row")
    if not members.pairs:
        raise InputError(f"{path}: the object has no rows")
    for number, (key, value) in enumerate(members.pairs, start=1):
        values = dict(value) if isinstance(value, dict) else {"value": value}
        yield Row(path.name, number, {**values, key_name: key})


def require_keys(path: Path, rows: Iterable[Row], keys: Sequence[str]) -> Iterator[Row]:
    """Yield `rows`; raise InputError after the last when one of `keys` was in none of them: upstream has changed."""
    seen: dict[str, None] = {}
    for row in rows:
        if isinstance(row.values, dict):
            seen.update(dict.fromkeys(row.values))
        yield row
    missing = [key for key in keys if key not in seen]
    if missing:
        raise InputError(
            f"{path}: no row has the key(s) {', '.join(missing)}; found {', '.join(seen)[:200]}, "
            f"expected {', '.join(keys)}"
        )


def read_parquet(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a parquet file, all its columns.

    Raises:
        InputError: missing, empty, no readable parquet file, or one of `columns` is not there.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    _require_content(path)
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            _require_columns(path, file.schema_arrow.names, columns)
            if not file.metadata.num_rows:
                raise InputError(f"{path}: the file has no rows")
            number = 0
            for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(path.name, number, values)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable parquet file ({error}); is it cut short?") from error


def type_name(value: Any) -> str:
    """Name the type of a JSON value in plain words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a whole number"}
    return "null" if value is None else names.get(type(value), "a number")


def _require_content(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty")


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, byte offset and content of the lines that are not blank; only line feeds end a line."""
    _require_content(path)
    offset = 0
    with open(path, "rb") as handle:
        for number, raw in enumerate(handle, start=1):
            start = offset
            offset += len(raw)
            if number == 1 and raw.startswith(_BYTE_ORDER_MARK):
                raw = raw[len(_BYTE_ORDER_MARK) :]
                start += len(_BYTE_ORDER_MARK)
            line = raw.rstrip(b"\r\n")
            if line.strip():
                yield number, start, line


class _Members(dict[str, Any]):
    """A JSON object with all its members, also those whose key comes twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def _parsed(
    path: Path,
    text: str,
    line: int,
    offset: int,
    make_object: Callable[[list[tuple[str, Any]]], dict[str, Any]] | None = None,
) -> Any:
    """Return the JSON value of `text`, which begins at that line and byte of the file."""
    try:
        return json.loads(text, object_pairs_hook=make_object)
    except json.JSONDecodeError as error:
        byte = offset + len(text[: error.pos].encode("utf-8"))
        raise InputError(
            f"{path}: not valid JSON at line {line + error.lineno - 1}, byte {byte}: {error.msg}; "
            "is the file cut short?"
        ) from error


def _decoded(path: Path, content: bytes, offset: int) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong = content[error.start]
        raise InputError(f"{path}: not UTF-8 at byte {offset + error.start} (0x{wrong:02x})") from error


def _require_columns(path: Path, found: Sequence[str], expected: Sequence[str]) -> None:
    missing = [name for name in expected if name not in found]
    if missing:
        raise InputError(
            f"{path}: missing column(s) {', '.join(missing)}; found {', '.join(found)[:200]}, "
            f"expected {', '.join(expected)}"
        )


def read_lines(path: Path) -> Iterator[Row]:
    """Yield the lines of a text file, blank ones too, without what ends them; only line feeds end a line.

    Raises:
        InputError: missing, empty, or not UTF-8 (names the byte).
    """
    for row in read_text(path):
        for number, line in enumerate(row.values.removesuffix("\n").split("\n"), start=1):
            yield Row(path.name, number, line.removesuffix("\r"))


def read_text(path: Path) -> Iterator[Row]:
    """Yield a text file as one row, its whole content. Raises InputError as `read_lines`."""
    _require_content(path)
    content = path.read_bytes()
    start = len(_BYTE_ORDER_MARK) if content.startswith(_BYTE_ORDER_MARK) else 0
    yield Row(path.name, 1, _decoded(path, content[start:], start))


def read_json_value(path: Path) -> Iterator[Row]:
    """Yield a file that is one JSON value as one row.

    Raises:
        InputError: missing, empty, not UTF-8 (names the byte), not JSON or cut short (names line and byte).
    """
    for row in read_text(path):
        yield Row(path.name, 1, _parsed(path, row.values, 1, 0))
