"""Position bias: where a model's answers stand against where the right ones do.

The summary is RStd of Zheng et al. 2024, "Large Language Models Are Not Robust Multiple Choice Selectors"
(arXiv 2309.03882): the standard deviation of the recalls of the letters. There is no test beside it: the orders of
one question are not independent, as a chi-square test over all answers would take them to be.
"""

from typing import TypedDict

import numpy as np

from medinjection.records.schema import LETTERS
from medinjection.scoring.choice.shown import ShownAnswers

POSITION_COLUMNS = (
    "model",
    "task",
    "decoding",
    "options",
    "letter",
    "shown",
    "right",
    "predicted",
    "hits",
    "right_share",
    "predicted_share",
    "recall",
)


class PositionRow(TypedDict):
    """What happens at one letter, for questions with so many options; names as in POSITION_COLUMNS."""

    options: int
    letter: str
    shown: int
    right: int
    predicted: int
    hits: int
    right_share: float | None
    predicted_share: float | None
    recall: float | None


def position_rows(answers: ShownAnswers, predicted: np.ndarray) -> list[PositionRow]:
    """Return what happens at each letter, apart for each number of options, over all orders.

    `shown` counts the answers to questions with so many options; `right`, `predicted` and `hits` those in which the
    option at the letter is right, is named, and both. Shares are of all right or named options; `recall` is hits over
    right. None stands for a quotient by 0. Questions that the model was not asked are left out.

    Args:
        predicted: bit sets of the options named, shape (rows,).
    """
    gold_at, named_at = answers.by_place(answers.gold), answers.by_place(predicted)
    rows: list[PositionRow] = []
    for count in np.unique(answers.options[answers.asked]).tolist():
        chosen = (answers.options == count) & answers.asked
        right, named = gold_at[chosen].sum(axis=0), named_at[chosen].sum(axis=0)
        hits = (gold_at & named_at)[chosen].sum(axis=0)
        for place in range(count):
            rows.append(
                {
                    "options": count,
                    "letter": LETTERS[place],
                    "shown": int(np.sum(chosen)),
                    "right": int(right[place]),
                    "predicted": int(named[place]),
                    "hits": int(hits[place]),
                    "right_share": _share(right[place], right.sum()),
                    "predicted_share": _share(named[place], named.sum()),
                    "recall": _share(hits[place], right[place]),
                }
            )
    return rows


def recall_spread(rows: list[PositionRow]) -> float | None:
    """Return RStd: the population standard deviation of the recalls of the letters, as a share of 0 to 1.

    Letters are compared only among questions with equally many options, for questions with more are harder; the
    numbers for each are averaged, weighted by answers. None where nowhere two letters have a recall.
    """
    spreads = []
    for of_count in _by_options(rows):
        recalls = [row["recall"] for row in of_count if row["recall"] is not None]
        if len(recalls) > 1:
            spreads.append((float(np.std(recalls)), of_count[0]["shown"]))
    return _weighted(spreads)


def letter_distance(rows: list[PositionRow]) -> float | None:
    """Return half the sum of the differences between the shares of named and of right letters, 0 to 1.

    It is averaged over numbers of options as `recall_spread` is. None where no option is named or right.
    """
    distances = []
    for of_count in _by_options(rows):
        shares = [(row["predicted_share"], row["right_share"]) for row in of_count]
        gaps = [abs(named - right) for named, right in shares if named is not None and right is not None]
        if gaps:
            distances.append((sum(gaps) / 2, of_count[0]["shown"]))
    return _weighted(distances)


def _by_options(rows: list[PositionRow]) -> list[list[PositionRow]]:
    return [[row for row in rows if row["options"] == count] for count in sorted({row["options"] for row in rows})]


def _weighted(values: list[tuple[float, int]]) -> float | None:
    total = sum(weight for _, weight in values)
    return sum(value * weight for value, weight in values) / total if total else None


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
