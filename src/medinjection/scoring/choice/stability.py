"""Whether answers stay the same when options are permuted, and the vote over permutations (paper section 12.4)."""

import numpy as np

from medinjection.scoring.choice.scores import intersection_over_union
from medinjection.scoring.choice.shown import ShownAnswers


def stability(answers: ShownAnswers) -> tuple[int, float | None, float | None]:
    """Return how many records were shown in two or more different orders, and two shares over these records.

    The first is the share of records whose set of chosen options is the same in all orders, the second the mean over
    records of the mean Jaccard index between the sets of two orders. An answer without any option has an index of 0
    with every other, an empty one too: a model whose answers cannot be read is not stable. None where no record was
    reordered.
    """
    reordered = answers.counts > 1
    count = int(np.sum(reordered))
    if not count:
        return 0, None, None
    lowest = np.minimum.reduceat(answers.predicted, answers.starts)
    same = (lowest == np.maximum.reduceat(answers.predicted, answers.starts)) & (lowest > 0)
    item = np.repeat(np.arange(len(answers.counts)), answers.counts)
    sums = np.zeros(len(answers.counts))
    for lag in range(1, int(answers.counts.max())):
        first, second = answers.predicted[:-lag], answers.predicted[lag:]
        overlap = np.where(first | second, intersection_over_union(first, second), 0.0)
        sums += np.bincount(item[lag:], overlap * (item[lag:] == item[:-lag]), len(sums))
    pairs = answers.counts * (answers.counts - 1) / 2
    return count, float(np.mean(same[reordered])), float(np.mean(sums[reordered] / pairs[reordered]))


def majority_vote(answers: ShownAnswers, one_right: bool) -> np.ndarray:
    """Return the answer that the orders of each record vote for, as bit sets, shape (records,).

    Where several options may be right (mcq), it is every option named in more than half of the orders, perhaps none.
    Where one is (mcqu), it is the option named most often; of equally many votes the one with the highest sum of
    log-probabilities of its letters over the orders, then the first in published position; no vote is no answer.

    Args:
        one_right: whether the task is mcqu.
    """
    votes = np.add.reduceat(answers.named(answers.predicted).astype(np.int64), answers.starts)
    if not one_right:
        return _as_sets(2 * votes > answers.counts[:, None])
    likelihood = np.zeros(votes.shape)
    if answers.logprobs is not None:
        # A letter of probability 0 counts as a very unlikely one, so that sums stay comparable.
        floored = np.maximum(np.nan_to_num(answers.logprobs, nan=0.0, neginf=-1e6), -1e6)
        likelihood = np.add.reduceat(answers.by_option(floored), answers.starts)
    most = votes.max(axis=1, keepdims=True)
    chosen = np.argmax(np.where((votes == most) & (votes > 0), likelihood, -np.inf), axis=1)
    return np.where(most.ravel() > 0, np.uint32(1) << chosen.astype(np.uint32), np.uint32(0)).astype(np.uint32)


def _as_sets(named: np.ndarray) -> np.ndarray:
    return (named.astype(np.uint32) << np.arange(named.shape[1], dtype=np.uint32)).sum(axis=1).astype(np.uint32)
