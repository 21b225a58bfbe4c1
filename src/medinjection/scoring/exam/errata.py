"""Verdicts of persons on answer keys, and scores without the questions whose key is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.scoring.choice.intervals import distinct
from medinjection.scoring.exam.scale import FULL_MARK
from medinjection.scoring.exam.scores import ALL, over_orders
from medinjection.scoring.human.spreadsheets import read_spreadsheet, unguarded

CONFIRMED, REJECTED = "confirmed", "rejected"
VERDICT_COLUMNS = ("record_id", "verdict", "by", "date", "reason")
_SCORES = ("exact_match", "mark")
ERRATA_COLUMNS = (
    "model",
    "source",
    "decoding",
    "n",
    "n_left_out",
    *(f"{name}_{when}" for name in _SCORES for when in ("before", "after")),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of an answer key: confirmed (it is wrong) or rejected (it stands), who, when and why."""

    verdict: str
    by: str
    date: str
    reason: str


def read_errata(path: Path | str) -> dict[str, Verdict]:
    """Return record id -> verdict of a CSV file of VERDICT_COLUMNS, also as spreadsheets save it (`read_spreadsheet`).

    Raises:
        InputError: as `read_spreadsheet` and `read_verdicts`.
    """
    rows = read_spreadsheet(path, VERDICT_COLUMNS)
    return read_verdicts(({name: unguarded(cell) for name, cell in row.items()} for _, row in rows), path)


def read_verdicts(rows: Iterable[Mapping[str, str]], path: Path | str) -> dict[str, Verdict]:
    """Return record id -> verdict of rows of VERDICT_COLUMNS.

    Args:
        path: the file that the rows are from, for messages.

    Raises:
        InputError: a verdict names no record, a record has two verdicts, a verdict is none of the two words, nobody
            gave it, or its date is none.
    """
    verdicts: dict[str, Verdict] = {}
    for row in rows:
        record_id, *values = (row[name].strip() for name in VERDICT_COLUMNS)
        place, verdict = f"{path}: record {record_id}", Verdict(*values)
        if not record_id:
            raise InputError(f"{path}: a verdict of {verdict.by or 'nobody'} has no record_id, expected a question's")
        if record_id in verdicts:
            raise InputError(f"{place} has two verdicts, expected one")
        if verdict.verdict not in (CONFIRMED, REJECTED):
            raise InputError(f"{place}: verdict is {verdict.verdict!r}, expected {CONFIRMED} or {REJECTED}")
        if not verdict.by:
            raise InputError(f"{place}: by is empty, expected who judged the key")
        try:
            date.fromisoformat(verdict.date)
        except ValueError:
            raise InputError(f"{place}: date is {verdict.date!r}, expected one such as 2026-11-30") from None
        verdicts[record_id] = verdict
    return verdicts


def other_questions(verdicts: Mapping[str, Verdict], questions: Iterable[str], path: Path | str) -> str:
    """Return a sentence on the verdicts on questions that are not there, empty where there are none.

    They are no error, for one file of verdicts serves runs on different questions.

    Args:
        questions: ids of the questions that are there.
        path: the file of the verdicts.
    """
    others = sorted(verdicts.keys() - {*questions})
    if not others:
        return ""
    named = f"{others[0]}{', ...' if len(others) > 1 else ''}"
    return f"{path}: {len(others)} of {len(verdicts)} verdicts are on questions that this run does not have: {named}"


def errata_rows(items: pa.Table, verdicts: Mapping[str, Verdict]) -> list[dict[str, object]]:
    """Return rows of ERRATA_COLUMNS: one model's scores with all questions, and without those of confirmed errata.

    A question with a wrong key is left out rather than scored by another key, for nobody has published one. Scores
    are means over every order of a question; exact match is a share, the mark out of twenty.

    Args:
        items: the table of `scoring.slices.scores.slice_items`, of one model.
    """
    wrong = pa.array(sorted(i for i, said in verdicts.items() if said.verdict == CONFIRMED), pa.string())
    rows: list[dict[str, object]] = []
    for decoding in distinct(items, "decoding"):
        means = over_orders(items.filter(pc.equal(items["decoding"], decoding)), ["exact_match", "points"])
        for source in (ALL, *distinct(means, "source")):
            before = means if source == ALL else means.filter(pc.equal(means["source"], source))
            after = before.filter(pc.invert(pc.is_in(before["record_id"], wrong)))
            row: dict[str, object] = {"model": items["model"][0].as_py(), "source": source, "decoding": decoding}
            row |= {"n": len(before), "n_left_out": len(before) - len(after)}
            for when, chosen in (("before", before), ("after", after)):
                row[f"exact_match_{when}"] = _mean(chosen["exact_match"])
                points = _mean(chosen["points"])
                row[f"mark_{when}"] = None if points is None else FULL_MARK * points
            rows.append({name: row[name] for name in ERRATA_COLUMNS})
    return rows


def _mean(values: pa.ChunkedArray) -> float | None:
    return float(np.mean(values.to_numpy())) if len(values) else None
