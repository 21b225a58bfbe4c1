import difflib
import json
import os
import re
import runpy
import sys
from pathlib import Path

import pytest
from support.endpoint import serving
from support.llms import llm_flag, scripted_model
from support.records import document, record

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.llm.client.prompts import Prompt, read_prompt
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.records.conservation import Reject, write_shard
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, write_documents
from medinjection.records.schema import Provenance
from medinjection.synthesis.generation import generate_choice, generate_open, open_request
from medinjection.synthesis.joining import join_shards
from medinjection.synthesis.translation import read_translation, translate_records, translation_request

pytestmark = pytest.mark.usefixtures("key")

PROMPT = Prompt("Translate the object into French.", "f" * 64)


# --- translation


def english(n=1, **changes):
    values = {
        "source": "medmcqa",
        "component": "translated",
        "split": "test",
        "question": f"Case {n}: which drugs are given at 2.5 mg?",
        "options": ("Metformin", "Insulin 10 IU", "Both"),
        "answer_indices": (0, 1),
        "shufflable": False,
        "specialty": "endocrinology",
        "provenance": Provenance("medmcqa", "r1", str(n)),
    }
    return record(n, **{**values, **changes})


def french(record, **changes):
    value = json.loads(translation_request(record))
    number = re.search(r"\d+", value["question"])[0]
    value["question"] = f"Cas {number} : quels médicaments sont donnés à 2,5 mg ?"
    if "options" in value:
        value["options"] = ["Metformine", "Insuline 10 UI", "Les deux"]
    return {**value, **changes}


def test_a_request_holds_what_is_to_be_translated():
    assert json.loads(translation_request(english())) == {
        "question": "Case 1: which drugs are given at 2.5 mg?",
        "options": ["Metformin", "Insulin 10 IU", "Both"],
    }
    record = english(task="oeq", options=(), answer_indices=(), answer="Rest.", context="A man of 60.")
    assert list(json.loads(translation_request(record))) == ["question", "context", "answer"]


def test_a_translation_keeps_all_but_the_texts():
    translated = read_translation(json.dumps(french(english())), english())
    assert translated == english(
        question="Cas 1 : quels médicaments sont donnés à 2,5 mg ?",
        options=("Metformine", "Insuline 10 UI", "Les deux"),
        answer="Metformine, Insuline 10 UI",
    )
    record = english(task="oeq", options=(), answer_indices=(), answer="Rest for 3 days.", context="A man of 60.")
    value = french(record, answer="Repos de 3 jours.", context="Un homme de 60 ans.")
    translated = read_translation(json.dumps(value), record)
    assert (translated.answer, translated.context) == ("Repos de 3 jours.", "Un homme de 60 ans.")
    assert (translated.id, translated.split, translated.provenance) == (record.id, "test", record.provenance)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": ["Metformine", "Insuline 10 UI"]}, "2 options, expected 3"),
        ({"options": ["Insuline 10 UI", "Metformine", "Les deux"]}, "option 2: numbers are missing: 10"),
        ({"options": ["Metformine", "Insuline 10 UI", " "]}, "options.2: the text is empty"),
        ({"question": "Cas 1 : quels médicaments ?"}, "question: numbers are missing: 2.5"),
        ({"question": "Case 1: which drugs are given at 2.5 mg?"}, "question: it is not translated"),
        ({"context": "inventé"}, "the keys are question, context, options, expected question, options"),
        ({"explication": "parce que"}, "explication: extra inputs are not permitted"),
        ({"options": None}, "the keys are question, expected question, options"),
    ],
)
def test_a_wrong_translation_is_named(change, message):
    with pytest.raises(InvalidAnswer, match=re.escape(message)):
        read_translation(json.dumps(french(english(), **change)), english())


def test_a_missing_key_is_named():
    with pytest.raises(InvalidAnswer, match="missing: options"):
        read_translation('{"question": "Cas 1 à 2,5 mg ?"}', english())


def test_a_translation_that_makes_a_right_and_a_wrong_option_the_same_is_asked_for_again():
    options = ("Kidney stone", "Renal calculus", "Cyst")
    record = english(options=options, answer_indices=(1,))
    value = french(record) | {"options": ["Calcul rénal", "Calcul\u00ad rénal", "Kyste"]}
    with pytest.raises(InvalidAnswer, match="a right and a wrong option are the same text: B and A"):
        read_translation(json.dumps(value), record)
    assert read_translation(json.dumps(value), english(options=options, answer_indices=(2,))).answer == "Kyste"


def teacher(endpoint, attempts):
    return LanguageModel(model="openai/x", api_base=endpoint.url, concurrency=4, attempts=attempts)


def test_records_are_translated_or_rejected_and_none_is_lost(tmp_path):
    records = [english(n) for n in range(12)]

    def reply(messages, number):
        value = json.loads(messages[1]["content"])
        assert messages[0]["content"] == PROMPT.text
        if "Case 7" in value["question"]:
            return "Je ne peux pas répondre."
        if "Case 5" in value["question"] and len(messages) == 2:
            return json.dumps({**value, "options": ["une seule"]})
        return json.dumps(french(english(int(re.search(r"\d+", value["question"])[0]))))

    with serving(reply) as endpoint:
        with Journal(tmp_path / "j") as journal:
            kept, rejects = translate_records(records, PROMPT, Client(teacher(endpoint, 2), journal))
        assert endpoint.requests == 14
        with Journal(tmp_path / "j") as journal:
            assert translate_records(records, PROMPT, Client(teacher(endpoint, 2), journal)) == (kept, rejects)
            entries = {journal.get(record.provenance.request_id).provider_request_id for record in kept}
        assert endpoint.requests == 14
    assert [record.id for record in kept] == [f"medmcqa:{n}" for n in range(12) if n != 7]
    (reject,) = rejects
    assert (reject.id, reject.stage, reject.raw) == ("medmcqa:7", "translate", "Je ne peux pas répondre.")
    assert kept[0].provenance == Provenance(
        "medmcqa", "r1", "0", "openai/x", PROMPT.sha256, kept[0].provenance.request_id
    )
    assert len(entries) == 11
    assert kept[3].shufflable is False


# --- generation


def abstract(n, **changes):
    values = {
        "source": "morfitt",
        "split": "test",
        "specialty": "cardiology",
        "specialty_raw": "microbiology|etiology",
        "provenance": Provenance("morfitt", "r2", str(n)),
    }
    return document(n, **{**values, **changes})


def choice_item(answer="B", **changes):
    options = {"A": "un", "B": "deux", "C": "trois", "D": "quatre"}
    return {"question": "Combien ?", "options": options, "answer": answer, **changes}


def test_choice_items_become_records_and_each_one_is_accounted_for(tmp_path):
    answers = {
        "1": json.dumps([choice_item(), choice_item("A, C"), choice_item("E"), {"question": "sans options"}, "texte"]),
        "5": json.dumps([choice_item(), choice_item(options={"A": "un", "B": "deux", "C": "deux\u200b"})]),
        "2": json.dumps([choice_item("Z")]),
        "3": "Désolé.",
        "4": json.dumps([choice_item(options={**choice_item()["options"], "D": "Aucune de ces réponses"})]),
    }
    bodies = {}

    def reply(messages, number):
        n = re.search(r"numéro (\d)", messages[1]["content"])[1]
        bodies.setdefault(n, messages)
        return answers[n]

    documents = [abstract(n) for n in (1, 2, 3, 4, 5)]
    with serving(reply) as endpoint, Journal(tmp_path / "j") as journal:
        made = generate_choice(documents, PROMPT, Client(teacher(endpoint, 1), journal), "mcq")
    assert made.rows_in == len(made.kept) + len(made.rejects) == 5 + 1 + 1 + 1 + 2
    assert bodies["1"] == [{"role": "system", "content": PROMPT.text}, {"role": "user", "content": "Résumé numéro 1."}]
    first, second, last, same = made.kept
    assert same.id == "morfitt:5-c1"
    assert (first.id, second.id, last.id) == ("morfitt:1-c1", "morfitt:1-c2", "morfitt:4-c1")
    assert (first.task, first.answer_indices, first.answer) == ("mcq", (1,), "deux")
    assert (second.task, second.answer_indices, second.answer) == ("mcq", (0, 2), "un, trois")
    assert (first.split, first.component, first.context, first.licence) == ("train", "synthetic", None, "MIT")
    assert (first.specialty, first.specialty_raw) == ("cardiology", "microbiology|etiology")
    assert (first.shufflable, last.shufflable) == (True, False)
    assert first.provenance.teacher == "openai/x"
    assert first.provenance.upstream_id == "1"
    assert len(first.provenance.request_id) == 64
    reasons = {reject.id: reject.reason for reject in made.rejects}
    assert reasons == {
        "morfitt:1-c3": "answer: E is none of the 4 options",
        "morfitt:1-c4": "options: field required",
        "morfitt:1-c5": reasons["morfitt:1-c5"],
        "morfitt:2": "answer: Z is none of the 4 options",
        "morfitt:3": "it holds no complete JSON list",
        "morfitt:5-c2": "a right and a wrong option are the same text: B and C",
    }
    assert [json.loads(r.raw) for r in made.rejects if r.id == "morfitt:1-c5"] == ["texte"]
    assert next(r.raw for r in made.rejects if r.id == "morfitt:3") == "Désolé."


def test_open_items_have_the_abstract_as_context_unless_factual(tmp_path):
    items = [
        {"task": 1, "instruction": "Résumez.", "output": "Court."},
        {"task": 2, "instruction": "Pourquoi ?", "output": "Parce que."},
        {"task": 3, "instruction": "Classez.", "output": ["Microbiologie", "Étiologie"]},
    ]
    with serving(lambda *_: json.dumps(items)) as endpoint, Journal(tmp_path / "j") as journal:
        made = generate_open([abstract(9)], PROMPT, Client(teacher(endpoint, 1), journal))
        assert endpoint.bodies[0]["messages"][1]["content"] == open_request(abstract(9))
    assert [record.id for record in made.kept] == ["morfitt:9-o1", "morfitt:9-o2", "morfitt:9-o3"]
    assert [record.context for record in made.kept] == ["Résumé numéro 9.", None, "Résumé numéro 9."]
    assert [record.answer for record in made.kept] == ["Court.", "Parce que.", "Microbiologie, Étiologie"]
    assert {(record.task, record.split, record.options) for record in made.kept} == {("oeq", "train", ())}
    assert (made.rows_in, made.rejects) == (3, [])


def test_the_specialties_provided_stand_below_the_text():
    assert open_request(abstract(1)) == "Résumé numéro 1.\n\nSpecialties: microbiology, etiology"
    assert open_request(abstract(1, specialty_raw=None)) == "Résumé numéro 1."


# --- joining and the programs


def test_joined_shards_come_in_the_order_of_their_ids_which_must_be_distinct(tmp_path):
    a, b = tmp_path / "a.parquet", tmp_path / "b.parquet"
    lost = Reject("medmcqa:0", "translate", "the answer is empty", "{}")
    write_shard(a, [english(1), english(2)], [], 2)
    write_shard(b, [english(3)], [lost], 2)
    records, rejects = join_shards([b, a])
    assert [record.id for record in records] == ["medmcqa:1", "medmcqa:2", "medmcqa:3"]
    assert rejects == [lost]
    assert join_shards([a, b]) == (records, rejects)
    with pytest.raises(InputError, match=r"a\.parquet: record medmcqa:1 is in .*a\.parquet too"):
        join_shards([a, b, a])


def test_a_shard_may_be_empty_or_all_rejects_and_the_join_looks_at_the_share(tmp_path, root, monkeypatch):
    write_shard(tmp_path / "1-of-3.parquet", [], [], 0)
    write_shard(tmp_path / "2-of-3.parquet", [], [Reject("medmcqa:0", "translate", "the answer is empty", "{}")], 1)
    write_shard(tmp_path / "3-of-3.parquet", [english(n) for n in range(1, 10)], [], 9)
    flags = ["--inputs", *sorted(tmp_path.glob("*-of-3.parquet")), "--output", tmp_path / "joined.parquet"]
    with pytest.raises(SystemExit, match=r"1 of 10 rows rejected, above .* 5.0%.*the answer is empty \(1\)"):
        run(monkeypatch, root, "join_records", *flags)
    run(monkeypatch, root, "join_records", *flags, "--max-reject-share", 0.1)
    assert len(read_records(tmp_path / "joined.parquet")) == 9
    with pytest.raises(AssertionError, match="rows were lost"):
        write_shard(tmp_path / "4-of-3.parquet", [english(1)], [], 2)


def run(monkeypatch, root, script, *arguments):
    path = str(root / "workflow" / "scripts" / f"{script}.py")
    monkeypatch.setattr(sys, "argv", [path, *map(str, arguments)])
    runpy.run_path(path, run_name="__main__")


def test_the_programs_write_byte_identical_files_and_end_errors_in_a_sentence(tmp_path, root, monkeypatch):
    write_documents(tmp_path / "documents.parquet", [abstract(1), abstract(2)])
    (tmp_path / "prompt.txt").write_text("Generate.\n")
    with serving(lambda *_: json.dumps([choice_item(), choice_item("A, B")])) as endpoint:
        flags = ["--input", tmp_path / "documents.parquet", "--prompt", tmp_path / "prompt.txt", "--form", "choice"]
        flags += ["--task", "mcq"]
        flags += llm_flag(model="openai/x", api_base=endpoint.url)
        for name in ("one", "two"):
            journal, output = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.parquet"
            run(monkeypatch, root, "generate_items", *flags, "--journal", journal, "--output", output)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert (tmp_path / "one.rejects.parquet").is_file()
    assert [record.task for record in read_records(tmp_path / "one.parquet")] == ["mcq"] * 4
    joined = tmp_path / "joined.parquet"
    run(monkeypatch, root, "join_records", "--inputs", tmp_path / "one.parquet", "--output", joined)
    assert read_records(joined) == read_records(tmp_path / "one.parquet")
    twice = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    with pytest.raises(SystemExit, match=r"^error: .*two\.parquet: record morfitt:1-c1 is in .*one\.parquet too"):
        run(monkeypatch, root, "join_records", "--inputs", *twice, "--output", joined)


# --- the scripted teacher


def test_a_scripted_teacher_answers_like_any_other_and_the_same_every_time(tmp_path, root, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    scripted = scripted_model(attempts=2)
    prompts = root / "config" / "prompts"
    made = []
    for name in ("one", "two"):
        with Journal(tmp_path / name) as journal:
            translated = translate_records([english(n) for n in range(3)], PROMPT, Client(scripted, journal))
            prompt = read_prompt(prompts / "generate_morfitt_choice.txt")
            generated = generate_choice([abstract(1), abstract(2)], prompt, Client(scripted, journal), "mcq")
        assert sum(map(len, translated)) == 3
        assert len(generated.kept) + len(generated.rejects) == generated.rows_in
        made.append((translated, generated))
    assert made[0] == made[1]


# --- the prompts of the paper

FIGURES = {
    7: "generate_morfitt_open",
    8: "generate_deft_open",
    9: "generate_diamed_open",
    10: "generate_morfitt_choice",
    11: "generate_case_choice",
    12: "judge_open_quality",
    13: "judge_choice_quality",
    14: "judge_answer",
}


@pytest.mark.parametrize("figure", FIGURES)
def test_a_prompt_is_the_paper_s_word_by_word(figure, root):
    if "MEDINJECTION_PAPER" not in os.environ:
        pytest.skip("set MEDINJECTION_PAPER to the paper's text to run this test")
    paper = Path(os.environ["MEDINJECTION_PAPER"]).read_text(encoding="utf-8")
    before = paper[: paper.index(f"\nFigure {figure}: System prompt")]
    printed = re.split(r"^#+ System prompt.*$", before, flags=re.MULTILINE)[-1]
    printed = re.sub(r"^#+ ", "", printed, flags=re.MULTILINE).strip("\n").split("\n")
    ours = read_prompt(root / "config" / "prompts" / f"{FIGURES[figure]}.txt").text.split("\n")
    assert not list(difflib.unified_diff(printed, ours, lineterm=""))


def test_the_translation_prompt_begins_as_agreed(root):
    text = read_prompt(root / "config" / "prompts" / "translate.txt").text
    assert text.startswith("Translate ")
    assert "into French" in text.split("\n")[0]
