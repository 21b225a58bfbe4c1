"""Options that refer to other options, and plain statements that look alike; wordings found in the real sources."""

import importlib.util
import os
from collections import Counter
from pathlib import Path

import pytest

from medinjection.sources.options.option_references import referring_options, refers_to_other_options

ROOT = Path(__file__).resolve().parents[2]

REFERRING = [
    "Aucune de ces réponses n'est exacte",
    "Aucune de ces réponses n’est exacte",
    "Aucun de ces signes",
    "Aucune des propositions ci-dessus",
    "Toutes les réponses sont justes",
    "Toutes les réponses ci-dessus",
    "Toutes les réponses (ci-dessus)",
    "Toutes les réponses",
    "Toutes les re\u0301ponses pre\u0301ce\u0301dentes conviennent",
    "Toutes ces réponses sont justes",
    "Les réponses A et B ci-dessus",
    "Les propositions A, B et C sont exactes",
    "Les propositions C+D",
    "réponses 1 et 3",
    "A + C",
    "A et C",
    "B + D",
    "All of the above",
    "All of above.",
    "all the above",
    "Any of the above",
    "None of the above",
    "d)\tNone of the above",
    "None of these",
    "All",
    "None.",
    "Both",
    "Both of the above.",
    "Both A and B",
    "Both (A) & (C)",
    "Both AB",
    "Both 1 and 2",
    "C and B",
    "Option 1 and 2",
    "Both option 2 and 3",
    "A,B",
    "a,c,d,b",
    "Answers 1, 2 and 5 are correct.",
    "Neither A nor B",
    "Either AB",
    "(a) and (b)",
    "None of the above - this is age-related incontinence",
    "None of the given options",
    "No correct answer",
    "All three",
    "Only answer 1 is correct.",
    "1 and 3 are correct",
    "All except C",
    "Toutes sauf la réponse C",
    "Seule la réponse B est exacte",
    "Seules A et C sont vraies",
    "Aucune n'est exacte",
    "Aucun des deux",
    "Aucun d'eux",
    "Aucun",
    "Tout est faux",
    "Tout ce qui précède",
    "Tous les deux",
    "Les deux à la fois",
    "Ni l'un ni l'autre",
]
PLAIN = [
    "Toutes les cellules de mesure utilisées en spectrophotométrie sont en verre",
    "Toutes les réponses immunitaires sont spécifiques",
    "Tous les dermatophytes ont une affinité pour la kératine",
    "Aucune contre-indication légale",
    "Les enzymes sont toutes situées dans la mitochondrie",
    "A",
    "AB",
    "E.coli",
    "T.pallidum",
    "B.C.G.",
    "D-dimer level",
    "C.Lymphome non hodgkinien",
    "A.Decrease in Km",
    "1,4 mg",
    "1-2 days",
    "1+2+3",
    "I and III only",
    "Vitamines A et D",
    "A, D, E, K",
    "All nucleated cells",
    "All motor branches",
    "Both GH and prolactin",
    "Both lateral and medial pterygoid muscle",
    "Both reason and assertion are true",
    "Above SMAS & above parotidomasseteric fascia",
    "None of the drugs crosses the placenta",
    "No treatment",
    "Two of the three enzymes",
    "All four limbs",
    "It is less moist than the others.",
    "Les deux reins",
    "Tous les jours",
    "Aucun enfant ne sera hémophile",
    "Tout ou rien",
    "Sérotypes A et B",
]


@pytest.mark.parametrize("text", REFERRING)
def test_option_that_refers_to_others(text):
    assert refers_to_other_options(["x1", "x2", "x3", "x4", text])


@pytest.mark.parametrize("text", PLAIN)
def test_option_that_is_a_plain_statement(text):
    assert not refers_to_other_options(["x1", "x2", "x3", "x4", text])


def test_letters_beyond_the_options_are_no_reference():
    assert refers_to_other_options(["x1", "x2", "x3", "A et D"])
    assert not refers_to_other_options(["x1", "x2", "A et D"])
    assert not refers_to_other_options(["A", "B", "AB", "O"])


def test_each_option_is_judged_for_itself():
    assert referring_options(["Insuline", "Glucagon", "A et B", "Toutes les cellules"]) == [False, False, True, False]
    assert referring_options([]) == []


@pytest.mark.parametrize(
    "options",
    [
        ["A,B", "A,C", "B,C", "ABC"],
        ["A,B,C,D", "A,C,D,B", "C,A,D,B", "D,C,B,A"],
        ["a", "c", "b, c", "a, d"],
        ["A et B", "A et C", "B et D", "C seulement"],
    ],
)
def test_letters_of_a_list_in_the_question_are_no_reference(options):
    assert not refers_to_other_options(options)


def test_letters_of_one_plain_option_are_a_reference():
    assert referring_options(["Insuline", "A et C", "Glucagon", "B et C"]) == [False, True, False, True]


def _benchmark():
    specification = importlib.util.spec_from_file_location(
        "option_references", ROOT / "benchmarks" / "option_references.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


BENCHMARK = _benchmark()


def test_labels_are_at_least_150_options_of_both_kinds_and_of_each_source_with_options():
    rows = BENCHMARK.read_labels()
    assert len({(row["file"], row["record"], row["letter"]) for row in rows}) == len(rows) >= 150
    labels = Counter(row["label"] for row in rows)
    assert set(labels) == {BENCHMARK.REFERS, BENCHMARK.STANDS_ALONE} and min(labels.values()) >= 50
    sources = {"frenchmedmcqa", "mediqal", "medmcqa", "medqa", "medxpertqa", "mmlu", "mmlu_pro"}
    assert {row["source"] for row in rows} == sources


def test_precision_and_recall_on_labelled_options():
    folder = os.environ.get("MEDINJECTION_DATA")
    if not folder:
        pytest.skip("set MEDINJECTION_DATA to the folder of upstream's files")
    judged = BENCHMARK.judge(Path(folder))
    if len(judged) < BENCHMARK.FEWEST:
        pytest.skip(f"{len(judged)} labelled options are under MEDINJECTION_DATA, {BENCHMARK.FEWEST} are needed")
    precision, recall = BENCHMARK.precision_and_recall(judged)
    assert precision >= 0.95 and recall >= 0.95


def test_figures_by_hand():
    judged = [
        BENCHMARK.Judged("s", str(n), "", n == 0, labelled, found)
        for n, (labelled, found) in enumerate(
            [(True, True), (True, True), (True, False), (False, True), (False, False)]
        )
    ]
    precision, recall = BENCHMARK.precision_and_recall(judged)
    assert precision == recall == 2 / 3
    assert BENCHMARK.figures(judged)["held_out_recall"] == 1.0
