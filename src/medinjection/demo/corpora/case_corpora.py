"""The clinical cases of the demonstration, in the formats of DEFT 2021 and DiaMED.

A case is a frame around general statements of the knowledge base; it describes nobody.
"""

import json
from collections.abc import Iterator

from medinjection.demo.corpora.rendered_file import RenderedFile, json_array, scaled
from medinjection.demo.knowledge.facts import Fact, KnowledgeBase
from medinjection.demo.knowledge.wording import STATEMENT_WORDINGS, statement
from medinjection.records.sampling import ranked

# As many as are listed by name: the files of a run are known before it starts.
DEFT_CASES = 12
_DEFT_TEST_CASES = 3
_DEFT_NAMES = tuple(f"filepdf-{number}-cas" for number in range(1, DEFT_CASES + 1))

CASE_FILES = (
    *(f"deft2021/DEFT-cas-cliniques/{name}.txt" for name in _DEFT_NAMES),
    "deft2021/distribution-corpus.txt",
    "deft2021/evaluations/ref-train-deft2021.txt",
    *(f"diamed/splits/{split}.json" for split in ("train", "validation", "test")),
)

_DIAMED_SIZES = {"train": (8, 4), "validation": (2, 1), "test": (2, 1)}
# Upstream's labels of the specialties that they name well; other cases are of states, signs and symptoms.
_DEFT_LABELS = {
    "cardiology": "cardiovasculaires",
    "gastroenterology": "digestif",
    "immunology_microbiology": "infections",
    "endocrinology": "endocriniennes",
    "neurology": "nerveux",
    "pulmonology": "respiratoire",
    "haematology": "hemopathies",
    "oncology": "tumeur",
}
_CHAPTERS = {
    "cardiology": "I00-I99  Diseases of the circulatory system",
    "gastroenterology": "K00-K95  Diseases of the digestive system",
    "immunology_microbiology": "A00-B99  Certain infectious and parasitic diseases",
    "endocrinology": "E00-E89  Endocrine, nutritional and metabolic diseases",
    "neurology": "G00-G99  Diseases of the nervous system",
    "pulmonology": "J00-J99  Diseases of the respiratory system",
    "haematology": "D50-D89  Diseases of the blood and blood-forming organs",
    "oncology": "C00-D49  Neoplasms",
    "psychiatry": "F01-F99  Mental, Behavioral and Neurodevelopmental disorders",
    "nephrology_urology": "N00-N99  Diseases of the genitourinary system",
}
_OTHER_CHAPTER = "R00-R99  Symptoms, signs and abnormal findings"
_OPENING = "Cas de démonstration, sans patient réel."
# Few: every choice question made from a case has the whole of it as context, and the tiny models read them all.
_SENTENCES = 3


def case_files(knowledge: KnowledgeBase, size: int, seed: int) -> Iterator[RenderedFile]:
    """Yield the files of CASE_FILES, in that order."""
    cases = dict(zip(_DEFT_NAMES, _cases(knowledge, "deft2021", DEFT_CASES, seed), strict=True))
    for name, (_, text) in cases.items():
        yield RenderedFile(f"deft2021/DEFT-cas-cliniques/{name}.txt", 1, iter([text]))
    parts = [
        f"{name}.txt\tcas\tfr\t{'test' if number < _DEFT_TEST_CASES else 'train'} 2021"
        for number, name in enumerate(_DEFT_NAMES)
    ]
    yield RenderedFile("deft2021/distribution-corpus.txt", len(parts), iter(parts))
    labels = [f"{name}.ann\t{_DEFT_LABELS.get(specialty, 'etatsosy')}\t" for name, (specialty, _) in cases.items()]
    yield RenderedFile("deft2021/evaluations/ref-train-deft2021.txt", len(labels), iter(labels))
    for split, (full, minimum) in _DIAMED_SIZES.items():
        count = scaled(size, full, minimum)
        yield json_array(f"diamed/splits/{split}.json", count, _diamed(knowledge, split, count, seed))


def _cases(knowledge: KnowledgeBase, name: str, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield specialty and text of cases; specialties take turns."""
    groups: dict[str, list[Fact]] = {}
    for fact in knowledge.facts:
        groups.setdefault(fact.specialty, []).append(fact)
    specialties = ranked(groups, f"{seed}:{name}", str)
    for number in range(count):
        specialty = specialties[number % len(specialties)]
        facts = ranked(groups[specialty], f"{seed}:{name}:{number}", lambda fact: fact.id)[:_SENTENCES]
        said = [statement(fact, place % STATEMENT_WORDINGS).fr for place, fact in enumerate(facts)]
        yield specialty, " ".join([_OPENING, *said])


def _diamed(knowledge: KnowledgeBase, split: str, count: int, seed: int) -> Iterator[str]:
    """Yield rows; like upstream's, the last training row has several cases and is left out by loaders."""
    for number, (specialty, text) in enumerate(_cases(knowledge, f"diamed:{split}", count, seed)):
        left_out = split == "train" and number == count - 1
        yield json.dumps(
            {
                "identifier": f"demo-{split}-{number}",
                "title": "Cas de démonstration",
                "clinical_case": text,
                "topic": specialty,
                "keywords": [],
                "icd-10": "Plusieurs cas cliniques" if left_out else _CHAPTERS.get(specialty, _OTHER_CHAPTER),
            },
            ensure_ascii=False,
        )
