import csv
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.choice_predictions import answered, prediction, table
from support.records import drug_question

from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_table
from medinjection.records.schema import records_to_table
from medinjection.scoring.slices.kinds import records_by_part
from medinjection.scoring.slices.languages import language_rows
from medinjection.scoring.slices.negation import is_negated
from medinjection.scoring.slices.scores import FEW, slice_items, slice_rows

ROOT = Path(__file__).resolve().parents[2]

NEGATED = [
    "Parmi les propositions suivantes, une seule est fausse. Laquelle ?",
    "Quelle(s) est (sont) la (les) proposition(s) inexacte(s) : La trinitrine :",
    "Quelle est la proposition erronée ?",
    "Toutes les affirmations suivantes sont exactes sauf une. Laquelle ?",
    "On observe tous les signes suivants, à l’exception d’un seul. Lequel ?",
    "Laquelle n’est pas une contre-indication à l’héparine ?",
    "Quel médicament n'utilise-t-on jamais chez l'enfant ?",
    "Quelles substances ne peuvent être identifiées par cette réaction ?",
    "Une seule molécule n'appartient pas à cette famille :",
    "Quel est le caractère non retrouvé dans l'érythème noueux ?",
    "Cherchez l'intrus :",
]
PLAIN = [
    "Parmi les propositions suivantes, laquelle est exacte ?",
    "Quel médicament est contre-indiqué chez la femme enceinte ?",
    "Quel macrolide ne nécessite qu'une prise par jour ?",
    "Devant un patient qui ne répond pas au traitement, que faites-vous ?",
    "Quel traitement proposez-vous chez un patient qui ne tolère pas l'aspirine ?",
    "Parmi les anti-inflammatoires non stéroïdiens, lequel choisissez-vous ?",
    "Quelle est la cause la plus fréquente des fausses couches ?",
    "Le test a donné 10 faux positifs. Quelle est sa spécificité ?",
    "Que prescrivez-vous, sauf contre-indication ?",
    "Une femme n'ayant pas d'antécédent consulte. Quel examen demandez-vous ?",
]


@pytest.mark.parametrize("question", NEGATED)
def test_negated_stems(question):
    assert is_negated(question)
    assert is_negated(question.upper())


@pytest.mark.parametrize("question", PLAIN)
def test_plain_stems(question):
    assert not is_negated(question)


def _benchmark():
    path = ROOT / "benchmarks" / "negated_stems.py"
    specification = importlib.util.spec_from_file_location("negated_stems", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_precision_and_recall_on_labelled_stems():
    folder = os.environ.get("MEDINJECTION_DATA")
    if not folder:
        pytest.skip("set MEDINJECTION_DATA to the folder of upstream's files")
    benchmark = _benchmark()
    judged = benchmark.judge(Path(folder))
    if len(judged) < benchmark.FEWEST:
        pytest.skip(f"{len(judged)} labelled stems are under MEDINJECTION_DATA, {benchmark.FEWEST} are needed")
    found = benchmark.figures(judged)
    assert found["precision"] >= 0.98 and found["recall"] >= 0.97


def records():
    return [
        drug_question(1, (0,), specialty="cardiology", context="Un cas.", question_type="Reasoning"),
        drug_question(2, (0, 1), question="Laquelle est fausse ?", question_type="Understanding"),
        drug_question(3, (2,), component="translated"),
    ]


def test_parts_of_questions():
    found = {part: set(ids.to_pylist()) for part, ids in records_by_part(records_to_table(records())).items()}
    assert found == {
        ("specialty", "cardiology"): {"r:1"},
        ("specialty", "none"): {"r:2", "r:3"},
        ("case", "alone"): {"r:2", "r:3"},
        ("case", "with case"): {"r:1"},
        ("question_type", "Reasoning"): {"r:1"},
        ("question_type", "Understanding"): {"r:2"},
        ("component", "native"): {"r:1", "r:2"},
        ("component", "translated"): {"r:3"},
        ("right_options", "1"): {"r:1", "r:3"},
        ("right_options", "2"): {"r:2"},
        ("stem", "negated"): {"r:2"},
        ("stem", "plain"): {"r:1", "r:3"},
    }
    assert [kind for kind, _ in found][:4] == ["specialty", "specialty", "case", "case"]


def answers():
    four = (0, 1, 2, 3)
    return [
        # mcqu right in one of two orders; mcq with one discordance; mcqu wrong.
        prediction(1, [0], [0], source="r", task="mcqu", shown=four),
        prediction(1, [3], [0], source="r", task="mcqu", shown=four, order=1),
        prediction(2, [0], [0, 1], source="r", shown=four),
        prediction(3, [0], [2], source="r", task="mcqu", shown=four),
    ]


def found(rows, **wanted):
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return row


def test_scores_of_parts_by_hand():
    rows = slice_rows(slice_items(table(answers())), records_by_part(records_to_table(records())), seed=1)
    alone = found(rows, slice="case", value="alone")
    assert (alone["n"], alone["note"]) == (2, FEW)
    assert (alone["exact_match"], alone["hamming"], alone["mark"]) == (0, 0.25, 5)
    # Chance: one of 15 sets and one of four options; points of the mcq (1 + 4 * 0.5 + 5 * 0.2) / 15.
    assert alone["chance_exact_match"] == pytest.approx((1 / 15 + 1 / 4) / 2)
    assert alone["chance_mark"] == pytest.approx(20 * (4 / 15 + 1 / 4) / 2)
    case = found(rows, slice="case", value="with case")
    assert (case["exact_match"], case["mark"]) == (0.5, 10)


def test_thirty_questions_are_enough():
    made = [drug_question(i, (0,), source="src") for i in range(30)]
    rows = slice_rows(
        slice_items(table(answered("NAT", [[True]] * 30))), records_by_part(records_to_table(made)), seed=1
    )
    assert found(rows, slice="case", value="alone")["note"] == ""


def test_an_answer_to_an_unknown_question_is_refused():
    with pytest.raises(InputError, match="record r:3 was answered, but is not among the questions"):
        slice_rows(slice_items(table(answers())), records_by_part(records_to_table(records()[:2])), seed=1)


def test_the_program_scores_parts(tmp_path):
    write_table(tmp_path / "choice.parquet", table(answers()))
    write_records(tmp_path / "questions.parquet", records())
    command = [sys.executable, ROOT / "workflow/scripts/score_slices.py", "--predictions", tmp_path / "choice.parquet"]
    command += ["--questions", tmp_path / "questions.parquet", "--output", tmp_path / "slices.csv"]
    subprocess.run(command, check=True)
    with open(tmp_path / "slices.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert found(rows, slice="stem", value="negated")["mark"] == "10"


# Languages


def test_the_same_questions_in_two_languages():
    french = table(answered("NAT", [[1, 1], [0, 0], [1, 0], [0, 0]], (0, 1)))
    english = table(answered("NAT", [[1, 1], [1, 1], [1, 1]], (0, 1)))
    row = found(language_rows(french, english, seed=1), source="all")
    assert (row["n"], row["not_in_english"]) == (3, 1)
    assert row["exact_match_fr"] == pytest.approx((1 + 0 + 0.5) / 3)
    assert (row["exact_match_en"], row["difference"]) == (1, pytest.approx(-0.5))
    # In the published order the second question alone is right in one language only.
    assert (row["only_fr_right"], row["only_en_right"], row["p_mcnemar"]) == (0, 1, 1)


def test_questions_that_differ_between_languages_are_refused():
    french = table([prediction(1, [0], [0])])
    for other, said in (
        (prediction(1, [0], [1]), "record src:1: other right options in English than in French"),
        (prediction(1, [0], [0], shown=(0, 1, 2)), "record src:1: another number of options"),
        (prediction(1, [0], [0], model="SYN"), "answers in French of .'NAT'., in English of .'SYN'."),
    ):
        with pytest.raises(InputError, match=said):
            language_rows(french, table([other]), seed=1)


def test_the_program_compares_languages(tmp_path):
    for name, hits in (("fr", [[1], [0]]), ("en", [[1], [1]])):
        write_table(tmp_path / f"{name}.parquet", table(answered("NAT", hits)))
    command = [sys.executable, ROOT / "workflow/scripts/score_languages.py", "--models", "NAT", "--french"]
    command += [tmp_path / "fr.parquet", "--english", tmp_path / "en.parquet", "--output", tmp_path / "languages.csv"]
    subprocess.run(command, check=True)
    with open(tmp_path / "languages.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert found(rows, source="src")["difference"] == "-0.5"
