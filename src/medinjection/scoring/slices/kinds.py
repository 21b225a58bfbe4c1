"""Which parts the questions fall into: what a clinician asks about besides the mean over everything."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from medinjection.scoring.slices.negation import is_negated

# Columns of RECORD_SCHEMA that the parts are made from.
RECORD_COLUMNS = ("id", "component", "context", "question", "answer_indices", "specialty", "question_type")
SPECIALTY = "specialty"
KINDS = (SPECIALTY, "case", "question_type", "component", "right_options", "stem")
_NO_SPECIALTY = "none"


def parts_of(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each part that a question falls into.

    `specialty` is one of the broad categories, or `none`; `case` is `with case` or `alone`; `question_type` is what
    upstream says, where it says anything; `component` native, translated or synthetic; `right_options` their number;
    `stem` negated or plain.

    Args:
        record: RECORD_COLUMNS of one record.
    """
    yield SPECIALTY, record["specialty"] or _NO_SPECIALTY
    yield "case", "with case" if record["context"] else "alone"
    if record["question_type"]:
        yield "question_type", record["question_type"]
    yield "component", record["component"]
    yield "right_options", str(len(record["answer_indices"]))
    yield "stem", "negated" if is_negated(record["question"]) else "plain"


def records_by_part(records: pa.Table) -> dict[tuple[str, str], pa.Array]:
    """Return kind and name of each part -> the ids of its records, sorted, by kind in the order of KINDS, then by name.

    Args:
        records: a table with RECORD_COLUMNS.
    """
    rows: Iterable[Mapping[str, Any]] = records.select(RECORD_COLUMNS).to_pylist()
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        for part in parts_of(row):
            found.setdefault(part, set()).add(row["id"])
    return {
        part: pa.array(sorted(found[part]), pa.string())
        for part in sorted(found, key=lambda part: (KINDS.index(part[0]), part[1]))
    }
