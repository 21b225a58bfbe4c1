"""Closed questions to multiple choice: what is accepted, what is refused, and that nothing is lost or asked twice."""

import json
import runpy
import sys
import unicodedata
from dataclasses import replace

import pytest
from support.endpoint import serving
from support.llms import llm_flag, scripted_model

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.llm.client.prompts import read_prompt
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.records.conservation import REJECT_SCHEMA, read_rejects, rejects_path
from medinjection.records.files import read_records, read_table, write_records
from medinjection.records.schema import Provenance, Record, validate_record
from medinjection.synthesis.conversion import conversion_request, convert_records, read_conversion

CLOSED = Record(
    id="frbmedqa:1",
    component="native",
    source="frbmedqa",
    split="train",
    task="oeq",
    context="La metformine appartient à la classe des biguanides.",
    question="@placeholder appartient à la classe des biguanides.",
    answer="La metformine",
    licence="CC-BY-4.0",
    specialty_raw="Chemicals & Drugs",
    provenance=Provenance("kadzaki/FrBMedQA", "r", "1"),
)
GOOD = {
    "question": "Quelle molécule appartient à la classe des biguanides ?",
    "options": {"A": "Le gliclazide", "B": "La metformine", "C": "La sitagliptine", "D": "L'insuline"},
    "answer": "B",
}


def answer(**changes):
    return json.dumps({**GOOD, **changes}, ensure_ascii=False)


def test_the_request_holds_passage_question_and_answer():
    assert json.loads(conversion_request(CLOSED)) == {
        "context": CLOSED.context,
        "question": CLOSED.question,
        "answer": "La metformine",
    }


@pytest.mark.parametrize(
    "text",
    [
        answer(),
        f"Voici la question demandée :\n```json\n{answer()}\n```\nBonne journée.",
        answer(answer="b"),
        answer(answer=["B"]),
        answer(options=list(GOOD["options"].values())),
        answer(options={letter.lower(): text for letter, text in GOOD["options"].items()}),
        answer()[:-1] + ",}",
    ],
)
def test_a_choice_question_is_read_whatever_its_form(text):
    converted = read_conversion(text, CLOSED)
    assert validate_record(converted) is converted
    assert (converted.task, converted.answer_indices, converted.answer) == ("mcqu", (1,), "La metformine")
    assert converted.options == ("Le gliclazide", "La metformine", "La sitagliptine", "L'insuline")
    assert converted.shufflable
    kept = ("id", "component", "source", "split", "context", "licence", "specialty_raw", "provenance")
    assert all(getattr(converted, name) == getattr(CLOSED, name) for name in kept)


def test_without_its_passage_a_question_stands_alone():
    converted = read_conversion(answer(), CLOSED, keep_context=False)
    assert converted == replace(read_conversion(answer(), CLOSED), context=None)


@pytest.mark.parametrize(
    "question",
    ["Selon le texte, quelle molécule est un biguanide ?", "Quelle molécule, dans ce passage, est un biguanide ?"],
)
def test_a_question_that_speaks_of_its_passage_needs_it(question):
    assert read_conversion(answer(question=question), CLOSED).question == question
    with pytest.raises(
        InvalidAnswer, match="speaks of a passage that is not shown: '(Selon le texte|dans ce passage)'"
    ):
        read_conversion(answer(question=question), CLOSED, keep_context=False)


def test_a_passage_of_another_kind_may_be_spoken_of():
    question = "Quelle molécule intervient dans le passage du glucose ?"
    assert read_conversion(answer(question=question), CLOSED, keep_context=False).question == question


def test_the_right_option_may_differ_in_case_and_spaces():
    options = {**GOOD["options"], "B": "la  Metformine"}
    assert read_conversion(answer(options=options), CLOSED).answer == "la  Metformine"


def test_options_that_refer_to_others_are_marked():
    options = {**GOOD["options"], "D": "Aucune de ces réponses"}
    assert not read_conversion(answer(options=options), CLOSED).shufflable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Je ne peux pas répondre à cette demande.", "no complete JSON object"),
        (answer()[:60], "no complete JSON object"),
        (answer(question=" "), "question: the text is empty"),
        (answer(options={"A": "La metformine"}, answer="A"), "1 options, expected 2 to 10"),
        (answer(options=[f"option {n}" for n in range(11)]), "11 options, expected 2 to 10"),
        (answer(options={**GOOD["options"], "C": "le  gliclazide"}), "two options are the same"),
        (answer(options={**GOOD["options"], "C": ""}), "options.2: the text is empty"),
        (answer(answer="A, B"), "2 right answers, expected one"),
        (answer(answer="E"), "answer: E is none of the 4 options"),
        (answer(answer="A"), "the right option is not the given answer"),
        (answer(options={**GOOD["options"], "B": "Metformine"}), "the right option is not the given answer"),
        (answer(question="La metformine est-elle un biguanide ?"), "the question gives the answer away"),
    ],
)
def test_what_is_no_conversion_is_named(text, said):
    with pytest.raises(InvalidAnswer) as refused:
        read_conversion(text, CLOSED)
    assert said in str(refused.value)


def test_an_answer_that_the_closed_question_names_already_may_stay():
    closed = replace(CLOSED, answer="biguanides")
    options = ["sulfamides hypoglycémiants", "biguanides"]
    assert read_conversion(answer(options=options, answer="B"), closed).answer == "biguanides"


def test_records_are_converted_or_rejected_and_nothing_is_asked_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0123456789abcdef")
    prompt = read_prompt_of(tmp_path)
    records = [replace(CLOSED, id=f"frbmedqa:{n}", context=f"Passage {n}.") for n in range(6)]

    def reply(messages, number):
        passage = json.loads(messages[1]["content"])["context"]
        if passage == "Passage 4.":
            return answer(answer="A")
        return answer(answer="C") if passage == "Passage 2." and len(messages) == 2 else answer()

    with serving(reply) as endpoint:
        teacher = LanguageModel(model="openai/x", api_base=endpoint.url, concurrency=2, attempts=2)
        with Journal(tmp_path / "journal") as journal:
            kept, rejects = convert_records(records, prompt, Client(teacher, journal))
        asked = endpoint.requests
        with Journal(tmp_path / "journal") as journal:
            assert convert_records(records, prompt, Client(teacher, journal)) == (kept, rejects)
        assert endpoint.requests == asked == 8
    assert [record.id for record in kept] == [f"frbmedqa:{n}" for n in (0, 1, 2, 3, 5)]
    assert {record.provenance.teacher for record in kept} == {"openai/x"}
    assert all(record.provenance.request_id and record.provenance.prompt_sha256 == prompt.sha256 for record in kept)
    (reject,) = rejects
    assert (reject.id, reject.stage) == ("frbmedqa:4", "convert_source")
    assert "the right option is not the given answer" in reject.reason


def test_the_scripted_teacher_converts(root, tmp_path):
    teacher = scripted_model(attempts=1)
    prompt = read_prompt(root / "config/prompts/convert_choice.txt")
    unknown = replace(CLOSED, id="frbmedqa:2", context="Un texte inconnu de la base de connaissances.", answer="foie")
    with Journal(tmp_path / "journal") as journal:
        kept, rejects = convert_records([CLOSED, unknown], prompt, Client(teacher, journal))
    assert not rejects
    assert [record.answer for record in kept] == ["La metformine", "foie"]
    assert kept[1].question.startswith("[item scripté]"), "what it does not know, it marks"


def test_accents_written_in_two_ways_are_the_same(tmp_path):
    closed = replace(CLOSED, answer="L’hépatite")
    decomposed = unicodedata.normalize("NFD", "l'Hépatite")
    assert decomposed != unicodedata.normalize("NFC", decomposed)
    converted = read_conversion(answer(options=["La cirrhose", decomposed]), closed)
    assert converted.answer_indices == (1,)
    with pytest.raises(InvalidAnswer, match="two options are the same"):
        read_conversion(answer(options=["L’hépatite", decomposed]), closed)


def test_the_program_conserves_rows_and_asks_nothing_at_the_second_run(tmp_path, root, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0123456789abcdef")
    records = [replace(CLOSED, id=f"frbmedqa:{n}", context=f"Passage {n}.") for n in range(5)]
    write_records(tmp_path / "closed.parquet", records)
    prompt = root / "config/prompts/convert_choice.txt"
    script = str(root / "workflow/scripts/convert_source.py")

    def reply(messages, number):
        return "Non." if json.loads(messages[1]["content"])["context"] == "Passage 3." else answer()

    with serving(reply) as endpoint:
        flags = ["--input", tmp_path / "closed.parquet", "--prompt", prompt, "--journal", tmp_path / "journal.jsonl"]
        flags += llm_flag(model="openai/x", api_base=endpoint.url, attempts=2)
        asked = []
        for name in ("one", "two"):
            output = tmp_path / f"{name}.parquet"
            monkeypatch.setattr(sys, "argv", [script, *map(str, [*flags, "--output", output])])
            runpy.run_path(script, run_name="__main__")
            asked.append(endpoint.requests)
        assert asked == [6, 6]
        arguments = [*flags, "--drop-context", "--output", tmp_path / "alone.parquet"]
        monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
        runpy.run_path(script, run_name="__main__")
        assert endpoint.requests == 6, "the same answers serve with and without the passage"
    with_passage = read_records(tmp_path / "one.parquet")
    assert {record.context for record in with_passage} == {f"Passage {n}." for n in (0, 1, 2, 4)}
    assert read_records(tmp_path / "alone.parquet") == [replace(record, context=None) for record in with_passage]
    assert [reject.id for reject in read_rejects(tmp_path / "one.parquet")] == ["frbmedqa:3"]
    for suffix in (".parquet", ".rejects.parquet"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
    kept = [record.id for record in read_records(tmp_path / "one.parquet")]
    rejects = read_table(rejects_path(tmp_path / "one.parquet"), REJECT_SCHEMA).to_pylist()
    assert kept == [f"frbmedqa:{n}" for n in (0, 1, 2, 4)]
    assert [(row["id"], row["raw"]) for row in rejects] == [("frbmedqa:3", "Non.")]


def read_prompt_of(folder):
    (folder / "prompt.txt").write_text("Convert.\n")
    return read_prompt(folder / "prompt.txt")
