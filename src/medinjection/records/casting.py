"""Tables that passed through other tools: cast to their schema where nothing is lost, else refused with what was found.

pandas, polars and datasets keep the values of a parquet file but not its types: strings and lists become large ones or
views, columns may be null, categories are dictionary encoded, columns without a value lose their type.
"""

import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError

# What pandas calls the index of its rows where it has no name.
_INDEX = re.compile(r"__index_level_\d+__")


class _Lost(ValueError):
    """Values that the expected type cannot hold; the message says which."""


def check_schema(path: Path | str, found: pa.Schema, schema: pa.Schema) -> None:
    """Check that a file has the columns of `schema`, in any order, of types that may be cast to its types.

    Columns in which pandas keeps its index do not count.

    Raises:
        InputError: a column is missing, unknown, there twice, or of a type that cannot hold the same values; all are
            named, with the type found and the type expected.
    """
    if found.equals(schema):
        return
    faults = []
    counts = Counter(name for name in found.names if not _INDEX.fullmatch(name))
    if missing := [name for name in schema.names if name not in counts]:
        faults.append(f"missing: {', '.join(missing)}")
    if unknown := [name for name in counts if name not in schema.names]:
        faults.append(f"unknown: {', '.join(unknown)}")
    if twice := [name for name, count in counts.items() if count > 1]:
        faults.append(f"more than once: {', '.join(twice)}")
    known = [field for field in schema if counts[field.name] == 1]
    if other := [field for field in known if not _may_hold(found.field(field.name).type, field.type)]:
        said = (f"{field.name} is {found.field(field.name).type}, expected {field.type}" for field in other)
        faults.append(f"of another type: {', '.join(said)}")
    if faults:
        raise InputError(f"{path}: unexpected schema; {'; '.join(faults)}")


def conformed(path: Path | str, table: pa.Table, schema: pa.Schema, first_row: int = 0) -> pa.Table:
    """Return a table with exactly `schema`: its columns, their order, types and nullability.

    Args:
        path: the file that the table is from, for messages.
        first_row: how many rows of the file stand before those of the table.

    Raises:
        InputError: as `check_schema`; or a value does not fit (300 in int8, 1.5 in an integer, a double that a float
            would round), or is null where none may be: in a column that is not nullable, or in a list.
    """
    check_schema(path, table.schema, schema)
    columns = []
    for field in schema:
        found = table.schema.field(field.name).type
        try:
            chunks, row = [], first_row
            for chunk in table[field.name].chunks:
                chunks.append(_cast(chunk, field.type))
                if not field.nullable and chunk.null_count:
                    row += pc.index(chunk.is_null(), True).as_py()
                    raise _Lost(f"row {row + 1} is null")
                row += len(chunk)
        except (_Lost, pa.ArrowException) as error:
            expected = f"{field.type}{'' if field.nullable else ' without nulls'}"
            raise InputError(f"{path}: {field.name} is {found}, expected {expected}: {error}") from None
        columns.append(pa.chunked_array(chunks, field.type))
    return table if table.schema.equals(schema) else pa.table(columns, schema=schema)


def _may_hold(found: pa.DataType, expected: pa.DataType) -> bool:
    """Tell whether values of one type may be those of another; whether they fit is for `_cast` to say."""
    types = pa.types
    if types.is_dictionary(found):
        return _may_hold(found.value_type, expected)
    if found.equals(expected) or types.is_null(found):
        return True
    if types.is_list(expected):
        return _is_list(found) and _may_hold(found.value_type, expected.value_type)
    if types.is_struct(expected):
        return (
            types.is_struct(found)
            and _fields(found) == _fields(expected)
            and all(_may_hold(found.field(field.name).type, field.type) for field in expected)
        )
    return any(kind(found) and kind(expected) for kind in (_is_text, _is_number))


def _cast(array: pa.Array, expected: pa.DataType) -> pa.Array:
    found = array.type
    if found.equals(expected):
        return _without_empty_elements(array)
    if pa.types.is_dictionary(found):
        return _cast(array.dictionary, expected).take(array.indices)
    if pa.types.is_null(found):
        return pa.nulls(len(array), expected)
    if pa.types.is_list(expected):
        # Arrow's own cast of list views loses elements (26.0).
        lengths = pc.fill_null(pc.list_value_length(array), 0)
        ends = pc.cumulative_sum(lengths.cast(pa.int32()))
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
        values = _cast(array.flatten(), expected.value_type)
        return _without_empty_elements(
            pa.ListArray.from_arrays(offsets, values, expected, mask=array.is_null() if array.null_count else None)
        )
    if pa.types.is_struct(expected):
        parts = dict(zip(_names(found), array.flatten(), strict=True))
        fields = [_cast(parts[field.name], field.type) for field in expected]
        return pa.StructArray.from_arrays(fields, fields=list(expected), mask=array.is_null())
    cast = array.cast(expected)
    if _is_number(expected):
        _require_same(array, cast)
    return cast


def _require_same(before: pa.Array, after: pa.Array) -> None:
    back = after.cast(before.type)
    same = pc.equal(before, back)
    if pa.types.is_floating(before.type):
        same = pc.or_(same, pc.and_(pc.is_nan(before), pc.is_nan(back)))
    if not pc.all(same, min_count=0).as_py():
        raise _Lost(f"{before[pc.index(same, False).as_py()].as_py()!r} cannot be kept exactly")


def _without_empty_elements(array: pa.Array) -> pa.Array:
    if _is_list(array.type) and array.flatten().null_count:
        raise _Lost("a list holds a null")
    return array


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    tests = (
        types.is_list,
        types.is_large_list,
        types.is_fixed_size_list,
        types.is_list_view,
        types.is_large_list_view,
    )
    return any(test(kind) for test in tests)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _names(kind: pa.StructType) -> list[str]:
    return [field.name for field in kind]


def _fields(kind: pa.StructType) -> set[str]:
    return set(_names(kind))
