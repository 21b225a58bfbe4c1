"""Join the sources of one component, with exact duplicates and contradicting records set aside."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.components.duplicates import answer_texts, candidate_hashes, duplicate_key
from medinjection.records.conservation import Reject
from medinjection.records.errors import InputError
from medinjection.records.files import read_batches
from medinjection.records.schema import RECORD_SCHEMA, SPLIT_PRIORITY, Record, record_from_row

STAGE = "join_sources"

_KEY_COLUMNS = ("id", "component", "context", "question", "options")


def find_rejects(paths: Sequence[Path | str], component: str) -> tuple[list[Reject], int]:
    """Return the records of all files that must go, in the files' order, and how many records there are.

    Only the columns of the key are read, batch by batch; the whole records are read where keys seem equal, and the
    decision is that of `duplicate_reasons` on these.

    Raises:
        InputError: a record belongs to another component, or an id occurs twice; the message names the files.
    """
    hashes, ids = [np.empty(0, np.uint64)], []
    for path in paths:
        for batch in read_batches(path, RECORD_SCHEMA, _KEY_COLUMNS):
            _check_component(path, batch, component)
            hashes.append(candidate_hashes(batch))
            ids.append(batch["id"])
    together = np.concatenate(hashes)
    _check_ids(paths, ids)
    _, inverse, counts = np.unique(together, return_inverse=True, return_counts=True)
    candidates = list(records_at(paths, np.flatnonzero(counts[inverse] > 1)))
    reasons = duplicate_reasons(candidates)
    return [reject(record, STAGE, reasons[record.id]) for record in candidates if record.id in reasons], len(together)


def duplicate_reasons(records: Iterable[Record]) -> dict[str, str]:
    """Return id -> reason for those of `records` that must go.

    Records are duplicates when `duplicate_key` is equal. Where their answers agree one is kept: of the split test
    before validation before train, then the one with the smallest id. Where their answers differ none is kept, for
    nothing says which of them is right; this holds for open questions too, whose reference would be ambiguous.
    """
    groups: dict[bytes, list[Record]] = {}
    for record in records:
        groups.setdefault(duplicate_key(record), []).append(record)
    reasons: dict[str, str] = {}
    for group in groups.values():
        if len(group) > 1:
            reasons.update(_reasons(group))
    return reasons


def records_at(paths: Sequence[Path | str], rows: np.ndarray) -> Iterator[Record]:
    """Yield the records at the sorted positions `rows`, counted over all files in order."""
    for table, _ in rows_at(paths, rows, RECORD_SCHEMA.names):
        yield from map(record_from_row, table.to_pylist())


def rows_at(
    paths: Sequence[Path | str], rows: np.ndarray, columns: Sequence[str]
) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """Yield `columns` of the sorted positions `rows`, counted over all files in order, and the positions themselves."""
    start = 0
    if not len(rows):
        return
    for path in paths:
        for batch in read_batches(path, RECORD_SCHEMA, columns):
            low, high = np.searchsorted(rows, [start, start + len(batch)])
            if low < high:
                yield batch.take(pa.array(rows[low:high] - start)), rows[low:high]
            start += len(batch)


def reject(record: Record, stage: str, reason: str) -> Reject:
    """Return the reject of a whole record, its raw text the record as JSON."""
    return Reject(record.id, stage, reason, json.dumps(asdict(record), ensure_ascii=False))


def _check_component(path: Path | str, batch: pa.RecordBatch, component: str) -> None:
    other = pc.not_equal(batch["component"], component)
    if other.true_count:
        first = batch.filter(other).slice(0, 1).to_pylist()[0]
        raise InputError(
            f"{path}: record {first['id']} belongs to the component {first['component']!r}, expected {component!r}"
        )


def _check_ids(paths: Sequence[Path | str], ids: Collection[pa.Array]) -> None:
    if sum(map(len, ids)) == pc.count_distinct(pa.chunked_array(ids, pa.string())).as_py():
        return
    seen: dict[str, Path | str] = {}
    for path in paths:
        for batch in read_batches(path, RECORD_SCHEMA, ["id"]):
            for name in batch["id"].to_pylist():
                if name in seen:
                    where = f"twice in {path}" if seen[name] == path else f"in {seen[name]} and in {path}"
                    raise InputError(f"record id {name} occurs {where}, expected ids that are unique in a component")
                seen[name] = path


def _reasons(group: Sequence[Record]) -> dict[str, str]:
    """Return id -> reason for the records of one group of duplicates that must go."""
    if len({answer_texts(record) for record in group}) > 1:
        ids = ", ".join(sorted(record.id for record in group))
        return {record.id: f"conflicting answers: {ids}" for record in group}
    first = min(group, key=lambda record: (SPLIT_PRIORITY[record.split], record.id))
    return {record.id: f"duplicate of {first.id}" for record in group if record.id != first.id}
