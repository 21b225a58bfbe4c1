"""Conservation: rows in = rows out + rows rejected, checked whenever a stage writes its output."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.records.files import (
    BATCH_ROWS,
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
    _check_conserved(output, len(kept), len(rejects), rows_in)
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
    _check_conserved(output, len(kept), len(rejects), rows_in)
    write_table(rejects_path(output), _reject_table(rejects))
    write_records(output, kept)


def read_rejects(output: Path | str) -> list[Reject]:
    """Return the rejects of a stage's output. Raises InputError as `read_table` does."""
    return [Reject(**row) for row in read_table(rejects_path(output), REJECT_SCHEMA).to_pylist()]


class RejectLog:
    """Takes the rejects of a stage as they come: they go to a file and are counted, not held.

    Attributes:
        reasons: how often each kind of reason came.
    """

    def __init__(self, write: Callable[[pa.RecordBatch], None]) -> None:
        self.reasons: Counter[str] = Counter()
        self._write = write
        self._waiting: list[Reject] = []

    def add(self, reject: Reject) -> None:
        """Take one reject."""
        self.reasons[reason_kind(reject.reason)] += 1
        self._waiting.append(reject)
        if len(self._waiting) == BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits; an empty group of rows where there was never any."""
        if self._waiting or not self.reasons:
            self._write(pa.RecordBatch.from_pylist([asdict(r) for r in self._waiting], schema=REJECT_SCHEMA))
        self._waiting.clear()


@contextmanager
def rejects_logged(path: Path | str) -> Iterator[RejectLog]:
    """Give a log of rejects that are written to `path`, for `settle_rejects`."""
    with batches_written(path, REJECT_SCHEMA, dictionary=True) as write:
        log = RejectLog(write)
        yield log
        log.flush()


def settle_rejects(
    logged: Path, output: Path | str, log: RejectLog, kept: int, rows_in: int, max_reject_share: float
) -> None:
    """Check the rejects that were logged in the file `logged`, and move it to where those of `output` belong.

    `output` is written afterwards.

    Raises:
        InputError, AssertionError: as `write_stage` does.
    """
    _check_conserved(output, kept, log.reasons.total(), rows_in)
    fault = _fault(output, kept, log.reasons, rows_in, max_reject_share)
    os.replace(logged, failed_rejects_path(output) if fault else rejects_path(output))
    if fault:
        raise InputError(fault)
    failed_rejects_path(output).unlink(missing_ok=True)


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
        _check_conserved(output, kept, len(rejects), rows_in)


def write_rejects(
    output: Path | str, kept: int, rejects: Sequence[Reject], rows_in: int, max_reject_share: float
) -> None:
    """Check and write the rejects of a stage whose `output`, written afterwards, holds neither records nor documents.

    Raises:
        InputError, AssertionError: as `write_stage` does.
    """
    _check_conserved(output, kept, len(rejects), rows_in)
    _write_rejects(output, kept, rejects, rows_in, max_reject_share)


def _check_conserved(output: Path | str, kept: int, rejected: int, rows_in: int) -> None:
    if rows_in != kept + rejected:
        raise AssertionError(f"{output}: {rows_in} rows in, {kept} out, {rejected} rejected: rows were lost")


def _write_rejects(
    output: Path | str, kept: int, rejects: Sequence[Reject], rows_in: int, max_reject_share: float
) -> None:
    """Write the rejects of a stage, or fail with them in `failed_rejects_path` where they are too many."""
    reasons = Counter(reason_kind(reject.reason) for reject in rejects)
    fault = _fault(output, kept, reasons, rows_in, max_reject_share)
    write_table(failed_rejects_path(output) if fault else rejects_path(output), _reject_table(rejects))
    if fault:
        raise InputError(fault)
    failed_rejects_path(output).unlink(missing_ok=True)


def _fault(
    output: Path | str, kept: int, reasons: Mapping[str, int], rows_in: int, max_reject_share: float
) -> str | None:
    """Say what is wrong with a stage that rejected rows for `reasons`: too many defective ones, or no row left."""
    defects = {reason: count for reason, count in reasons.items() if not reason.startswith(DELIBERATE_REASONS)}
    found = sum(defects.values())
    failed = failed_rejects_path(output)
    if rows_in and found / rows_in > max_reject_share:
        return (
            f"{output}: {found} of {rows_in} rows rejected, above the allowed share of {max_reject_share:.1%}. "
            f"Most frequent reasons: {_most_frequent(defects)}. All are in {failed}"
        )
    if not kept:
        return f"{output}: no row left of {rows_in}: {_most_frequent(reasons)}. All are in {failed}"
    return None


def _reject_table(rejects: Sequence[Reject]) -> pa.Table:
    return pa.Table.from_pylist([asdict(reject) for reject in rejects], schema=REJECT_SCHEMA)


def reason_kind(reason: str) -> str:
    """Return a reject's reason without what follows a colon, which tells single rows apart."""
    return reason.split(":")[0]


def _most_frequent(reasons: Mapping[str, int]) -> str:
    """Return the three most frequent reasons with their counts."""
    return "; ".join(f"{reason} ({count})" for reason, count in Counter(reasons).most_common(3))
