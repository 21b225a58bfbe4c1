"""The smaller native corpora of the demonstration, in the formats of their upstreams.

S-Editions, MediQAl, the two sets by mlabonne and FrBMedQA. Cases and passages are made of general statements of
the knowledge base; they describe nobody.

Like choice questions, open questions and blanks of a test file are in wordings that train files do not use.
S-Editions is all train.
"""

import json
import re
import string
from collections.abc import Iterator
from typing import Any

from medinjection.demo.corpora.choice_corpora import FRENCHMEDMCQA_OPTIONS, Item, Questions
from medinjection.demo.corpora.rendered_file import RenderedFile, json_array, scaled
from medinjection.demo.knowledge.facts import Fact, KnowledgeBase
from medinjection.demo.knowledge.wording import (
    OPEN_TRAIN_WORDINGS,
    PERSONAL_WORDINGS,
    STATEMENT_WORDINGS,
    open_question,
    statement,
)
from medinjection.records.sampling import ranked

MEDIQAL_SUBJECTS = {
    "cardiology": "Cardiology",
    "gastroenterology": "Hepato-Gastroenterology",
    "immunology_microbiology": "Infectious Diseases",
    "pharmacology": "Pharmacology",
    "endocrinology": "Endocrinology and Metabolism",
    "neurology": "Neurology",
    "pulmonology": "Pulmonology",
    "nephrology_urology": "Nephro-Urology",
    "haematology": "Hematology",
    "oncology": "Pathological Anatomy",
    "gynaecology_obstetrics": "Gynecology and Obstetrics",
    "paediatrics": "Pediatrics",
    "psychiatry": "Psychiatry",
    "anatomy_physiology": "Physiology",
}
FRENCH_SPECIALTIES = {
    "cardiology": "Cardiologie",
    "gastroenterology": "Gastro-entérologie",
    "immunology_microbiology": "Bactériologie",
    "pharmacology": "Pharmacologie",
    "endocrinology": "Endocrinologie",
    "neurology": "Neurologie",
    "pulmonology": "Pneumologie",
    "nephrology_urology": "Néphrologie",
    "haematology": "Hématologie",
    "oncology": "Cancérologie",
    "gynaecology_obstetrics": "Gynécologie",
    "paediatrics": "Pédiatrie",
    "psychiatry": "Psychiatrie",
    "anatomy_physiology": "Anatomie",
}

NATIVE_FILES = (
    "s_editions/s_editions.json",
    *(f"mediqal/{part}/{split}.json" for part in ("mcqu", "mcqm") for split in ("train", "validation", "test")),
    "mediqal/oeq/test.json",
    "medical_cases_fr/train-00000-of-00001-95befffa2ad0de83.parquet",
    "medical_cases_fr/eval-00000-of-00001-88aa58dbc808daf0.parquet",
    "medical_mqca_fr/train-00000-of-00001-c5bd7ea659fead86.parquet",
    "medical_mqca_fr/eval-00000-of-00001-d1de03c97cd4310e.parquet",
    *(f"frbmedqa/{split}.json" for split in ("train", "val", "test")),
)

# Records at a demonstration of size 800, and the fewest of a smaller one.
_MEDIQAL_SIZES = {"train": (60, 15), "validation": (12, 4), "test": (16, 4)}
_MQCA_SIZES = {"train": (40, 10), "validation": (10, 4)}
_FRBMEDQA_SIZES = {"train": (40, 10), "val": (8, 3), "test": (8, 3)}
# Statements by their wording: passages of FrBMedQA have the second.
_BLANKED_WORDINGS = {"train": 0, "val": 2, "test": 2}
# Groups of the UMLS that the objects of a relation surely belong to.
_SEMANTIC_GROUPS = {
    "class": "CHEM",
    "antidote": "CHEM",
    "adverse_effect": "DISO",
    "sign": "DISO",
    "deficiency": "DISO",
    "organism": "LIVB",
    "organ": "ANAT",
    "innervation": "ANAT",
    "examination": "PROC",
    "gene": "GENE",
}
_CHOICE_WARTS = ("missing_option", "duplicate_id", "no_break_space", "decomposed", "all_above_wrong")


def native_files(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[RenderedFile]:
    """Yield the files of NATIVE_FILES, in that order."""
    count = scaled(size, 40, 20)
    yield json_array("s_editions/s_editions.json", count, _s_editions(knowledge, count, seed))
    for part, several in (("mcqu", False), ("mcqm", True)):
        for split, (full, minimum) in _MEDIQAL_SIZES.items():
            count = scaled(size, full, minimum)
            rows = _mediqal(knowledge, part, several, split, count, seed)
            yield json_array(f"mediqal/{part}/{split}.json", count, rows)
    count = scaled(size, 8, 4)
    yield json_array("mediqal/oeq/test.json", count, _mediqal_open(knowledge, count, seed))
    for source, files in (("medical_cases_fr", NATIVE_FILES[8:10]), ("medical_mqca_fr", NATIVE_FILES[10:12])):
        for split, name in zip(("train", "validation"), files, strict=True):
            exam = list(_mlabonne(knowledge, source, split, scaled(size, *_MQCA_SIZES[split]), seed))
            yield RenderedFile(name, len(exam), table=exam)
    for split, (full, minimum) in _FRBMEDQA_SIZES.items():
        count = scaled(size, full, minimum)
        yield json_array(f"frbmedqa/{split}.json", count, _frbmedqa(knowledge, split, count, seed))


def case_about(knowledge: KnowledgeBase, fact: Fact, key: str) -> str:
    """Return the French context of a question about `fact`: two statements of its specialty, not the one asked."""
    others = [other for other in knowledge.facts if other.specialty == fact.specialty and other.subject != fact.subject]
    said = [statement(other, i % STATEMENT_WORDINGS).fr for i, other in enumerate(_first(others, key, 2))]
    return " ".join(["Rappel de cours avant la question.", *said])


def _first(facts: list[Fact], key: str, count: int) -> list[Fact]:
    return ranked(facts, key, lambda fact: fact.id)[:count]


def _open_wording(number: int) -> int:
    return OPEN_TRAIN_WORDINGS[number % len(OPEN_TRAIN_WORDINGS)]


def _row(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _letters(item: Item) -> list[str]:
    return [string.ascii_uppercase[i] for i in item.right]


def _s_editions(knowledge: KnowledgeBase, count: int, seed: int) -> Iterator[str]:
    questions = Questions(knowledge, "s_editions", seed, FRENCHMEDMCQA_OPTIONS, (False, True))
    asked = _first(list(knowledge.facts), f"{seed}:s_editions:open", count)
    items = questions.items("train", (count + 1) // 2, _CHOICE_WARTS, "fr")
    for number in range(count):
        if number % 2:
            fact = asked[number % len(asked)]
            values: dict[str, Any] = {
                "id": f"o{number}",
                "question": open_question(fact, _open_wording(number // 2)).fr,
                "answer": statement(fact, 0).fr,
            }
        else:
            item = next(items)
            fact = item.fact
            options = list(item.options)
            if number == 2:
                # One row with an empty option, which must be rejected.
                options[min(i for i in range(len(options)) if i not in item.right)] = ""
            values = {"id": item.id[:12], "question": item.question, "options": options, "correct": _letters(item)}
        yield _row(values | {"specialty": FRENCH_SPECIALTIES[fact.specialty]})


def _mediqal(knowledge: KnowledgeBase, part: str, several: bool, split: str, count: int, seed: int) -> Iterator[str]:
    questions = Questions(knowledge, f"mediqal_{part}", seed, FRENCHMEDMCQA_OPTIONS, (several,))
    warts = [kind for kind in _CHOICE_WARTS if kind != "all_above_wrong" or not several]
    for number, item in enumerate(questions.items(split, count, warts, "fr")):
        in_case = number % 4 == 3
        yield _row(
            {
                "id": item.id[:12],
                "clinical_case": case_about(knowledge, item.fact, f"{seed}:{part}:{split}:{number}")
                if in_case
                else None,
                "question": item.question,
                **{f"answer_{letter}": text for letter, text in zip("abcde", item.options, strict=True)},
                "correct_answers": ",".join(_letters(item)),
                "task": "QCM" if several else "QCU",
                "medical_subject": MEDIQAL_SUBJECTS[item.fact.specialty],
                "question_type": "Reasoning" if in_case else "Understanding",
            }
        )


def _mediqal_open(knowledge: KnowledgeBase, count: int, seed: int) -> Iterator[str]:
    """Yield open questions, each two of which share a case. They are all for test."""
    for number, fact in enumerate(_first(list(knowledge.facts), f"{seed}:mediqal:oeq", count)):
        if number % 2 == 0:
            case = case_about(knowledge, fact, f"{seed}:oeq:{number}")
        yield _row(
            {
                "id": str(number),
                "clinical_case": case,
                "cc_question_number": str(number % 2 + 1),
                "question": open_question(fact, PERSONAL_WORDINGS[-1]).fr,
                "answer": statement(fact, 0).fr,
                "medical_subject": MEDIQAL_SUBJECTS[fact.specialty],
                "question_type": "Understanding",
            }
        )


def _mlabonne(knowledge: KnowledgeBase, source: str, split: str, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield rows with the columns of medical-cases-fr; questions of that set follow a case, four a case.

    The options and answers are in forms that the reader knows: how upstream writes them was seen nowhere.
    """
    questions = Questions(knowledge, source, seed, FRENCHMEDMCQA_OPTIONS, (False, True))
    has_cases = source == "medical_cases_fr"
    for number, item in enumerate(questions.items(split, count, ("missing_option", "decomposed"), "fr")):
        series, place = divmod(number, 4)
        case = case_about(knowledge, item.fact, f"{seed}:{source}:{split}:{number}") if has_cases else ""
        options = [f"{letter}. {text}" for letter, text in zip("ABCDE", item.options, strict=True)]
        right = [options[i] for i in item.right]
        if has_cases and number == 1 and split == "train":
            # One row whose two answers disagree, which must be rejected.
            right = [option for option in options if option not in right]
        yield {
            "Specialite": FRENCH_SPECIALTIES[item.fact.specialty],
            "Serie": series + 1,
            "Question": place + 1,
            "N_Question": min(4, count - 4 * series),
            "Answer": "".join(_letters(item)),
            "instruction": "\n".join([*filter(None, [case, item.question]), *options]),
            "output": "\n".join(right),
        }


def _frbmedqa(knowledge: KnowledgeBase, split: str, count: int, seed: int) -> Iterator[str]:
    """Yield cloze questions: a statement whose object is the blank, on a passage that says it in other words."""
    wording = _BLANKED_WORDINGS[split]
    usable = [fact for fact in knowledge.facts if len(fact.objects) == 1 and _can_be_asked(fact)]
    for number, fact in enumerate(_first(usable, f"{seed}:frbmedqa:{split}", count)):
        answer = fact.objects[0].fr
        entities: list[dict[str, Any]] = [{"@entity0": answer}]
        if fact.relation in _SEMANTIC_GROUPS:
            entities[0]["semantic_groups"] = [_SEMANTIC_GROUPS[fact.relation]]
        entities += [{f"@entity{i}": term.fr} for i, term in enumerate(fact.false, start=1)]
        passage = f"{statement(fact, 1).fr} {case_about(knowledge, fact, f'{seed}:frbmedqa:{split}:{number}')}"
        yield _row(
            {
                "passage": _as_word(answer).sub("@entity0", passage),
                "question": _as_word(answer).sub("@placeholder", statement(fact, wording).fr, count=1),
                "entities_list": entities,
                # One answer that is no entity, which must be rejected.
                "answer": "@entity99" if number == 1 and split == "train" else "@entity0",
            }
        )


def _can_be_asked(fact: Fact) -> bool:
    """Say whether the object's text is, as it is, in each statement of `fact` that may be blanked."""
    word = _as_word(fact.objects[0].fr)
    return all(word.search(statement(fact, wording).fr) for wording in _BLANKED_WORDINGS.values())


def _as_word(text: str) -> re.Pattern[str]:
    """Return a pattern of `text` where it is not a part of another word."""
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
