"""From a source's upstream files to its records or documents: read, split, sampled, nothing lost."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from medinjection.progress import progress_bar
from medinjection.records.conservation import Reject, reason_kind
from medinjection.records.sampling import ranked
from medinjection.records.schema import SPLIT_PRIORITY, SPLITS, Document, Record
from medinjection.records.text import folded
from medinjection.sources.items import STAGE, as_json, paths_of
from medinjection.sources.manifest import fetched_files, fetched_revision
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.registry import Source
from medinjection.sources.specialties import Specialties
from medinjection.sources.splits import case_key, split_of

_logger = logging.getLogger(__name__)

Item = Record | Document


@dataclass(frozen=True, slots=True)
class Normalised:
    """What a source became: rows read = items kept + rows rejected."""

    kept: list[Item]
    rejects: list[Reject]
    rows_in: int


def normalise(
    source: Source,
    folder: Path,
    specialties: Specialties,
    limit: int | None = None,
    seed: int = 42,
    split_shares: Mapping[str, float] | None = None,
) -> Normalised:
    """Return the records or documents of `source` in the order of its files.

    Args:
        folder: holds upstream's files, as `fetch_source` leaves them; files that its manifest does not name are
            ignored.
        limit: keep at most this many items of the whole source, those first by a keyed hash of their ids.
        seed: key of the hash for `limit` and `split_shares`.
        split_shares: share of each split; replaces upstream's split, and the registry's shares for items without
            one, by a keyed hash of the clinical case or passage that items share, else of their id.

    Raises:
        InputError: a file is missing, changed since it was fetched, or is not what upstream publishes.
    """
    files = fetched_files(folder, source)
    source = replace(source, files=files, revision=fetched_revision(folder, source))
    read = list(progress_bar(None, f"reading {source.name}", iterable=reader_of(source)(folder, source)))
    rejects = [item for item in read if isinstance(item, Reject)]
    kept, duplicates = _without_duplicates([item for item in read if not isinstance(item, Reject)])
    rejects += duplicates
    if split_shares is not None:
        kept = [replace(item, split=split_of(case_key(item), split_shares, seed)) for item in kept]
    kept = [replace(item, specialty=specialties.of(source.name, item.specialty_raw)) for item in kept]
    unlisted = Counter(label for item in kept for label in specialties.unlisted(source.name, item.specialty_raw))
    if unlisted:
        common = ", ".join(f"{label} ({count})" for label, count in unlisted.most_common(10))
        _logger.warning("%s: %d labels are in no table of specialties: %s", source.name, len(unlisted), common)
    if limit is not None and limit < len(kept):
        chosen = {item.id for item in ranked(kept, f"limit {seed}", lambda item: item.id)[:limit]}
        rejects += [_reject(item, "not sampled") for item in kept if item.id not in chosen]
        kept = [item for item in kept if item.id in chosen]
    _report(source, folder, len(read), kept, rejects)
    return Normalised(kept, rejects, len(read))


def _without_duplicates(items: Sequence[Item]) -> tuple[list[Item], list[Reject]]:
    """Keep one item of each id: among those of the same content, that of test before validation before train.

    A later item of other content is a defect of the source; one of the same content is not.
    """
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.id, []).append(item)
    chosen = {}
    for item_id, group in groups.items():
        alike = group if len(group) == 1 else [item for item in group if _content(item) == _content(group[0])]
        chosen[item_id] = min(alike, key=lambda item: SPLIT_PRIORITY[item.split])
    rejects = []
    for item in items:
        kept = chosen[item.id]
        if item is not kept:
            same = _content(item) == _content(kept)
            rejects.append(_reject(item, "duplicate of a row with the same id" if same else "duplicate id"))
    return [item for item in items if chosen[item.id] is item], rejects


def _content(item: Item) -> tuple[object, ...]:
    """Return what a reader sees of an item: two rows that agree in it are one item, whatever file they are in."""
    if isinstance(item, Document):
        return (folded(item.text),)
    texts = (item.question, item.context or "", *item.options, item.answer)
    return *map(folded, texts), item.answer_indices


def _reject(item: Item, reason: str) -> Reject:
    return Reject(item.id, STAGE, reason, as_json(asdict(item)))


def _report(source: Source, folder: Path, rows: int, kept: Sequence[Item], rejects: Sequence[Reject]) -> None:
    present = [file for file in source.files if paths_of(folder, file)]
    published = sum(file.records or 0 for file in present)
    splits = Counter(item.split for item in kept)
    reasons = Counter(reason_kind(reject.reason) for reject in rejects)
    _logger.info(
        "%s: %d rows in %s%s; kept %d (%s); rejected %d (%s)",
        source.name,
        rows,
        ", ".join(file.name for file in present[:6]) + (f" and {len(present) - 6} more" if len(present) > 6 else ""),
        f" (upstream publishes {published})" if all(file.records for file in present) else "",
        len(kept),
        ", ".join(f"{split} {splits[split]}" for split in SPLITS),
        len(rejects),
        "; ".join(f"{reason}: {count}" for reason, count in reasons.most_common(5)) or "none",
    )
