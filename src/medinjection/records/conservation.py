"""Conservation: rows in = rows out + rows rejected, checked whenever a stage writes its output."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.records.files import (
    batches_written,
    read_batches,
    read_table,
    write_documents,
    write_records,
    write_table,
)
from medinjection.records.schema import RECORD_SCHEMA, Document, Record

REJECT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.string(), nullable=False),
    ]
)

# Rows set aside on purpose: kept in rejects so that the sum holds, not counted as defects.
DELIBERATE_REASONS = ("not sampled", "no public label", "duplicate of ", "too close to ")


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that a stage did not pass on: its id where known, the stage, why, and its raw text or JSON."""

    id: str | None
    stage: str
    reason: str
    raw: str


def rejects_path(output: Path | str) -> Path:
    """Return the rejects file that goes with `output`: `x.parquet` -> `x.rejects.parquet`."""
    return Path(output).with_suffix(".rejects.parquet")


def failed_rejects_path(output: Path | str) -> Path:
    """Return where the rejects of a failed stage stay: Snakemake deletes the declared outputs of a failed job."""
    return Path(output).with_suffix(".failed.parquet")


def write_stage(
    output: Path | str,
    kept: Sequence[Record | Document],
    rejects: Sequence[Reject],
    rows_in: int,
    max_reject_share: float,
) -> None:
    """Write a stage's output and its rejects, the output last, after checking that nothing was lost.

    Args:
        output: parquet file to write; its rejects go to `rejects_path(output)`.
        kept: either records or documents.
        rows_in: how many rows the stage read.
        max_reject_share: maximum share (0 to 1) of `rows_in` that may be rejected as defective.

    Raises:
        InputError: too large a share was rejected (the message names the three most frequent reasons), or nothing is
            left.
        AssertionError: rows in differ from rows out plus rows rejected: a defect of the stage itself.
    """
    _check_conserved(output, len(kept), rejects, rows_in)
    _write_rejects(output, len(kept), rejects, rows_in, max_reject_share)
    documents = [item for item in kept if isinstance(item, Document)]
    if documents:
        write_documents(output, documents)
    else:
        write_records(output, [item for item in kept if isinstance(item, Record)])


def write_shard(output: Path | str, kept: Sequence[Record], rejects: Sequence[Reject], rows_in: int) -> None:
    """Write one shard of a stage's output and its rejects; what may be rejected is looked at where shards are joined.

    Raises:
        AssertionError: as `write_stage` does.
    """
    _check_conserved(output, len(kept), rejects, rows_in)
    write_table(rejects_path(output), pa.Table.from_pylist([asdict(r) for r in rejects], schema=REJECT_SCHEMA))
    write_records(output, kept)


def read_rejects(output: Path | str) -> list[Reject]:
    """Return the rejects of a stage's output. Raises InputError as `read_table` does."""
    return [Reject(**row) for row in read_table(rejects_path(output), REJECT_SCHEMA).to_pylist()]


def write_remaining(
    output: Path | str,
    inputs: Sequence[Path | str],
    rejects: Sequence[Reject],
    rows_in: int,
    max_reject_share: float,
) -> None:
    """Write the records of `inputs` whose id is not rejected, and the rejects, as `write_stage` does, batch by batch.

    Args:
        inputs: parquet files of records with ids that are unique over all of them.

    Raises:
        InputError, AssertionError: as `write_stage` does.
    """
    _write_rejects(output, rows_in - len(rejects), rejects, rows_in, max_reject_share)
    rejected = pa.array([reject.id for reject in rejects], pa.string())
    kept = 0
    with batches_written(output, RECORD_SCHEMA) as write:
        for path in inputs:
            for batch in read_batches(path, RECORD_SCHEMA):
                remaining = batch.filter(pc.invert(pc.is_in(batch["id"], rejected))) if rejects else batch
                kept += len(remaining)
                write(remaining)
        _check_conserved(output, kept, rejects, rows_in)


def write_rejects(
    output: Path | str, kept: int, rejects: Sequence[Reject], rows_in: int, max_reject_share: float
) -> None:
    """Check and write the rejects of a stage whose `output`, written afterwards, holds neither records nor documents.

    Raises:
        InputError, AssertionError: as `write_stage` does.
    """
    _check_conserved(output, kept, rejects, rows_in)
    _write_rejects(output, kept, rejects, rows_in, max_reject_share)


def _check_conserved(output: Path | str, kept: int, rejects: Sequence[Reject], rows_in: int) -> None:
    if rows_in != kept + len(rejects):
        raise AssertionError(f"{output}: {rows_in} rows in, {kept} out, {len(rejects)} rejected: rows were lost")


def _write_rejects(
    output: Path | str, kept: int, rejects: Sequence[Reject], rows_in: int, max_reject_share: float
) -> None:
    """Write the rejects of a stage, or fail with them in `failed_rejects_path` where they are too many."""
    table = pa.Table.from_pylist([asdict(r) for r in rejects], schema=REJECT_SCHEMA)
    failed = failed_rejects_path(output)
    defects = [r for r in rejects if not r.reason.startswith(DELIBERATE_REASONS)]
    if rows_in and len(defects) / rows_in > max_reject_share:
        write_table(failed, table)
        raise InputError(
            f"{output}: {len(defects)} of {rows_in} rows rejected, above the allowed share of {max_reject_share:.1%}. "
            f"Most frequent reasons: {_most_frequent(defects)}. All are in {failed}"
        )
    if not kept:
        write_table(failed, table)
        raise InputError(f"{output}: no row left of {rows_in}: {_most_frequent(rejects)}. All are in {failed}")
    failed.unlink(missing_ok=True)
    write_table(rejects_path(output), table)


def reason_kind(reason: str) -> str:
    """Return a reject's reason without what follows a colon, which tells single rows apart."""
    return reason.split(":")[0]


def _most_frequent(rejects: Sequence[Reject]) -> str:
    """Return the three most frequent reasons with their counts."""
    counts = Counter(reason_kind(reject.reason) for reject in rejects)
    return "; ".join(f"{reason} ({count})" for reason, count in counts.most_common(3))
