"""Whether two judges agree on the items that both have scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two judges, the items that both scored, and how alike the scores are.

    Attributes:
        same: share of the items with the same score, None where there are no items.
        kappa: Cohen's kappa with quadratic weights; None where both judges gave one same score throughout.
        spearman: rank correlation; None where a judge gave one score throughout.
    """

    first: str
    second: str
    items: int
    same: float | None
    kappa: float | None
    spearman: float | None


def judges_agreement(scores: Mapping[str, Mapping[str, int]]) -> list[Agreement]:
    """Return the agreement of each two judges, in their order.

    Args:
        scores: judge -> record id -> score, without the items that a judge gave none.
    """
    pairs = []
    for first, second in combinations(scores, 2):
        both = [record_id for record_id in scores[first] if record_id in scores[second]]
        pairs.append(_agreement(first, second, *([scores[judge][i] for i in both] for judge in (first, second))))
    return pairs


def _agreement(first: str, second: str, left: Sequence[int], right: Sequence[int]) -> Agreement:
    from scipy.stats import spearmanr
    from sklearn.metrics import cohen_kappa_score

    if not left:
        return Agreement(first, second, 0, None, None, None)
    same = sum(a == b for a, b in zip(left, right, strict=True)) / len(left)
    kappa = float(cohen_kappa_score(left, right, weights="quadratic")) if len({*left, *right}) > 1 else None
    constant = len(set(left)) == 1 or len(set(right)) == 1
    return Agreement(first, second, len(left), same, kappa, None if constant else float(spearmanr(left, right)[0]))
