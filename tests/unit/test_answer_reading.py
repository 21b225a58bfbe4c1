"""`benchmarks/answer_reading.py`: the lenient reading on labelled answers, beside what other programs read."""

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "benchmarks" / "answer_reading.py"


def _benchmark():
    specification = importlib.util.spec_from_file_location("answer_reading", PROGRAM)
    module = importlib.util.module_from_spec(specification)
    sys.modules["answer_reading"] = module
    specification.loader.exec_module(module)
    return module


BENCHMARK = _benchmark()
ANSWERS = BENCHMARK.read_answers()


def test_at_least_200_answers_are_labelled_each_once_with_letters_of_its_options():
    assert len({answer.key for answer in ANSWERS}) == len(ANSWERS) >= 200
    tasks = Counter((answer.task, bool(answer.expected)) for answer in ANSWERS)
    assert set(tasks) == {(task, named) for task in ("mcq", "mcqu") for named in (True, False)}
    for answer in ANSWERS:
        assert answer.expected == "".join(sorted(set(answer.expected)))
        assert set(answer.expected) <= set(answer.letters)
        assert answer.task == "mcq" or len(answer.expected) <= 1


def test_no_reading_is_false_and_recall_is_at_least_that_of_other_programs():
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["answers"], found["false_readings"]) == (len(ANSWERS), 0)
    assert found["recall"] >= 0.95
    assert found["recall"] >= found["recall_lighteval"] > 0
    assert found["recall_one"] >= found["recall_one_lighteval"]
    assert found["recall"] >= found["recall_inspect_ai"] > 0


def test_every_answer_has_a_stored_reading_of_the_other_programs():
    readings = BENCHMARK.read_readings()
    assert {answer.key for answer in ANSWERS} == set(readings)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        # Two answers hold letters; one is read rightly, one falsely, and the third is read where there is nothing.
        (["B", "AD", "C"], (2, 3, 1)),
        (["", "AC", ""], (2, 1, 1)),
    ],
)
def test_scores_are_counts_by_hand(read, expected):
    answers = [
        BENCHMARK.Labelled("s", "mcqu", 4, "B", "Réponse : B"),
        BENCHMARK.Labelled("s", "mcq", 4, "AC", "Réponses : A et C"),
        BENCHMARK.Labelled("s", "mcqu", 4, "", "la vitamine C"),
    ]
    score = BENCHMARK.score(answers, read)
    assert (score.named, score.read, score.right) == expected
    assert (score.precision, score.recall) == (expected[2] / expected[1], expected[2] / expected[0])
