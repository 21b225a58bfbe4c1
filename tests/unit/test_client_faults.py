import json
import logging

import pytest
from support.scripted_endpoint import scripted_server

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Answer, Failure, InvalidAnswer, Request
from medinjection.llm.client.retries import Patience
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError

KEY = "sk-loopback-0123456789abcdef"
TRANSLATE = "Translate the values of this JSON object from English into French."
# Without those that take a second each: Retry-After and a time-out.
TRANSPORT = ("rate_limit_bare", "server_error", "cut", "invalid_json", "slow")
CONTENT = ("prose", "wrong_schema", "truncated", "refusal", "content_filter")


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture(scope="module")
def server():
    with scripted_server(slow_seconds=0.05) as running:
        yield running


def requests(count, name):
    for number in range(count):
        question = f"{name} {number}"
        user = json.dumps({"question": question})
        asked = ({"role": "system", "content": TRANSLATE}, {"role": "user", "content": user})
        yield Request(asked, question)


def check(text, question):
    if text != json.dumps({"question": f"[pseudo-traduction] {question}"}):
        raise InvalidAnswer("not the translation")
    return text


def ask(server, path, count, name, mode="requests"):
    teacher = LanguageModel(model="openai/teacher", api_base=server.url, mode=mode, concurrency=16)
    with Journal(path) as journal:
        client = Client(teacher, journal, patience=Patience(first_wait=0.01, longest_wait=0.05))
        return list(client.ask(requests(count, name), check)), len(journal)


@pytest.mark.parametrize("mode", ["requests", "batch"])
def test_every_request_ends_and_the_sums_agree_with_the_servers_count(server, tmp_path, mode):
    def counted():
        counts = server.counts()
        return counts["batches"] if mode == "batch" else counts

    before = counted()
    transport = {"batch_expired": 0.5, "batch_error_line": 0.1} if mode == "batch" else dict.fromkeys(TRANSPORT, 0.08)
    server.set_faults(transport | dict.fromkeys(CONTENT, 0.08))
    outcomes, journalled = ask(server, tmp_path / "j", 40, mode, mode)
    after = counted()
    answered = sum(isinstance(outcome, Answer) for outcome in outcomes)
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    assert (len(outcomes), answered + len(failures)) == (40, 40)
    assert all(failure.reason for failure in failures)
    assert after["answered_well"] - before["answered_well"] == answered
    assert after["answered_distinct"] - before["answered_distinct"] == journalled
    assert after["repeated_answered"] == before["repeated_answered"]
    assert after["failed"] > before["failed"]
    again, _ = ask(server, tmp_path / "j", 40, mode, mode)
    assert (again, counted()["received"]) == (outcomes, after["received"])


def test_a_key_that_the_provider_repeats_is_in_no_message_and_no_file(server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG, logger="medinjection")
    server.set_faults({"unauthorized": 1.0})
    with pytest.raises(InputError) as caught:
        ask(server, tmp_path / "j", 3, "rejected")
    assert server.counts()["by_fault"]["unauthorized"] >= 1
    assert KEY not in str(caught.value)
    assert KEY not in caplog.text
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
