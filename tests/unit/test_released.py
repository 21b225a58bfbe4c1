"""The released dataset: rows of both forms, what is refused, and prompts taken apart as they were put together."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.normalised import normalise
from support.prompts import PROMPTS

from medinjection.records.chat import assistant_turn, user_turn
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, write_records
from medinjection.records.schema import Record
from medinjection.records.text import clean, folded
from medinjection.sources.readers.release.released import read
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "config/sources.yaml")
SPECIALTIES = load_specialties(ROOT / "config/specialties.yaml")
PROMPT = (
    "Quelle vitamine prévient le scorbut ?\nUne seule réponse est correcte.\nChoix de réponses :\n(A) Vitamine A\n(B) C"
)


def run(folder: Path, rows: list, name: str = "Train/mcqu/mcqu_train.json", source: str = "released_native"):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    result = normalise(REGISTRY[source], folder, SPECIALTIES)
    assert result.rows_in == len(result.kept) + len(result.rejects) == len(rows)
    return result


def said(user: str, assistant: str | None = None, **keys: object) -> dict:
    turns = [{"role": "user", "content": user}]
    turns += [{"role": "assistant", "content": assistant}] if assistant is not None else []
    return {"messages": turns, **keys}


@pytest.mark.parametrize(
    "row",
    [
        said(PROMPT, "B"),
        said(PROMPT, answer="B", classes=["A", "B"]),
        said(PROMPT, "quelque chose", answer=["B"]),
        said(PROMPT, "B")["messages"],
        [{"role": "system", "content": "Tu es médecin."}, *said(PROMPT, "B")["messages"]],
        {"user_prompt": PROMPT, "classes": ["A", "B"], "answer": "B"},
        {"user_prompt": f"{PROMPT}\nRéponse : ", "answer": ["B"]},
        {"user_prompt": PROMPT, **said(PROMPT, "quelque chose", answer="B")},
        {"instruction": PROMPT, "context": None, "answer": "B", "type": "MCQ", "origin": "Native"},
        {"instruction": PROMPT.replace("Une seule réponse est correcte.\n", ""), "context": " ", "answer": "B"},
    ],
)
def test_forms_of_one_question(tmp_path, row):
    [record] = run(tmp_path, [row], "Train/mcq/mcq_train.json").kept
    assert record.question == "Quelle vitamine prévient le scorbut ?"
    assert (record.options, record.answer_indices, record.task) == (("Vitamine A", "C"), (1,), "mcq")
    assert (record.context, record.split, record.component) == (None, "train", "native")
    assert (record.source, record.licence) == ("released_native", "MIT")


def test_the_file_tells_the_task_whatever_the_number_of_letters(tmp_path):
    prompt = "Lesquelles ?\nChoix de réponses :\n(A) E. coli\n(B) B.\n deuxième ligne\n(C) (A) et B"
    rows = [said(prompt, answer="A, C"), {"instruction": prompt, "context": "Un cas.", "answer": "B C", "type": "MCQU"}]
    first, second = run(tmp_path, rows, "Train/mcq/mcq_train.json").kept
    assert (first.options, first.answer_indices) == (("E. coli", "B.\n deuxième ligne", "(A) et B"), (0, 2))
    assert (first.task, second.task, second.answer_indices, second.context) == ("mcq", "mcq", (1, 2), "Un cas.")
    (tmp_path / "Train/mcq/mcq_train.json").unlink()
    result = run(tmp_path, [said(PROMPT, "B"), *rows[:1]], "Train/mcqu/mcqu_train.json")
    assert [(record.task, record.gold_letters) for record in result.kept] == [("mcqu", ("B",))]
    assert [reject.reason for reject in result.rejects] == ["2 right answers, expected exactly one (task mcqu)"]


def test_a_choice_question_in_a_file_of_open_ones_is_rejected(tmp_path):
    [reject] = run(tmp_path, [said("Quel stade ?", "I"), said(PROMPT, "B")], "Test/oeq/oeq_test.json").rejects
    assert reject.reason == "a choice question where the registry has no choice_task for the file or its source"


def test_open_questions_in_the_form_of_the_later_program(tmp_path):
    rows = [{"user_prompt": "Que faire ?\nRéponse :", "answer": "Une radio.\nRéponse : non"}, said("Quoi ?", "Rien.")]
    first, second = run(tmp_path, rows, "Test/oeq/oeq_test.json").kept
    assert (first.task, first.question, first.answer) == ("oeq", "Que faire ?", "Une radio.\nRéponse : non")
    assert second.question == "Quoi ?"


def test_open_questions(tmp_path):
    rows = [said("Quel stade ?", "I"), {"instruction": "Que faire ?", "context": "Un cas.", "answer": "Une radio."}]
    first, second = run(tmp_path, rows, "Test/oeq/oeq_test.json").kept
    assert (first.task, first.answer, first.split) == ("oeq", "I", "test")
    assert (second.context, second.question, second.answer) == ("Un cas.", "Que faire ?", "Une radio.")


UNKNOWN = "options in an unknown form, expected lines (A), (B), ... after 'Choix de réponses :'"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (said("Laquelle ?\nA: un, B: deux", "B"), UNKNOWN),
        (said("Laquelle ?\n(A) un\n(B) deux", "A, B"), UNKNOWN),
        (said("Laquelle ?", answer="B", classes=["A", "B"]), UNKNOWN),
        (said("Laquelle ?\nChoix de réponses :\nA. un\nB. deux", "B"), "the options are not lines (A), (B), ... after"),
        (said(PROMPT, "Vitamine C"), "the answer to a question with options is not letters such as 'A, C'"),
        (said(PROMPT, "a"), "the answer to a question with options is not letters such as 'A, C'"),
        (said(PROMPT, "B, B"), "the answer names a letter twice"),
        (said(PROMPT, "C"), "the answer C is beyond the 2 options"),
        (said(PROMPT, answer="B", classes=["A", "B", "C"]), "classes is not the letters of the 2 options"),
        (said(PROMPT), "neither a key answer nor a message of the assistant"),
        ({"messages": [{"role": "assistant", "content": "B"}]}, "messages has no message of the user"),
        ({"messages": [*said(PROMPT)["messages"] * 2]}, "messages has the role 'user' twice or unknown"),
        ({"user_prompt": PROMPT}, "missing key: answer"),
        ({"user_prompt": PROMPT, "answer": "C"}, "the answer C is beyond the 2 options"),
        ({"user_prompt": PROMPT, "answer": "B", "classes": ["A", "C"]}, "classes is not the letters of the 2 options"),
        ({"user_prompt": " ", "answer": "B"}, "user_prompt is empty"),
        (
            {"user_prompt": PROMPT.replace("scorbut", "rachitisme"), **said(PROMPT, answer="B")},
            "messages and user_prompt of one row do not say the same",
        ),
        ({"messages": []}, "messages is a list, expected a list of objects"),
        (
            {"question": "Laquelle ?"},
            "unknown form of a row, expected an object with messages, or one with user_prompt",
        ),
        ("Laquelle ?", "the row is a text, expected an object with named fields"),
    ],
)
def test_what_is_not_understood_is_rejected(tmp_path, row, reason):
    result = run(tmp_path, [said(PROMPT, "B"), row])
    assert len(result.kept) == 1
    assert result.rejects[0].reason.startswith(reason)


def test_file_in_an_unknown_form_says_what_was_found(tmp_path):
    rows = [{"question": "Laquelle ?", "options": ["a", "b"], "label": 1}] * 3
    with pytest.raises(InputError) as error:
        run(tmp_path, rows)
    message = str(error.value)
    assert "mcqu_train.json: no row makes a record (unknown form of a row" in message
    assert ": 3 of 3)" in message
    assert "found the key(s) question, options, label in the first row, expected an object with messages" in message


def test_same_content_has_the_same_id_and_test_comes_first(tmp_path):
    (tmp_path / "Test/mcqu").mkdir(parents=True)
    (tmp_path / "Test/mcqu/mcqu_test.json").write_text(json.dumps([said(PROMPT, "B")]))
    (tmp_path / "Train/mcqu").mkdir(parents=True)
    (tmp_path / "Train/mcqu/mcqu_train.json").write_text(json.dumps([said(PROMPT, "B"), said(PROMPT, "A")]))
    result = normalise(REGISTRY["released_native"], tmp_path, SPECIALTIES)
    assert sorted((record.split, record.gold_letters) for record in result.kept) == [
        ("test", ("B",)),
        ("train", ("A",)),
    ]
    assert [reject.reason for reject in result.rejects] == ["duplicate of a row with the same id"]


LINE = st.text(st.sampled_from("ABCab (){}.:éµ'\xa0\n0"), min_size=1, max_size=25)
SENTENCE = LINE.map(clean).filter(lambda text: text and not re.search(r"(?m)^\s*\(", text))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_prompts_are_taken_apart_as_they_were_put_together(tmp_path, data):
    options = tuple(data.draw(st.lists(SENTENCE, min_size=2, max_size=12, unique_by=folded)))
    file = data.draw(st.sampled_from(REGISTRY["released_native"].files[:2]))
    most = 1 if file.choice_task == "mcqu" else None
    indices = tuple(sorted(data.draw(st.sets(st.integers(0, len(options) - 1), min_size=1, max_size=most))))
    source = replace(REGISTRY["released_native"], files=(file,))
    record = Record(
        id="x:1",
        component="native",
        source="x",
        split="train",
        task=file.choice_task,
        question=data.draw(SENTENCE),
        options=options,
        answer_indices=indices,
        answer=", ".join(options[i] for i in indices),
        licence="MIT",
    )
    path = tmp_path / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([said(user_turn(record), assistant_turn(record))]))
    [made] = read(tmp_path, source)
    assert (made.question, made.options, made.answer_indices, made.task, made.answer) == (
        record.question,
        record.options,
        record.answer_indices,
        record.task,
        record.answer,
    )


@pytest.mark.parametrize("name", ["mcq", "mcqu"])
def test_prompts_of_the_reference_are_understood_and_kept(tmp_path, name):
    if "MEDINJECTION_GOLDEN" not in os.environ:
        pytest.skip("set MEDINJECTION_GOLDEN to the folder with the reference predictions")
    path = Path(os.environ["MEDINJECTION_GOLDEN"]) / f"{name}.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    published = [
        {"messages": row["prompt_messages"], "classes": row["letters"], "answer": ", ".join(row["gold"])}
        for row in rows
    ]
    result = run(tmp_path, published, f"Test/{name}/{name}_test.json")
    assert not [reject for reject in result.rejects if not reject.reason.startswith("duplicate of ")]
    prompts = {clean(row["prompt_messages"][0]["content"]) for row in rows}
    assert all(PROMPTS.user_turn(record) in prompts for record in result.kept)


WORDY = (
    "Homme de 60 ans.\n\nContexte : fumeur.\nQuel cancer ?\n Choix de réponses :\n(A)  Poumon\n (B) Rein, (A)\n  suite"
)


def test_prompts_stay_word_for_word_and_other_orders_rewrite_the_options_alone(tmp_path):
    rows = [
        said(WORDY, answer="A", classes=["A", "B"]),
        [{"role": "system", "content": "Tu es médecin."}, *said("Que faire ?", "Rien.")["messages"]],
        {"instruction": WORDY, "context": "Un résumé.", "answer": "A"},
        {"user_prompt": f"{WORDY[1:]}\nRéponse :", "answer": "A"},
    ]
    chosen, asked, told, cued = run(tmp_path, rows).kept
    assert PROMPTS.messages(chosen) == PROMPTS.messages(chosen, (0, 1)) == [{"role": "user", "content": WORDY}]
    turned = f"{WORDY[: WORDY.index('(A)  ')]}(A) Rein, (A)\n  suite\n(B) Poumon"
    assert PROMPTS.user_turn(chosen, (1, 0)) == turned
    assert chosen.question == "Homme de 60 ans.\n\nContexte : fumeur.\nQuel cancer ?"
    assert PROMPTS.messages(asked) == [
        {"role": "system", "content": "Tu es médecin."},
        {"role": "user", "content": "Que faire ?"},
    ]
    assert PROMPTS.user_turn(told) == f"Un résumé.\n{WORDY}"
    assert PROMPTS.user_turn(cued) == f"{WORDY[1:]}\nRéponse :"
    assert PROMPTS.user_turn(cued, (1, 0)) == f"{turned[1:]}\nRéponse :"
    write_records(tmp_path / "kept.parquet", [chosen, asked, told, cued])
    assert read_records(tmp_path / "kept.parquet") == [chosen, asked, told, cued]
