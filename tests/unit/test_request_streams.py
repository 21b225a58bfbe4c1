"""Requests in shards and streams: what is taken when, and what a run leaves when one of them ends it."""

import json
import signal
import subprocess
import sys
import textwrap
import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.asking import HASTE, ask, requests, teacher
from support.endpoint import serving
from support.waiting import PATIENCE_SECONDS, wait_until

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Failure, InvalidAnswer
from medinjection.llm.client.shards import Shard, journals_of_other_cuts, read_shard
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError

pytestmark = pytest.mark.usefixtures("key")

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
    one_is_used = threading.Event()

    def check(text, subject):
        if subject < 20:
            raise InvalidAnswer("it is prose")
        one_is_used.set()

    def reply(messages, number):
        # Else all twenty could come before any other answer, and end the run.
        if int(messages[-1]["content"].removeprefix("q")) < 20:
            one_is_used.wait(PATIENCE_SECONDS)
        return "ok"

    with serving(reply) as endpoint:
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
