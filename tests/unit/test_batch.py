import asyncio
import logging
import threading

import pytest
from pydantic import BaseModel
from support.batch_endpoint import Course, serving_batches
from support.batch_jobs import (
    HASTE,
    KEY,
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
from support.endpoint import serving

from medinjection.llm.batch.runner import BatchLimits
from medinjection.llm.client.provider import Provider
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.records.errors import InputError

with_key = pytest.fixture(autouse=True)(a_key)
swift = pytest.fixture(autouse=True, scope="module")(swift_collection)
CLOSE_AT_ONCE = threading.Event()
CLOSE_AT_ONCE.set()


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
        ["keys", "model", "shared", "tag"],
        ["batch", "tag"],
        ["status", "tag"],
    ]


def test_the_cost_is_unknown_without_prices(tmp_path):
    wanted = numbered(1)
    with serving_batches() as endpoint:
        collect(endpoint, wanted, tmp_path / "j")
    with Journal(tmp_path / "j") as journal:
        assert journal.get(*wanted).cost is None


class Score(BaseModel):
    score: int


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 0.5, "max_tokens": 7, "extra": {"seed": 3, "unknown": 2, "extra_body": {"x": [1]}}},
        {"model": "openai/o3-mini", "temperature": 1.0},
        {"structured": True},
    ],
)
def test_the_body_is_what_a_single_request_sends(tmp_path, changes):
    messages = [{"role": "system", "content": "é"}, {"role": "user", "content": "q\u2028"}]
    with serving(lambda *_: "ok") as endpoint:
        single = Provider(teacher(endpoint, mode="requests", **changes), HASTE, answer_schema=Score)
        asyncio.run(single.call(messages))
        (body,) = endpoint.bodies
    with serving_batches() as endpoint:
        collect(endpoint, {"0" * 64: messages}, tmp_path / "j", answer_schema=Score, **changes)
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
    assert "unknown custom_id are ignored: 1, the first 'stranger'" in caplog.text and "unreadable line" in caplog.text


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
        with pytest.raises(InputError, match="2 requests have no answer after 3 rounds.*500: a fault on purpose"):
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


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"when": "before", "hang": CLOSE_AT_ONCE},
        {"raw": b'{"id": ', "type": "application/json"},
        {"raw": b"<html>busy</html>", "type": "text/html"},
    ],
    ids=["server error", "connection closed", "half an answer", "a page"],
)
def test_calls_that_fail_are_repeated(tmp_path, fault):
    def at_first(method, path, number):
        return fault if number == 1 and not path.endswith("/content") else None

    with serving_batches(fault=at_first) as endpoint:
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
