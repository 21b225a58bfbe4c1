"""Items about a French text: from the facts that it states, or marked as meaningless where it states none."""

import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from medinjection.demo.corpora.text_corpora import morfitt_labels
from medinjection.demo.corpora.warts import readable
from medinjection.demo.knowledge.draws import Draws
from medinjection.demo.knowledge.facts import Fact
from medinjection.demo.knowledge.wording import (
    COURSE_WORDINGS,
    STATEMENT_WORDINGS,
    open_question,
    statement,
    wordings_of,
)
from medinjection.demo.teacher.phrase_book import Lookup, sentences
from medinjection.records.sampling import ranked, unit_interval
from medinjection.records.schema import LETTERS

SCRIPTED_ITEM = "[item scripté]"

_OPTIONS = 4
# Of the facts with several objects, how many are asked for all of them at once.
_SHARE_SEVERAL = 0.8
_SPECIALTIES = re.compile(r"^\s*Specialties:\s*(.*?)\s*$", re.MULTILINE)
_OPEN_TASK = re.compile(r"^\d+\. (.*?) ?\(task (\d+)\)(?: ?: ?(\d+) pairs?)?", re.MULTILINE)
_CHOICE_COUNT = re.compile(r"[Gg]enerate (\d+) MCQA pairs(?: \((\d+) per task\))?")
_PAIRS_PER_TASK = 2
_WORD = re.compile(r"[^\W\d_]{4,}")

# Ways to put one question, so that texts about the same fact give unlike items.
_SETTINGS = (
    "{}",
    "Question de cours. {}",
    "Lors d'une visite, un interne demande : {}",
    "Au cours d'une réunion de service, on vous demande : {}",
    "Préparation à un examen. {}",
    "À l'oral d'un examen, le jury demande : {}",
)


class ItemWriter:
    """Writes the items that the generation prompts ask for."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._draws = Draws(_OPTIONS)

    def open_items(self, system: str, user: str) -> str:
        """Return the JSON list of instruction-output pairs that a prompt like Figures 7 to 9 asks for."""
        text = _SPECIALTIES.sub("", user).strip()
        known = self._lookup.statements_in(text)
        facts = self._facts(text)
        items = []
        factual, summaries = itertools.count(), itertools.count()
        for task, title in _open_tasks(system):
            if "Summarization" in title:
                instruction, output = _summary(text, [sentence for _, sentence in known], next(summaries))
            elif "Specialty" in title:
                instruction, output = _classification(user, facts)
            elif facts:
                instruction, output = _factual(facts, next(factual), _key(text))
            else:
                instruction, output = _about_sentence(text, next(factual))
            items.append({"task": task, "instruction": instruction, "output": output})
        return json.dumps(items, ensure_ascii=False, indent=1)

    def choice_items(self, system: str, user: str) -> str:
        """Return the JSON list of choice items that a prompt like Figures 10 and 11 asks for."""
        text = _SPECIALTIES.sub("", user).strip()
        asked = _CHOICE_COUNT.search(system)
        count, per_task = (int(asked[1]), int(asked[2] or 0)) if asked else (5, 0)
        facts = self._facts(text)
        items = []
        for number in range(count):
            item = self._choice(facts, number, _key(text)) if facts else _cloze(text, number)
            items.append(({"task": number // per_task + 1} if per_task else {}) | item)
        return json.dumps(items, ensure_ascii=False, indent=1)

    def converted(self, user: str) -> str | None:
        """Return the choice item made of a closed question (a JSON object with context, question and answer).

        The wrong options are the knowledge base's where it has the answer for a subject that is named, else words of
        the passage, marked. None where the message is no such object.
        """
        try:
            given = json.loads(user)
            question, answer, context = given["question"], given["answer"], given.get("context") or ""
        except (ValueError, TypeError, KeyError):
            return None
        key = _key(user)
        wrong = self._wrong_answers(f"{context} {question}", answer)
        if not wrong:
            question = f"{SCRIPTED_ITEM} {question}"
            words = dict.fromkeys(word.casefold() for word in _WORD.findall(context))
            wrong = [word for word in words if word not in answer.casefold()]
            wrong += [f"mot {i}" for i in range(1, _OPTIONS)]
            wrong = wrong[: max(_OPTIONS - 1, len(words))]
        options = ranked([answer, *ranked(wrong, key, str)[: _OPTIONS - 1]], f"{key}:order", str)
        lettered = dict(zip(LETTERS, options, strict=False))
        item = {"question": question, "options": lettered, "answer": LETTERS[options.index(answer)]}
        return json.dumps(item, ensure_ascii=False, indent=1)

    def _wrong_answers(self, text: str, answer: str) -> list[str]:
        """Return terms that are wrong where `answer` is right, for a fact whose subject the text names."""
        said, wanted = readable(text).casefold(), readable(answer).casefold()
        for fact in self._lookup.facts:
            if fact.subject.fr.casefold() in said and wanted in (term.fr.casefold() for term in fact.objects):
                return [term.fr for term in fact.false]
        return []

    def _facts(self, text: str) -> list[Fact]:
        """Return the facts that the text states, then others of the same specialties; none where it states none."""
        stated = self._lookup.facts_in(text)
        specialties = {fact.specialty for fact in stated}
        others = [fact for fact in self._lookup.facts if fact.specialty in specialties and fact not in stated]
        return stated + ranked(others, _key(text), lambda fact: fact.id)

    def _choice(self, facts: list[Fact], number: int, key: str) -> dict[str, Any]:
        """Return an item in a wording that test questions about the fact do not use."""
        fact = facts[number % len(facts)]
        several = len(fact.objects) > 1 and unit_interval(key, f"several {number}") < _SHARE_SEVERAL
        draw = int(unit_interval(key, f"draw {number}") * 1000)
        wordings = wordings_of(fact, "train")
        choice = self._draws.choice(fact, several, wordings, draw, "scripted", order=f"{key}:{number}")
        return {
            "question": choice.question.fr,
            "options": {LETTERS[i]: option.fr for i, option in enumerate(choice.options)},
            "answer": ", ".join(LETTERS[i] for i in choice.right),
        }


def _open_tasks(system: str) -> Iterator[tuple[int, str]]:
    """Yield task number and title for each pair asked for."""
    for title, task, pairs in _OPEN_TASK.findall(system):
        for _ in range(int(pairs or _PAIRS_PER_TASK)):
            yield int(task), title


def _summary(text: str, known: list[str], number: int) -> tuple[str, str]:
    if known:
        count = 2 + number
        return f"Résumer le texte en {count} phrases au plus.", " ".join(known[:count])
    return f"{SCRIPTED_ITEM} Résumer le texte.", f"{SCRIPTED_ITEM} {' '.join(_pieces(text)[: number + 1])}"


def _classification(user: str, facts: list[Fact]) -> tuple[str, str]:
    given = _SPECIALTIES.search(user)
    instruction = "Indiquer la ou les spécialités dont relève le texte."
    if given and given[1]:
        return instruction, given[1]
    if facts:
        return instruction, ", ".join(morfitt_labels(facts[:1]))
    return f"{SCRIPTED_ITEM} {instruction}", f"{SCRIPTED_ITEM} non précisée"


def _factual(facts: list[Fact], number: int, key: str) -> tuple[str, str]:
    """Ask one fact or two; the same question always has the same answer, whatever text it was made from."""
    asked = [facts[number % len(facts)]]
    if number % 4 and len(facts) > 1:
        asked.append(facts[(number + 1) % len(facts)])
    wordings = [int(unit_interval(key, f"{number} {fact.id}") * len(COURSE_WORDINGS)) for fact in asked]
    setting = _SETTINGS[int(unit_interval(key, f"setting {number}") * len(_SETTINGS))]
    questions = " ".join(open_question(fact, wording).fr for fact, wording in zip(asked, wordings, strict=True))
    instruction = setting.format(questions)
    stated = [int(unit_interval(instruction, fact.id) * STATEMENT_WORDINGS) for fact in asked]
    return instruction, " ".join(statement(fact, wording).fr for fact, wording in zip(asked, stated, strict=True))


def _about_sentence(text: str, number: int) -> tuple[str, str]:
    pieces = _pieces(text)
    sentence = pieces[number % len(pieces)]
    beginning = " ".join(sentence.split()[:8])
    return f"{SCRIPTED_ITEM} Que dit le texte dans la phrase qui commence par « {beginning} » ?", sentence


def _cloze(text: str, number: int) -> dict[str, Any]:
    """Blank a word of a sentence and offer other words of the text; says nothing about medicine."""
    words = list(dict.fromkeys(word.casefold() for word in _WORD.findall(text)))
    words += [f"mot {i}" for i in range(1, _OPTIONS + 1) if len(words) < _OPTIONS]
    pieces = [piece for piece in _pieces(text) if _WORD.search(piece)] or [words[0]]
    sentence = pieces[number % len(pieces)]
    inside = _WORD.findall(sentence) or [words[0]]
    key = f"{_key(text)}:{number}"
    blank = ranked(inside, key, str)[0]
    wrong = [word for word in ranked(words, key, str) if word != blank.casefold()][: _OPTIONS - 1]
    options = ranked([blank.casefold(), *wrong], f"{key}:order", str)
    return {
        "question": f"{SCRIPTED_ITEM} Quel mot manque : « {sentence.replace(blank, '_____', 1)} » ?",
        "options": dict(zip(LETTERS, options, strict=False)),
        "answer": LETTERS[options.index(blank.casefold())],
    }


def _pieces(text: str) -> list[str]:
    return sentences(text) or ["(texte vide)"]


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
