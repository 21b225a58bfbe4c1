"""The smaller English corpora of the demonstration, in the formats of their upstreams.

MedQA, PubMedQA, MMLU, MMLU-Pro and MedXpertQA.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from medinjection.knowledge.choice_corpora import FRENCHMEDMCQA_OPTIONS, MEDMCQA_OPTIONS, Questions
from medinjection.knowledge.facts import Fact, KnowledgeBase
from medinjection.knowledge.phrases import CLAIM_QUESTION
from medinjection.knowledge.rendered import RenderedFile, scaled
from medinjection.knowledge.wording import choice_question, option, statement, wordings_of
from medinjection.records.sampling import ranked
from medinjection.records.schema import LETTERS

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
_MOST_OPTIONS = 10


def english_files(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[RenderedFile]:
    """Yield the files of ENGLISH_FILES, in that order."""
    for split, (most, least) in _MEDQA_SIZES.items():
        count = scaled(size, most, least)
        yield RenderedFile(f"medqa/{split}.jsonl", count, _medqa(knowledge, split, count, seed))
    members = dict(_pubmedqa(knowledge, scaled(size, 48, 16), seed))
    shown = json.dumps(members, indent=1)
    yield RenderedFile("pubmedqa/ori_pqal.json", len(members), iter([shown]))
    test = {pmid: row["final_decision"] for pmid, row in list(members.items())[: scaled(size, 8, 4)]}
    yield RenderedFile("pubmedqa/test_ground_truth.json", len(test), iter([json.dumps(test)]))
    for subject in MMLU_SUBJECTS:
        for split, (most, least) in _MMLU_SIZES.items():
            count = scaled(size, most, least)
            yield RenderedFile(
                f"mmlu/{split}/{subject}_{split}.csv", count, _mmlu(knowledge, subject, split, count, seed)
            )
    for number, category in enumerate(MMLU_PRO_CATEGORIES):
        count = scaled(size, 3, 2)
        yield RenderedFile(f"mmlu_pro/test_{category}.jsonl", count, _mmlu_pro(knowledge, number, count, seed))
    for split, (most, least) in _MEDXPERT_SIZES.items():
        count = scaled(size, most, least)
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
                "options": dict(zip(LETTERS, item.options, strict=False)),
                "meta_info": "step1",
                "answer_idx": LETTERS[right],
            }
        )


def _pubmedqa(knowledge: KnowledgeBase, count: int, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield whether a claim holds that an abstract makes (yes), contradicts (no) or does not speak of (maybe)."""
    facts = ranked(knowledge.facts, f"{seed}:pubmedqa", lambda fact: fact.id)
    for number in range(min(count, len(facts) // 2)):
        fact, other = facts[number], facts[-1 - number]
        decision = ("yes", "no", "yes", "no", "maybe")[number % 5]
        claimed = fact.false[:1] if decision == "no" else fact.objects
        told = other if decision == "maybe" else fact
        context = [statement(told, 1).en, statement(facts[(number * 7 + 3) % len(facts)], 2).en]
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
                "final_decision": "unclear" if number == count - 1 else decision,
                "LONG_ANSWER": statement(told, 0).en,
            },
        )


def _mmlu(knowledge: KnowledgeBase, subject: str, split: str, count: int, seed: int) -> Iterator[str]:
    # Subjects ask different facts: upstream has no ids, so that equal questions are one.
    own = tuple(knowledge.facts[MMLU_SUBJECTS.index(subject) :: len(MMLU_SUBJECTS)]) or knowledge.facts
    questions = Questions(KnowledgeBase(knowledge.terms, own), f"mmlu_{subject}", seed, MEDMCQA_OPTIONS, (False,))
    for item in questions.items(_MMLU_SPLITS[split], count, (), "en"):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([item.question, *item.options, LETTERS[item.right[0]]])
        yield line.getvalue()


def _many_options(fact: Fact, key: str) -> tuple[list[str], int]:
    """Return one right option and all wrong ones of `fact`, 5 to 9, and the place of the right one."""
    terms = ranked([fact.objects[0], *fact.false][:_MOST_OPTIONS], key, lambda term: term.key)
    return [option(term).en for term in terms], terms.index(fact.objects[0])


def _mmlu_pro(knowledge: KnowledgeBase, number: int, count: int, seed: int) -> Iterator[str]:
    category = MMLU_PRO_CATEGORIES[number]
    for place, fact in enumerate(ranked(knowledge.facts, f"{seed}:mmlu_pro:{category}", lambda f: f.id)[:count]):
        options, right = _many_options(fact, f"{seed}:mmlu_pro:{fact.id}")
        yield _row(
            {
                "question_id": 1000 * number + place,
                "question": choice_question(fact, wordings_of(fact, "test")[0], False).en,
                "options": options,
                "answer": LETTERS[right],
                "answer_index": right,
                "cot_content": "",
                "category": category,
                "src": "demonstration",
            }
        )


def _medxpertqa(knowledge: KnowledgeBase, split: str, count: int, seed: int) -> Iterator[str]:
    for place, fact in enumerate(ranked(knowledge.facts, f"{seed}:medxpertqa:{split}", lambda f: f.id)[:count]):
        options, right = _many_options(fact, f"{seed}:medxpertqa:{fact.id}")
        listed = " ".join(f"({LETTERS[i]}) {text}" for i, text in enumerate(options))
        stem = choice_question(fact, wordings_of(fact, _SPLITS[split])[0], False).en
        yield _row(
            {
                "id": f"Text-{split}-{place}",
                "question": f"{stem}\nAnswer Choices: {listed}",
                "options": dict(zip(LETTERS, options, strict=False)),
                "label": LETTERS[right],
                "medical_task": "Basic Science",
                "body_system": _BODY_SYSTEMS.get(fact.specialty, "Other / NA"),
                "question_type": "Understanding",
            }
        )
