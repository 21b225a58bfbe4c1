"""Simulated raters for the demonstration: their ratings are made up by a program and say so."""

from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.demo.teacher.judging import equivalence_score
from medinjection.records.sampling import unit_interval
from medinjection.scoring.human.schema import COMMENT, HASH, ITEM, RATING, SIMULATED

COLUMNS = (ITEM, RATING, COMMENT, HASH, SIMULATED)
_COMMENT = "simulated: a program compared words, no person has read this answer"
# Share of answers on which a rater says the opposite of what the words say: persons do not agree on everything.
_SHARE_OF_CHANGES = 0.1


def simulated_ratings(sample: Sequence[Mapping[str, Any]], rater: str, seed: int) -> list[tuple[str, ...]]:
    """Return one row of COLUMNS per item: the scripted judge's comparison of words, with some ratings turned round.

    Args:
        sample: rows of SAMPLE_SCHEMA.
        rater: name; raters of different names draw the line, and err, elsewhere.
    """
    rows: list[tuple[str, ...]] = []
    for shown in sample:
        stem = "\n".join(filter(None, [shown["case"], shown["question"]]))
        request = f"Question: {stem}\nCandidate_answer: {shown['answer']}\nGround_truth: {shown['reference']}"
        said = equivalence_score(request, rater)
        read = f"{shown['model']}\x00{shown['record_id']}"
        if unit_interval(f"simulated rater {rater}:{seed}", read) < _SHARE_OF_CHANGES:
            said = {"0": "1", "1": "0"}[said]
        rows.append((shown[ITEM], said, _COMMENT, shown[HASH], "yes"))
    return rows
