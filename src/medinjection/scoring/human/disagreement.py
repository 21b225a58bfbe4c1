"""Drawing the answers that raters are shown by how far judges disagree about them.

After Zrnic and Candès 2024, *Active Statistical Inference* (arXiv 2403.03208): ratings tell most where scores are
uncertain, and weights of one over the probability of being drawn keep the estimate right
(`medinjection.scoring.agreement.powered`). They draw each item by itself, so that the number drawn is random. Here it
is fixed, because raters are asked for a number of answers: the draw is systematic (Madow 1949, *On the theory of
systematic sampling, II*, Annals of Mathematical Statistics 20, 333-354), which gives each answer exactly its
probability.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, groupby
from math import sqrt
from statistics import fmean

from medinjection.records.errors import InputError
from medinjection.records.sampling import keyed_rank, ranked, unit_interval
from medinjection.scoring.human.sampling import OpenAnswer, largest_remainders, pools_of
from medinjection.scoring.human.schema import QUESTIONS, TRANSLATIONS

# Part of the draw that judges have no say in: no answer has less than this share of an even draw's probability, and no
# weight is more than twice an even draw's, however wrong the judges are.
EVEN_SHARE = 0.5
_ROUNDING = 1e-9


def disagreement(scores: Sequence[float | None]) -> float:
    """Return how far judges disagree about an answer, from 0 (all the same) to 1 (half of them say 1, half 0).

    It is twice the standard deviation of a judge's verdict. A verdict that could not be read counts as a half.

    Args:
        scores: each judge's, 0 to 1, None where its text was no score.
    """
    mean = fmean(0.5 if score is None else score for score in scores)
    return 2 * sqrt(mean * (1 - mean))


def draw_by_disagreement(
    answers: Sequence[OpenAnswer],
    disagreements: Mapping[OpenAnswer, float],
    size: int,
    seed: int,
    share_of_translations: float | None = None,
    translation_sources: Collection[str] = (),
) -> dict[OpenAnswer, float]:
    """Draw answers and return each one's probability of being drawn, in an order that says nothing of it.

    Translations and other questions get their share of the sample, within each of them every model its share; these
    numbers are fixed. Within a model the probability is one half an even draw's and one half in proportion to the
    disagreement, 1 at the most.

    Args:
        answers: all answers, each model and record once.
        disagreements: of every answer, 0 to 1.
        size: maximum number drawn; all answers where there are no more.
        share_of_translations: share of the drawn answers that are of `translation_sources`; None: their share of all.

    Raises:
        InputError: there are too few answers of a kind for the share that is asked for, or none at all, or the sample
            is too small for one answer of each model.
    """
    if not answers:
        raise InputError("no open answers, expected at least one to draw from")
    size = min(size, len(answers))
    key = f"human review by disagreement:{seed}"
    drawn: dict[OpenAnswer, float] = {}
    for kind, pool, number in _kinds(answers, size, share_of_translations, translation_sources, key):
        ordered = sorted(pool, key=lambda answer: answer.model)
        by_model = {model: list(of_model) for model, of_model in groupby(ordered, key=lambda answer: answer.model)}
        numbers = largest_remainders({model: len(found) for model, found in by_model.items()}, number, f"{key}:{kind}")
        for model, found in by_model.items():
            if not numbers[model]:
                raise InputError(
                    f"human_review.size is {size}: by disagreement every answer may be drawn, but of {kind} no answer "
                    f"of {model} would be; expected a larger size, or fewer models"
                )
            drawn |= _drawn_of(found, disagreements, numbers[model], f"{key}:{kind}:{model}")
    return {answer: drawn[answer] for answer in ranked(drawn, f"{key}:order", lambda answer: answer.key)}


def drawing_probabilities(disagreements: Sequence[float], number: int) -> list[float]:
    """Return the probability of each item, of which `number` are drawn: they add up to that, and are 1 at the most."""
    count, total = len(disagreements), sum(disagreements)
    if number >= count:
        return [1.0] * count
    even = number / count
    wanted = [
        EVEN_SHARE * even + (1 - EVEN_SHARE) * (number * value / total if total else even) for value in disagreements
    ]
    # What would be above 1 is drawn surely, and the others share the rest in the same proportions.
    sure: set[int] = set()
    while True:
        scale = (number - len(sure)) / sum(value for place, value in enumerate(wanted) if place not in sure)
        above = {place for place, value in enumerate(wanted) if place not in sure and value * scale >= 1 - _ROUNDING}
        if not above:
            return [1.0 if place in sure else value * scale for place, value in enumerate(wanted)]
        sure |= above


def _kinds(
    answers: Sequence[OpenAnswer], size: int, share: float | None, translation_sources: Collection[str], key: str
) -> list[tuple[str, list[OpenAnswer], int]]:
    """Return the kinds of answers of which some are drawn, and how many of each."""
    if share is not None:
        pools = zip((TRANSLATIONS, QUESTIONS), pools_of(answers, size, share, translation_sources), strict=True)
        return [(kind, pool, number) for kind, (pool, number) in pools if number]
    kinds: dict[str, list[OpenAnswer]] = {}
    for answer in answers:
        kinds.setdefault(TRANSLATIONS if answer.source in translation_sources else QUESTIONS, []).append(answer)
    numbers = largest_remainders({kind: len(pool) for kind, pool in kinds.items()}, size, key)
    return [(kind, pool, numbers[kind]) for kind, pool in sorted(kinds.items())]


def _drawn_of(
    answers: Sequence[OpenAnswer], disagreements: Mapping[OpenAnswer, float], number: int, key: str
) -> dict[OpenAnswer, float]:
    """Draw `number` answers systematically: of those with like disagreement nearly as many as expected."""
    ordered = sorted(answers, key=lambda answer: (disagreements[answer], keyed_rank(key, answer.key)))
    chances = drawing_probabilities([disagreements[answer] for answer in ordered], number)
    drawn = {answer: 1.0 for answer, chance in zip(ordered, chances, strict=True) if chance == 1}
    others = [(answer, chance) for answer, chance in zip(ordered, chances, strict=True) if chance < 1]
    left = number - len(drawn)
    # One start, then every whole step further: an answer is drawn where a step falls on its part of the line.
    step = unit_interval(f"{key}:start", "")
    taken = 0
    for (answer, chance), end in zip(others, accumulate(chance for _, chance in others), strict=True):
        if taken < left and step + taken < end:
            drawn[answer] = chance
            taken += 1
    if taken < left:
        # The sum of the chances, which is a whole number, fell short of the last step by rounding.
        drawn[others[-1][0]] = others[-1][1]
    return drawn
