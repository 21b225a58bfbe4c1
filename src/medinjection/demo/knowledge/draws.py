"""Choice items drawn from facts: which wording, which right and wrong options, in which order.

The draws of a fact are numbered. Going through the numbers visits every combination of wording and options once before
any comes again, in an order that varies both; nothing needs to be remembered.

Right answers stand in the middle more often than at the edges, as writers of real exams place them (Attali and
Bar-Hillel 2003, Journal of Educational Measurement 40: middle positions up to three or four times as often). It is the
positional prior that the paper's section 12.4 is about: a model can learn it, and random orders then take it away.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medinjection.demo.knowledge.facts import Fact, Term
from medinjection.demo.knowledge.phrases import Phrase
from medinjection.demo.knowledge.wording import choice_question, option
from medinjection.records.sampling import keyed_rank, ranked, unit_interval

# How often a right answer stands at each position, relative to the others.
POSITION_WEIGHTS = {4: (1, 3, 3, 1), 5: (1, 2, 4, 2, 1)}


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice item: its question, its options in order, and the positions of the right ones, sorted."""

    fact: Fact
    question: Phrase
    options: tuple[Phrase, ...]
    right: tuple[int, ...]


class Draws:
    """The numbered draws of facts, with as many options per item as a format has.

    Args:
        option_count: 4 or 5; every fact has enough false terms for both.
    """

    def __init__(self, option_count: int) -> None:
        self.option_count = option_count
        self._sets: dict[tuple[str, bool], list[tuple[Term, ...]]] = {}

    def choice(
        self, fact: Fact, several: bool, wordings: Sequence[int], number: int, series: str, order: str
    ) -> Choice:
        """Return draw `number` of `fact`.

        Args:
            several: whether two or more options are right, or exactly one.
            wordings: numbers of the question wordings to draw from.
            series: decides where the numbering starts.
            order: decides the order of the options.
        """
        sets = self._option_sets(fact, several)
        total = len(wordings) * len(sets)
        start = int.from_bytes(keyed_rank(series, fact.id)[:8], "big")
        chosen_set, chosen_wording = divmod((start + number * _stride(total)) % total, len(wordings))
        question = choice_question(fact, wordings[chosen_wording], several)
        terms, right = _placed(sets[chosen_set], fact, order)
        return Choice(fact, question, tuple(option(term) for term in terms), right)

    def _option_sets(self, fact: Fact, several: bool) -> list[tuple[Term, ...]]:
        if (fact.id, several) not in self._sets:
            self._sets[fact.id, several] = list(_option_sets(fact, several, self.option_count))
        return self._sets[fact.id, several]


def _option_sets(fact: Fact, several: bool, option_count: int) -> Iterator[tuple[Term, ...]]:
    maximum = min(len(fact.objects), option_count - 1)
    for right_count in range(2, maximum + 1) if several else (1,):
        for right in itertools.combinations(fact.objects, right_count):
            for wrong in itertools.combinations(fact.false, option_count - right_count):
                yield right + wrong


def _placed(chosen: Sequence[Term], fact: Fact, order: str) -> tuple[list[Term], tuple[int, ...]]:
    """Return the terms in the order that `order` decides, and the positions of the right ones, sorted."""
    weights = POSITION_WEIGHTS[len(chosen)]
    # The largest of u ** (1 / weight), u uniform, draws positions by weight without replacement (Efraimidis-Spirakis).
    drawn = sorted(range(len(chosen)), key=lambda i: -(unit_interval(order, f"position {i}") ** (1 / weights[i])))
    shuffled = ranked(chosen, order, lambda term: term.key)
    terms = [term for term in shuffled if term in fact.objects] + [
        term for term in shuffled if term not in fact.objects
    ]
    place = dict(zip(drawn, terms, strict=True))
    right = tuple(sorted(i for i, term in place.items() if term in fact.objects))
    return [place[i] for i in range(len(chosen))], right


def _stride(total: int) -> int:
    """Return a step near the golden section of `total` that reaches every number below it."""
    step = max(1, round(total * 0.618))
    while math.gcd(step, total) != 1:
        step += 1
    return step
