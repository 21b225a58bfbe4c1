"""Prediction-powered inference: the mean of a few ratings, helped by scores of all answers.

Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, *Prediction-powered inference* (Science 382, 669-674; arXiv
2301.09633), Algorithm 1; the weight of the scores (`power`) is that of Angelopoulos, Duchi and Zrnic 2023, *PPI++*
(arXiv 2311.01453), example 6.1. Their package ppi-python needs numba and statsmodels for these few lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

# Two-sided 95 % of the normal distribution, which both papers' intervals are of.
_Z = 1.959963984540054
MINIMUM = 2
# Variances below it are those of equal numbers, up to rounding.
_ROUNDING = 1e-18


@dataclass(frozen=True, slots=True)
class Stratum:
    """Answers of one kind: those that are rated, and all others.

    Attributes:
        ratings: of the rated answers, shape (rated,).
        scores: the judge's scores of the same answers, shape (rated,).
        others: the judge's scores of the answers that nobody rated, shape (others,).
    """

    ratings: np.ndarray
    scores: np.ndarray
    others: np.ndarray

    @property
    def answers(self) -> int:
        """Number of all answers."""
        return len(self.ratings) + len(self.others)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its variance; the interval is None where the ratings show no spread to make one of."""

    mean: float
    variance: float

    @property
    def interval(self) -> tuple[float, float] | None:
        """Ends of the 95 % interval."""
        half = _Z * sqrt(self.variance)
        return (self.mean - half, self.mean + half) if self.variance > _ROUNDING else None


def powered_mean(strata: Sequence[Stratum], power: float) -> Estimate:
    """Return the mean rating of all answers, estimated from the ratings and the judge's scores.

    In each stratum that is the mean score of the other answers plus the mean of rating less score (each score times
    `power`); strata count by their answers. The estimate is right on average whatever the judge is, as long as the
    rated answers of each stratum were drawn by chance.

    Args:
        strata: each with MINIMUM ratings or more.
        power: 0 is the plain mean of the ratings, 1 prediction-powered inference; `best_power` lies between.
    """
    mean = variance = 0.0
    for share, stratum in _with_shares(strata):
        if not len(stratum.others):
            # Everything is rated, so that scores add nothing.
            mean += share * float(np.mean(stratum.ratings))
            variance += share**2 * float(np.var(stratum.ratings, ddof=1)) / len(stratum.ratings)
            continue
        rectifier = stratum.ratings - power * stratum.scores
        mean += share * float(np.mean(rectifier) + power * np.mean(stratum.others))
        of_others = _variance(stratum.others) / len(stratum.others)
        variance += share**2 * float(np.var(rectifier, ddof=1) / len(rectifier) + power**2 * of_others)
    return Estimate(mean, variance)


def best_power(strata: Sequence[Stratum]) -> float:
    """Return the weight of the scores, 0 to 1, at which the variance of `powered_mean` is least as far as they tell."""
    covariance = spread = 0.0
    for share, stratum in _with_shares(strata):
        rated, others = len(stratum.ratings), len(stratum.others)
        if others:
            covariance += share**2 * float(np.cov(stratum.ratings, stratum.scores)[0, 1]) / rated
            every = _variance(np.concatenate([stratum.scores, stratum.others]))
            spread += share**2 * every * (1 / rated + 1 / others)
    return min(max(covariance / spread, 0.0), 1.0) if spread else 0.0


def _with_shares(strata: Sequence[Stratum]) -> list[tuple[float, Stratum]]:
    total = sum(stratum.answers for stratum in strata)
    return [(stratum.answers / total, stratum) for stratum in strata]


def _variance(values: np.ndarray) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else 0.0
