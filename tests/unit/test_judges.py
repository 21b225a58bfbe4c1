import logging
import re
import runpy
import sys
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.endpoint import serving
from support.llms import llm_flag
from support.records import open_record

from medinjection.llm.client.client import Client
from medinjection.llm.client.prompts import read_prompt
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records, write_table
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA, Judgement, judge_answers, judge_request
from medinjection.scoring.open.readings import read_score, read_score_as_released

pytestmark = pytest.mark.usefixtures("key")

asked = partial(open_record, source="kqa")


@pytest.mark.parametrize(
    ("text", "score", "released"),
    [
        ("0", 0, 0),
        ("1", 1, 1),
        (" 1\n", 1, 1),
        ("", None, None),
        ("2", None, None),
        ("01", None, 0),
        ("10", None, 1),
        ("Score: 1", None, 1),
        ("1.", None, 1),
        ("0.5", None, 0),
        ("**1**", None, 1),
        ("a0 or 1", None, 1),
        ("a0b", None, 0),
        ("１", None, None),
        ("0 or 1", None, 0),
        ("## Thinking\n\nFirst 0.\n\n## Final Response\n\n1", 1, 1),
        ("## Thinking\n\nFirst 0.\n\n## Final Response\n\nScore 1", None, 1),
        ("<think>0</think>\n\n1", 1, 1),
        ("## Thinking\n\nSo it is 1", None, None),
        ("<think>1", None, None),
    ],
)
def test_a_score_is_read_strictly_and_as_the_released_program_reads(text, score, released):
    assert (read_score(text), read_score_as_released(text)) == (score, released)


def test_the_request_has_the_layout_of_the_released_program():
    assert judge_request(asked(1), "Candidate.") == (
        "Question: Question 1 ?\nCandidate_answer: Candidate.\nGround_truth: Réponse 1."
    )
    assert judge_request(asked(1), " \nCandidate.\n") == judge_request(asked(1), "Candidate.")
    assert judge_request(asked(1, context="Un cas."), "") == (
        "Question: Un cas.\nQuestion 1 ?\nCandidate_answer: \nGround_truth: Réponse 1."
    )


REPLIES = {
    "kqa:1": "1",
    "kqa:2": " 0\n",
    "kqa:3": "Score: 1",
    "kqa:4": {"text": "1", "finish_reason": "length"},
    "kqa:5": "",
    "kqa:6": {"status": 400},
}


def reply(messages, number):
    return REPLIES["kqa:" + re.search(r"Question (\d) \?", messages[1]["content"])[1]]


def test_each_answer_is_judged_once_and_what_is_no_score_is_kept_and_counted(tmp_path, caplog, root):
    caplog.set_level(logging.INFO)
    prompt = read_prompt(root / "config" / "prompts" / "judge_answer.txt")
    records = [asked(n) for n in range(1, 7)]
    outputs = [(f"kqa:{n}", "" if n == 2 else f"Candidate {n}") for n in (6, 1, 2, 3, 4, 5)]
    with serving(reply) as endpoint, Journal(tmp_path / "j") as journal:
        judge = LanguageModel(model="openai/judge", api_base=endpoint.url, max_tokens=1)
        judgements = judge_answers({"NAT": outputs}, records, prompt, Client(judge, journal))
        assert endpoint.requests == 6
        assert all(body["messages"][0]["content"] == prompt.text for body in endpoint.bodies)
    assert judgements["NAT"] == [
        Judgement("kqa:6", None, ""),
        Judgement("kqa:1", 1, "1"),
        Judgement("kqa:2", 0, " 0\n"),
        Judgement("kqa:3", None, "Score: 1"),
        Judgement("kqa:4", 1, "1"),
        Judgement("kqa:5", None, ""),
    ]
    assert "6 answers of NAT judged, 3 without a score" in caplog.text


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["kqa:1", "kqa:1", "kqa:2"], "predictions of NAT: record kqa:1 is answered twice"),
        (["kqa:1", "kqa:2", "kqa:9"], "record kqa:9 is not among the evaluation records"),
        (["kqa:2"], "record kqa:1 of the evaluation records is not answered"),
    ],
)
def test_outputs_and_records_must_agree(tmp_path, root, ids, message):
    prompt = read_prompt(root / "config" / "prompts" / "judge_answer.txt")
    with Journal(tmp_path / "j") as journal, pytest.raises(InputError, match=message):
        outputs = {"base": [("kqa:1", "x"), ("kqa:2", "x")], "NAT": [(i, "x") for i in ids]}
        judge_answers(outputs, [asked(1), asked(2)], prompt, Client(LanguageModel(model="openai/x"), journal))


def answers_file(path, model, outputs):
    """Write a model's open answers of the questions 1, 2, ..."""
    rows = [
        {
            "model": model,
            "record_id": f"kqa:{n}",
            "source": "kqa",
            "output": output,
            "output_tokens": 1,
            "reference_tokens": 2,
            "finished": True,
        }
        for n, output in enumerate(outputs, start=1)
    ]
    write_table(path, pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))


@pytest.fixture
def judging(tmp_path, root, monkeypatch):
    """A function that has the program judge answers (model -> outputs) and returns each model's file as bytes."""

    def judged(answers, url, **llm):
        (tmp_path / "answers").mkdir(exist_ok=True)
        files = [tmp_path / "answers" / f"{model}.parquet" for model in answers]
        for path, (model, outputs) in zip(files, answers.items(), strict=True):
            answers_file(path, model, outputs)
        questions = max(map(len, answers.values()))
        write_records(tmp_path / "records.parquet", [asked(n) for n in range(1, questions + 1)])
        command = [root / "workflow/scripts/judge_answers.py", "--predictions", *files, "--models", *answers]
        command += ["--records", tmp_path / "records.parquet", "--prompt", root / "config/prompts/judge_answer.txt"]
        command += llm_flag(**{"model": "openai/judge", "api_base": url, **llm})
        command += ["--journal", tmp_path / "journals/all.jsonl", "--output-folder", tmp_path / "judged"]
        monkeypatch.setattr(sys, "argv", [str(word) for word in command])
        runpy.run_path(sys.argv[0], run_name="__main__")
        return {model: (tmp_path / "judged" / f"{model}.parquet").read_bytes() for model in answers}

    return judged


def test_the_program_writes_the_judgements_of_every_model(tmp_path, judging):
    with serving(reply) as endpoint:
        judging({"base": ["x", "y", "z"], "NAT": ["X", "Y", "Z"]}, endpoint.url, attempts=3)
        assert endpoint.requests == 6
    for model in ("base", "NAT"):
        assert pq.read_schema(tmp_path / f"judged/{model}.parquet").equals(JUDGEMENT_SCHEMA)
        assert read_table(tmp_path / f"judged/{model}.parquet", JUDGEMENT_SCHEMA).to_pylist() == [
            {"record_id": "kqa:1", "score": 1, "raw_output": "1"},
            {"record_id": "kqa:2", "score": 0, "raw_output": " 0\n"},
            {"record_id": "kqa:3", "score": None, "raw_output": "Score: 1"},
        ]


def test_only_what_is_new_is_asked_and_the_others_keep_their_bytes(tmp_path, judging):
    """The endpoint never says the same twice, so that equal bytes can only come from the journal."""

    def numbered(messages, number):
        return f"I say {number}"

    def candidates(endpoint, since):
        return sorted(
            re.search("Candidate_answer: (.*)", body["messages"][1]["content"])[1] for body in endpoint.bodies[since:]
        )

    with serving(numbered) as endpoint:
        first = judging({"base": ["a", "b"], "NAT": ["c", "d"]}, endpoint.url)
        assert candidates(endpoint, 0) == ["a", "b", "c", "d"]
        assert judging({"base": ["a", "b"], "NAT": ["c", "d"]}, endpoint.url) == first
        assert endpoint.requests == 4
        added = judging({"base": ["a", "b"], "NAT": ["c", "d"], "ALL": ["e", "f"]}, endpoint.url)
        assert candidates(endpoint, 4) == ["e", "f"]
        assert {model: added[model] for model in first} == first
        changed = judging({"base": ["a", "b"], "NAT": ["c", "other"], "ALL": ["e", "f"]}, endpoint.url)
        assert candidates(endpoint, 6) == ["other"]
        assert (changed["base"], changed["ALL"]) == (added["base"], added["ALL"]) and changed["NAT"] != added["NAT"]


def test_two_models_of_the_same_words_are_judged_once(judging):
    with serving(lambda messages, number: str(number % 2)) as endpoint:
        same = judging({"base": ["a", "b"], "NAT": ["a", "b"]}, endpoint.url)
        assert endpoint.requests == 2 and same["base"] == same["NAT"]


def test_journals_of_single_models_from_earlier_versions_still_answer(tmp_path, judging):
    with serving(lambda messages, number: f"I say {number}") as endpoint:
        whole = judging({"base": ["a", "b"], "NAT": ["c", "d"]}, endpoint.url)
        lines = (tmp_path / "journals/all.jsonl").read_text().splitlines(keepends=True)
        (tmp_path / "journals/all.jsonl").unlink()
        (tmp_path / "journals/base.jsonl").write_text("".join(lines[:2]))
        (tmp_path / "journals/NAT.jsonl").write_text("".join(lines[2:]))
        assert judging({"base": ["a", "b"], "NAT": ["c", "d"]}, endpoint.url) == whole
        assert endpoint.requests == 4
    assert (tmp_path / "journals/all.jsonl").read_text() == ""


def test_answers_of_another_model_than_named_are_refused(judging, monkeypatch):
    with serving(reply) as endpoint:
        judging({"base": ["x"]}, endpoint.url)
        monkeypatch.setattr(sys, "argv", ["NAT" if word == "base" else word for word in sys.argv])
        with pytest.raises(SystemExit, match=r"base\.parquet: holds answers of 'base', but stands for NAT"):
            runpy.run_path(sys.argv[0], run_name="__main__")
