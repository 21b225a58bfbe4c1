"""Measure the checks of translations on true ones, which should pass, and on the same with one fault planted each.

    python benchmarks/translation_checks.py DATA_FOLDER [--show]

reads   casimedicos_arg/{EN,FR}/*.tsv (CasiMedicos-Arg: clinical examination questions with five options at most, in
        English and French, sentence by sentence) and wmt_biomedical/ClinicalCasesWithEval (WMT 2022: clinical cases, a
        human reference and four systems) under DATA_FOLDER; one of them may be missing
prints  records and false alarms by corpus and check (with --show, each of them), the share of planted faults that is
        found, and as its last line one JSON object; status 1 where fewer than 100 records are found

A false alarm is a fault reported in a text that a human or a system in use really wrote for the English one; some of
these texts do have the fault. Human references say small numbers in words, which the prompt of the teachers forbids.
Faults are planted only in translations that pass. Nothing here was tuned on the training half of CasiMedicos-Arg apart
from what the module of each check says.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medinjection.llm.conversation import InvalidAnswer
from medinjection.records.errors import InputError
from medinjection.records.sampling import unit_interval
from medinjection.records.schema import LETTERS, Provenance, Record
from medinjection.scoring.translation_pairs import read_test_set
from medinjection.synthesis.translation import read_translation, translation_request
from medinjection.synthesis.translation_checks import Fault, faults
from medinjection.synthesis.units import find_quantities

CASES = "wmt_biomedical/ClinicalCasesWithEval"
FEWEST = 100
OTHER_UNITS = {"mg": "g", "g": "mg", "mL": "L", "L": "mL", "mm": "cm", "cm": "mm", "%": "mg", "mmHg": "kPa", "kg": "g"}
OTHER_UNITS |= {"µg": "mg", "°C": "°F", "mmol": "mg", "mEq": "mg", "ng": "mg", "U": "mg", "µL": "dL", "": "mg"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A record and a translation of it: the object that a teacher would have answered."""

    corpus: str
    record: Record
    french: dict[str, str | list[str]]

    def faults(self) -> list[Fault]:
        return faults(json.loads(translation_request(self.record)), self.french, self.record.answer_indices)


def read_casimedicos(folder: Path) -> Iterator[Pair]:
    """Yield each question with its options, and its explanation as an open question."""
    for path in sorted((folder / "EN").glob("*.tsv")):
        english, french = (documents(folder / language / path.name) for language in ("EN", "FR"))
        for number, (one, other) in enumerate(zip(english, french, strict=True)):
            name = f"casimedicos:{path.stem}-{number}"
            ours, theirs = parts(one), parts(other)
            texts = [text for text in zip(ours["options"], theirs["options"], strict=True) if "nan" not in text]
            if 0 <= ours["right"] < len(texts):
                options = [list(side) for side in zip(*texts, strict=True)]
                values = {"task": "mcqu", "options": tuple(options[0]), "answer_indices": (ours["right"],)}
                yield pair("CasiMedicos", name, ours, theirs | {"options": options[1]}, **values, answer="x")
            if ours["answer"] and theirs["answer"]:
                yield pair("CasiMedicos explanations", f"{name}-e", ours, theirs, task="oeq", answer=ours["answer"])


def pair(corpus: str, name: str, ours: dict, theirs: dict, **values: object) -> Pair:
    """Return a pair; `theirs` may hold more than the record does."""
    fixed = {"component": "translated", "source": name.split(":", 1)[0], "split": "train", "shufflable": True}
    texts = {"question": ours["question"], "context": ours.get("context") or None}
    missing = {"options": (), "answer_indices": (), "licence": "CC-BY-4.0", "provenance": Provenance("x", "x", "x")}
    record = Record(id=name, **{**fixed, **texts, **missing, **values})
    return Pair(corpus, record, {key: theirs[key] for key in json.loads(translation_request(record))})


def documents(path: Path) -> list[list[str]]:
    """Return the documents of a file, each as its sentences."""
    sentences = [" ".join(line.split()[0] for line in block.splitlines() if line.split()) for block in blocks(path)]
    starts = [index for index, text in enumerate(sentences) if text.startswith("QUESTION TYPE")]
    return [sentences[start:end] for start, end in zip(starts, [*starts[1:], len(sentences)], strict=True)]


def blocks(path: Path) -> list[str]:
    return [block for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")) if block.strip()]


def parts(sentences: Sequence[str]) -> dict:
    """Return question (the last sentence before the options), context, options, index of the right one, explanation."""
    first = next(i for i, text in enumerate(sentences) if re.match(r"1 ?-", text))
    right = next(i for i, text in enumerate(sentences) if re.match(r"(CORRECT ANSWER|BONNE RÉPONSE) ?:", text))
    before = sentences[2:first]
    return {
        "question": before[-1],
        "context": " ".join(before[:-1]),
        "options": [re.sub(r"^\d ?- ?", "", text) for text in sentences[first:right]],
        "right": int(re.search(r"\d+", sentences[right])[0]) - 1,
        "answer": " ".join(sentences[right + 1 :]),
    }


def read_cases(folder: Path) -> Iterator[Pair]:
    """Yield each sentence of the clinical cases with each of its translations."""
    for kind in ("AB", "FT"):
        segments, _ = read_test_set(folder / kind, "clinical_cases", "*", {}, None, 0)
        for segment in segments:
            for system, text in {"reference": segment.reference, **segment.outputs}.items():
                name = f"wmt:{kind}-{segment.segment_id}"
                ours, theirs = ({"question": "-", "answer": side} for side in (segment.source, text))
                yield pair(f"WMT {system}", name, ours, theirs, task="oeq", answer=segment.source)
