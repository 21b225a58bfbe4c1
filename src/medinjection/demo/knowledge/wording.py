"""Facts in words: choice questions, open questions, statements and options, always as a French and English pair.

The number of a question wording says where it may be used (`wordings_of`): every fact keeps one wording for test and
one for validation that no training question about it uses, in whichever source or language.
"""

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from medinjection.demo.knowledge.facts import Fact, KnowledgeBase, Term, definite_en, definite_fr, of_fr, to_fr
from medinjection.demo.knowledge.phrases import (
    ALL_OF_THE_ABOVE,
    CLAIM_ANSWERS,
    CLAIM_QUESTION,
    COURSE_QUESTIONS,
    GENERIC_QUESTIONS,
    PERSONAL_QUESTIONS,
    SUBJECT_QUESTIONS,
    Phrase,
)
from medinjection.demo.knowledge.phrases_body import BODY_PHRASES
from medinjection.demo.knowledge.phrases_disease import DISEASE_PHRASES
from medinjection.demo.knowledge.phrases_drug import DRUG_PHRASES
from medinjection.records.errors import InputError

PHRASES = {**DRUG_PHRASES, **DISEASE_PHRASES, **BODY_PHRASES}

QUESTION_WORDINGS = 6
STATEMENT_WORDINGS = 3
# Open questions: as in a course (the last of them is the relation's own), and as a person asks.
COURSE_WORDINGS = tuple(range(len(COURSE_QUESTIONS) + 1))
# The relation's own question also stands over options, so that one of test may have its words; these have their own.
OPEN_TRAIN_WORDINGS = COURSE_WORDINGS[:-1]
PERSONAL_WORDINGS = tuple(range(len(COURSE_WORDINGS), len(COURSE_WORDINGS) + len(PERSONAL_QUESTIONS)))
SUBJECT_WORDINGS = len(SUBJECT_QUESTIONS)

_AGREEMENT = re.compile(r"<([sno]):([^|<>]*)\|([^|<>]*)>")
# "pH", "p53", "hCG" and "α-synuclein" keep their first letter.
_CAPITALISED = re.compile(r"[a-zà-öø-ÿœ](?=[a-zà-öø-ÿœ' ])")


def wordings_of(fact: Fact, split: str) -> tuple[int, ...]:
    """Return the numbers of the question wordings that `split` (train, validation or test) may use for `fact`.

    The choice depends on the fact alone, so that all sources and both languages keep to it.
    """
    first = int.from_bytes(hashlib.sha256(f"wordings\x00{fact.id}".encode()).digest()[:4], "big")
    turned = tuple((first + i) % QUESTION_WORDINGS for i in range(QUESTION_WORDINGS))
    return {"test": turned[:1], "validation": turned[1:2], "train": turned[2:]}[split]


def choice_question(fact: Fact, wording: int, several: bool) -> Phrase:
    """Return the question for the objects of `fact`, asking for one right answer or for several.

    Args:
        wording: 0 to QUESTION_WORDINGS - 1.
    """
    phrases = PHRASES[fact.relation]
    if wording < len(GENERIC_QUESTIONS):
        return _generic(GENERIC_QUESTIONS[wording][several], fact, several)
    return _filled(phrases.asked[wording - len(GENERIC_QUESTIONS)][several], fact.subject)


def open_question(fact: Fact, wording: int) -> Phrase:
    """Return the open question for all objects of `fact`; `wording` is of COURSE_WORDINGS or PERSONAL_WORDINGS."""
    several = len(fact.objects) > 1
    if wording == COURSE_WORDINGS[-1]:
        return _filled(PHRASES[fact.relation].asked[0][several], fact.subject)
    if wording in PERSONAL_WORDINGS:
        return _generic(PERSONAL_QUESTIONS[PERSONAL_WORDINGS.index(wording)], fact, several)
    return _generic(COURSE_QUESTIONS[wording], fact, several)


def subject_question(subject: Term, wording: int) -> Phrase:
    """Return the open question for all that is known of `subject`; `wording` is 0 to SUBJECT_WORDINGS - 1."""
    return _filled(SUBJECT_QUESTIONS[wording], subject)


def statement(fact: Fact, wording: int, objects: Sequence[Term] | None = None) -> Phrase:
    """Return the sentence that states `fact` with all its objects, or with `objects` of them.

    Args:
        wording: 0 to STATEMENT_WORDINGS - 1.
    """
    return _filled(
        PHRASES[fact.relation].statements[wording], fact.subject, fact.objects if objects is None else objects
    )


def paragraph(sentences: Iterable[Phrase]) -> Phrase:
    """Return sentences as one paragraph."""
    listed = list(sentences)
    return Phrase(" ".join(s.fr for s in listed), " ".join(s.en for s in listed))


def option(term: Term) -> Phrase:
    """Return a term as an answer option, with a capital letter."""
    return Phrase(_capitalised(term.fr), _capitalised(term.en))


def option_pair(first: Term, second: Term) -> Phrase:
    """Return two terms as one answer option, which is right only where both are."""
    return Phrase(_capitalised(f"{first.fr} et {second.fr}"), _capitalised(f"{first.en} and {second.en}"))


def phrase_book(knowledge: KnowledgeBase) -> dict[str, str]:
    """Return English -> French for every text that can be made of `knowledge`.

    Raises:
        InputError: one English text has two French ones, or the reverse.
    """
    french: dict[str, str] = {}
    english: dict[str, str] = {}
    for phrase in _all_phrases(knowledge):
        if french.setdefault(phrase.en, phrase.fr) != phrase.fr:
            raise InputError(f"{phrase.en!r} means both {french[phrase.en]!r} and {phrase.fr!r}")
        if english.setdefault(phrase.fr, phrase.en) != phrase.en:
            raise InputError(f"{phrase.fr!r} means both {english[phrase.fr]!r} and {phrase.en!r}")
    return french


def facts_of_subjects(knowledge: KnowledgeBase) -> dict[str, list[Fact]]:
    """Return the facts by the key of their subject, in the knowledge base's order."""
    facts: dict[str, list[Fact]] = {}
    for fact in knowledge.facts:
        facts.setdefault(fact.subject.key, []).append(fact)
    return facts


def _all_phrases(knowledge: KnowledgeBase) -> Iterator[Phrase]:
    yield from (ALL_OF_THE_ABOVE, CLAIM_QUESTION, *CLAIM_ANSWERS)
    for term in knowledge.terms.values():
        yield option(term)
    for fact in knowledge.facts:
        for several in (False, True):
            yield from (choice_question(fact, wording, several) for wording in range(QUESTION_WORDINGS))
        yield from (open_question(fact, wording) for wording in (*COURSE_WORDINGS, *PERSONAL_WORDINGS))
        yield from (option_pair(*pair) for pair in itertools.combinations(fact.false, 2))
        for wording in range(STATEMENT_WORDINGS):
            yield statement(fact, wording)
            yield from (statement(fact, wording, (each,)) for each in (*fact.objects, *fact.false[:1]))
    for facts in facts_of_subjects(knowledge).values():
        yield from (subject_question(facts[0].subject, wording) for wording in range(SUBJECT_WORDINGS))


def _generic(template: Phrase, fact: Fact, several: bool) -> Phrase:
    name = PHRASES[fact.relation].name[several]
    return _filled(Phrase(template.fr.replace("{name}", name.fr), template.en.replace("{name}", name.en)), fact.subject)


def _filled(template: Phrase, subject: Term, objects: Sequence[Term] = ()) -> Phrase:
    several = len(objects) > 1
    plural = {"s": _is_plural(subject), "n": several, "o": several or any(map(_is_plural, objects))}
    return Phrase(
        _sentence(template.fr, plural, _french(subject, objects)),
        _sentence(template.en, plural, _english(subject, objects)),
    )


def _sentence(template: str, plural: dict[str, bool], words: dict[str, str]) -> str:
    agreed = _AGREEMENT.sub(lambda mark: mark[3] if plural[mark[1]] else mark[2], template)
    return _capitalised(agreed.format_map(words))


def _french(subject: Term, objects: Sequence[Term]) -> dict[str, str]:
    words = {
        "le": definite_fr(subject),
        "du": of_fr(subject),
        "au": to_fr(subject),
        "de": _de_fr(subject),
        "nu": subject.fr,
    }
    for key, form, last in (
        ("o_le", definite_fr, "et"),
        ("o_du", of_fr, "et"),
        ("o_au", to_fr, "et"),
        ("o_nu", lambda term: term.fr, "et"),
        ("o_de_ou", _de_fr, "ou"),
        ("o_le_ou", definite_fr, "ou"),
    ):
        words[key] = _listed(objects, form, last)
    return words


def _english(subject: Term, objects: Sequence[Term]) -> dict[str, str]:
    return {
        "the": definite_en(subject),
        "bare": subject.en,
        "o_the": _listed(objects, definite_en, "and"),
        "o_bare": _listed(objects, lambda term: term.en, "and"),
        "o_or": _listed(objects, definite_en, "or"),
    }


def _listed(terms: Sequence[Term], form: Callable[[Term], str], last: str) -> str:
    return _joined([form(term) for term in terms], last)


def _joined(texts: Sequence[str], last: str) -> str:
    return f" {last} ".join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)


def _de_fr(term: Term) -> str:
    """Put de or d' before the French text, without article."""
    return of_fr(replace(term, article="none"))


def _is_plural(term: Term) -> bool:
    return term.gender in ("mp", "fp")


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:] if _CAPITALISED.match(text) else text
