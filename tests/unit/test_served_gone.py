"""An endpoint that goes away in the middle of a model's answers: nothing that was answered is asked twice."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from support.mortal_endpoint import mortal_endpoint
from support.prompts import FOLDER, predict_served_choice
from support.records import open_record, record
from support.waiting import PATIENCE_SECONDS, wait_until

from medinjection.llm.client.client import Client
from medinjection.llm.client.retries import Patience
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.prediction.schema import CHOICE_SCHEMA
from medinjection.records.chat import user_turn
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records

pytestmark = pytest.mark.usefixtures("key")

QUESTIONS = [
    record(
        id=f"q{number}",
        source="mediqal",
        split="test",
        task="mcqu",
        question=f"Question {number} ?",
        options=("foie", "rein", "os"),
        answer_indices=(1,),
        answer="rein",
    )
    for number in range(24)
]
ASKED = Counter(user_turn(question, (0, 1, 2)) for question in QUESTIONS)
AT_ONCE = 4


def test_a_job_ends_with_one_sentence_and_the_next_asks_only_the_rest(tmp_path):
    quick = Patience(tries=4, first_wait=0.05, longest_wait=0.2)

    def predict(url):
        with Journal(tmp_path / "journal.jsonl") as journal:
            client = Client(LanguageModel(model="openai/any", api_base=url, concurrency=AT_ONCE), journal, quick)
            return predict_served_choice(client, QUESTIONS, "any", 0, 42)

    with mortal_endpoint(tmp_path / "first", dies_at=10) as first, pytest.raises(InputError) as told:
        predict(first.url)
    with Journal(tmp_path / "journal.jsonl") as journal:
        kept = len(journal)
    assert 1 <= len(first.asked()) - kept <= AT_ONCE
    assert str(told.value) == (
        f"openai/any: no connection to {first.url} in 4 tries (Connection refused). "
        f"{kept} answers are kept in {tmp_path / 'journal.jsonl'}: run again to go on from there"
    )
    with mortal_endpoint(tmp_path / "second", first.port) as second:
        table = predict(second.url)
    assert table["predicted_indices"].to_pylist() == [[1]] * len(QUESTIONS)
    rest = Counter(second.asked())
    assert rest.total() == len(QUESTIONS) - kept and max(rest.values()) == 1
    assert Counter(first.asked()) | rest == ASKED


def test_a_job_waits_for_an_endpoint_that_comes_back(tmp_path):
    write_records(tmp_path / "choice.parquet", QUESTIONS)
    write_records(tmp_path / "open.parquet", [open_record(id="x", source="kqa", split="test")])
    with mortal_endpoint(tmp_path / "first", dies_at=10) as first:
        llm = {"model": "openai/any", "api_base": first.url, "concurrency": AT_ONCE}
        job = subprocess.Popen(
            [
                *[sys.executable, "workflow/scripts/predict_served.py", "--name", "any", "--permutations", "0"],
                *["--choice", tmp_path / "choice.parquet", "--open", tmp_path / "open.parquet"],
                *["--choice-prompt", FOLDER / "question_choice.txt", "--open-prompt", FOLDER / "question_open.txt"],
                *["--llm", json.dumps(llm), "--journal", tmp_path / "journal.jsonl"],
                *[f"--output-{name}={tmp_path}/{name}_answers.parquet" for name in ("choice", "open", "reasoning")],
            ],
            cwd=FOLDER.parents[1],
            stderr=subprocess.DEVNULL,
        )
        wait_until(first.died, "the endpoint dies")
        assert job.poll() is None
    with mortal_endpoint(tmp_path / "second", first.port) as second:
        assert job.wait(PATIENCE_SECONDS) == 0
    assert len(read_table(tmp_path / "choice_answers.parquet", CHOICE_SCHEMA)) == len(QUESTIONS)
    unanswered = len(first.asked()) + len(second.asked()) - len(QUESTIONS) - 1
    assert 1 <= unanswered <= AT_ONCE
