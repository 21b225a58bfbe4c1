"""The smaller English corpora of the demonstration, in the formats of their upstreams.

MedQA, PubMedQA, MMLU, MMLU-Pro and MedXpertQA.
"""

import csv
import io
import itertools
import json
import string
from collections.abc import Iterator
from typing import Any

from medinjection.demo.corpora.choice_corpora import FRENCHMEDMCQA_OPTIONS, MEDMCQA_OPTIONS, Questions
from medinjection.demo.corpora.rendered_file import RenderedFile, scaled
from medinjection.demo.knowledge.facts import Fact, KnowledgeBase
from medinjection.demo.knowledge.phrases import CLAIM_QUESTION
from medinjection.demo.knowledge.wording import choice_question, option, option_pair, statement, wordings_of
from medinjection.records.sampling import ranked

MMLU_SUBJECTS = (
    "anatomy",
    "clinical_knowledge",
    "college_biology",
    "college_medicine",
    "medical_genetics",
    "professional_medicine",
)
MMLU_PRO_CATEGORIES = ("psychology", "biology", "health")

ENGLISH_FILES = (
    *(f"medqa/{split}.jsonl" for split in ("train", "dev", "test")),
    "pubmedqa/ori_pqal.json",
    "pubmedqa/test_ground_truth.json",
    *(f"mmlu/{split}/{subject}_{split}.csv" for subject in MMLU_SUBJECTS for split in ("dev", "val", "test")),
    *(f"mmlu_pro/test_{category}.jsonl" for category in MMLU_PRO_CATEGORIES),
    "medxpertqa/Text/dev.jsonl",
    "medxpertqa/Text/test.jsonl",
)

# Upstream's names of the splits, and which wordings their questions may use. MMLU's few dev questions are for training.
_SPLITS = {"train": "train", "dev": "validation", "test": "test"}
_MMLU_SPLITS = {"dev": "train", "val": "validation", "test": "test"}
_MEDQA_SIZES = {"train": (50, 12), "dev": (10, 4), "test": (10, 4)}
_MMLU_SIZES = {"dev": (5, 3), "val": (3, 2), "test": (2, 1)}
_MEDXPERT_SIZES = {"dev": (3, 2), "test": (6, 3)}
_BODY_SYSTEMS = {
    "cardiology": "Cardiovascular",
    "gastroenterology": "Digestive",
    "endocrinology": "Endocrine",
    "neurology": "Nervous",
    "pulmonology": "Respiratory",
    "nephrology_urology": "Urinary",
    "gynaecology_obstetrics": "Reproductive",
}
_LETTERS = string.ascii_uppercase
MOST_OPTIONS = 10
# Of nine questions of MMLU-Pro; most of upstream's have ten options.
_MMLU_PRO_OPTIONS = (10, 10, 4, 10, 9, 10, 10, 3, 10)
# The place of the one claim of PubMedQA without a known decision, after those of the official test.
_UNCLEAR = 9
# What is repeated as upstream repeats it: MMLU asks some questions in two subjects.
_REPEATING_SUBJECT, _REPEATED_SUBJECT = "college_medicine", "clinical_knowledge"


def english_files(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[RenderedFile]:
    """Yield the files of ENGLISH_FILES, in that order."""
    for split, (full, minimum) in _MEDQA_SIZES.items():
        count = scaled(size, full, minimum)
        yield RenderedFile(f"medqa/{split}.jsonl", count, _medqa(knowledge, split, count, seed))
    members = dict(_pubmedqa(knowledge, scaled(size, 48, 16), seed))
    shown = json.dumps(members, indent=1)
    yield RenderedFile("pubmedqa/ori_pqal.json", len(members), iter([shown]))
    test = {pmid: row["final_decision"] for pmid, row in list(members.items())[: scaled(size, 8, 4)]}
    yield RenderedFile("pubmedqa/test_ground_truth.json", len(test), iter([json.dumps(test)]))
    for subject in MMLU_SUBJECTS:
        for split, (full, minimum) in _MMLU_SIZES.items():
            count = scaled(size, full, minimum)
            yield RenderedFile(
                f"mmlu/{split}/{subject}_{split}.csv", count, _mmlu(knowledge, subject, split, count, seed)
            )
    for number, category in enumerate(MMLU_PRO_CATEGORIES):
        count = scaled(size, 3, 2)
        yield RenderedFile(f"mmlu_pro/test_{category}.jsonl", count, _mmlu_pro(knowledge, number, count, seed))
    for split, (full, minimum) in _MEDXPERT_SIZES.items():
        count = scaled(size, full, minimum)
        yield RenderedFile(f"medxpertqa/Text/{split}.jsonl", count, _medxpertqa(knowledge, split, count, seed))


def _row(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _medqa(knowledge: KnowledgeBase, split: str, count: int, seed: int) -> Iterator[str]:
    questions = Questions(knowledge, "medqa", seed, FRENCHMEDMCQA_OPTIONS, (False,))
    for item in questions.items(_SPLITS[split], count, ("missing_option", "html_entity"), "en"):
        right = item.right[0]
        yield _row(
            {
                "question": item.question,
                "answer": item.options[right],
                "options": dict(zip(_LETTERS, item.options, strict=False)),
                "meta_info": "step1",
                "answer_idx": _LETTERS[right],
            }
        )


def _pubmedqa(knowledge: KnowledgeBase, count: int, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield whether a claim holds that an abstract makes (yes), contradicts (no) or does not speak of (maybe)."""
    facts = ranked(knowledge.facts, f"{seed}:pubmedqa", lambda fact: fact.id)
    for number, fact in enumerate(facts[: min(count, len(facts) // 2)]):
        decision = ("yes", "no", "yes", "no", "maybe")[number % 5]
        claimed = fact.false[:1] if decision == "no" else fact.objects[:1]
        others = [other for other in facts if other.subject != fact.subject]
        if len(others) < 2:
            continue
        told = others[-1 - number % len(others)] if decision == "maybe" else fact
        context = [statement(told, 1).en, statement(others[number * 7 % len(others)], 2).en]
        yield (
            str(30_000_000 + number),
            {
                "QUESTION": f"{CLAIM_QUESTION.en} {statement(fact, 0, claimed).en}",
                "CONTEXTS": context,
                "LABELS": ["RESULTS", "RESULTS"],
                "MESHES": [],
                "YEAR": None,
                "reasoning_required_pred": decision,
                "reasoning_free_pred": decision,
                # One decision that upstream does not know, which must be rejected.
                "final_decision": "unclear" if number == _UNCLEAR else decision,
                "LONG_ANSWER": statement(told, 0).en,
            },
        )


def _mmlu(knowledge: KnowledgeBase, subject: str, split: str, count: int, seed: int) -> Iterator[str]:
    # Subjects ask different facts: upstream has no ids, so that equal questions are one.
    own = tuple(knowledge.facts[MMLU_SUBJECTS.index(subject) :: len(MMLU_SUBJECTS)]) or knowledge.facts
    questions = Questions(KnowledgeBase(knowledge.terms, own), f"mmlu_{subject}", seed, MEDMCQA_OPTIONS, (False,))
    if (subject, split) == (_REPEATING_SUBJECT, "dev"):
        count -= 1
        yield from _mmlu(knowledge, _REPEATED_SUBJECT, split, 1, seed)
    for item in questions.items(_MMLU_SPLITS[split], count, (), "en"):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([item.question, *item.options, _LETTERS[item.right[0]]])
        yield line.getvalue()


def _many_options(fact: Fact, count: int, key: str) -> tuple[list[str], int]:
    """Return `count` options, one of them right, and the place of the right one.

    Where a fact has too few wrong terms, two of them together are further wrong options.
    """
    right = option(fact.objects[0]).en
    wrong = [option(term).en for term in fact.false]
    wrong += [option_pair(*pair).en for pair in itertools.combinations(fact.false, 2)]
    options = ranked([right, *wrong[: count - 1]], key, str)
    return options, options.index(right)


def _mmlu_pro(knowledge: KnowledgeBase, number: int, count: int, seed: int) -> Iterator[str]:
    category = MMLU_PRO_CATEGORIES[number]
    for place, fact in enumerate(ranked(knowledge.facts, f"{seed}:mmlu_pro:{category}", lambda f: f.id)[:count]):
        option_count = _MMLU_PRO_OPTIONS[(3 * number + place) % len(_MMLU_PRO_OPTIONS)]
        options, right = _many_options(fact, option_count, f"{seed}:mmlu_pro:{fact.id}")
        yield _row(
            {
                "question_id": 1000 * number + place,
                "question": choice_question(fact, wordings_of(fact, "test")[0], False).en,
                "options": options,
                "answer": _LETTERS[right],
                "answer_index": right,
                "cot_content": "",
                "category": category,
                "src": "demonstration",
            }
        )


def _medxpertqa(knowledge: KnowledgeBase, split: str, count: int, seed: int) -> Iterator[str]:
    for place, fact in enumerate(ranked(knowledge.facts, f"{seed}:medxpertqa:{split}", lambda f: f.id)[:count]):
        options, right = _many_options(fact, MOST_OPTIONS, f"{seed}:medxpertqa:{fact.id}")
        # One question that lists its options in another order than beside it, which must be rejected.
        inside = options[::-1] if (split, place) == ("dev", 2) else options
        listed = " ".join(f"({_LETTERS[i]}) {text}" for i, text in enumerate(inside))
        stem = choice_question(fact, wordings_of(fact, _SPLITS[split])[0], False).en
        yield _row(
            {
                "id": f"Text-{split}-{place}",
                "question": f"{stem}\nAnswer Choices: {listed}",
                "options": dict(zip(_LETTERS, options, strict=False)),
                "label": _LETTERS[right],
                "medical_task": "Basic Science",
                "body_system": _BODY_SYSTEMS.get(fact.specialty, "Other / NA"),
                "question_type": "Understanding",
            }
        )
