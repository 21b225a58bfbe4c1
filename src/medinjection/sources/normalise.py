"""From a source's upstream files to its records or documents: read, split, sampled, nothing lost, never held at once.

Items go to a temporary file as they are read. What has to be known of all of them at once, which item of an id is kept
and which are sampled, is decided from ids, hashes and splits alone; a second pass then writes what is kept.
"""

import logging
import shutil
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from medinjection.progress import progress_bar
from medinjection.records.conservation import Reject, RejectLog, rejects_logged, settle_rejects
from medinjection.records.files import batches_written, read_batches, write_documents, write_records
from medinjection.records.sampling import ranked
from medinjection.records.schema import (
    DOCUMENT_SCHEMA,
    RECORD_SCHEMA,
    SPLIT_PRIORITY,
    SPLITS,
    Document,
    Record,
    document_from_row,
    record_from_row,
)
from medinjection.records.text import folded
from medinjection.sources.fetching.manifest import fetched_files, fetched_revision
from medinjection.sources.items import STAGE, RawItem, as_json, paths_of
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.registry import Source
from medinjection.sources.specialties import Specialties
from medinjection.sources.splits import shared_key, split_of

_logger = logging.getLogger(__name__)

Item = Record | Document

# What becomes of an item.
_KEPT, _SAME, _OTHER, _NOT_SAMPLED = range(4)
_REASONS = {
    _SAME: "duplicate of a row with the same id",
    _OTHER: "duplicate id",
    _NOT_SAMPLED: "not sampled",
}


def normalise_source(
    source: Source,
    folder: Path,
    specialties: Specialties,
    output: Path,
    max_reject_share: float,
    limit: int | None = None,
    seed: int = 42,
    split_shares: Mapping[str, float] | None = None,
) -> None:
    """Write the records or documents of `source`, in the order of its files, to `output`, and its rejects beside it.

    Args:
        folder: holds upstream's files, as `fetch_source` leaves them; files that its manifest does not name are
            ignored.
        max_reject_share: maximum share (0 to 1) of the rows read that may be rejected as defective.
        limit: keep at most this many items of the whole source, those first by a keyed hash of their ids.
        seed: key of the hash for `limit` and `split_shares`.
        split_shares: share of each split; replaces upstream's split, and the registry's shares for items without
            one, by a keyed hash of the clinical case or passage that items share, else of their id.

    Raises:
        InputError: a file is missing, changed since it was fetched, or is not what upstream publishes; too large a
            share was rejected, or nothing is left.
    """
    files = fetched_files(folder, source)
    source = replace(source, files=files, revision=fetched_revision(folder, source))
    form = _Form.of(source)
    with _folder_beside(output) as temporary:
        spool, logged = temporary / "items.parquet", temporary / "rejects.parquet"
        finish = _finishing(source, form, specialties, split_shares, seed)
        with rejects_logged(logged) as log:
            choice = _Choice()
            rows = progress_bar(None, f"reading {source.name}", iterable=reader_of(source)(folder, source))
            form.write(spool, _items(rows, choice, log))
            rows_in = len(choice.fates) + log.reasons.total()
            _log_rejects(spool, form, choice.fates, {_SAME, _OTHER}, log, lambda batch: batch)
            if limit is not None:
                choice.sample(limit, seed)
                _log_rejects(spool, form, choice.fates, {_NOT_SAMPLED}, log, finish)
        settle_rejects(logged, output, log, choice.fates.count(_KEPT), rows_in, max_reject_share)
        splits, labels = _write_kept(spool, output, form, choice.fates, finish)
    _warn_of_labels(source, specialties, labels)
    _report(source, folder, rows_in, splits, log.reasons)


@contextmanager
def _folder_beside(output: Path) -> Iterator[Path]:
    """Give an empty folder, always the same for an output, so that what a killed process left in it goes."""
    folder = output.with_name(f".{output.name}.reading")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class _Form:
    """What a source holds: records or documents."""

    schema: pa.Schema
    write: Callable[[Path, Iterator[Any]], None]
    from_row: Callable[[dict[str, Any]], Item]
    shared: str

    @classmethod
    def of(cls, source: Source) -> "_Form":
        if source.kind == "documents":
            return cls(DOCUMENT_SCHEMA, write_documents, document_from_row, "text")
        return cls(RECORD_SCHEMA, write_records, record_from_row, "context")


class _Choice:
    """Which item of each id is kept: among those of the same content, that of test before validation before train.

    A later item of other content is a defect of the source; one of the same content is not. `fates` says of each item,
    in the order in which they came, what becomes of it.
    """

    def __init__(self) -> None:
        self.fates = bytearray()
        self._contents = array("q")
        self._priorities = bytearray()
        # The number of the first item of each id, and of the one that is kept where that is another.
        self._first: dict[str, int] = {}
        self._better: dict[int, int] = {}

    def add(self, item: Item) -> None:
        """Take the next item."""
        number = len(self.fates)
        self.fates.append(_KEPT)
        self._contents.append(hash(_content(item)))
        self._priorities.append(SPLIT_PRIORITY[item.split])
        first = self._first.setdefault(item.id, number)
        if first == number:
            return
        kept = self._better.get(first, first)
        if self._contents[number] != self._contents[first]:
            self.fates[number] = _OTHER
        elif self._priorities[number] < self._priorities[kept]:
            self.fates[kept] = _SAME
            self._better[first] = number
        else:
            self.fates[number] = _SAME

    def sample(self, limit: int, seed: int) -> None:
        """Keep those `limit` items that are first by a keyed hash of their ids."""
        for item_id in ranked(self._first, f"limit {seed}", str)[limit:]:
            first = self._first[item_id]
            self.fates[self._better.get(first, first)] = _NOT_SAMPLED


def _content(item: Item) -> tuple[object, ...]:
    """Return what a reader sees of an item: two rows that agree in it are one item, whatever file they are in."""
    if isinstance(item, Document):
        return (folded(item.text),)
    texts = (item.question, item.context or "", *item.options, item.answer)
    return *map(folded, texts), item.answer_indices


def _items(rows: Iterator[RawItem], choice: _Choice, log: RejectLog) -> Iterator[Item]:
    """Yield the items among `rows`; the rejects go to the log."""
    for row in rows:
        if isinstance(row, Reject):
            log.add(row)
        else:
            choice.add(row)
            yield row


def _batches(spool: Path, form: _Form, fates: bytearray) -> Iterator[tuple[pa.RecordBatch, bytearray]]:
    """Yield the items read, batch by batch, and what becomes of each."""
    start = 0
    for batch in read_batches(spool, form.schema):
        yield batch, fates[start : start + len(batch)]
        start += len(batch)


def _chosen(batch: pa.RecordBatch, fates: bytearray, wanted: set[int]) -> pa.RecordBatch:
    return batch.filter(pa.array([fate in wanted for fate in fates], pa.bool_()))


def _log_rejects(
    spool: Path,
    form: _Form,
    fates: bytearray,
    wanted: set[int],
    log: RejectLog,
    finish: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> None:
    """Log the items with one of the `wanted` fates, as they are once `finish` has been applied."""
    if not any(fate in fates for fate in wanted):
        return
    for batch, these in _batches(spool, form, fates):
        rejected = finish(_chosen(batch, these, wanted))
        for row, fate in zip(rejected.to_pylist(), filter(wanted.__contains__, these), strict=True):
            item = form.from_row(row)
            log.add(Reject(item.id, STAGE, _REASONS[fate], as_json(asdict(item))))


def _write_kept(
    spool: Path,
    output: Path,
    form: _Form,
    fates: bytearray,
    finish: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> tuple[Counter[str], Counter[str | None]]:
    """Write the items that are kept; return their splits, and the labels of all items that are no duplicates."""
    splits: Counter[str] = Counter()
    labels: Counter[str | None] = Counter()
    with batches_written(output, form.schema) as write:
        for batch, these in _batches(spool, form, fates):
            kept = finish(_chosen(batch, these, {_KEPT}))
            splits.update(kept["split"].to_pylist())
            labels.update(_chosen(batch, these, {_KEPT, _NOT_SAMPLED})["specialty_raw"].to_pylist())
            write(kept)
    return splits, labels


def _finishing(
    source: Source, form: _Form, specialties: Specialties, split_shares: Mapping[str, float] | None, seed: int
) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """Return what gives the items of a batch their specialty and, where there are `split_shares`, their split."""

    def finish(batch: pa.RecordBatch) -> pa.RecordBatch:
        labels = batch["specialty_raw"].to_pylist()
        known = {label: specialties.of(source.name, label) for label in set(labels)}
        batch = _with_column(batch, "specialty", [known[label] for label in labels])
        if split_shares is None:
            return batch
        texts = zip(batch["id"].to_pylist(), batch[form.shared].to_pylist(), strict=True)
        splits = [split_of(shared_key(item_id, text), split_shares, seed) for item_id, text in texts]
        return _with_column(batch, "split", splits)

    return finish


def _with_column(batch: pa.RecordBatch, name: str, values: Sequence[str | None]) -> pa.RecordBatch:
    place = batch.schema.get_field_index(name)
    field = batch.schema.field(place)
    return batch.set_column(place, field, pa.array(values, field.type))


def _warn_of_labels(source: Source, specialties: Specialties, labels: Mapping[str | None, int]) -> None:
    unlisted: Counter[str] = Counter()
    for raw, count in labels.items():
        for label in specialties.unlisted(source.name, raw):
            unlisted[label] += count
    if unlisted:
        common = ", ".join(f"{label} ({count})" for label, count in unlisted.most_common(10))
        _logger.warning("%s: %d labels are in no table of specialties: %s", source.name, len(unlisted), common)


def _report(source: Source, folder: Path, rows: int, splits: Mapping[str, int], reasons: Counter[str]) -> None:
    present = [file for file in source.files if paths_of(folder, file)]
    published = sum(file.records or 0 for file in present)
    _logger.info(
        "%s: %d rows in %s%s; kept %d (%s); rejected %d (%s)",
        source.name,
        rows,
        ", ".join(file.name for file in present[:6]) + (f" and {len(present) - 6} more" if len(present) > 6 else ""),
        f" (upstream publishes {published})" if all(file.records for file in present) else "",
        sum(splits.values()),
        ", ".join(f"{split} {splits.get(split, 0)}" for split in SPLITS),
        reasons.total(),
        "; ".join(f"{reason}: {count}" for reason, count in reasons.most_common(5)) or "none",
    )
