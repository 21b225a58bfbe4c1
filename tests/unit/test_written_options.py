"""Options and answers in plain text: the forms that are read, and what is refused; the two sets by mlabonne."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples_native import CASES_EVAL, CASES_TRAIN, MQCA_TRAIN, exam_instruction, exam_row
from support.source_sample import write_parquet

from medinjection.records.conservation import Reject
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS, InvalidRecord
from medinjection.sources.options.written_options import named_options, question_and_options
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.registry import load_registry

REGISTRY = load_registry(Path(__file__).parents[2] / "config/sources.yaml")
OPTIONS = ["Bisoprolol", "Vitamine B, C et D", "Aténolol", "E. coli"]


@pytest.mark.parametrize("style", ["{}. ", "{}) ", "({}) ", "{} : ", "{} - ", "- {}. ", "  {}.", "{}/lower) "])
def test_options_on_lines_of_their_own(style):
    lower = "/lower" in style
    marks = [style.replace("/lower", "").format(letter.lower() if lower else letter) for letter in "ABCD"]
    lines = ["Un cas.", "A. baumannii résiste. Lesquels ?", "", *map("".join, zip(marks, OPTIONS, strict=True))]
    question, options = question_and_options("\n".join(lines))
    if style != "{}. ":
        assert question == "Un cas.\nA. baumannii résiste. Lesquels ?"
    assert options == OPTIONS


@pytest.mark.parametrize(
    ("text", "question", "options"),
    [
        ("Q ?\n\nA. un\n\nB. deux\n", "Q ?", ["un", "deux"]),
        ("Q ?\nA. un\n  suite\nB. deux", "Q ?", ["un\nsuite", "deux"]),
        ("1 ?\nA. a\nB. b\nQ ?\nA. un\nB. deux", "1 ?\nA. a\nB. b\nQ ?", ["un", "deux"]),
        ("Q ?\nA. (B) ou (C)\nB. B: non", "Q ?", ["(B) ou (C)", "B: non"]),
    ],
)
def test_where_options_begin_and_end(text, question, options):
    assert question_and_options(text) == (question, options)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Quel examen demandez-vous ?", "no options on lines such as 'A. text': 'Quel examen demandez-vous ?'"),
        ("Q ? A. un B. deux", "no options on lines such as 'A. text'"),
        ("Q ?\n- un\n- deux", "no options on lines such as 'A. text'"),
        ("Q ?\nA. un\nB) deux", "no options on lines such as 'A. text'"),
        ("A. un\nB. deux", "no question before the options"),
        ("Q ?\nA. un\nB.\nC. trois", "option B is empty"),
        ("Q ?\nA. un\nB. deux\nD. quatre", "after 2 options, the letter D: 'D. quatre'"),
        (
            "Q ?\nA. un\nB. deux\nRéponse :",
            "text after the last option, which may or may not belong to it: 'Réponse :'",
        ),
    ],
)
def test_options_that_are_not_read(text, reason):
    with pytest.raises(InvalidRecord) as error:
        question_and_options(text)
    assert str(error.value).startswith(reason)


@pytest.mark.parametrize(
    ("answer", "indices"),
    [
        ("A", [0]),
        ("c", [2]),
        ("AC", [0, 2]),
        ("A, C.", [0, 2]),
        ("C;A", [0, 2]),
        ("A et C", [0, 2]),
        ("A, B et C", [0, 1, 2]),
        ("(A) (C)", [0, 2]),
        ("La bonne réponse est B", [1]),
        ("Les réponses correctes sont : A, C", [0, 2]),
        ("Réponses\xa0: A, C", [0, 2]),
        ("A. Bisoprolol", [0]),
        ("A) bisoprolol.\n\nC) Aténolol", [0, 2]),
        ("La réponse est D. E. coli", [3]),
        ("Bisoprolol", [0]),
        ("bisoprolol ; aténolol", [0, 2]),
        ("Bisoprolol, Aténolol", [0, 2]),
        ("- Aténolol\n- Vitamine B, C et D", [1, 2]),
        ("Vitamine B, C et D", [1]),
    ],
)
def test_answers_that_are_read(answer, indices):
    assert named_options(answer, OPTIONS, "output") == indices


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            "Le bisoprolol est un bêtabloquant.",
            "output is read neither as letters nor as options: 'Le bisoprolol",
        ),
        ("A car le bisoprolol est un bêtabloquant", "output is read neither as letters nor as options"),
        ("1, 3", "output is read neither as letters nor as options"),
        ("A. Aténolol", "output has the letter A with another text than that option: 'Aténolol'"),
        ("A, F", "output names F, which is beyond the 4 options"),
        ("A, A", "output names an option twice"),
        ("Bisoprolol, Propranolol", "output is read neither as letters nor as options"),
        ("x" * 500, "output is read neither as letters nor as options: '" + "x" * 80 + "…'"),
    ],
)
def test_answers_that_are_not_read(answer, reason):
    with pytest.raises(InvalidRecord) as error:
        named_options(answer, OPTIONS, "output")
    assert str(error.value).startswith(reason)


def test_an_option_that_reads_like_another_letter_is_not_guessed_at():
    with pytest.raises(InvalidRecord, match="output can be read as several answers: 'B'"):
        named_options("B", ["B", "C", "D"], "output")
    assert named_options("A", ["A", "B", "C"], "output") == [0]


@given(st.sets(st.integers(0, 3), min_size=1))
def test_every_way_to_write_an_answer_names_the_same_options(indices):
    chosen = sorted(indices)
    letters = [LETTERS[i] for i in chosen]
    for text in (
        "".join(letters),
        ", ".join(letters),
        "\n".join(f"{letter}. {OPTIONS[i]}" for letter, i in zip(letters, chosen, strict=True)),
        " ; ".join(OPTIONS[i] for i in chosen),
    ):
        assert named_options(text, OPTIONS, "Answer") == chosen


# medical-cases-fr and medical-mqca-fr


def items_of(folder, name, rows, source="medical_cases_fr"):
    write_parquet(folder / name, rows)
    return list(reader_of(REGISTRY[source])(folder, REGISTRY[source]))


def test_records_and_splits(tmp_path):
    items_of(tmp_path, CASES_TRAIN, [exam_row(1)])
    one, two = items_of(tmp_path, CASES_EVAL, [exam_row(2, Answer=None, output="Aténolol, Bisoprolol")])
    assert (one.split, two.split) == ("train", "validation")
    assert one.question == "Question 1\xa0: lesquels sont des bêtabloquants\xa0?"
    assert (one.task, one.gold_letters, one.answer) == ("mcq", ("A", "C"), "Bisoprolol, Aténolol")
    assert (two.options, two.answer_indices, two.specialty_raw) == (one.options, (0, 2), "Cardiologie")
    (other,) = [
        item
        for item in items_of(tmp_path, MQCA_TRAIN, [exam_row(1)], "medical_mqca_fr")
        if not isinstance(item, Reject)
    ]
    assert (other.source, other.options) == ("medical_mqca_fr", one.options)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Answer": "AB"}, "the right answers are given in two ways: Answer names A, B and output names A, C"),
        ({"Answer": "Bisoprolol", "output": "B"}, "the right answers are given in two ways: Answer names A and output"),
        ({"Answer": " ", "output": None}, "neither Answer nor output says anything"),
        ({"output": "Ce sont des bêtabloquants."}, "output is read neither as letters nor as options: 'Ce sont des"),
        ({"instruction": "Lesquels ?"}, "no options on lines such as 'A. text': 'Lesquels ?'"),
    ],
)
def test_what_is_unclear_is_rejected_with_what_was_found(tmp_path, changes, reason):
    good, reject = items_of(tmp_path, CASES_TRAIN, [exam_row(1), exam_row(2, **changes)])
    assert not isinstance(good, Reject)
    assert reject.reason.startswith(reason)
    assert "Question 2" in reject.raw or "Lesquels" in reject.raw


def test_a_set_written_in_another_form_is_refused_with_its_first_row(tmp_path):
    rows = [exam_row(i, instruction=f"Quel examen {i} ?", output="Un électrocardiogramme") for i in range(3)]
    with pytest.raises(InputError) as error:
        items_of(tmp_path, CASES_TRAIN, rows)
    message = str(error.value)
    assert "no row makes a record (no options on lines such as 'A. text': 'Quel examen 0 ?': 3 of 3)" in message
    assert '"output": "Un électrocardiogramme"} in the first row, expected options on lines' in message


def test_other_columns_are_refused_with_both_lists(tmp_path):
    with pytest.raises(InputError) as error:
        items_of(tmp_path, CASES_TRAIN, [{"Specialite": "x", "Contexte": "y"}])
    assert "missing column(s) Serie, Question, N_Question, Answer, instruction, output; found" in str(error.value)


def test_numbers_may_be_texts_and_a_question_may_be_one_too(tmp_path):
    row = exam_row(1, Serie="3", Question="Lesquels ?", instruction=exam_instruction("Lesquels ?"))
    (record,) = items_of(tmp_path, CASES_TRAIN, [row])
    assert record.question == "Lesquels ?"
