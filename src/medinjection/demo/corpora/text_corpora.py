"""The texts of the demonstration, in the formats of MORFITT (French abstracts) and K-QA (English open questions)."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from medinjection.demo.corpora.warts import Warts, with_soft_hyphen
from medinjection.demo.knowledge.facts import Fact, KnowledgeBase
from medinjection.demo.knowledge.wording import (
    PERSONAL_WORDINGS,
    STATEMENT_WORDINGS,
    SUBJECT_WORDINGS,
    facts_of_subjects,
    open_question,
    paragraph,
    statement,
    subject_question,
)
from medinjection.records.sampling import keyed_rank, ranked, unit_interval

MORFITT_HEADER = "identifier\tabstract\tspecialities"

_SHARE_WITH_TWO_SPECIALTIES = 0.3
_FEWEST_SENTENCES, _MOST_SENTENCES = 4, 8
_LABELS_OF_RELATIONS = {
    "class": "pharmacology",
    "indication": "pharmacology",
    "contraindication": "pharmacology",
    "adverse_effect": "pharmacology",
    "mechanism": "pharmacology",
    "antidote": "pharmacology",
    "treatment": "pharmacology",
    "organism": "microbiology",
    "transmission": "microbiology",
    "sign": "etiology",
    "examination": "etiology",
    "organ": "physiology",
    "innervation": "physiology",
    "deficiency": "chemistry",
    "reference_range": "chemistry",
    "gene": "genetics",
}
_VIRUS = re.compile("virus")
_PARASITE = re.compile("plasmodium|toxoplasm|leishmani|trypanosom|giardia|malaria", re.IGNORECASE)
_OPERATION = re.compile("surg|ectomy|otomy|transplant|resection", re.IGNORECASE)
# Longest answer to a question about all that is known of a subject.
_MOST_STATEMENTS = 3


def morfitt_rows(knowledge: KnowledgeBase, split: str, size: int, seed: int) -> Iterator[str]:
    """Yield the lines of a MORFITT file below its header.

    An abstract is 4 to 8 statements about facts of one specialty, sometimes of two; it starts with a space, as most of
    upstream's do. Its labels are those of its facts, the two most frequent, under upstream's names.
    """
    groups: dict[str, list[Fact]] = {}
    for fact in knowledge.facts:
        groups.setdefault(fact.specialty, []).append(fact)
    specialties = ranked(groups, f"{seed}:specialties", str)
    plan = Warts(("soft_hyphen",), size)
    for number in range(size):
        key = f"{seed}:morfitt:{split}:{number}"
        chosen = specialties[number % len(specialties)]
        facts = list(groups[chosen])
        if unit_interval(key, "two") < _SHARE_WITH_TWO_SPECIALTIES and len(specialties) > 1:
            other = ranked([name for name in specialties if name != chosen], key, str)[0]
            facts += groups[other]
        length = _FEWEST_SENTENCES + int(unit_interval(key, "length") * (_MOST_SENTENCES - _FEWEST_SENTENCES + 1))
        facts = ranked(facts, key, lambda fact: fact.id)[:length]
        sentences = [statement(fact, _number(key, fact.id, STATEMENT_WORDINGS)) for fact in facts]
        abstract = paragraph(sentences).fr
        if plan.plant(number, lambda _: True):
            abstract = with_soft_hyphen(abstract)
        identifier = keyed_rank(f"{seed}:morfitt:{split}", str(number)).hex()
        yield f"{identifier}\t {abstract} \t{'|'.join(morfitt_labels(facts))}"


def morfitt_labels(facts: Sequence[Fact]) -> list[str]:
    """Return the one or two MORFITT labels that most of `facts` have, sorted."""
    counts = Counter(_morfitt_label(fact) for fact in facts)
    return sorted(label for label, _ in counts.most_common(2))


def kqa_rows(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[str]:
    """Yield the lines of K-QA's file of answered questions.

    A question asks one fact, or for all that is known of a subject; the same question always has the same answer.
    `Sources` names the facts, and no ICD-10 diagnosis is given.
    """
    by_subject = facts_of_subjects(knowledge)
    asked = [(f"{fact.id}-{w}", open_question(fact, w), [fact]) for fact in knowledge.facts for w in PERSONAL_WORDINGS]
    for key, facts in by_subject.items():
        subject = facts[0].subject
        asked += [(f"{key}-{w}", subject_question(subject, w), facts) for w in range(SUBJECT_WORDINGS)]
    asked = ranked(asked, f"{seed}:k-qa", lambda entry: entry[0])
    for number in range(size):
        key, question, facts = asked[number % len(asked)]
        answered = facts[:_MOST_STATEMENTS]
        sentences = [statement(fact, _number(key, fact.id, STATEMENT_WORDINGS)) for fact in answered]
        others = [fact for fact in by_subject[facts[0].subject.key] if fact not in answered]
        row = {
            "Question": question.en,
            "Free_form_answer": paragraph(sentences).en,
            "Must_have": [statement(fact, 0, (term,)).en for fact in answered for term in fact.objects],
            "Nice_to_have": [statement(fact, 0).en for fact in others],
            "Sources": "\n".join(f"demonstration knowledge base, fact {fact.id}" for fact in answered),
            "ICD_10_diag": None,
        }
        yield json.dumps(row, separators=(",", ":"))


def _morfitt_label(fact: Fact) -> str:
    names = " ".join(term.en for term in (fact.subject, *fact.objects))
    if fact.relation in ("organism", "transmission"):
        if _VIRUS.search(names):
            return "virology"
        if _PARASITE.search(names):
            return "parasitology"
    if fact.relation == "treatment" and _OPERATION.search(names):
        return "surgery"
    if fact.specialty == "psychiatry":
        return "psychology"
    if fact.specialty == "immunology_microbiology" and fact.relation == "sign":
        return "immunology"
    return _LABELS_OF_RELATIONS[fact.relation]


def _number(key: str, item: str, below: int) -> int:
    return int(unit_interval(key, item) * below)
