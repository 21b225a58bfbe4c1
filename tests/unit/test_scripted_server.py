import http.client
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.scripted_endpoint import KNOWLEDGE_BASE, body, get, post, scripted_server
from support.waiting import PATIENCE_SECONDS, wait_until

from medinjection.demo.server.shares import Shares
from medinjection.demo.teacher.faults import SERVER_FAULTS
from medinjection.records.errors import InputError

KEY = "sk-loopback-0123456789abcdef"


def chat(server, text, timeout=PATIENCE_SECONDS):
    return post(f"{server.url}/chat/completions", body(text), {"Authorization": f"Bearer {KEY}"}, timeout)


def outcome(server, text, timeout=PATIENCE_SECONDS):
    """Return how one try ended, seen from the client."""
    try:
        completion = chat(server, text, timeout)
    except urllib.error.HTTPError as error:
        error.read()
        return f"{error.code}{' with Retry-After' if error.headers['Retry-After'] else ''}"
    except TimeoutError:
        return "hang"
    except http.client.IncompleteRead:
        return "cut"
    except ValueError:
        return "no JSON"
    assert completion["usage"]["total_tokens"] > 0
    return "answered"


@pytest.fixture(scope="module")
def server():
    with scripted_server(slow_seconds=0.3) as running:
        yield running


@pytest.fixture
def faults(server):
    yield server.set_faults
    server.set_faults({})


def difference(after, before):
    names = ("received", "answered", "answered_distinct", "answered_well", "repeated_answered", "failed", "abandoned")
    return {name: after[name] - before[name] for name in names if after[name] != before[name]}


def test_the_scripted_teacher_answers_over_http(server):
    completion = chat(server, "What is this?")
    assert completion["object"] == "chat.completion"
    (choice,) = completion["choices"]
    assert json.loads(choice["message"]["content"]) == {"question": "[pseudo-traduction] What is this?"}
    assert choice["finish_reason"] == "stop"
    assert completion["id"] == chat(server, "What is this?")["id"] != chat(server, "And this?")["id"]
    assert json.loads(get(f"{server.url}/models"))["object"] == "list"


def test_requests_answered_twice_are_counted(server):
    before = server.counts()
    for text in ("one", "two", "one", "one"):
        chat(server, text)
    expected = {"received": 4, "answered": 4, "answered_distinct": 2, "answered_well": 2, "repeated_answered": 2}
    assert difference(server.counts(), before) == expected
    again = chat(server, "one")["id"]
    assert server.counts(ids=True)["ids"][again] == 4


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("rate_limit", "429 with Retry-After"),
        ("rate_limit_bare", "429"),
        ("server_error", "500"),
        ("cut", "cut"),
        ("invalid_json", "no JSON"),
        ("hang", "hang"),
    ],
)
def test_a_fault_of_the_transport_hits_three_tries_at_most(server, faults, fault, seen):
    before = server.counts()
    faults({fault: 1.0})
    # A request that hangs is left by the client.
    assert [outcome(server, fault, 0.3 if fault == "hang" else PATIENCE_SECONDS) for _ in range(3)] == [seen] * 3
    assert outcome(server, fault) == "answered"
    wait_until(lambda: not server.counts()["in_progress"], "the server knows that the client has left")
    after = server.counts()
    lost = {"abandoned": 3} if fault == "hang" else {"failed": 3}
    assert difference(after, before) == {
        "received": 4,
        "answered": 1,
        "answered_distinct": 1,
        "answered_well": 1,
        **lost,
    }
    assert after["by_fault"][fault] - before["by_fault"].get(fault, 0) == 3


def test_a_slow_answer_is_whole_and_late(server, faults):
    faults({"slow": 1.0})
    started = time.monotonic()
    assert outcome(server, "slow") == "answered"
    assert time.monotonic() - started >= 0.3


def test_a_rejected_key_is_repeated_in_the_message_at_every_try(server, faults):
    faults({"unauthorized": 1.0})
    for _ in range(4):
        with pytest.raises(urllib.error.HTTPError) as caught:
            chat(server, "unauthorized")
        assert caught.value.code == 401
        error = json.load(caught.value)["error"]
        assert (KEY in error["message"], error["code"]) == (True, "invalid_api_key")


@pytest.mark.parametrize("fault", ["prose", "wrong_schema", "truncated", "refusal", "content_filter"])
def test_a_fault_of_the_content_depends_on_the_messages_alone(server, faults, fault):
    before = server.counts()
    faults({fault: 0.5})
    first = [chat(server, f"{fault} {number}")["choices"][0] for number in range(20)]
    assert [chat(server, f"{fault} {number}")["choices"][0] for number in range(20)] == first
    texts = [json.dumps({"question": f"[pseudo-traduction] {fault} {number}"}) for number in range(20)]
    good = [choice["message"]["content"] == text for choice, text in zip(first, texts, strict=True)]
    assert 0 < sum(good) < 20
    bad = [choice for choice, whole in zip(first, good, strict=True) if not whole]
    reason = {"truncated": "length", "content_filter": "content_filter"}.get(fault, "stop")
    assert {choice["finish_reason"] for choice in bad} == {reason}
    after = server.counts()
    assert after["answered_well"] - before["answered_well"] == sum(good)
    assert after["by_fault"][fault] == 2 * len(bad)


def test_shares_are_met_and_the_counts_add_up(server, faults):
    before = server.counts()
    faults({"server_error": 0.2, "rate_limit": 0.1, "prose": 0.1})
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda number: outcome(server, f"many {number}"), range(300)))
    after = server.counts()
    # Four standard deviations of a binomial count.
    assert abs(seen.count("500") - 60) <= 28
    assert abs(seen.count("429 with Retry-After") - 30) <= 21
    changed = difference(after, before)
    assert changed["received"] == 300 == changed["answered"] + changed["failed"]
    assert (changed["answered"], after["in_progress"]) == (seen.count("answered"), 0)
    prose = after["by_fault"]["prose"] - before["by_fault"].get("prose", 0)
    assert changed["answered_well"] == changed["answered"] - prose


def test_a_request_that_is_no_chat_is_refused(server):
    for content in (b"{", b'{"model": "t"}', b"[]"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            post(f"{server.url}/chat/completions", content)
        assert caught.value.code == 400


@pytest.mark.parametrize("shares", [{"flood": 0.1}, {"cut": 1.5}, {"cut": True}, {"prose": 0.6, "refusal": 0.6}])
def test_shares_that_make_no_sense_are_rejected(server, shares):
    with pytest.raises(InputError, match="faults"):
        Shares(shares)
    with pytest.raises(urllib.error.HTTPError):
        server.set_faults(shares)


def test_the_program_describes_itself_and_ends_with_a_sentence_on_bad_flags():
    program = [sys.executable, "-m", "medinjection.demo.server.http_server"]
    described = subprocess.run([*program, "--help"], capture_output=True, text=True, check=True).stdout
    assert all(name in described for name in SERVER_FAULTS)
    for flags, said in (("{}", "no such knowledge base"), ('{"flood": 1}', "'flood' is unknown")):
        path = "absent.yaml" if flags == "{}" else str(KNOWLEDGE_BASE)
        ended = subprocess.run([*program, "--knowledge", path, "--faults", flags], capture_output=True, text=True)
        assert ended.returncode == 1
        assert said in ended.stderr
        assert "Traceback" not in ended.stderr


def test_echo_answers_anything_and_waits_its_latency():
    with scripted_server(echo=True, latency=0.2) as server:
        started = time.monotonic()
        assert chat(server, "anything")["choices"][0]["message"]["content"] == "La réponse est courte."
        assert time.monotonic() - started >= 0.2
        assert urllib.parse.urlsplit(server.url).hostname == "127.0.0.1"
        address = f"{server.url.removesuffix('/v1')}/health"
        assert json.loads(get(address)) == {"status": "ok"}
    with pytest.raises(urllib.error.URLError):
        get(address)


def test_the_server_does_not_outlive_a_killed_test():
    script = (
        "import os, signal\n"
        "from support.scripted_endpoint import get, scripted_server\n"
        "with scripted_server(echo=True) as server:\n"
        "    health = server.url.removesuffix('/v1') + '/health'\n"
        "    get(health)\n"
        "    print(health, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
    )
    # The address is said only once the server has answered there.
    address = killed.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    assert killed.wait() == -signal.SIGKILL
    killed.stdout.close()

    def refuses():
        try:
            get(address)
        except (urllib.error.URLError, ConnectionError):
            return True
        return False

    wait_until(refuses, "the server ends with the process that started it")
