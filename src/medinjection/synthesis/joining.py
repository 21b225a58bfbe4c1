"""The shards of a teacher's work on one source to one file."""

from collections.abc import Sequence
from pathlib import Path

from medinjection.records.conservation import Reject, read_rejects
from medinjection.records.errors import InputError
from medinjection.records.files import each_record
from medinjection.records.schema import Record


def join_shards(paths: Sequence[Path | str]) -> tuple[list[Record], list[Reject]]:
    """Return the records and the rejects of all shards, in the order of their ids: the same however work was cut.

    Raises:
        InputError: two records have the same id.
    """
    joined: list[Record] = []
    rejects: list[Reject] = []
    where: dict[str, Path | str] = {}
    for path in paths:
        for record in each_record(path):
            if record.id in where:
                raise InputError(f"{path}: record {record.id} is in {where[record.id]} too; ids must be distinct")
            where[record.id] = path
            joined.append(record)
        rejects += read_rejects(path)
    return sorted(joined, key=lambda r: r.id), sorted(rejects, key=lambda r: (r.id or "", r.raw))
