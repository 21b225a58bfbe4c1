"""The choice questions of the demonstration, in the formats of FrenchMedMCQA and MedMCQA.

Test and validation ask facts that train asks too, but in a wording that no training question about the fact has
(`wording.wordings_of`), with wrong options drawn anew and in another order. A demonstration so measures whether the
workflow carries knowledge from training records to answers. It is no medical benchmark.
"""

import json
import textwrap
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from medinjection.demo.corpora.warts import (
    Warts,
    can_be_all_above,
    decomposed,
    with_all_above,
    with_html_entity,
    with_no_break_space,
)
from medinjection.demo.knowledge.draws import Choice, Draws
from medinjection.demo.knowledge.facts import Fact, KnowledgeBase
from medinjection.demo.knowledge.wording import statement, wordings_of
from medinjection.records.sampling import keyed_rank, ranked, unit_interval

FRENCHMEDMCQA_OPTIONS = 5
MEDMCQA_OPTIONS = 4

_FRENCHMEDMCQA_WARTS = (
    "missing_option",
    "duplicate_id",
    "html_entity",
    "decomposed",
    "no_break_space",
    "contradicting_type",
    "all_above_wrong",
    "all_above_right",
)
_MEDMCQA_WARTS = (
    "missing_option",
    "duplicate_id",
    "html_entity",
    "no_break_space",
    "all_above_wrong",
    "all_above_right",
)
# MedMCQA names the subject of an entrance examination, not a specialty.
_MEDMCQA_SUBJECTS = {
    "immunology_microbiology": "Microbiology",
    "pharmacology": "Pharmacology",
    "haematology": "Pathology",
    "oncology": "Pathology",
    "gynaecology_obstetrics": "Gynaecology & Obstetrics",
    "paediatrics": "Pediatrics",
    "psychiatry": "Psychiatry",
    "anatomy_physiology": "Physiology",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A choice question in one language as a file shows it, after its wart; `right` are positions in `options`."""

    id: str
    fact: Fact
    question: str
    options: tuple[str, ...]
    right: tuple[int, ...]
    wart: str | None


def frenchmedmcqa_rows(knowledge: KnowledgeBase, split: str, size: int, seed: int) -> Iterator[str]:
    """Yield the elements of a FrenchMedMCQA file as indented JSON.

    Questions with one and with several right answers take turns. Only test rows lack `type`, as upstream's do.
    """
    questions = Questions(knowledge, "frenchmedmcqa", seed, FRENCHMEDMCQA_OPTIONS, (False, True))
    for item in questions.items(split, size, _FRENCHMEDMCQA_WARTS, "fr"):
        row: dict[str, Any] = {
            "id": item.id,
            "question": item.question,
            "answers": dict(zip("abcde", item.options, strict=True)),
            "correct_answers": ["abcde"[i] for i in item.right],
            "subject_name": "pharmacie",
        }
        if split != "test":
            simple = len(item.right) == 1 or item.wart == "contradicting_type"
            row["type"] = "simple" if simple else "multiple"
        row["nbr_correct_answers"] = len(item.right)
        yield textwrap.indent(json.dumps(row, indent=4), "    ")


def medmcqa_rows(knowledge: KnowledgeBase, split: str, size: int, seed: int) -> Iterator[str]:
    """Yield the lines of a MedMCQA file of the original zip: `cop` counts from 1, and the test file has none."""
    questions = Questions(knowledge, "medmcqa", seed, MEDMCQA_OPTIONS, (False,))
    for item in questions.items(split, size, _MEDMCQA_WARTS, "en"):
        item_id = str(uuid.UUID(bytes=bytes.fromhex(item.id)[:16], version=4))
        row: dict[str, Any] = {"question": item.question}
        if split != "test":
            row["exp"] = statement(item.fact, 0).en if unit_interval("exp", item.id) < 0.9 else None
            row["cop"] = item.right[0] + 1
        row |= dict(zip(("opa", "opb", "opc", "opd"), item.options, strict=True))
        row["subject_name"] = _MEDMCQA_SUBJECTS.get(item.fact.specialty, "Medicine")
        with_topic = unit_interval("topic_name", item.id) < 0.1
        row["topic_name"] = item.fact.relation.replace("_", " ").capitalize() if with_topic else None
        row["id"] = item_id
        row["choice_type"] = "single" if unit_interval("choice_type", item.id) < 0.6 else "multi"
        yield json.dumps(row, separators=(",", ":"))


class Questions:
    """The choice questions of one source.

    Args:
        kinds: of the questions that take turns; False for one right answer, True for several. Where no fact has
            several objects, all questions have one right answer.
    """

    def __init__(
        self, knowledge: KnowledgeBase, source: str, seed: int, option_count: int, kinds: Sequence[bool]
    ) -> None:
        self.source = source
        self.seed = seed
        self._draws = Draws(option_count)
        facts = ranked(knowledge.facts, f"{seed}:facts", lambda fact: fact.id)
        pools = [(several, [f for f in facts if len(f.objects) > 1 or not several]) for several in kinds]
        # The same order in every split: what a small test file asks, a small training file asks too.
        self._pools = [(several, pool) for several, pool in pools if pool] or [(False, facts)]
        self._all_above = any(can_be_all_above(fact, option_count) for fact in facts)

    def items(self, split: str, size: int, warts: Sequence[str], language: str) -> Iterator[Item]:
        """Yield the items of one file, in French ("fr") or English ("en")."""
        kinds = [kind for kind in warts if kind != "all_above_right" or self._all_above]
        plan = Warts(kinds, size)
        last_id = ""
        for number in range(size):
            choice = self._choice(split, number)
            wart = plan.plant(number, partial(self._takes, choice=choice, number=number, language=language))
            item_id = keyed_rank(f"{self.seed}:{self.source}:{split}", str(number)).hex()
            if wart == "duplicate_id":
                item_id = last_id
            last_id = item_id
            yield _spoiled(item_id, choice, wart, language)

    def _choice(self, split: str, number: int) -> Choice:
        turn, kind = divmod(number, len(self._pools))
        several, pool = self._pools[kind]
        round_number, place = divmod(turn, len(pool))
        fact = pool[place]
        series = f"{self.seed}:{self.source}:{split}"
        return self._draws.choice(
            fact, several, wordings_of(fact, split), round_number, series, order=f"{series}:{number}"
        )

    def _takes(self, kind: str, choice: Choice, number: int, language: str) -> bool:
        if kind == "duplicate_id":
            return number > 0
        if kind == "decomposed":
            question = getattr(choice.question, language)
            return decomposed(question) != question
        if kind == "contradicting_type":
            return len(choice.right) == 2
        if kind == "all_above_wrong":
            return len(choice.right) == 1
        if kind == "all_above_right":
            return len(choice.right) == 1 and can_be_all_above(choice.fact, len(choice.options))
        return True


def _spoiled(item_id: str, choice: Choice, wart: str | None, language: str) -> Item:
    if wart in ("all_above_wrong", "all_above_right"):
        choice = with_all_above(choice, wart == "all_above_right")
    question = getattr(choice.question, language)
    options = [getattr(text, language) for text in choice.options]
    if wart == "missing_option":
        options[max(i for i in range(len(options)) if i not in choice.right)] = ""
    elif wart == "html_entity":
        question = with_html_entity(question)
    elif wart == "no_break_space":
        question = with_no_break_space(question)
    elif wart == "decomposed":
        question, options = decomposed(question), [decomposed(text) for text in options]
    return Item(item_id, choice.fact, question, tuple(options), choice.right, wart)
