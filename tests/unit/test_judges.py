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
        judgements = judge_answers(outputs, records, prompt, Client(judge, journal))
        assert endpoint.requests == 6
        assert all(body["messages"][0]["content"] == prompt.text for body in endpoint.bodies)
    assert judgements == [
        Judgement("kqa:6", None, ""),
        Judgement("kqa:1", 1, "1"),
        Judgement("kqa:2", 0, " 0\n"),
        Judgement("kqa:3", None, "Score: 1"),
        Judgement("kqa:4", 1, "1"),
        Judgement("kqa:5", None, ""),
    ]
    assert "6 answers judged, 3 without a score" in caplog.text


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["kqa:1", "kqa:1", "kqa:2"], "record kqa:1 is answered twice"),
        (["kqa:1", "kqa:2", "kqa:9"], "record kqa:9 is not among the evaluation records"),
        (["kqa:2"], "record kqa:1 of the evaluation records is not answered"),
    ],
)
def test_outputs_and_records_must_agree(tmp_path, root, ids, message):
    prompt = read_prompt(root / "config" / "prompts" / "judge_answer.txt")
    with Journal(tmp_path / "j") as journal, pytest.raises(InputError, match=message):
        judge_answers(
            [(i, "x") for i in ids], [asked(1), asked(2)], prompt, Client(LanguageModel(model="openai/x"), journal)
        )


def test_the_program_writes_the_judgements(tmp_path, root, monkeypatch):
    from medinjection.prediction.schema import OPEN_SCHEMA

    rows = [
        {
            "model": "NAT",
            "record_id": f"kqa:{n}",
            "source": "kqa",
            "output": "x",
            "output_tokens": 1,
            "reference_tokens": 2,
            "finished": True,
        }
        for n in (1, 2, 3)
    ]
    write_table(tmp_path / "open.parquet", pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))
    write_records(tmp_path / "records.parquet", [asked(n) for n in (1, 2, 3)])
    with serving(reply) as endpoint:
        command = [str(root / "workflow" / "scripts" / "judge_answers.py")]
        command += ["--predictions", str(tmp_path / "open.parquet"), "--records", str(tmp_path / "records.parquet")]
        command += ["--prompt", str(root / "config" / "prompts" / "judge_answer.txt")]
        command += [
            *llm_flag(model="openai/judge", api_base=endpoint.url, attempts=3),
            "--journal",
            str(tmp_path / "j"),
        ]
        monkeypatch.setattr(sys, "argv", [*command, "--output", str(tmp_path / "out.parquet")])
        runpy.run_path(command[0], run_name="__main__")
    assert pq.read_schema(tmp_path / "out.parquet").equals(JUDGEMENT_SCHEMA)
    assert read_table(tmp_path / "out.parquet", JUDGEMENT_SCHEMA).to_pylist() == [
        {"record_id": "kqa:1", "score": 1, "raw_output": "1"},
        {"record_id": "kqa:2", "score": 0, "raw_output": " 0\n"},
        {"record_id": "kqa:3", "score": None, "raw_output": "Score: 1"},
    ]
