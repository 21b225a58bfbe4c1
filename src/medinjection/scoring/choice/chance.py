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
    # One number for each kind of question; there are few kinds, whatever the number of questions.
    kinds, places = np.unique(np.stack([tasks, options, right]).astype(np.int64), axis=1, return_inverse=True)
    levels = np.array([chance("mcqu" if mcqu else "mcq", int(n), int(g)) for mcqu, n, g in kinds.T]).reshape(-1, 2)
    return levels[places.ravel(), 0], levels[places.ravel(), 1]
