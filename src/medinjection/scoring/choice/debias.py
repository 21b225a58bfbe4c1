"""Answers to mcqu questions (one right option) from letter probabilities, freed from a preference for letters.

Both methods are those of Zheng et al. 2024, "Large Language Models Are Not Robust Multiple Choice Selectors"
(arXiv 2309.03882), which shows each question in the cyclic permutations of its options: the mean over permutations,
and PriDe. The orders here are random ones instead, so that an option need not visit every letter.
The probabilities are those of the first step, where an answer with several options has named one of them only: for
mcq neither method is defined.
"""

import numpy as np

from medinjection.scoring.choice.shown import ShownAnswers

# Added to probabilities before their logarithm is taken, as the authors' program does.
_FLOOR = 1e-10


def permutation_average(answers: ShownAnswers) -> np.ndarray:
    """Return the option with the highest mean probability of its letter over the orders, as bit sets, (records,).

    Of equally likely options it is the first in published position. Orders that the model was not asked are left out;
    a record without any other has no answer.
    """
    sums = np.add.reduceat(answers.by_option(_probabilities(answers)), answers.starts)
    asked = np.add.reduceat(answers.asked.astype(np.int64), answers.starts)
    return np.where(asked > 0, _chosen(sums / np.maximum(asked, 1)[:, None]), np.uint32(0))


def letter_priors(answers: ShownAnswers) -> dict[int, np.ndarray]:
    """Return the model's prior over letters by number of options, each of shape (options,) with the sum 1.

    PriDe takes a letter's probability to be a prior of the letter times what the model thinks of the option beside
    it, divided by a sum. Over cyclic orders the mean of the logarithms then leaves the prior. Orders here are random
    and few, and their mean keeps what the options at a letter happened to be; so the logarithms are fitted with one
    number a letter and one for each option of each question, by least squares, which over cyclic orders gives that
    mean and over any orders leaves the options out. No right answer is used, nor what the model was not asked. Numbers
    of options whose orders do not tell all letters apart have no prior.
    """
    item = np.repeat(np.arange(len(answers.starts)), answers.counts)
    logs = np.log(_probabilities(answers) + _FLOOR)
    priors = {}
    for count in np.unique(answers.options[answers.asked]).tolist():
        rows = (answers.options == count) & answers.asked
        _, places = np.unique(item[rows], return_inverse=True)
        values = logs[rows, :count]
        weights = _letter_effects(places, answers.shown[rows, :count], values - values.mean(axis=1, keepdims=True))
        if weights is not None:
            priors[count] = np.exp(weights - weights.max()) / np.exp(weights - weights.max()).sum()
    return priors


def _letter_effects(item: np.ndarray, shown: np.ndarray, values: np.ndarray) -> np.ndarray | None:
    """Return the least-squares effects of letters, shape (options,); None where the orders do not tell them apart.

    Args:
        item: question of each row, from 0 without gaps, shape (rows,).
        shown: option at each letter, shape (rows, options).
        values: numbers to fit, with row means of 0, shape (rows, options).
    """
    count = shown.shape[1]
    letters = np.broadcast_to(np.arange(count), shown.shape)
    # How often an option stood at a letter, and the sum of its values: what the option's own effect absorbs.
    stood = np.zeros((int(item.max()) + 1, count, count))
    np.add.at(stood, (item[:, None], shown, letters), 1)
    sums = np.zeros(stood.shape[:2])
    np.add.at(sums, (item[:, None], shown), values)
    shares = stood / np.bincount(item)[:, None, None]
    equations = len(item) * np.eye(count) - np.einsum("qol,qom->lm", shares, stood)
    if np.linalg.matrix_rank(equations) < count - 1:
        return None
    right_side = values.sum(axis=0) - np.einsum("qol,qo->l", shares, sums)
    return np.linalg.lstsq(equations, right_side, rcond=None)[0]


def prior_removed(answers: ShownAnswers) -> np.ndarray | None:
    """Return the option whose letter is likeliest after division by its prior, as bit sets, shape (rows,).

    Questions with a number of options that has no prior keep their likeliest letter. What the model was not asked has
    no answer. None where no number has a prior.
    """
    priors = letter_priors(answers)
    if not priors:
        return None
    logs = np.log(_probabilities(answers) + _FLOOR)
    for count, prior in priors.items():
        logs[answers.options == count, :count] -= np.log(prior + _FLOOR)
    # Places without an option must lose against every other.
    lowest = logs.min() - 1
    raised = np.where(answers.shown >= 0, logs - lowest, 0.0)
    return np.where(answers.asked, _chosen(answers.by_option(raised)), np.uint32(0))


def _probabilities(answers: ShownAnswers) -> np.ndarray:
    if answers.logprobs is None:
        raise ValueError("answers without letter log-probabilities")
    known = (answers.shown >= 0) & answers.asked[:, None]
    return np.exp(np.where(known, answers.logprobs, -np.inf))


def _chosen(scores: np.ndarray) -> np.ndarray:
    return np.uint32(1) << np.argmax(scores, axis=1).astype(np.uint32)
