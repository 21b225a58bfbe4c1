"""Whether two lists of numbers rank alike."""

from collections.abc import Sequence
from itertools import permutations

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

    if _is_constant(pairs):
        return None
    first, second = (np.array(values) for values in zip(*pairs, strict=True))
    result = kendalltau(first, second)
    if len(pairs) > _MAXIMUM_EXACT:
        return float(result.statistic), float(result.pvalue)
    signs = [np.sign(values[:, None] - values[None, :]).astype(np.int64) for values in (first, second)]
    orders = np.array(list(permutations(range(len(pairs)))))
    left, right = np.triu_indices(len(pairs), 1)
    # Concordant less discordant pairs, for every order of the second values; ties count for neither.
    sums = np.abs(signs[1][orders[:, left], orders[:, right]] @ signs[0][left, right])
    return float(result.statistic), float(np.mean(sums >= sums[0]))


def spearman(pairs: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Return Spearman's rank correlation, and its two-sided p-value as that of `kendall`; None as there."""
    from scipy.stats import rankdata, spearmanr

    if _is_constant(pairs):
        return None
    first, second = (np.array(values) for values in zip(*pairs, strict=True))
    result = spearmanr(first, second)
    if len(pairs) > _MAXIMUM_EXACT:
        return float(result.statistic), float(result.pvalue)
    centred = [ranks - ranks.mean() for ranks in (rankdata(first), rankdata(second))]
    orders = np.array(list(permutations(range(len(pairs)))))
    sums = np.abs(centred[1][orders] @ centred[0])
    return float(result.statistic), float(np.mean(sums >= sums[0] - _ROUNDING))


def _is_constant(pairs: Sequence[tuple[float, float]]) -> bool:
    return any(len({pair[side] for pair in pairs}) < 2 for side in (0, 1))
