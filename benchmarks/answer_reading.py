"""Measure how well answers in sentences are read: precision and recall of the lenient reading beside other programs'.

    python benchmarks/answer_reading.py [--answers N]
    python benchmarks/answer_reading.py --read-with lighteval

reads   benchmarks/answer_styles.jsonl (answers in the styles of instruct models, each with the letters that a reader
        found in it) and benchmarks/answer_readings.csv (what lighteval and inspect_ai read in them)
writes  with --read-with: that program's column of the csv, anew; it has to be installed, this project does not
prints  a line for each style, every false reading and every answer missed, and as its last line one JSON object; status
        1 where a reading is false, recall is below another program's, or the csv lacks an answer

The answers are invented and of French medical content; no model and no data set was asked. The style says what they
have in common, `expected` the letters that the answer names, none where it names none clearly. A reading is false where
it is not what the reader found, or the reader found nothing. Recall is of the answers in which letters were found.
Whoever wrote the answers wrote the reading too: the figures say which forms are known, not how often models use them.

lighteval is read as its multilingual metric reads letters (`IndicesExtractionConfig("NativeLetters")`; French, for
answers in English English); it extracts one letter, so that its recall of questions with one right answer stands
apart. inspect_ai's `parse_answers` reads "ANSWER: B", the form that its own prompts ask for.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
ANSWERS_PATH, READINGS_PATH = FOLDER / "answer_styles.jsonl", FOLDER / "answer_readings.csv"
OTHERS = ("lighteval", "inspect_ai")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Labelled:
    """An answer, how many options its question has, and the letters that a reader found in it ("" for none)."""

    style: str
    task: str
    options: int
    expected: str
    raw: str

    @property
    def letters(self) -> str:
        """The letters of the options."""
        return LETTERS[: self.options]

    @property
    def key(self) -> str:
        """What stands for the answer in the csv."""
        return hashlib.sha256(f"{self.task} {self.options} {self.raw}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of readings of some answers: how many hold letters, were read, and were read rightly."""

    named: int
    read: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the readings that are right; 1 of none."""
        return self.right / self.read if self.read else 1.0

    @property
    def recall(self) -> float:
        """Share of the answers with letters that are read rightly; 1 of none."""
        return self.right / self.named if self.named else 1.0


def read_answers(path: Path = ANSWERS_PATH) -> list[Labelled]:
    """Return the labelled answers."""
    return [Labelled(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def read_readings(path: Path = READINGS_PATH) -> dict[str, dict[str, str]]:
    """Return key of an answer -> program -> the letters that it reads."""
    if not path.is_file():
        return {}
    with open(path, encoding="utf-8", newline="") as handle:
        return {row["answer"]: row for row in csv.DictReader(handle)}


def our_reading(answer: Labelled) -> str:
    """Return the letters that the lenient reading finds."""
    from medinjection.prediction.parsing import parse_letters_lenient

    return "".join(answer.letters[i] for i in parse_letters_lenient(answer.raw, answer.letters, answer.task))


def score(answers: Sequence[Labelled], readings: Sequence[str]) -> Score:
    """Return the counts of `readings`, one an answer."""
    right = sum(bool(read) and read == answer.expected for answer, read in zip(answers, readings, strict=True))
    return Score(sum(bool(answer.expected) for answer in answers), sum(map(bool, readings)), right)


def figures(answers: Sequence[Labelled], ours: Sequence[str], others: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return precision and recall of all readings; `recall_one` is of questions with one right answer alone."""
    values: dict[str, Any] = {"answers": len(answers)}
    for name, readings in {"": ours, **others}.items():
        end = f"_{name}" if name else ""
        whole = score(answers, readings)
        one = [(a, r) for a, r in zip(answers, readings, strict=True) if a.task == "mcqu"]
        values |= {
            f"readings{end}": whole.read,
            f"false_readings{end}": whole.read - whole.right,
            f"precision{end}": round(whole.precision, 4),
            f"recall{end}": round(whole.recall, 4),
            f"recall_one{end}": round(score([a for a, _ in one], [r for _, r in one]).recall, 4),
        }
    return values


def other_reader(program: str) -> Callable[[Labelled], str]:
    """Return what reads letters as `program` does, which has to be installed.

    Raises:
        ImportError: it is not.
    """
    if program == "lighteval":
        from lighteval.metrics.utils import extractive_match_utils as lighteval
        from lighteval.utils.language import Language

        config = lighteval.IndicesExtractionConfig(prefix_for_extraction="NativeLetters")

        def read_by_lighteval(answer: Labelled) -> str:
            language = Language.ENGLISH if answer.style == "English" else Language.FRENCH
            patterns = lighteval.get_extraction_regexes_inspect([config], language, len_choices=answer.options)
            found = lighteval.extract_target_from_pred(answer.raw, patterns, "no_fallback", "any_match")
            return str(found[0]).strip("()").upper() if found else ""

        return read_by_lighteval
    from inspect_ai.model import ModelOutput
    from inspect_ai.solver import TaskState
    from inspect_ai.solver._multiple_choice import parse_answers

    def read_by_inspect(answer: Labelled) -> str:
        output = ModelOutput.from_content("any", answer.raw)
        state = TaskState(
            model="any/any",
            sample_id=0,
            epoch=0,
            input="",
            messages=[],
            choices=list(answer.letters),
            output=output,
        )
        return "".join(sorted(parse_answers(state, answer.task == "mcq")))

    return read_by_inspect


def write_readings(answers: Sequence[Labelled], program: str) -> None:
    """Write what `program` reads into its column of the csv; the other columns stay."""
    before, read = read_readings(), other_reader(program)
    with open(READINGS_PATH, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, ("answer", *OTHERS), lineterminator="\n")
        writer.writeheader()
        for answer in answers:
            row = {name: before.get(answer.key, {}).get(name, "") for name in OTHERS}
            writer.writerow({"answer": answer.key, **row, program: read(answer)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, help="how many of the answers, evenly drawn (default: all)")
    parser.add_argument("--read-with", choices=OTHERS, help="have this program read all answers, into the csv")
    arguments = parser.parse_args()
    answers = read_answers()
    if arguments.read_with:
        write_readings(answers, arguments.read_with)
        return 0
    if arguments.answers:
        answers = answers[:: max(1, len(answers) // arguments.answers)]
    ours, stored = [our_reading(answer) for answer in answers], read_readings()
    missing = [answer for answer in answers if answer.key not in stored]
    if missing:
        print(f"{READINGS_PATH}: lacks {len(missing)} answers, such as {missing[0].raw!r}: run --read-with first")
        return 1
    others = {name: [stored[answer.key][name] for answer in answers] for name in OTHERS}
    print(f"{'style':22}{'answers':>8}{'named':>7}" + "".join(f"{name:>20}" for name in ("ours", *OTHERS)))
    for style in dict.fromkeys(answer.style for answer in answers):
        places = [i for i, answer in enumerate(answers) if answer.style == style]
        chosen = [answers[i] for i in places]
        scores = [score(chosen, [readings[i] for i in places]) for readings in (ours, *others.values())]
        cells = "".join(f"{f'{one.right} right, {one.read - one.right} false':>20}" for one in scores)
        print(f"{style:22}{len(chosen):8}{scores[0].named:7}{cells}")
    for answer, read in zip(answers, ours, strict=True):
        if read != answer.expected:
            said = f"false, read {read}" if read else "missed"
            print(f"{said}: {answer.raw!r}, expected {answer.expected or 'none'}")
    values = figures(answers, ours, others)
    print(json.dumps(values))
    behind = any(values["recall"] < values[f"recall_{name}"] for name in OTHERS)
    return 1 if values["false_readings"] or behind else 0


if __name__ == "__main__":
    sys.exit(main())
