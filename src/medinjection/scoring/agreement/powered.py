"""Prediction-powered inference: the mean of a few ratings, helped by scores of all answers.

Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, *Prediction-powered inference* (Science 382, 669-674; arXiv
2301.09633), Algorithm 1; the weight of the scores (`power`) is that of Angelopoulos, Duchi and Zrnic 2023, *PPI++*
(arXiv 2311.01453), after example 6.1. Their package ppi-python needs numba and statsmodels for these few lines.

Where answers were drawn with unequal probabilities, each rating counts by one over its answer's: Zrnic and Candès 2024,
*Active Statistical Inference* (arXiv 2403.03208). The weights are made to add up to 1, as in ppi-python
(Hájek's estimator): else a model that is always right would be estimated above or below 1, as the weights fall out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

# Two-sided 95 % of the normal distribution, which both papers' intervals are of.
_Z = 1.959963984540054
MINIMUM = 2
# Variances below it are those of equal numbers, up to rounding.
ROUNDING = 1e-18


@dataclass(frozen=True, slots=True)
class Stratum:
    """Answers of one kind: those that are rated, and all others.

    Attributes:
        ratings: of the rated answers, shape (rated,).
        scores: the judge's scores of the same answers, shape (rated,).
        others: the judge's scores of the answers that nobody rated, shape (others,).
        probabilities: of being drawn, of the rated answers, shape (rated,); None where all were as likely.
    """

    ratings: np.ndarray
    scores: np.ndarray
    others: np.ndarray
    probabilities: np.ndarray | None = None

    @property
    def answers(self) -> int:
        """Number of all answers."""
        return len(self.ratings) + len(self.others)

    @property
    def weights(self) -> np.ndarray:
        """What each rating counts, together 1, shape (rated,)."""
        inverse = np.ones(len(self.ratings)) if self.probabilities is None else 1 / self.probabilities
        return inverse / inverse.sum()

    @property
    def mean_of_others(self) -> float:
        """Mean score of the answers that nobody rated; with weights, what it would be had all been as likely."""
        if self.probabilities is None:
            return float(np.mean(self.others))
        every = self.scores.sum() + self.others.sum()
        return float((every - len(self.scores) * (self.weights @ self.scores)) / len(self.others))

    def covariance_of_means(self, first: np.ndarray, second: np.ndarray) -> float:
        """Covariance of the weighted means of two kinds of values of the rated answers, each of shape (rated,)."""
        weights, rated = self.weights, len(first)
        apart = (first - weights @ first) * (second - weights @ second)
        return float(weights**2 @ apart) * rated / (rated - 1)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its variance; the interval is None where the ratings show no spread to make one of."""

    mean: float
    variance: float

    @property
    def interval(self) -> tuple[float, float] | None:
        """Ends of the 95 % interval."""
        half = _Z * sqrt(self.variance)
        return (self.mean - half, self.mean + half) if self.variance > ROUNDING else None


def powered_mean(strata: Sequence[Stratum], power: float) -> Estimate:
    """Return the mean rating of all answers, estimated from the ratings and the judge's scores.

    In each stratum that is the mean score of the other answers plus the mean of rating less score (each score times
    `power`); strata count by their answers. The estimate is right on average whatever the judge is, as long as the
    rated answers of each stratum were drawn by chance: all with the same probability, or with those that are given.

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
        mean += share * float(stratum.weights @ rectifier + power * stratum.mean_of_others)
        of_others = _variance(stratum.others) / len(stratum.others)
        variance += share**2 * float(stratum.covariance_of_means(rectifier, rectifier) + power**2 * of_others)
    return Estimate(mean, variance)


def even_variance(strata: Sequence[Stratum]) -> float:
    """Return the variance that the plain mean of as many ratings would have, drawn evenly within each stratum."""
    variance = 0.0
    for share, stratum in _with_shares(strata):
        weights, rated = stratum.weights, len(stratum.ratings)
        spread = weights @ (stratum.ratings - weights @ stratum.ratings) ** 2 * rated / (rated - 1)
        variance += share**2 * float(spread) / rated
    return variance


def best_power(strata: Sequence[Stratum]) -> float:
    """Return the weight of the scores, 0 to 1, at which the variance of `powered_mean` is least.

    Where the paper's example takes the variance of the scores over all answers, here that of each part is taken where
    it stands: with 60 ratings the estimate's bias is a quarter as large (tests/unit/test_rated_accuracy.py).
    """
    covariance = spread = 0.0
    for share, stratum in _with_shares(strata):
        if len(stratum.others):
            covariance += share**2 * stratum.covariance_of_means(stratum.ratings, stratum.scores)
            of_others = _variance(stratum.others) / len(stratum.others)
            spread += share**2 * (stratum.covariance_of_means(stratum.scores, stratum.scores) + of_others)
    return min(max(covariance / spread, 0.0), 1.0) if spread > ROUNDING else 0.0


def _with_shares(strata: Sequence[Stratum]) -> list[tuple[float, Stratum]]:
    total = sum(stratum.answers for stratum in strata)
    return [(stratum.answers / total, stratum) for stratum in strata]


def _variance(values: np.ndarray) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else 0.0
