"""The questions of the explorer: their texts in parts, and of all of them what a list and its filters need."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.records.files import read_batches
from medinjection.records.licences import OPEN_LICENCES
from medinjection.records.schema import RECORD_SCHEMA
from medinjection.reporting.explorer.packs import Packs

# Questions of one file of texts or answers.
PART = 500
# Columns by whose values the list is filtered.
CATEGORIES = ("source", "task", "component", "specialty")
_TEXTS = ("context", "question", "options", "answer", "specialty_raw", "question_type", "licence")
_COLUMNS = ("id", *CATEGORIES, "answer_indices", *_TEXTS)
_TITLE = 110
_NONE = ""


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one file, choice or open, in its order.

    Attributes:
        ids: their records.
        titles: the beginning of each question, on one line.
        categories: name of CATEGORIES -> the value of each question, empty where it has none.
        options: how many options each has, shape (questions,).
        gold: bit sets of the right options, shape (questions,).
        closed: source -> licence of the texts that may not be given away.
    """

    ids: list[str]
    titles: list[str]
    categories: Mapping[str, list[str]]
    options: np.ndarray
    gold: np.ndarray
    closed: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, record_ids: pa.ChunkedArray) -> np.ndarray:
        """Return where the question of each answer stands, shape (answers,).

        Raises:
            InputError: there is no such question.
        """
        found = pc.index_in(record_ids, value_set=pa.array(self.ids, pa.string()))
        if found.null_count:
            missing = record_ids.filter(pc.is_null(found))
            raise InputError(
                f"record {missing[0].as_py()} was answered, but is not among the questions ({len(missing)} answers)"
            )
        places: np.ndarray = found.to_numpy()
        return places


def write_questions(path: Path | None, packs: Packs, kind: str) -> Questions:
    """Write the texts of a file of evaluation records to `<kind>/text-<part>.js`; return what the list needs of them.

    The file is read in batches: texts are never all in memory.

    Args:
        path: None where a run has no such questions.
        kind: choice or open.

    Raises:
        InputError: the file is missing or is none of records.
    """
    found: dict[str, list[Any]] = {name: [] for name in ("ids", "titles", "options", "gold", *CATEGORIES)}
    closed: dict[str, str] = {}
    for part, rows in enumerate(_parts(path) if path else ()):
        packs.write_json(f"{kind}/text-{part}", [{name: row[name] for name in _TEXTS if row[name]} for row in rows])
        for row in rows:
            found["ids"].append(row["id"])
            found["titles"].append(_title(row["question"]))
            found["options"].append(len(row["options"]))
            found["gold"].append(sum(1 << index for index in row["answer_indices"]))
            for name in CATEGORIES:
                found[name].append(row[name] or _NONE)
            if row["licence"] not in OPEN_LICENCES:
                closed[row["source"]] = row["licence"]
    return Questions(
        ids=found["ids"],
        titles=found["titles"],
        categories={name: found[name] for name in CATEGORIES},
        options=np.array(found["options"], dtype=np.uint8),
        gold=np.array(found["gold"], dtype=np.uint32),
        closed=closed,
    )


def category_codes(values: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return the different values in alphabetical order, and the place of each value among them, shape (values,)."""
    names = sorted(set(values))
    place = {name: code for code, name in enumerate(names)}
    return names, np.array([place[value] for value in values], dtype=np.uint16)


def _parts(path: Path) -> Iterator[list[dict[str, Any]]]:
    rows = (row for batch in read_batches(path, RECORD_SCHEMA, _COLUMNS) for row in batch.to_pylist())
    while part := list(islice(rows, PART)):
        yield part


def _title(question: str) -> str:
    # Of a long text the beginning is enough to find its first words.
    text = " ".join(question[: 4 * _TITLE].split())
    return text if len(text) <= _TITLE else f"{text[:_TITLE].rstrip()}…"
