"""Whether two lists of numbers rank alike."""

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np

_MAXIMUM_EXACT = 8
# Sums of the same ranks in another order may differ in their last bits.
_ROUNDING = 1e-9


def kendall(pairs: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Return Kendall's tau-b, which corrects for ties, and the two-sided p-value that two rankings are unrelated.

    Up to `_MAXIMUM_EXACT` pairs the p-value counts all ways to pair the values, which holds with ties too; beyond, it
    is scipy's. None where one side has fewer than two different values.
    """
    from scipy.stats import kendalltau

    return _coefficient(pairs, kendalltau, _concordance)


def spearman(pairs: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Return Spearman's rank correlation, and its two-sided p-value as that of `kendall`; None as there."""
    from scipy.stats import spearmanr

    return _coefficient(pairs, spearmanr, _rank_products)


def _coefficient(
    pairs: Sequence[tuple[float, float]],
    test: Callable[[np.ndarray, np.ndarray], Any],
    association: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> tuple[float, float] | None:
    """Return a coefficient and its p-value.

    Args:
        test: scipy's function of both sides.
        association: of both sides and orders of the second one, shape (orders, pairs): a number for each order that
            rises with the coefficient.
    """
    if any(len({pair[side] for pair in pairs}) < 2 for side in (0, 1)):
        return None
    first, second = (np.array(values) for values in zip(*pairs, strict=True))
    result = test(first, second)
    if len(pairs) > _MAXIMUM_EXACT:
        return float(result.statistic), float(result.pvalue)
    # The first order is the one there is.
    sums = np.abs(association(first, second, np.array(list(permutations(range(len(pairs)))))))
    return float(result.statistic), float(np.mean(sums >= sums[0] - _ROUNDING))


def _concordance(first: np.ndarray, second: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Return concordant less discordant pairs; ties count for neither."""
    signs = [np.sign(values[:, None] - values[None, :]).astype(np.int64) for values in (first, second)]
    left, right = np.triu_indices(len(first), 1)
    return np.asarray(signs[1][orders[:, left], orders[:, right]] @ signs[0][left, right])


def _rank_products(first: np.ndarray, second: np.ndarray, orders: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    centred = [ranks - ranks.mean() for ranks in (rankdata(first), rankdata(second))]
    return np.asarray(centred[1][orders] @ centred[0])
