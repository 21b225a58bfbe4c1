"""Statistics of the components: how many records of each kind, counted column by column (paper Tables 1 and 2)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, read_batches
from medinjection.records.schema import CHOICE_TASKS, COMPONENTS, RECORD_SCHEMA, SPLITS, TASKS

COUNT_COLUMNS = ("component", "source", "split", "task", "specialty", "has_context", "records")

_ORDERS = {"component": COMPONENTS, "split": SPLITS, "task": TASKS}


@dataclass(frozen=True, slots=True)
class RecordCount:
    """How many records share these values; `specialty` is empty where upstream gives none."""

    component: str
    source: str
    split: str
    task: str
    specialty: str
    has_context: bool
    records: int


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What else is counted of one source: its choice records, those not to be shuffled, its teachers and licences."""

    component: str
    source: str
    choice_records: int
    unshufflable: int
    teachers: tuple[str, ...]
    licences: tuple[str, ...]


def count_values(path: Path | str, columns: Sequence[str], present: Sequence[str] = ()) -> Counter[tuple[Any, ...]]:
    """Count the records of a parquet file by the values of `columns`, in that order.

    Args:
        columns: names of columns; a field of a struct is named `struct.field`.
        present: those of `columns` of which only whether there is a value counts.

    Raises:
        InputError: as `read_batches` does.
    """
    counts: Counter[tuple[Any, ...]] = Counter()
    for batch in read_batches(path, RECORD_SCHEMA, columns):
        table = pa.Table.from_batches([batch]).flatten()
        arrays = [table[name].is_valid() if name in present else table[name] for name in columns]
        keyed = pa.table(dict(zip(columns, arrays, strict=True)))
        groups = keyed.group_by(list(columns), use_threads=False).aggregate([([], "count_all")])
        for row in groups.to_pylist():
            counts[tuple(row[name] for name in columns)] += row["count_all"]
    return counts


def count_records(paths: Iterable[Path | str]) -> list[RecordCount]:
    """Count the records of components, in the order of components, sources, splits, tasks and specialties.

    Raises:
        InputError: a file is missing or has another schema, or a component, split or task is unknown.
    """
    counts: Counter[tuple[Any, ...]] = Counter()
    columns = ("component", "source", "split", "task", "specialty", "context")
    for path in paths:
        for values, records in count_values(path, columns, present=("context",)).items():
            _check_names(path, dict(zip(columns, values, strict=True)))
            *names, specialty, has_context = values
            counts[*names, specialty or "", has_context] += records
    rows = [
        RecordCount(component, source, split, task, specialty, has_context, records)
        for (component, source, split, task, specialty, has_context), records in counts.items()
    ]
    return sorted(
        rows,
        key=lambda row: (
            COMPONENTS.index(row.component),
            row.source,
            SPLITS.index(row.split),
            TASKS.index(row.task),
            row.specialty,
            row.has_context,
        ),
    )


def counts_text(rows: Iterable[RecordCount]) -> str:
    """Return counts as CSV with the columns `COUNT_COLUMNS`; `has_context` is true or false."""
    lines = []
    for row in rows:
        *names, has_context, records = astuple(row)
        lines.append([*names, str(has_context).lower(), records])
    return csv_text(COUNT_COLUMNS, lines)


def describe_sources(paths: Iterable[Path | str]) -> list[SourceFacts]:
    """Say of each source how many choice records must keep their order, who its teachers are, and its licences.

    Raises:
        InputError: a file is missing, or has another schema.
    """
    columns = ("component", "source", "task", "shufflable", "licence", "provenance.teacher")
    choice: Counter[tuple[str, str]] = Counter()
    fixed: Counter[tuple[str, str]] = Counter()
    teachers: dict[tuple[str, str], set[str]] = {}
    licences: dict[tuple[str, str], set[str]] = {}
    for path in paths:
        for (component, source, task, shufflable, licence, teacher), records in count_values(path, columns).items():
            key = (component, source)
            licences.setdefault(key, set()).add(licence)
            teachers.setdefault(key, set()).update({teacher} if teacher else ())
            if task in CHOICE_TASKS:
                choice[key] += records
                fixed[key] += 0 if shufflable else records
    return [
        SourceFacts(*key, choice[key], fixed[key], tuple(sorted(teachers[key])), tuple(sorted(licences[key])))
        for key in sorted(licences, key=lambda key: (COMPONENTS.index(key[0]), key[1]))
    ]


def _check_names(path: Path | str, values: dict[str, str]) -> None:
    for column, known in _ORDERS.items():
        if values[column] not in known:
            raise InputError(f"{path}: column {column}: found {values[column]!r}, expected one of {', '.join(known)}")
