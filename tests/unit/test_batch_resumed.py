import asyncio
import os
import re
import threading

import pytest
from support.batch_endpoint import Course, serving_batches
from support.batch_jobs import (
    HASTE,
    KEY,
    POLL,
    a_key,
    ask_for,
    collect,
    log_of,
    numbered,
    question,
    swift_collection,
    teacher,
    upper,
)
from support.killed_processes import forking, kill_once

from medinjection.llm.batch.runner import BatchLimits, collect_batches
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError

with_key = pytest.fixture(autouse=True)(a_key)
swift = pytest.fixture(autouse=True, scope="module")(swift_collection)


def test_an_endpoint_out_of_reach_keeps_its_batches(tmp_path):
    down = []

    def fault(method, path, number):
        return {"status": 503} if down and method == "GET" else None

    def course(number, requests):
        down.append(True)
        return Course()

    with serving_batches(course, fault) as endpoint:
        with pytest.raises(InputError, match=r"still failing after 3 tries.*kept in .*j\.batches\.jsonl"):
            collect(endpoint, numbered(2), tmp_path / "j")
        down.clear()
        assert collect(endpoint, numbered(2), tmp_path / "j") == ({}, upper(2))
        assert endpoint.sizes == [2]


@pytest.mark.parametrize(("path", "what"), [("/batches/batch_1", "batch batch_1"), ("/files/.*", "result file file-")])
def test_what_the_provider_forgot_is_not_paid_again_unasked(tmp_path, path, what):
    gone = {"status": 404, "message": "none such"}
    with (
        serving_batches(fault=lambda _, called, __: gone if re.fullmatch(path, called) else None) as endpoint,
        pytest.raises(InputError, match=f"does not know {what}.*remove the log"),
    ):
        collect(endpoint, numbered(2), tmp_path / "j")
    assert endpoint.sizes == [2]


def run_job(endpoint_url, path, wanted):
    os.environ["OPENAI_API_KEY"] = KEY
    with Journal(path) as journal:
        job = LanguageModel(model="openai/x", api_base=endpoint_url, mode="batch")
        asyncio.run(collect_batches(job, journal, wanted, HASTE, POLL, limits=BatchLimits(lines=6)))


@pytest.fixture(scope="module")
def jobs():
    return forking()


@pytest.mark.parametrize("moment", ["after intent", "after create", "while waiting", "while reading"])
def test_a_killed_job_pays_nothing_twice(tmp_path, jobs, moment):
    first, released = [True], threading.Event()

    def fault(method, path, number):
        if first and moment == "while reading" and path == "/files/file-output-2/content":
            return {"lines": 3, "hang": released}
        if first and moment.startswith("after") and (method, path, number) == ("POST", "/batches", 2):
            return {"hang": released, "when": "before" if moment == "after intent" else "after"}
        return None

    def course(number, requests):
        # A long text, so that some lines of a result file fill what is read of it at once.
        end = "in_progress" if moment == "while waiting" else "completed"
        return Course((end,) * 100 if first else ("completed",), lambda r: question(r).upper() + 2**17 * " ")

    def reached():
        journalled = len((tmp_path / "j").read_bytes().splitlines()) if (tmp_path / "j").exists() else 0
        return {
            "after intent": endpoint.count("POST", "/batches") == 2,
            "after create": len(endpoint.batches) == 2,
            "while waiting": endpoint.looks.get("batch_2", 0) > 1,
            "while reading": journalled > 6,
        }[moment]

    wanted = numbered(12)
    with serving_batches(course, fault) as endpoint:
        job = jobs.Process(target=run_job, args=(endpoint.url, tmp_path / "j", wanted))
        job.start()
        kill_once(job, reached, moment)
        first.clear()
        released.set()
        for batch in endpoint.batches.values():
            batch["course"].statuses = ("completed",)
        assert len(endpoint.batches) == (1 if moment == "after intent" else 2)
        reasons, texts = collect(endpoint, wanted, tmp_path / "j", BatchLimits(lines=6))
        assert (reasons, {asked: text.rstrip() for asked, text in texts.items()}) == ({}, upper(12))
        assert endpoint.sizes == [6, 6]
        assert sorted(endpoint.answered) == sorted(wanted)
    assert len((tmp_path / "j").read_bytes().splitlines()) == 12


def test_a_batch_of_an_earlier_run_gives_its_other_answers_too(tmp_path):
    with serving_batches(lambda *_: Course(("in_progress",) * 5 + ("completed",))) as endpoint:
        down = []
        endpoint.fault = lambda method, path, number: {"status": 503} if down and method == "GET" else None
        endpoint.course = lambda number, requests: down.append(True) or Course()
        with pytest.raises(InputError):
            collect(endpoint, numbered(4), tmp_path / "j")
        down.clear()
        endpoint.course = lambda number, requests: Course()
        assert collect(endpoint, ask_for("q2", "new"), tmp_path / "j") == ({}, {"q2": "Q2", "new": "NEW"})
        assert collect(endpoint, numbered(4), tmp_path / "j") == ({}, upper(4))
        assert endpoint.sizes == [4, 1]


def test_another_cut_into_shards_takes_over_the_batches_under_way(tmp_path, caplog):
    down = []
    wanted = numbered(6)
    with serving_batches(fault=lambda method, *_: {"status": 503} if down and method == "GET" else None) as endpoint:
        endpoint.course = lambda number, requests: down.append(True) or Course()
        with pytest.raises(InputError):
            collect(endpoint, wanted, tmp_path / "1-of-1.jsonl")
        down.clear()
        halves = [dict(list(wanted.items())[start::2]) for start in (0, 1)]
        for number, half in enumerate(halves, start=1):
            asked = {messages[-1]["content"] for messages in half.values()}
            path = tmp_path / f"{number}-of-2.jsonl"
            assert collect(endpoint, half, path) == ({}, {question: question.upper() for question in asked})
            assert len(path.read_bytes().splitlines()) == 3
        assert endpoint.sizes == [6]
    assert "unknown custom_id" not in caplog.text


def test_what_the_journal_holds_is_not_asked(tmp_path):
    wanted = numbered(3)
    with serving_batches() as endpoint:
        collect(endpoint, ask_for("q1"), tmp_path / "j")
        with Journal(tmp_path / "j") as journal:
            assert asyncio.run(collect_batches(teacher(endpoint), journal, wanted, HASTE, POLL)) == {}
        assert endpoint.sizes == [1, 2]


def test_a_damaged_log_is_told(tmp_path):
    (tmp_path / "j.batches.jsonl").write_text('{"tag": "t", "batch": "batch_1"}\n')
    with serving_batches() as endpoint, pytest.raises(InputError, match=r"j\.batches\.jsonl: line 1 is no line"):
        collect(endpoint, numbered(1), tmp_path / "j")


def test_a_cut_off_line_of_the_log_is_removed(tmp_path, caplog):
    log = tmp_path / "j.batches.jsonl"
    log.write_text('{"tag": "t", "model": "openai/x", "keys": ["k"')
    with serving_batches() as endpoint:
        assert collect(endpoint, numbered(1), tmp_path / "j") == ({}, upper(1))
    assert "cut off" in caplog.text
    assert len(log_of(tmp_path / "j")) == 3
