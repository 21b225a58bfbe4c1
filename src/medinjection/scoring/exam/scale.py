"""The scale of the French national medical examination: points for one question, and what guessing gets.

A question with several right options (QRM, our mcq) is marked by discordances: options that are chosen wrongly or left
out wrongly. None is worth 1 point, one 0.5, two 0.2, more nothing; an unacceptable option that is chosen, or an
indispensable one that is not, brings the question to 0. A question with one right option (QRU, our mcqu) is worth 1 or
0. Sources: docs/exam-scale.md.
"""

from functools import cache
from math import comb

import numpy as np

# Points for 0, 1 and 2 discordances; more are worth nothing.
POINTS = (1.0, 0.5, 0.2)
# French marks are out of twenty.
FULL_MARK = 20
_NO_OPTION = np.uint32(0)


def points(
    predicted: np.ndarray,
    gold: np.ndarray,
    one_right: np.ndarray,
    indispensable: np.ndarray | np.uint32 = _NO_OPTION,
    unacceptable: np.ndarray | np.uint32 = _NO_OPTION,
) -> np.ndarray:
    """Return the points of each answer, from 0 to 1, shape (rows,).

    An answer without any option gets nothing, although the rule by discordances would give half a point to a blank
    answer where one option is right: a model whose answers cannot be read is not to gain by it.

    Args:
        predicted: bit sets of the options chosen, shape (rows,).
        gold: bit sets of the right options, shape (rows,).
        one_right: whether the question is marked all or nothing (mcqu), shape (rows,).
        indispensable: bit sets of the options that must be chosen, shape (rows,).
        unacceptable: bit sets of the options that must not be chosen, shape (rows,).
    """
    faults = discordances(predicted, gold)
    by_faults = np.array([*POINTS, 0.0])[np.minimum(faults, len(POINTS))]
    found = np.where(one_right, (faults == 0).astype(np.float64), by_faults)
    ruled_out = (predicted == 0) | ((predicted & indispensable) != indispensable) | ((predicted & unacceptable) != 0)
    return np.where(ruled_out, 0.0, found)


def discordances(predicted: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """Return how many options are chosen or left out wrongly, shape (rows,)."""
    return np.bitwise_count(predicted ^ gold).astype(np.int64)


@cache
def chance_points(task: str, options: int, right: int, indispensable: int = 0, unacceptable: int = 0) -> float:
    """Return the expected points of guessing one question; the guess is that of `scoring.choice.chance.chance`.

    Args:
        options: options that the question has, at least 1.
        right: how many of them are right.
        indispensable: how many of the right ones are indispensable.
        unacceptable: how many of the wrong ones are unacceptable.
    """
    if task == "mcqu":
        return float(right == 1) / options
    # A set that scores has every indispensable option and no unacceptable one: only the others can be discordant.
    free = options - indispensable - unacceptable
    total = sum(comb(free, faults) * worth for faults, worth in enumerate(POINTS))
    # The empty set is no guess; it is among those counted where nothing is indispensable and few options are right.
    if not indispensable and right < len(POINTS):
        total -= POINTS[right]
    return total / (2**options - 1)
