"""The records that every model answers: one split of the components, fewer per source where a limit is given."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.records.sampling import ranked
from medinjection.records.schema import CHOICE_TASKS


def select_split(tables: Sequence[tuple[str, pa.Table]], split: str) -> pa.Table:
    """Return the records of `split` in the order of `tables` (pairs of file name and table of RECORD_SCHEMA).

    Raises:
        InputError: an id occurs twice, or no record is of that split.
    """
    selected = pa.concat_tables(table.filter(pc.equal(table["split"], split)) for _, table in tables)
    names = ", ".join(name for name, _ in tables)
    if not len(selected):
        raise InputError(f"{names}: no record of the split {split!r}")
    counts = selected.group_by("id", use_threads=False).aggregate([([], "count_all")])
    repeated = counts.filter(pc.greater(counts["count_all"], 1))["id"].to_pylist()
    if repeated:
        raise InputError(f"{names}: record id {repeated[0]} occurs more than once in the split {split!r}")
    return selected


def choice_records(records: pa.Table, limit: int | None, seed: int) -> pa.Table:
    """Return the mcq and mcqu records, at most `limit` per source (see `limit_per_source`)."""
    return limit_per_source(records.filter(_is_choice(records)), limit, seed)


def open_records(records: pa.Table, limit: int | None, seed: int) -> pa.Table:
    """Return the oeq records, at most `limit` per source (see `limit_per_source`)."""
    return limit_per_source(records.filter(pc.invert(_is_choice(records))), limit, seed)


def limit_per_source(records: pa.Table, limit: int | None, seed: int) -> pa.Table:
    """Return at most `limit` records of each source, in the order given.

    The first by keyed hash of their id are taken, so that a smaller selection is part of any larger one.
    """
    if limit is None:
        return records
    if limit < 1:
        raise InputError(f"limit of {limit} records per source, expected at least 1")
    rows_of_source: dict[str, list[int]] = {}
    for row, source in enumerate(records["source"].to_pylist()):
        rows_of_source.setdefault(source, []).append(row)
    ids = records["id"].to_pylist()
    chosen: list[int] = []
    for rows in rows_of_source.values():
        chosen += ranked(rows, f"evaluation:{seed}", lambda row: ids[row])[:limit]
    return records.take(pa.array(sorted(chosen), pa.int64()))


def _is_choice(records: pa.Table) -> pa.ChunkedArray:
    return pc.is_in(records["task"], pa.array(CHOICE_TASKS))
