"""What guessing scores: the exact expectation of exact match and Hamming score of a stated random guess."""

from functools import cache
from math import comb

import numpy as np


@cache
def chance(task: str, options: int, right: int) -> tuple[float, float]:
    """Return the expected exact match and Hamming score (intersection over union) of guessing one question.

    The guess knows the task and nothing else. For mcqu it is one option, each as likely as the others. For mcq it is
    a set of options, each of the 2^options - 1 sets with at least one option as likely as the others.

    Args:
        options: options that the question has, at least 1.
        right: how many of them are right.
    """
    if task == "mcqu":
        return float(right == 1) / options, 1 / options if right else 0.0
    guesses = 2**options - 1
    # A guess with `hits` right and `misses` wrong options shares `hits` of the `right + misses` options in the union.
    overlap = sum(
        comb(right, hits) * comb(options - right, misses) * hits / (right + misses)
        for hits in range(1, right + 1)
        for misses in range(options - right + 1)
    )
    return float(right > 0) / guesses, overlap / guesses


def chance_levels(tasks: np.ndarray, options: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `chance` of many questions, as two arrays of shape (questions,).

    Args:
        tasks: whether each question is mcqu, shape (questions,).
        options: how many options each has, shape (questions,).
        right: how many of them are right, shape (questions,).
    """
    kinds, places = kinds_of(tasks, options, right)
    levels = np.array([chance("mcqu" if mcqu else "mcq", n, g) for mcqu, n, g in kinds]).reshape(-1, 2)
    return levels[places, 0], levels[places, 1]


def kinds_of(*columns: np.ndarray) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """Return the different rows of several columns, sorted, and the place of each row among them, shape (rows,).

    There are few kinds of questions, whatever their number: what depends on the kind alone is computed once for each.

    Args:
        columns: small numbers of at least 0, each of shape (rows,).
    """
    shape = [int(np.max(column, initial=0)) + 1 for column in columns]
    codes, places = np.unique(
        np.ravel_multi_index([column.astype(np.int64) for column in columns], shape), return_inverse=True
    )
    return list(zip(*(values.tolist() for values in np.unravel_index(codes, shape)), strict=True)), places
