"""Measure the checks of translations on true ones, which should pass, and on the same with one fault planted each.

    python benchmarks/translation_checks.py DATA_FOLDER [--show]

reads   casimedicos_arg/{EN,FR}/*.tsv (CasiMedicos-Arg: clinical examination questions with five options at most, in
        English and French, sentence by sentence) and wmt_biomedical/ClinicalCasesWithEval (WMT 2022: clinical cases, a
        human reference and four systems) under DATA_FOLDER; one of them may be missing
prints  records and false alarms by corpus and check (with --show, each of them), the share of planted faults that is
        found, and as its last line one JSON object; status 1 where fewer than 100 records are found

A false alarm is a fault reported in a text that a human or a system in use really wrote for the English one; some of
these texts do have the fault: the reference of WMT, corrected by a clinician, converts units and changes values, and
three systems tidy what extraction garbled in its English ("Fig. Fig.1.1").
Faults are planted only in translations that pass, of questions with options. The bounds of the checks were chosen on
these same corpora: other texts will give somewhat more false alarms.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.records.errors import InputError
from medinjection.records.sampling import unit_interval
from medinjection.records.schema import LETTERS, Provenance, Record
from medinjection.scoring.translation.pairs import read_test_set
from medinjection.synthesis.translation import read_translation, translation_request
from medinjection.synthesis.translation_checks import Fault, faults
from medinjection.synthesis.units import find_quantities

CASES = "wmt_biomedical/ClinicalCasesWithEval"
FEWEST = 100
RIGHT_ONE = re.compile("(CORRECT ANSWER|BONNE RÉPONSE|RÉPONSE CORRECTE) ?:")
CHECKS = ("commands", "numbers", "units", "language", "answer")
OTHER_UNITS = {"mg": "g", "g": "mg", "mL": "L", "L": "mL", "mm": "cm", "cm": "mm", "%": "mg", "mmHg": "kPa", "kg": "g"}
OTHER_UNITS |= {"µg": "mg", "°C": "°F", "mmol": "mg", "mEq": "mg", "ng": "mg", "U": "mg", "µL": "dL", "": "mg"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A record and a translation of it: the object that a teacher would have answered."""

    corpus: str
    record: Record
    french: dict[str, str | list[str]]

    def faults(self) -> list[Fault]:
        """Return what the checks say of it."""
        return faults(json.loads(translation_request(self.record)), self.french, self.record.answer_indices)


def read_casimedicos(folder: Path) -> Iterator[Pair]:
    """Yield each question with its options, and its explanation as an open question."""
    for path in sorted((folder / "EN").glob("*.tsv")):
        english, french = (documents(folder / language / path.name) for language in ("EN", "FR"))
        for number, (one, other) in enumerate(zip(english, french, strict=True)):
            name = f"casimedicos:{path.stem}-{number}"
            ours, theirs = parts(one), parts(other)
            if len(ours["options"]) != len(theirs["options"]):
                continue
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
    right = next(
        i for i, text in enumerate(sentences) if re.match(r"(CORRECT ANSWER|.{0,3}BONNE RÉPONSE|RÉPONSE) ?.*:", text)
    )
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


def plant_number(pair: Pair) -> dict | None:
    """Change the last digit of a number of the French question or context to another."""
    return _changed_once(pair, r"\d(?!\d)", lambda digit, at: str((int(digit[0]) + 1 + at % 8) % 10))


def plant_unit(pair: Pair) -> dict | None:
    """Give a quantity of the French context or question another unit."""
    for key in ("context", "question"):
        text = str(pair.french.get(key) or "")
        for quantity in _in_turn(find_quantities(text), pair):
            if quantity.unit and not quantity.shared and text.count(quantity.text) == 1:
                number = re.match(r"[\d.,\s]*\d", quantity.text)[0]
                changed = f"{number} {OTHER_UNITS.get(quantity.unit.of, 'mg')}"
                return {**pair.french, key: text.replace(quantity.text, changed)}
    return None


def plant_english_option(pair: Pair) -> dict | None:
    """Leave one option, which has a French form, in English."""
    pairs = enumerate(zip(pair.record.options, pair.french["options"], strict=True))
    different = [index for index, (one, other) in pairs if one != other]
    if not different:
        return None
    index = _in_turn(different, pair)[0]
    options = [*pair.french["options"][:index], pair.record.options[index], *pair.french["options"][index + 1 :]]
    return {**pair.french, "options": options}


def plant_all_english_options(pair: Pair) -> dict:
    return {**pair.french, "options": list(pair.record.options)}


def plant_english_question(pair: Pair) -> dict:
    return {**pair.french, "question": pair.record.question}


def plant_english(pair: Pair) -> dict:
    return json.loads(translation_request(pair.record))


def plant_letter(pair: Pair) -> dict:
    letter = LETTERS[pair.record.answer_indices[0]]
    return {**pair.french, "question": f"{pair.french['question']} (Réponse : {letter})"}


def plant_text(pair: Pair) -> dict:
    answer = pair.french["options"][pair.record.answer_indices[0]]
    return {**pair.french, "question": f"{pair.french['question']} {answer}"}


def plant_dropped_option(pair: Pair) -> dict:
    index = _in_turn(range(len(pair.record.options)), pair)[0]
    return {**pair.french, "options": [text for i, text in enumerate(pair.french["options"]) if i != index]}


def plant_empty_option(pair: Pair) -> dict:
    index = _in_turn(range(len(pair.record.options)), pair)[0]
    return {**pair.french, "options": ["" if i == index else text for i, text in enumerate(pair.french["options"])]}


PLANTS: dict[str, Callable[[Pair], dict | None]] = {
    "number changed": plant_number,
    "unit changed": plant_unit,
    "option in English": plant_english_option,
    "all options in English": plant_all_english_options,
    "question in English": plant_english_question,
    "all in English": plant_english,
    "letter appended": plant_letter,
    "answer appended": plant_text,
    "option dropped": plant_dropped_option,
    "option emptied": plant_empty_option,
}


def _changed_once(pair: Pair, pattern: str, change: Callable[[re.Match, int], str]) -> dict | None:
    for key in ("context", "question"):
        text = str(pair.french.get(key) or "")
        if found := _in_turn(list(re.finditer(pattern, text)), pair):
            at = found[0]
            return {**pair.french, key: text[: at.start()] + change(at, at.start()) + text[at.end() :]}
    return None


def _in_turn(items: Sequence, pair: Pair) -> list:
    """Return the items from one on that depends on the record."""
    start = int(unit_interval("planted", pair.record.id) * len(items))
    return [*items[start:], *items[:start]]


def passes(pair: Pair, answer: dict) -> bool:
    try:
        read_translation(json.dumps(answer, ensure_ascii=False), pair.record)
    except InvalidAnswer:
        return False
    return True


def detected(pairs: Sequence[Pair]) -> dict[str, tuple[int, int]]:
    """Return for each fault in how many translations it was found, and in how many it was planted."""
    counts = {}
    for name, plant in PLANTS.items():
        planted = [(pair, answer) for pair in pairs if (answer := plant(pair)) is not None]
        counts[name] = (sum(not passes(pair, answer) for pair, answer in planted), len(planted))
    return counts


def read_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of both corpora. Raises InputError where `folder` has neither."""
    found = []
    for name, read in (("casimedicos_arg", read_casimedicos), (CASES, read_cases)):
        if (folder / name).is_dir():
            found += read(folder / name)
    if not found:
        raise InputError(f"{folder}: neither casimedicos_arg nor {CASES} is there")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of upstream's files, one folder a source")
    parser.add_argument("--show", action="store_true", help="also print each false alarm")
    arguments = parser.parse_args()
    try:
        pairs = read_pairs(arguments.folder)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    rows, alarms = Counter(pair.corpus for pair in pairs), Counter()
    passing = []
    for pair in pairs:
        found = pair.faults()
        alarms.update(
            (pair.corpus, check) for check in {fault.check for fault in found} | ({"any"} if found else set())
        )
        if arguments.show:
            for fault in found:
                print(f"{pair.corpus}: {pair.record.id}: {fault}")
        if not found and pair.record.options:
            passing.append(pair)
    rejects = {
        corpus: {check: round(alarms[corpus, check] / count, 4) for check in (*CHECKS, "any")}
        for corpus, count in rows.items()
    }
    for corpus, shares in rejects.items():
        told = ", ".join(f"{check} {share:.1%}" for check, share in shares.items())
        print(f"{corpus:26}{rows[corpus]:5} records, false alarms: {told}")
    counts = detected(passing)
    for name, (found, planted) in counts.items():
        print(f"{name:26}{planted:5} planted, {found / max(planted, 1):7.1%} found")
    shares = {name: round(found / planted, 4) for name, (found, planted) in counts.items() if planted}
    print(json.dumps({"records": len(pairs), "false_rejects": rejects, "detected": shares}))
    return 0 if len(pairs) >= FEWEST else 1


if __name__ == "__main__":
    sys.exit(main())
