"""Answers of teachers that are read: lists, letters, items and numbers."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.synthesis.answers import ChoiceItem, OpenItem, read_json, validated
from medinjection.synthesis.numbers import lost_numbers

# --- reading answers


ITEM = {"question": "Q", "answer": "A"}


@pytest.mark.parametrize(
    "text",
    [
        '[{"question": "Q", "answer": "A"}]',
        '```json\n[{"question": "Q", "answer": "A"}]\n```',
        'Voici [les questions] demandées :\n\n[{"question": "Q", "answer": "A",},]\n\nBonne lecture {vraiment} !',
        '<think>I could write [{"question": "X"}]</think>[{"question": "Q", "answer": "A"}]',
        '{"items": [{"question": "Q", "answer": "A"}]}',
        '[{"question": "Q", "answer": A}]',
        '[1] [{"answer": A, "question": "Q"}]',
    ],
)
def test_a_list_is_read_whatever_stands_around_it(text):
    assert read_json(text, list) == [ITEM]


def test_an_object_is_read_alone_or_in_a_list_of_one():
    assert read_json('Sure!\n{"question": "Q", "answer": "A"}', dict) == ITEM
    assert read_json('[{"question": "Q", "answer": "A"}]', dict) == ITEM


def test_repairs_leave_strings_alone():
    text = '[{"question": "Voici : A, B ,] et ,} ou [\\"x\\": C]\n", "answer": C , D}]'
    assert read_json(text, list) == [{"question": 'Voici : A, B ,] et ,} ou ["x": C]\n', "answer": "C , D"}]


@pytest.mark.parametrize(
    "text", ["", "Je ne peux pas.", '[{"question": "Q", "ans', "[1, 2]", "[]", '{"a": 1, "b": [{}]}']
)
def test_text_without_a_whole_list_is_invalid(text):
    with pytest.raises(InvalidAnswer, match="no complete JSON list"):
        read_json(text, list)


@given(st.lists(st.dictionaries(st.text(), st.text(), min_size=1), min_size=1, max_size=4))
def test_any_list_of_objects_comes_back(value):
    assert read_json(f"Réponse :\n```json\n{json.dumps(value, ensure_ascii=False)}\n```", list) == value


@pytest.mark.parametrize(
    ("answer", "letters"),
    [
        ("A", ["A"]),
        ("c, a", ["A", "C"]),
        (["B", "D"], ["B", "D"]),
        ("A et C", ["A", "C"]),
        ("A and C", ["A", "C"]),
        ("B.", ["B"]),
        ("(d)", ["D"]),
        ("A;B/C", ["A", "B", "C"]),
        (["a, b"], ["A", "B"]),
        ("A, A", ["A"]),
    ],
)
def test_letters_of_many_forms(answer, letters):
    item = {"question": "Q", "options": {"A": "1", "B": "2", "C": "3", "D": "4"}, "answer": answer}
    assert validated(ChoiceItem, item).answer == letters


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": "all of them"}, "answer: the right answers are 'all of them', expected letters"),
        ({"answer": ""}, "answer: the right answers are"),
        ({"answer": 1}, "answer: the right answers are not letters"),
        ({"question": " \n"}, "question: the text is empty"),
        ({"question": None}, "question: input should be a valid string"),
        ({"options": {"A": "x", "C": "y"}}, "options: options are lettered A, C, expected A, B"),
        ({"options": ["x", ""]}, "options.1: the text is empty"),
        ({"options": ["x", 3]}, "options.1: input should be a valid string"),
    ],
)
def test_a_wrong_choice_item_is_named_by_its_field(change, message):
    item = {"question": "Q", "options": ["x", "y"], "answer": "A", "note": "ignored"}
    assert validated(ChoiceItem, item).options == ["x", "y"]
    with pytest.raises(InvalidAnswer, match=re.escape(message)):
        validated(ChoiceItem, {**item, **change})


def test_an_open_item_takes_a_list_of_specialties_and_needs_a_task():
    item = {"task": 3, "instruction": "Classez.", "output": ["Cardiologie", "Oncologie"]}
    assert validated(OpenItem, item).output == "Cardiologie, Oncologie"
    with pytest.raises(InvalidAnswer, match="task: field required"):
        validated(OpenItem, {"instruction": "i", "output": "o"})


# --- numbers


@pytest.mark.parametrize(
    ("english", "french", "lost"),
    [
        ("2.5 mg twice", "2,5 mg deux fois", []),
        ("1,000 mL", "1000 mL", []),
        ("1,000 mL", "1\u202f000 mL", []),
        ("1,234.5 units", "1 234,5 unités", []),
        ("10,000,000", "10 000 000", []),
        ("0.05", "0,5", ["0.05"]),
        ("p<.05", "p < 0,05", []),
        ("120/80 mmHg, 37.2", "120/80 mmHg", ["37.2"]),
        ("10^2 and CO2", "10² et CO₂", []),
        ("10^2", "102", ["10", "2"]),
        ("1,2,3", "1, 2 et 3", []),
        ("2 of 2 and 5", "deux sur deux et 5", []),
        ("2 of two and 5", "deux et 5", ["2"]),
        ("25 of 25", "vingt-cinq", ["25"]),
        ("1 week, 1 mg", "une semaine", []),
        ("1 mg", "un mg", ["1"]),
        ("10 000 units at 7 pm", "10000 unités à 19 h", []),
        ("at 7 am", "à 19 h", ["7"]),
        ("an FEV1 of 55%, 5000/mm3", "un VEMS de 55 %, 5 000/µL", []),
        ("no number", "aucun", []),
    ],
)
def test_lost_numbers(english, french, lost):
    assert lost_numbers(english, french) == lost


@given(st.lists(st.decimals(0, 99999, places=2), max_size=6))
def test_decimals_may_take_a_comma_but_not_vanish(values):
    english = "; ".join(f"{value} mg" for value in values)
    assert lost_numbers(english, english.replace(".", ",")) == []
    assert len(lost_numbers(english, "rien")) == len({str(value) for value in values})


def test_no_number_of_real_records_is_lost_in_themselves(real_data):
    lines = next((real_data / "medmcqa").glob("*.json")).read_text(encoding="utf-8").splitlines()[:2000]
    for line in lines:
        for key in ("question", "opa", "opb", "opc", "opd"):
            text = json.loads(line)[key]
            assert lost_numbers(text, text) == []
            assert lost_numbers(text, re.sub(r"(\d)\.(\d)", r"\1,\2", text)) == []
