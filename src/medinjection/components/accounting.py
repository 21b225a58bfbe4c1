"""What became of each source: rows of upstream, rows read, rows set aside by stage and reason, records left."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.components.statistics import RecordCount
from medinjection.records.conservation import REJECT_SCHEMA, reason_kind
from medinjection.records.errors import InputError
from medinjection.records.files import count_rows, read_batches
from medinjection.records.schema import DOCUMENT_SCHEMA
from medinjection.sources.fetching.manifest import other_files, registered_rows
from medinjection.sources.items import STAGE
from medinjection.sources.registry import Source


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """The way of one source's rows to the components. Rows read are records left plus rows set aside.

    Attributes:
        upstream: rows that the registry counts in the files that were fetched; None where it does not say.
        others: fetched files that are not the ones that the registry pins.
        read: rows that were read, documents where items are generated from them.
        documents: documents from which items were generated; None for other sources.
        set_aside: (stage, kind of reason) -> rows, the commonest first.
        records: records in the components.
    """

    source: str
    upstream: int | None
    others: tuple[str, ...]
    read: int
    documents: int | None
    set_aside: Mapping[tuple[str, str], int]
    records: int


def account_for(
    sources: Sequence[Source],
    counts: Iterable[RecordCount],
    raw: Path,
    rejects: Iterable[Path],
    documents: Mapping[str, Path],
) -> list[SourceAccount]:
    """Return the account of each of `sources`, in their order.

    Args:
        counts: the records of the components.
        raw: folder with a folder of fetched files for each source.
        rejects: rejects of every stage. A file is of the source that it is named after, or its ids begin with theirs.
        documents: source of documents -> the file of its documents.

    Raises:
        InputError: a file is missing or has another schema, a manifest is none, or a reject is of no source.
    """
    left: Counter[str] = Counter()
    for row in counts:
        left[row.source] += row.records
    set_aside = _set_aside([source.name for source in sources], rejects)
    accounts = []
    for source in sources:
        mine = set_aside[source.name]
        read, found = left[source.name] + sum(mine.values()), None
        if source.name in documents:
            found = count_rows(documents[source.name], DOCUMENT_SCHEMA)
            read = found + sum(rows for (stage, _), rows in mine.items() if stage == STAGE)
        ordered = dict(sorted(mine.items(), key=lambda item: (-item[1], item[0])))
        folder = raw / source.name
        upstream, others = registered_rows(folder, source), other_files(folder, source)
        accounts.append(SourceAccount(source.name, upstream, others, read, found, ordered, left[source.name]))
    return accounts


def _set_aside(names: Sequence[str], rejects: Iterable[Path]) -> dict[str, Counter[tuple[str, str]]]:
    """Return source -> (stage, kind of reason) -> rows."""
    found: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in names}
    for path in rejects:
        owner = path.name.removesuffix(".rejects.parquet")
        for batch in read_batches(path, REJECT_SCHEMA, ("id", "stage", "reason")):
            for row in batch.to_pylist():
                name = owner if owner in found else str(row["id"]).partition(":")[0]
                if name not in found:
                    raise InputError(f"{path}: the reject {row['id']!r} is of none of the sources {', '.join(names)}")
                found[name][row["stage"], reason_kind(row["reason"])] += 1
    return found
