"""Correlation coefficients of scores with ratings: their two-sided p-values and bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medinjection.scoring.rankings import kendall, spearman

RESAMPLES = 1000
MINIMUM = 3


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its p-value and 95 % interval, whose ends are None where every resample was constant."""

    value: float
    p_value: float
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Pearson's r, Spearman's rho and Kendall's tau-b of the same pairs."""

    pearson: Coefficient
    spearman: Coefficient
    kendall: Coefficient


def correlate(scores: Sequence[float], ratings: Sequence[float], seed: int) -> Coefficients | str:
    """Return the coefficients of two lists of the same items, or a word on why there are none.

    The p-values are scipy's; the interval is the percentile bootstrap over items, without resamples in which one side
    is constant.

    Args:
        scores: one number per item; not all the same, else there is no correlation.
        ratings: those of the same items, in the same order.
        seed: of the resamples.
    """
    from scipy.stats import pearsonr

    if len(scores) < MINIMUM:
        return f"fewer than {MINIMUM} scored answers"
    if len(set(ratings)) == 1:
        return "all ratings equal"
    if len(set(scores)) == 1:
        return "all scores equal"
    first, second = np.array(scores, float), np.array(ratings, float)
    of_pearson = pearsonr(first, second)
    pairs = list(zip(scores, ratings, strict=True))
    of_spearman, of_kendall = spearman(pairs), kendall(pairs)
    assert of_spearman is not None and of_kendall is not None  # neither side is constant
    drawn = np.random.default_rng(seed).integers(len(first), size=(RESAMPLES, len(first)))
    return Coefficients(
        Coefficient(
            float(of_pearson.statistic), float(of_pearson.pvalue), *_interval(_pearsons(first[drawn], second[drawn]))
        ),
        Coefficient(*of_spearman, *_interval(_spearmans(first[drawn], second[drawn]))),
        Coefficient(*of_kendall, *_interval(_kendalls(first, second, drawn))),
    )


def _interval(values: np.ndarray) -> tuple[float | None, float | None]:
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None, None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)


def _pearsons(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return r of each row of two arrays of shape (resamples, items), NaN where one side is constant."""
    sides = [side - side.mean(axis=1, keepdims=True) for side in (first, second)]
    squares = [np.sum(side**2, axis=1) for side in sides]
    constant = (np.ptp(first, axis=1) == 0) | (np.ptp(second, axis=1) == 0)
    scale = np.where(constant, np.nan, np.sqrt(squares[0] * squares[1]))
    return np.sum(sides[0] * sides[1], axis=1) / scale


def _spearmans(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return _pearsons(rankdata(first, axis=1), rankdata(second, axis=1))


def _kendalls(first: np.ndarray, second: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return tau-b of each resample: two copies of an item are tied on both sides, so counts of items suffice."""
    items = len(first)
    counts = np.stack([np.bincount(row, minlength=items) for row in drawn]).astype(float)
    signs = [np.sign(side[:, None] - side[None, :]) for side in (first, second)]

    def pairs(matrix: np.ndarray) -> np.ndarray:
        return np.einsum("ri,ri->r", counts @ matrix, counts)

    untied = pairs(signs[0] ** 2) * pairs(signs[1] ** 2)
    return pairs(signs[0] * signs[1]) / np.sqrt(np.where(untied > 0, untied, np.nan))
