"""Limits that hold over processes: budget, rates, shards; and what a run leaves when one of them ends it."""

import errno
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from support.endpoint import serving
from support.scripted_endpoint import scripted_server
from support.waiting import PATIENCE_SECONDS, wait_until
from tqdm import tqdm

from medinjection.llm.batch.log import BatchLog
from medinjection.llm.batch.runner import keys_under_way
from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Answer, Failure, InvalidAnswer, Request
from medinjection.llm.client.keys import key_maker
from medinjection.llm.client.provider import Patience
from medinjection.llm.client.shards import Shard, journals_of_other_cuts, read_shard
from medinjection.llm.client.status import Status
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.limits import shared_file
from medinjection.llm.limits.account import Account
from medinjection.llm.limits.budget import Budget, money_in
from medinjection.llm.limits.rate import RateLimiter
from medinjection.llm.limits.shared_file import shared_json
from medinjection.llm.lock_files import holder, lock_file
from medinjection.records.errors import InputError

HASTE = Patience(tries=4, first_wait=0.01, longest_wait=0.05)
# The endpoint counts 10 prompt tokens and 5 answer tokens for each request: 0.6 each.
PRICES = {"input_cost_per_token": 0.01, "output_cost_per_token": 0.1}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0123456789abcdef")


def requests(count, start=0):
    return [Request(({"role": "user", "content": f"q{n}"},), n) for n in range(start, start + count)]


def teacher(endpoint, **changes):
    return LanguageModel(
        **{"model": "openai/x", "api_base": endpoint.url, "timeout": PATIENCE_SECONDS, "concurrency": 4, **changes}
    )


def ask(endpoint, path, questions, account=None, **changes):
    with Journal(path) as journal:
        client = Client(teacher(endpoint, attempts=2, **changes), journal, HASTE, account)
        return list(client.ask(questions, lambda text, subject: text))


# --- budget

BATCH_JOB = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from medinjection.llm.limits.account import Account
    from medinjection.llm.client.client import Client
    from medinjection.llm.client.conversation import Request
    from medinjection.llm.journal.journal import Journal
    from medinjection.llm.language_model import LanguageModel
    url, folder = sys.argv[1], Path(sys.argv[2])
    teacher = LanguageModel(model="openai/teacher", api_base=url, mode="batch", max_tokens=2,
                      input_cost_per_token=0.01, output_cost_per_token=0.1)
    questions = [Request(({"role": "user", "content": f"q{n}"},)) for n in range(10)]
    with Journal(folder / "1-of-2.jsonl") as journal:
        list(Client(teacher, journal, account=Account(folder, 1.2)).ask(questions, lambda t, _: t))
    """
)


def test_a_run_stops_before_its_budget_is_passed_and_goes_on_when_it_is_raised(tmp_path):
    path = tmp_path / "stage" / "1-of-1.jsonl"
    with serving(lambda *_: {"text": "ok", "seconds": 0.02}) as endpoint:
        few = {**PRICES, "max_tokens": 5}
        with pytest.raises(InputError, match=r"the budget of 6 would be passed: .* raise `budget`.*answers are kept"):
            ask(endpoint, path, requests(40), Account(tmp_path, 6.0), **few)
        answered = endpoint.requests
        # A request may cost 0.01 x 1 + 0.1 x 5 by the estimate made before it, and costs 0.6: ten fit into the budget
        # but for the estimate's error in those under way.
        assert 7 <= answered <= 11
        assert money_in(path) == pytest.approx(0.6 * answered)
        assert len(path.read_text().splitlines()) == answered
        outcomes = ask(endpoint, path, requests(40), Account(tmp_path, 100.0), **few)
        assert all(isinstance(outcome, Answer) for outcome in outcomes)
        assert endpoint.requests == 40
        assert money_in(path) == pytest.approx(24.0)


def test_with_the_most_an_answer_can_cost_known_the_budget_is_never_passed(tmp_path):
    with serving(lambda *_: "ok") as endpoint, pytest.raises(InputError, match="budget"):
        ask(endpoint, tmp_path / "j.jsonl", requests(40), Account(tmp_path, 6.0), **PRICES, max_tokens=20)
    assert money_in(tmp_path / "j.jsonl") <= 6.0
    # One that fits is still sent once those under way have turned out cheaper than feared.
    assert money_in(tmp_path / "j.jsonl") > 6.0 - (0.01 + 20 * 0.1)


def test_journals_share_a_budget_also_those_the_ledger_does_not_know(tmp_path):
    earlier = tmp_path / "translate" / "a.jsonl"
    with Journal(earlier) as journal:
        journal.append(Entry("k", "m", None, "t", "stop", 1, 1, 5.0))
        journal.append(Entry("l", "m", None, "t", "stop", 1, 1, None))
    with Journal(tmp_path / "judge" / "b.jsonl") as journal:
        budget = Account(tmp_path, 6.0).budget_of(LanguageModel(model="m", **PRICES), journal)
        assert budget.reserve(0.9) is True
        assert budget.reserve(0.9) is None
        budget.settle(0.9, 0.25, 0.25)
        assert budget.reserve(0.6) is False
        assert budget.reserve(0.5) is True
        # Another job may have less to pay than it has reserved: there may be room later.
        assert Budget(tmp_path, 7.0, tmp_path / "judge" / "c.jsonl", 0.0).reserve(1.5) is None
    # What no process has open any more was killed: its reservation is given up, what it spent is not.
    other = Budget(tmp_path, 7.0, tmp_path / "judge" / "c.jsonl", 0.0)
    assert other.reserve(1.6) is False
    assert other.reserve(1.5) is True


def test_a_damaged_ledger_is_made_anew_from_the_journals(tmp_path):
    for content in (b"", b"{", b"[1]"):
        (tmp_path / "spending.json").write_bytes(content)
        with Journal(tmp_path / "a.jsonl") as journal:
            journal.append(Entry(str(content), "m", None, "t", "stop", 1, 1, 2.0))
        budget = Budget(tmp_path, 100.0, tmp_path / "b.jsonl", 0.0)
        assert budget.reserve(100.0 - money_in(tmp_path / "a.jsonl") + 0.1) is False


def test_an_answer_without_a_count_of_tokens_is_taken_to_cost_the_most_that_it_can(tmp_path):
    with serving(lambda *_: {"text": "ok", "usage": None}) as endpoint:
        with pytest.raises(InputError, match=r"the budget of 2.5 would be passed: 2\.0400 are spent"):
            ask(endpoint, tmp_path / "j.jsonl", requests(40), Account(tmp_path, 2.5), **PRICES, max_tokens=5)
        assert endpoint.requests == 4
        # It is not forgotten when the job starts again.
        with pytest.raises(InputError, match=r"2\.0400 are spent"):
            ask(endpoint, tmp_path / "j.jsonl", requests(40), Account(tmp_path, 2.5), **PRICES, max_tokens=5)
        assert endpoint.requests == 4
    assert {json.loads(line)["cost"] for line in (tmp_path / "j.jsonl").read_text().splitlines()} == {None}


def test_an_unknown_price_is_no_price_of_nothing(tmp_path):
    with serving(lambda *_: "ok") as endpoint:
        with pytest.raises(InputError, match="prices are unknown"):
            ask(endpoint, tmp_path / "j.jsonl", requests(1), Account(tmp_path, 6.0))
        assert endpoint.requests == 0
        ask(endpoint, tmp_path / "j.jsonl", requests(1))
    assert json.loads((tmp_path / "j.jsonl").read_text())["cost"] is None


def test_processes_that_ask_side_by_side_keep_one_budget(tmp_path):
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from medinjection.llm.limits.account import Account
        from medinjection.llm.client.client import Client
        from medinjection.llm.client.conversation import Request
        from medinjection.llm.journal.journal import Journal
        from medinjection.llm.language_model import LanguageModel
        from medinjection.records.errors import InputError
        url, folder, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
        teacher = LanguageModel(model="openai/x", api_base=url, concurrency=4, max_tokens=5,
                          input_cost_per_token=0.01, output_cost_per_token=0.1)
        questions = [Request(({"role": "user", "content": f"{name} {n}" + "x" * 30},)) for n in range(60)]
        with Journal(folder / f"{name}.jsonl") as journal:
            try:
                list(Client(teacher, journal, account=Account(folder, 12.0)).ask(questions, lambda t, _: t))
            except InputError as error:
                print(error)
        """
    )
    with serving(lambda *_: {"text": "ok", "seconds": 0.01}) as endpoint:
        arguments = [[sys.executable, "-c", program, endpoint.url, str(tmp_path), name] for name in ("a", "b")]
        processes = [subprocess.Popen(each, stdout=subprocess.PIPE, text=True) for each in arguments]
        said = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in processes]
    assert all("the budget of 12 would be passed" in text for text in said)
    spent = sum(money_in(tmp_path / f"{name}.jsonl") for name in ("a", "b"))
    assert spent == pytest.approx(0.6 * endpoint.requests)
    assert 10.0 < spent <= 12.0


def test_batches_keep_a_budget_too_at_their_lower_price(tmp_path):
    # Each request has 1 prompt token and 1 answer token, and may have 2 by the estimate: 0.055 and 0.105 in a batch.
    batch = {**PRICES, "mode": "batch", "max_tokens": 2, "model": "openai/teacher"}
    with scripted_server(echo=True, batch_seconds=0.05) as server:
        with pytest.raises(InputError, match="the budget of 0.5 would be passed"):
            ask(server, tmp_path / "j.jsonl", requests(12), Account(tmp_path, 0.5), **batch)
        spent = money_in(tmp_path / "j.jsonl")
        assert 0.5 - 0.105 < spent <= 0.5
        outcomes = ask(server, tmp_path / "j.jsonl", requests(12), Account(tmp_path, 20.0), **batch)
        assert all(isinstance(outcome, Answer) for outcome in outcomes)
        batches = server.counts()["batches"]
        assert (batches["answered"], batches["repeated_answered"]) == (12, 0)
    assert money_in(tmp_path / "j.jsonl") == pytest.approx(12 * 0.055)


def test_batches_of_a_stopped_job_keep_their_money_and_are_not_sent_again_when_the_cut_changes(tmp_path):
    batch = {**PRICES, "mode": "batch", "max_tokens": 2, "model": "openai/teacher"}
    first = tmp_path / "1-of-2.jsonl"
    with (
        scripted_server(echo=True, batch_seconds=3600) as server,
        subprocess.Popen([sys.executable, "-c", BATCH_JOB, server.url, str(tmp_path)], env=os.environ) as job,
    ):
        log = first.with_name(f"{first.name}.batches.jsonl")
        wait_until(lambda: (log.exists() and len(log.read_text().splitlines()) >= 2) or job.poll() is not None, "sent")
        job.kill()
        job.wait()
        key = key_maker(LanguageModel(api_base=server.url, **batch))
        keys = {key(request.messages) for request in requests(10)}
        # Ten requests may cost 0.105 each; their batch goes on at the provider.
        other = Budget(tmp_path, 1.2, tmp_path / "other.jsonl", 0.0)
        assert other.reserve(0.16) is False
        assert other.reserve(0.14) is True
        assert BatchLog(first).under_way(keys)
        with Journal(tmp_path / "1-of-1.jsonl") as recut:
            assert keys_under_way(recut, keys) == keys


def test_a_reservation_of_another_machine_stands_until_its_lock_is_removed(tmp_path):
    other = tmp_path / "other.jsonl"
    with Journal(other) as journal:
        assert Account(tmp_path, 6.0).budget_of(LanguageModel(model="m", **PRICES), journal).reserve(5.0) is True
    lock_file(other).write_text("4321\nnode-7\n")
    assert Budget(tmp_path, 6.0, tmp_path / "j.jsonl", 0.0).reserve(2.0) is None
    lock_file(other).unlink()
    assert Budget(tmp_path, 6.0, tmp_path / "j.jsonl", 0.0).reserve(2.0) is True


def test_where_the_file_system_has_no_locks_a_file_is_the_lock(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    path = tmp_path / "shared.json"
    with shared_json(path) as content:
        content["held"] = holder(path) is not None
    assert json.loads(path.read_text()) == {"held": True}
    assert holder(path) is None
    monkeypatch.setattr(shared_file, "_WAIT_SECONDS", 0.1)
    lock_file(path).write_text("4321\nnode-7\n")
    with pytest.raises(InputError, match=rf"process 4321 of the machine node-7; .* remove {lock_file(path)}"):
        shared_json(path).__enter__()


# --- rates


def test_claims_come_at_the_pace_that_is_allowed(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    limiter, other = RateLimiter(tmp_path / "p", 120, None), RateLimiter(tmp_path / "p", 120, None)
    # Two a second: those of the first second at once, then one every half second, whoever asks.
    assert [limiter.claim(0), limiter.claim(0), other.claim(0), limiter.claim(0)] == pytest.approx([0, 0, 0, 0.5])
    now[0] += 60
    assert limiter.claim(0) == 0
    # However many wait, each has a time of its own; and a clock that is set back does not stop a run.
    waits = [limiter.claim(0) for _ in range(2000)]
    assert waits[-1] - waits[-2] == pytest.approx(0.5)
    assert waits[-1] > 990
    now[0] -= 500
    assert limiter.claim(0) == 0
    now[0] += 500
    tokens = RateLimiter(tmp_path / "t", None, 6000)
    assert [tokens.claim(150), tokens.claim(100)] == pytest.approx([0, 0.5])
    tokens.correct(-100)
    assert tokens.claim(10) == pytest.approx(0.5)


def test_requests_keep_to_the_rate(tmp_path):
    with serving(lambda *_: "ok") as endpoint:
        ask(endpoint, tmp_path / "j", requests(12), Account(tmp_path), requests_per_minute=300)
        times = sorted(endpoint.times)
    # Five a second with one second's worth at once: the twelfth comes about 1.2 s after the first.
    assert times[11] - times[0] >= 1.0


def test_when_the_provider_closes_for_a_while_nothing_else_is_sent(tmp_path):
    def reply(messages, number):
        return {"status": 429, "headers": {"Retry-After": "1"}} if number == 1 else "ok"

    with serving(reply) as endpoint:
        ask(endpoint, tmp_path / "j", requests(30), concurrency=2)
        first = endpoint.times[0]
        # The one that was under way beside it, at most, came within that second.
        assert sum(at - first < 0.9 for at in endpoint.times) <= 3
        assert endpoint.requests == 31


# --- shards


@given(st.lists(st.text(), min_size=1), st.integers(1, 9))
def test_every_request_is_in_exactly_one_shard(texts, count):
    parts = [Shard(number, count) for number in range(1, count + 1)]
    assert all(sum(part.holds(text) for part in parts) == 1 for text in texts)


def test_shards_are_about_equal_and_named():
    counts = Counter(n for n in range(1, 5) for text in range(4000) if Shard(n, 4).holds(str(text)))
    assert all(850 < count < 1150 for count in counts.values())
    assert read_shard("2-of-8") == Shard(2, 8)
    assert str(Shard(2, 8)) == "2-of-8"
    for wrong in ("0-of-2", "3-of-2", "2/8", "a-of-b"):
        with pytest.raises(InputError, match="shard"):
            read_shard(wrong)


def test_work_cut_in_another_way_asks_nothing_again(tmp_path):
    questions = requests(20)
    with serving(lambda messages, _: messages[-1]["content"].upper()) as endpoint:
        for number in (1, 2, 3):
            part = [q for q in questions if Shard(number, 3).holds(q.messages[0]["content"])]
            ask(endpoint, tmp_path / f"{number}-of-3.jsonl", part)
        assert endpoint.requests == 20
        path = tmp_path / "1-of-1.jsonl"
        others = journals_of_other_cuts(path)
        assert [other.name for other in others] == ["1-of-3.jsonl", "2-of-3.jsonl", "3-of-3.jsonl"]
        with Journal(path, others) as journal:
            outcomes = list(Client(teacher(endpoint, attempts=2), journal, HASTE).ask(questions, lambda text, _: text))
        assert [outcome.text for outcome in outcomes] == [f"Q{n}" for n in range(20)]
        assert endpoint.requests == 20
    assert journals_of_other_cuts(tmp_path / "1-of-3.jsonl") == [path]
    assert journals_of_other_cuts(tmp_path / "other.jsonl") == []


# --- streams


def test_requests_are_taken_as_they_are_needed_and_outcomes_come_in_order(tmp_path):
    taken = []

    def each():
        for request in requests(150):
            taken.append(request.subject)
            yield request

    with serving(lambda messages, number: messages[-1]["content"]) as endpoint, Journal(tmp_path / "j") as journal:
        outcomes = Client(teacher(endpoint, concurrency=2, attempts=2), journal, HASTE).ask(
            each(), lambda text, _: text
        )
        first = next(outcomes)
        assert first.text == "q0"
        assert len(taken) < 100
        assert [outcome.text for outcome in outcomes] == [f"q{n}" for n in range(1, 150)]


def test_a_consumer_may_stop_early(tmp_path):
    with serving(lambda messages, number: messages[-1]["content"]) as endpoint, Journal(tmp_path / "j") as journal:
        outcomes = Client(teacher(endpoint, concurrency=2, attempts=2), journal, HASTE).ask(
            requests(50), lambda text, _: text
        )
        next(outcomes)
        outcomes.close()
        # What was under way is paid for: it is awaited and kept.
        assert endpoint.requests == len(journal) < 50
        assert len((tmp_path / "j").read_text().splitlines()) == len(journal)


def test_when_one_request_ends_the_work_those_under_way_are_still_kept(tmp_path):
    def reply(messages, number):
        if messages[-1]["content"] == "q3":
            return {"status": 401, "seconds": 0.1}
        return {"text": "ok", "seconds": 2.0}

    with serving(reply) as endpoint:
        with pytest.raises(InputError, match="the provider accepts no request"):
            ask(endpoint, tmp_path / "j", requests(20))
        assert endpoint.requests == 4
    assert len((tmp_path / "j").read_text().splitlines()) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_that_is_asked_to_end_keeps_what_is_being_answered(tmp_path, number):
    program = textwrap.dedent(
        """
        import sys
        from medinjection.llm.client.client import Client
        from medinjection.llm.client.conversation import Request
        from medinjection.llm.journal.journal import Journal
        from medinjection.llm.language_model import LanguageModel
        from medinjection.program import run_program
        import asyncio.unix_events
        loops = asyncio.unix_events._UnixSelectorEventLoop
        handle_signal = loops._handle_signal
        def handle_and_tell(loop, number):
            handle_signal(loop, number)
            print("told", flush=True)
        loops._handle_signal = handle_and_tell
        def main():
            questions = [Request(({"role": "user", "content": f"q{n}"},)) for n in range(400)]
            with Journal(sys.argv[2]) as journal:
                llm = LanguageModel(model="openai/x", api_base=sys.argv[1], concurrency=2)
                list(Client(llm, journal).ask(questions, lambda t, _: t))
        run_program(main)
        """
    )
    path = tmp_path / "j"
    released = threading.Event()

    def reply(messages, n):
        # The first request hangs back, so that all room ahead of it is taken when the signal comes.
        if n == 1 or n >= 64:
            released.wait(PATIENCE_SECONDS)
        return "ok"

    with serving(reply) as endpoint:
        command = [sys.executable, "-c", program, endpoint.url, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: endpoint.requests >= 64 or process.poll() is not None, "64 requests are sent")
            process.send_signal(number)
            assert process.stdout.readline() == "told\n"
            released.set()
            said = process.communicate(timeout=PATIENCE_SECONDS)[1]
        assert process.returncode == 1
        assert f"error: stopped by {number.name}" in said
        assert len(path.read_text().splitlines()) == endpoint.requests <= 65


def test_a_finished_run_can_be_repeated_though_its_first_answers_were_unusable(tmp_path):
    def check(text, subject):
        if subject < 20:
            raise InvalidAnswer("it is prose")

    with serving(lambda *_: "ok") as endpoint:
        for _ in range(2):
            with Journal(tmp_path / "j") as journal:
                client = Client(teacher(endpoint, concurrency=40, attempts=1), journal, HASTE)
                outcomes = list(client.ask(requests(60), check))
            assert sum(isinstance(outcome, Failure) for outcome in outcomes) == 20
        assert endpoint.requests == 60


def test_when_all_answers_are_unusable_the_run_stops_early(tmp_path):
    def check(text, subject):
        raise InvalidAnswer("it is prose")

    with serving(lambda *_: "Bien sûr !") as endpoint, Journal(tmp_path / "j") as journal:
        client = Client(teacher(endpoint, concurrency=1, attempts=2), journal, HASTE)
        with pytest.raises(InputError, match="the first 20 requests all failed; it is prose"):
            list(client.ask(requests(50), check))
        assert endpoint.requests == 40


# --- what an answer is


def test_a_reply_without_an_answer_and_a_request_that_is_too_large_are_rejects(tmp_path):
    def reply(messages, number):
        too_large = {"status": 429, "error": {"message": "Request too large for x on tokens per min (TPM)"}}
        return {"q1": {"choices": []}, "q2": {"status": 413}, "q3": too_large}.get(messages[-1]["content"], "ok")

    with serving(reply) as endpoint:
        outcomes = ask(endpoint, tmp_path / "j", requests(6))
        assert endpoint.requests == 6
    assert [isinstance(outcome, Failure) for outcome in outcomes] == [False, True, True, True, False, False]
    assert "without a choice" in outcomes[1].reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"text": "half", "finish_reason": "length"}, "cut off at the token limit"),
        ({"text": "so", "finish_reason": "content_filter"}, "withheld by the provider's content filter"),
        ({"text": " "}, "the answer is empty"),
    ],
)
def test_what_is_cut_withheld_or_empty_is_no_answer(tmp_path, answer, reason):
    with serving(lambda *_: answer) as endpoint:
        (outcome,) = ask(endpoint, tmp_path / "j", requests(1))
    assert isinstance(outcome, Failure)
    assert reason in outcome.reason
    assert outcome.text == answer["text"]


def test_what_is_done_spent_and_to_be_expected_is_shown():
    bar = tqdm(total=10, file=io.StringIO())
    status = Status(bar, "openai/x")
    status.reuse()
    status.receive(Entry("k", "openai/x", None, "t", "stop", 10, 5, 0.25))
    status.repeated["RateLimitError"] += 2
    status.count(Answer("t", "t", "k"))
    status.count(Failure("it is prose", "Bien sûr !"))
    assert bar.postfix == "1 failed, 2 x RateLimitError, 0.2500 spent, 1.2500 projected"
    assert bar.n == 2
    assert "2 requests, 1 failed; 1 answers from openai/x, 1 from the journal" in status.summary()
    status.receive(Entry("l", "openai/x", None, "t", "stop", 10, 5, None))
    assert status.summary().endswith("spent: 0.2500 and 1 answers of unknown price")
    bar.close()


def test_a_structured_teacher_is_sent_the_schema_of_the_answer(tmp_path):
    class Score(BaseModel):
        score: int

    with serving(lambda *_: '{"score": 1}') as endpoint, Journal(tmp_path / "j") as journal:
        for structured in (True, False):
            client = Client(teacher(endpoint, structured=structured, attempts=2), journal, HASTE)
            list(client.ask(requests(1), lambda text, _: text, answer_schema=Score))
    sent, plain = endpoint.bodies
    assert sent["response_format"]["json_schema"]["schema"]["properties"]["score"]["type"] == "integer"
    assert sent["response_format"]["json_schema"]["name"] == "Score"
    assert "response_format" not in plain


def test_a_server_of_ones_own_starts_only_when_something_is_to_be_asked(tmp_path):
    started = []
    with serving(lambda *_: "ok") as endpoint:

        def start():
            started.append(1)
            return endpoint.url

        served = {"program": "transformers", "model": "tiny/model", "revision": "abc"}
        own = LanguageModel(serve=served, timeout=PATIENCE_SECONDS)
        for _ in range(2):
            with Journal(tmp_path / "j") as journal:
                list(Client(own, journal, HASTE, start_server=start).ask(requests(3), lambda text, _: text))
    assert len(started) == 1
    assert endpoint.requests == 3


# --- the disk


def test_a_full_disk_leaves_a_whole_journal(tmp_path):
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from medinjection.llm.journal.journal import Entry, Journal
        from medinjection.records.errors import InputError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        with Journal(sys.argv[1]) as journal:
            try:
                for number in range(100):
                    journal.append(Entry(str(number), "m", None, "t" * 90, "stop", 1, 1))
            except InputError as error:
                print(error)
        """
    )
    path = tmp_path / "j.jsonl"
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    lines = path.read_text().splitlines()
    assert 1 < len(lines) < 10
    assert [json.loads(line)["key"] for line in lines] == [str(n) for n in range(len(lines))]
    with Journal(path) as journal:
        assert len(journal) == len(lines)
        journal.append(Entry("new", "m", None, "t", "stop", 1, 1))
