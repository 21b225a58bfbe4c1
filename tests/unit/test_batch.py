import asyncio
import gc
import json
import logging
import multiprocessing
import os
import re
import threading
import time

import pytest
from batch_endpoint import Course, serving_batches
from endpoint import serving

from medinjection.llm.batch import BatchLimits, collect_batches
from medinjection.llm.journal import Entry, Journal, request_key
from medinjection.llm.provider import Patience, Provider
from medinjection.llm.teacher import Teacher
from medinjection.records.errors import InputError

KEY = "sk-loopback-0123456789abcdef"
HASTE = Patience(tries=3, tries_when_limited=3, first_wait=0.01, longest_wait=0.02)
POLL = 0.02
LIMITS = BatchLimits()


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture(autouse=True, scope="module")
def swift_collection():
    """Keep the objects of litellm out of the garbage collections that each call ends with."""
    import litellm  # noqa: F401

    gc.freeze()
    yield
    gc.unfreeze()


def teacher(endpoint, **changes):
    return Teacher(**{"model": "openai/x", "api_base": endpoint.url, "mode": "batch", "timeout": 20.0, **changes})


def ask_for(*questions):
    messages = {question: [{"role": "user", "content": question}] for question in questions}
    return {request_key("openai/x", None, content, {}): content for content in messages.values()}


def numbered(count):
    return ask_for(*(f"q{n}" for n in range(count)))


def collect(endpoint, wanted, path, limits=LIMITS, progress=None, **changes):
    """Ask what the journal at `path` does not hold; return the reasons and the texts by question."""
    with Journal(path) as journal:
        missing = {key: messages for key, messages in wanted.items() if journal.get(key) is None}
        reasons = asyncio.run(
            collect_batches(teacher(endpoint, **changes), journal, missing, HASTE, POLL, progress, limits)
        )
        entries = {messages[-1]["content"]: journal.get(key) for key, messages in wanted.items()}
    texts = {question: entry.text for question, entry in entries.items() if entry}
    return {wanted[key][-1]["content"]: reason for key, reason in reasons.items()}, texts


def question(request):
    return request["body"]["messages"][-1]["content"]


def upper(count):
    return {f"q{n}": f"Q{n}" for n in range(count)}


def log_of(path):
    return [json.loads(line) for line in path.with_name(f"{path.name}.batches.jsonl").read_text().splitlines()]


def test_answers_tokens_and_the_batch_price_reach_the_journal(tmp_path):
    told = []
    wanted = numbered(5)
    with serving_batches() as endpoint:
        prices = {"input_cost_per_token": 2.0, "output_cost_per_token": 8.0}
        assert collect(endpoint, wanted, tmp_path / "j", progress=told.append, **prices) == ({}, upper(5))
        assert endpoint.sizes == [5]
        assert endpoint.count("GET", "/files/.*") == 1
    with Journal(tmp_path / "j") as journal:
        key = next(iter(wanted))
        expected = Entry(key, "openai/x", f"chatcmpl-{key[:8]}", "Q0", "stop", 10, 5, cost=0.5 * (2.0 * 10 + 8.0 * 5))
        assert journal.get(key) == expected
    assert told == [0, 5]
    assert [sorted(line) for line in log_of(tmp_path / "j")] == [
        ["keys", "model", "tag"],
        ["batch", "tag"],
        ["status", "tag"],
    ]


def test_the_cost_is_unknown_without_prices(tmp_path):
    wanted = numbered(1)
    with serving_batches() as endpoint:
        collect(endpoint, wanted, tmp_path / "j")
    with Journal(tmp_path / "j") as journal:
        assert journal.get(*wanted).cost is None


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 0.5, "max_tokens": 7, "extra": {"seed": 3, "unknown": 2, "extra_body": {"x": [1]}}},
        {"model": "openai/o3-mini", "temperature": 1.0},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_the_body_is_what_a_single_request_sends(tmp_path, changes):
    messages = [{"role": "system", "content": "é"}, {"role": "user", "content": "q\u2028"}]
    with serving(lambda *_: "ok") as endpoint:
        single = Provider(teacher(endpoint, mode="requests", **changes), HASTE)
        asyncio.run(single.call(messages))
        (body,) = endpoint.bodies
    with serving_batches() as endpoint:
        collect(endpoint, {"0" * 64: messages}, tmp_path / "j", **changes)
        (batch,) = endpoint.batches.values()
    assert batch["requests"] == [{"custom_id": "0" * 64, "method": "POST", "url": "/v1/chat/completions", "body": body}]


def test_requests_are_cut_into_files_by_lines_and_bytes(tmp_path):
    with serving_batches() as endpoint:
        assert collect(endpoint, numbered(7), tmp_path / "lines", BatchLimits(lines=3)) == ({}, upper(7))
        assert endpoint.sizes == [3, 3, 1]
        line = len(next(iter(endpoint.files.values())).splitlines()[0]) + 1
    with serving_batches() as endpoint:
        assert collect(endpoint, numbered(5), tmp_path / "bytes", BatchLimits(bytes=2 * line)) == ({}, upper(5))
        assert endpoint.sizes == [2, 2, 1]
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(("lines", "bytes"))]


@pytest.mark.parametrize("end", ["expired", "cancelled", "failed", "completed"])
def test_only_what_a_batch_leaves_unanswered_is_sent_again(tmp_path, end):
    def course(number, requests):
        if number > 1:
            return Course()
        if end == "failed":
            return Course(("validating", "failed"), errors=({"code": "server_error", "message": "ours"},))
        lost = None if end == "completed" else {"code": f"batch_{end}"}
        return Course(("in_progress", end), lambda request: "first" if question(request) in ("q1", "q4") else lost)

    with serving_batches(course) as endpoint:
        kept = {} if end == "failed" else {"q1": "first", "q4": "first"}
        assert collect(endpoint, numbered(6), tmp_path / "j") == ({}, upper(6) | kept)
        assert endpoint.sizes == [6, 6 - len(kept)]


def test_refusals_become_reasons_and_passing_faults_are_sent_again(tmp_path):
    faults = {
        "q1": {"status": 400, "error": {"code": "content_policy_violation", "message": "not this one"}},
        "q2": {"status": 429, "error": {"code": "rate_limit_exceeded"}},
        "q3": {"status": 500},
        "q4": {"status": 400, "error": {"code": "context_length_exceeded", "message": "too long"}},
        "q5": {"refusal": "I cannot help"},
    }

    def course(number, requests):
        return Course(results=lambda r: (number == 1 and faults.get(question(r))) or question(r).upper())

    with serving_batches(course) as endpoint:
        reasons, texts = collect(endpoint, numbered(6), tmp_path / "j")
        assert endpoint.sizes == [6, 2]
    assert sorted(reasons) == ["q1", "q4"]
    assert "not this one" in reasons["q1"] and "too long" in reasons["q4"]
    assert texts == {"q0": "Q0", "q2": "Q2", "q3": "Q3", "q5": "I cannot help"}


def test_strange_lines_are_told_and_ignored(tmp_path, caplog):
    stranger = b'{"custom_id": "stranger", "response": {"status_code": 200, "body": {}}, "error": null}'
    more = (b'{"custom_id": ', stranger)
    with serving_batches(lambda *_: Course(more=more)) as endpoint:
        assert collect(endpoint, numbered(2), tmp_path / "j") == ({}, upper(2))
        assert endpoint.sizes == [2]
    assert "unknown custom_id 'stranger'" in caplog.text and "unreadable line" in caplog.text


def test_an_answer_given_twice_is_journalled_once(tmp_path):
    with serving_batches() as endpoint:
        endpoint.course = lambda number, requests: Course()
        collect(endpoint, numbered(1), tmp_path / "a")
        line = endpoint.files["file-output-1"].rstrip(b"\n")
        endpoint.course = lambda number, requests: Course(more=(line,))
        collect(endpoint, numbered(1), tmp_path / "b")
    assert len((tmp_path / "b").read_bytes().splitlines()) == 1


def test_rounds_without_an_answer_end(tmp_path):
    with serving_batches(lambda *_: Course(results=lambda _: {"status": 500})) as endpoint:
        with pytest.raises(InputError, match="2 requests have no answer after 3 rounds"):
            collect(endpoint, numbered(2), tmp_path / "j")
        assert endpoint.sizes == [2, 2, 2]


def test_a_full_queue_is_waited_for_with_smaller_files_one_at_a_time(tmp_path):
    full = ({"code": "token_limit_exceeded", "message": "Enqueued token limit reached"},)
    under_way = []

    def course(number, requests):
        under_way.append(sum(endpoint.looks.get(name, 0) < 2 for name in endpoint.batches))
        if len(requests) > 4 or under_way[-1]:
            return Course(("validating", "failed"), errors=full)
        return Course(("validating", "completed"))

    with serving_batches(course) as endpoint:
        assert collect(endpoint, numbered(14), tmp_path / "j", BatchLimits(lines=10)) == ({}, upper(14))
        assert endpoint.sizes[:2] == [10, 4]
        assert max(under_way[2:]) == 0
    settled = [line["status"] for line in log_of(tmp_path / "j") if "status" in line]
    assert set(settled) == {"failed", "completed"}


def test_a_queue_that_stays_full_ends_with_a_sentence(tmp_path):
    full = ({"code": "token_limit_exceeded", "message": "Enqueued token limit reached: 90,000"},)
    with (
        serving_batches(lambda *_: Course(("failed",), errors=full)) as endpoint,
        pytest.raises(InputError, match=r"queue has been full .*90,000.*mode: requests"),
    ):
        collect(endpoint, numbered(3), tmp_path / "j", BatchLimits(queue_seconds=0.05))


def test_a_rejected_file_is_explained(tmp_path):
    errors = ({"code": "model_not_found", "message": "no model x", "line": 1},)
    with (
        serving_batches(lambda *_: Course(("validating", "failed"), errors=errors)) as endpoint,
        pytest.raises(InputError, match=r"batch_1: model_not_found: no model x \(line 1"),
    ):
        collect(endpoint, numbered(2), tmp_path / "j")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"status": 401, "error": {"message": f"bad key {KEY}"}}, "check its key"),
        ({"status": 429, "error": {"code": "insufficient_quota", "message": "no credit"}}, "no credit"),
        ({"status": 404, "error": {"message": "no such model"}}, "no such model"),
    ],
)
def test_what_concerns_all_requests_ends_the_work_and_keeps_the_answers(tmp_path, caplog, fault, sentence):
    caplog.set_level(logging.DEBUG)

    def course(number, requests):
        return Course(results=lambda r: fault if question(r) == "q0" and number == 1 else question(r).upper())

    with serving_batches(course) as endpoint:
        with pytest.raises(InputError, match=sentence) as caught:
            collect(endpoint, numbered(3), tmp_path / "j")
        assert KEY not in str(caught.value) + caplog.text
        assert collect(endpoint, numbered(3), tmp_path / "j") == ({}, upper(3))
        assert endpoint.sizes == [3, 1]


def test_refusals_of_every_request_end_the_work(tmp_path):
    with (
        serving_batches(lambda *_: Course(results=lambda _: {"status": 400})) as endpoint,
        pytest.raises(InputError, match="the first 25 requests all failed"),
    ):
        collect(endpoint, numbered(25), tmp_path / "j")


@pytest.mark.parametrize("model", ["gemini/gemini-2.5-flash", "mistral/mistral-small", "anthropic/claude-x"])
def test_a_provider_without_batches_is_named(tmp_path, model):
    with serving_batches() as endpoint, pytest.raises(InputError, match="no batches with the provider.*mode: requests"):
        collect(endpoint, numbered(1), tmp_path / "j", model=model, api_base=None)


def test_a_missing_key_and_a_rejected_one_are_told(tmp_path, monkeypatch):
    reject = {"status": 401, "message": f"Incorrect API key provided: {KEY}"}
    with serving_batches(fault=lambda *_: reject) as endpoint:
        with pytest.raises(InputError, match="check its key") as caught:
            collect(endpoint, numbered(1), tmp_path / "j")
        assert KEY not in str(caught.value)
        monkeypatch.delenv("OPENAI_API_KEY")
        with pytest.raises(InputError, match="OPENAI_API_KEY"):
            collect(endpoint, numbered(1), tmp_path / "j")


def test_calls_that_fail_are_repeated(tmp_path):
    with serving_batches(fault=lambda method, path, number: {"status": 503} if number == 1 else None) as endpoint:
        assert collect(endpoint, numbered(3), tmp_path / "j") == ({}, upper(3))
        assert endpoint.sizes == [3]


def test_a_creation_that_fails_after_its_effect_is_not_repeated(tmp_path):
    def fault(method, path, number):
        return {"status": 500, "when": "after"} if (method, path, number) == ("POST", "/batches", 2) else None

    with serving_batches(fault=fault) as endpoint:
        # Other batches of the account come first in its list.
        collect(endpoint, ask_for("other"), tmp_path / "other")
        assert collect(endpoint, numbered(3), tmp_path / "j") == ({}, upper(3))
        assert endpoint.sizes == [1, 3]


def test_a_download_that_breaks_off_starts_again(tmp_path):
    def fault(method, path, number):
        return {"lines": 2} if path.endswith("/content") and number == 1 else None

    with serving_batches(fault=fault) as endpoint:
        assert collect(endpoint, numbered(5), tmp_path / "j") == ({}, upper(5))
        assert endpoint.sizes == [5] and endpoint.count("GET", "/files/.*") == 2
    assert len((tmp_path / "j").read_bytes().splitlines()) == 5


def test_an_endpoint_out_of_reach_keeps_its_batches(tmp_path):
    down = []

    def fault(method, path, number):
        return {"status": 503} if down and method == "GET" else None

    def course(number, requests):
        down.append(True)
        return Course()

    with serving_batches(course, fault) as endpoint:
        with pytest.raises(InputError, match=r"still failing after 3 tries.*j\.batches\.jsonl: run again"):
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
        job = Teacher("openai/x", api_base=endpoint_url, mode="batch")
        asyncio.run(collect_batches(job, journal, wanted, HASTE, POLL, limits=BatchLimits(lines=6)))


@pytest.fixture(scope="module")
def jobs():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["litellm"])
    return context


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
        deadline = time.monotonic() + 60
        while not reached():
            assert job.is_alive() and time.monotonic() < deadline
            time.sleep(0.01)
        job.kill()
        job.join()
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


def test_a_cut_off_line_of_the_log_is_removed(tmp_path, caplog):
    log = tmp_path / "j.batches.jsonl"
    log.write_text('{"tag": "t", "model": "openai/x", "keys": ["k"')
    with serving_batches() as endpoint:
        assert collect(endpoint, numbered(1), tmp_path / "j") == ({}, upper(1))
    assert "cut off" in caplog.text
    assert len(log_of(tmp_path / "j")) == 3
