import logging
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from types import SimpleNamespace

import pytest
from support.endpoint import serving
from support.llms import SCRIPTED_PROVIDER
from support.waiting import PATIENCE_SECONDS, wait_until

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Answer, Failure, InvalidAnswer, Request
from medinjection.llm.client.litellm_transport import retry_after
from medinjection.llm.client.provider import Provider
from medinjection.llm.client.retries import Patience
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError

KEY = "sk-loopback-0123456789abcdef"
HASTE = Patience(tries=4, first_wait=0.01, longest_wait=0.05)


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def teacher(endpoint, **changes):
    return LanguageModel(
        **{"model": "openai/x", "api_base": endpoint.url, "timeout": PATIENCE_SECONDS, "concurrency": 4, **changes}
    )


def requests(*questions):
    return [Request(({"role": "user", "content": question},), subject=question) for question in questions]


def as_is(text, subject):
    return text


def a_number(text, subject):
    if not text.isdigit():
        raise InvalidAnswer(f"{text!r} is no number")
    return int(text)


def ask(endpoint, questions, path, check=as_is, attempts=3, patience=HASTE, **changes):
    with Journal(path) as journal:
        client = Client(teacher(endpoint, attempts=attempts, **changes), journal, patience)
        return list(client.ask(requests(*questions), check))


def last(messages):
    return messages[-1]["content"]


def test_what_is_null_is_not_sent_and_a_limit_goes_to_gpt_5_under_its_own_name(tmp_path):
    with serving(lambda messages, number: "1") as endpoint:
        ask(endpoint, ["q"], tmp_path / "plain")
        ask(endpoint, ["q"], tmp_path / "null", model="openai/gpt-5-2025-08-07", temperature=None, max_tokens=None)
        ask(endpoint, ["q"], tmp_path / "limit", model="openai/gpt-5-2025-08-07", temperature=None, max_tokens=9)
    names = {"temperature", "max_tokens", "max_completion_tokens"}
    plain, null, limit = (set(body) & names for body in endpoint.bodies)
    assert (plain, null, limit) == ({"temperature", "max_tokens"}, set(), {"max_completion_tokens"})


def test_answers_come_in_the_order_of_the_requests_with_bounded_concurrency(tmp_path):
    def reply(messages, number):
        return {"text": last(messages).upper(), "seconds": 0.05 if number % 2 else 0.0}

    with serving(reply) as endpoint:
        outcomes = ask(endpoint, [f"q{n}" for n in range(20)], tmp_path / "j", concurrency=3)
        assert [outcome.parsed for outcome in outcomes] == [f"Q{n}" for n in range(20)]
        assert endpoint.requests == 20
        assert 2 <= endpoint.most_in_flight <= 3


def test_parameters_go_over_the_wire(tmp_path):
    with serving(lambda *_: "ok") as endpoint:
        ask(endpoint, ["q"], tmp_path / "j", temperature=0.5, max_tokens=7, extra={"seed": 3, "extra_body": {"x": [1]}})
        (body,) = endpoint.bodies
    assert (body["model"], body["temperature"], body["max_tokens"], body["seed"], body["x"]) == ("x", 0.5, 7, 3, [1])
    assert body["messages"] == [{"role": "user", "content": "q"}]


def test_rate_limits_and_server_errors_are_waited_out_and_retry_after_is_honoured(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    faults = [{"status": 429, "headers": {"Retry-After": "1"}}, {"status": 500}, {"status": 503}]

    def reply(messages, number):
        return faults[number - 1] if number <= len(faults) else "enfin"

    with serving(reply) as endpoint:
        (outcome,) = ask(endpoint, ["q"], tmp_path / "j")
        assert outcome.parsed == "enfin"
        assert endpoint.requests == 4
        assert endpoint.times[1] - endpoint.times[0] >= 1.0
        assert endpoint.times[3] - endpoint.times[1] < 1.0
    assert "1 x RateLimitError" in caplog.text
    assert "1 answers from openai/x, 0 from the journal" in caplog.text


def test_bad_and_cut_off_answers_are_asked_again_with_the_reason(tmp_path):
    replies = ["not a number", {"text": "12", "finish_reason": "length"}, {"text": " "}, "42"]
    with serving(lambda messages, number: replies[number - 1]) as endpoint:
        (outcome,) = ask(endpoint, ["q"], tmp_path / "j", a_number, attempts=4)
        assert outcome.parsed == 42
        assert [len(body["messages"]) for body in endpoint.bodies] == [1, 3, 5, 7]
        told = [last(body["messages"]) for body in endpoint.bodies[1:]]
        assert endpoint.bodies[1]["messages"][1] == {"role": "assistant", "content": "not a number"}
    assert "'not a number' is no number" in told[0]
    assert "cut off at the token limit" in told[1]
    assert "empty" in told[2]
    with Journal(tmp_path / "j") as journal:
        assert len(journal) == 4


def test_an_answer_that_stays_bad_is_a_failure_with_its_text_and_is_not_asked_in_the_next_run(tmp_path):
    with serving(lambda *_: "never") as endpoint:
        expected = [Failure("'never' is no number", "never")]
        assert ask(endpoint, ["q"], tmp_path / "j", a_number, attempts=2) == expected
        assert endpoint.requests == 2
        assert ask(endpoint, ["q"], tmp_path / "j", a_number, attempts=2) == expected
        assert endpoint.requests == 2


def test_a_second_run_sends_nothing_and_needs_no_key(tmp_path, monkeypatch):
    with serving(lambda messages, _: last(messages)) as endpoint:
        first = ask(endpoint, ["a", "b", "c"], tmp_path / "j")
        monkeypatch.delenv("OPENAI_API_KEY")
        second = ask(endpoint, ["c", "b", "a"], tmp_path / "j", concurrency=1, timeout=5.0)
        assert endpoint.requests == 3
    assert second == first[::-1]
    assert all(isinstance(outcome, Answer) and len(outcome.journal_key) == 64 for outcome in first)


def test_equal_requests_are_sent_once(tmp_path):
    with serving(lambda messages, _: {"text": last(messages), "seconds": 0.05}) as endpoint:
        outcomes = ask(endpoint, ["same"] * 8 + ["other"], tmp_path / "j", concurrency=8)
        assert [outcome.parsed for outcome in outcomes] == ["same"] * 8 + ["other"]
        assert endpoint.requests == 2


def test_a_changed_parameter_asks_again(tmp_path):
    with serving(lambda *_: "ok") as endpoint:
        ask(endpoint, ["q"], tmp_path / "j")
        ask(endpoint, ["q"], tmp_path / "j", max_tokens=17)
        assert endpoint.requests == 2


def test_a_refused_request_fails_alone(tmp_path):
    def reply(messages, number):
        return {"status": 400} if last(messages) == "bad" else last(messages)

    with serving(reply) as endpoint:
        good, bad, fine = ask(endpoint, ["good", "bad", "fine"], tmp_path / "j")
        assert (good.parsed, fine.parsed) == ("good", "fine")
        assert bad.reason.startswith("refused by the provider")
        assert endpoint.requests == 3


def test_when_all_is_refused_the_run_stops_early(tmp_path):
    with serving(lambda *_: {"status": 400}) as endpoint:
        with pytest.raises(InputError, match="the first 20 requests all failed"):
            ask(endpoint, [f"q{n}" for n in range(200)], tmp_path / "j")
        assert endpoint.requests <= 24


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (401, {"message": f"Incorrect API key provided: {KEY[:6]}***{KEY[-4:]}"}, "check its key"),
        (403, {}, "check its key"),
        (404, {"message": "The model x does not exist"}, "does not exist"),
        (429, {"message": "You exceeded your quota", "code": "insufficient_quota"}, "quota"),
    ],
)
def test_what_no_waiting_heals_stops_at_once(tmp_path, status, error, message):
    with serving(lambda *_: {"status": status, "error": error}) as endpoint:
        with pytest.raises(InputError, match=message) as raised:
            ask(endpoint, ["q"], tmp_path / "j", concurrency=1)
        assert endpoint.requests == 1
    assert KEY[-4:] not in str(raised.value)


@pytest.mark.parametrize(
    ("model", "variable"), [("openai/gpt-4o", "OPENAI_API_KEY"), ("gemini/gemini-2.0-flash", "GEMINI_API_KEY")]
)
def test_a_missing_key_is_named_at_once(tmp_path, monkeypatch, model, variable):
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    async def sleep(self, seconds):
        raise AssertionError(f"waits {seconds} s")

    monkeypatch.setattr(Provider, "_sleep", sleep)
    with Journal(tmp_path / "j") as journal, pytest.raises(InputError, match=variable):
        list(Client(LanguageModel(model=model), journal).ask(requests("q"), as_is))


def test_an_unknown_provider_is_named(tmp_path):
    with Journal(tmp_path / "j") as journal, pytest.raises(InputError, match="nonsense/x: no such provider"):
        list(Client(LanguageModel(model="nonsense/x"), journal).ask(requests("q"), as_is))


def test_an_endpoint_that_stays_down_ends_with_what_was_kept(tmp_path):
    def reply(messages, number):
        return "ok" if last(messages) == "a" else {"status": 503}

    with serving(reply) as endpoint:
        with pytest.raises(InputError, match=r"still failing after 4 tries.*1 answers are kept in .*run again"):
            ask(endpoint, ["a", "b"], tmp_path / "j", concurrency=1)
        assert endpoint.requests == 5
        endpoint.reply = lambda *_: "ok"
        assert [outcome.parsed for outcome in ask(endpoint, ["a", "b"], tmp_path / "j")] == ["ok", "ok"]
        assert endpoint.requests == 6


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:{port}/v1", "Connection refused"),
        ("http://host.invalid:{port}/v1", ".*(not known|resolution|No address).*"),
    ],
)
def test_an_address_that_nothing_ever_answered_at_is_given_up_sooner(tmp_path, address, reason):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        llm = LanguageModel(model="openai/x", api_base=address.format(port=taken.getsockname()[1]))
        patience = Patience(tries=9, first_wait=0.01, longest_wait=0.05, tries_when_never_reached=3)
        with Journal(tmp_path / "j") as journal, pytest.raises(InputError) as told:
            list(Client(llm, journal, patience).ask(requests("q"), as_is))
    assert re.match(rf"openai/x: no connection to {llm.api_base} in 3 tries \({reason}\)\. 0 answers", str(told.value))


def test_a_storm_of_rate_limits_loses_nothing(tmp_path):
    def reply(messages, number):
        return {"status": 429} if number % 3 else last(messages)

    with serving(reply) as endpoint:
        questions = [f"q{n}" for n in range(30)]
        outcomes = ask(endpoint, questions, tmp_path / "j", patience=Patience(40, 0.005, 0.01))
        assert [outcome.parsed for outcome in outcomes] == questions


def test_a_killed_run_repeats_only_what_was_in_flight(tmp_path):
    program = textwrap.dedent(
        """
        import sys
        from medinjection.llm.client.client import Client
        from medinjection.llm.client.conversation import Request
        from medinjection.llm.journal.journal import Journal
        from medinjection.llm.language_model import LanguageModel
        requests = [Request(({"role": "user", "content": f"q{n}"},)) for n in range(40)]
        with Journal(sys.argv[2]) as journal:
            client = Client(LanguageModel(model="openai/x", api_base=sys.argv[1], concurrency=4), journal)
            list(client.ask(requests, lambda t, _: t))
        """
    )
    path = tmp_path / "j"
    with serving(
        lambda messages, number: {"text": last(messages), "seconds": 3600.0 if number > 12 else 0.0}
    ) as endpoint:
        process = subprocess.Popen([sys.executable, "-c", program, endpoint.url, str(path)])
        wait_until(lambda: endpoint.in_flight == 4 or process.poll() is not None, "four requests are under way")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        sent = endpoint.requests
        endpoint.reply = lambda messages, number: last(messages)
        questions = [f"q{n}" for n in range(40)]
        assert [outcome.parsed for outcome in ask(endpoint, questions, path)] == questions
        assert endpoint.requests - 40 == sent - 12 == 4


def test_no_key_reaches_the_journal_the_log_or_an_error(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    replies = [{"status": 500, "error": {"message": f"upstream refused {KEY}"}}, "ok"]
    with serving(lambda messages, number: replies[number - 1]) as endpoint:
        ask(endpoint, ["q"], tmp_path / "j")
        assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}"
        replies += [{"status": 400, "error": {"message": f"bad {KEY}"}}]
        (refused,) = ask(endpoint, ["r"], tmp_path / "j")
    assert KEY not in (tmp_path / "j").read_text(encoding="utf-8")
    assert KEY not in caplog.text
    assert refused.reason.endswith("bad <OPENAI_API_KEY>")


def test_money_is_counted_where_prices_are_known(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    with serving(lambda *_: "ok") as endpoint:
        prices = {"input_cost_per_token": 0.01, "output_cost_per_token": 0.1}
        ask(endpoint, ["a", "b"], tmp_path / "j", **prices)
        assert "tokens: 20 in prompts, 10 in answers, spent: 1.2000" in caplog.text
        ask(endpoint, ["a", "b"], tmp_path / "j", **prices)
        assert "0 answers from openai/x, 2 from the journal" in caplog.text
        assert "spent: 0.0000" in caplog.text
        ask(endpoint, ["c"], tmp_path / "j")
        assert "spent: unknown" in caplog.text


def test_no_requests_give_no_answers(tmp_path):
    with Journal(tmp_path / "j") as journal:
        assert list(Client(LanguageModel(model="openai/x"), journal).ask([], as_is)) == []


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("999999", 3600.0), ("soon", None)]
)
def test_retry_after_in_seconds(value, seconds):
    assert retry_after(SimpleNamespace(litellm_response_headers={"retry-after": value})) == seconds


def test_retry_after_as_a_date_and_absent():
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3000))
    assert 2400 <= retry_after(SimpleNamespace(litellm_response_headers={"retry-after": date})) <= 3000
    assert retry_after(ValueError()) is None


# --- a provider of one's own


@pytest.mark.parametrize(
    ("model", "provider", "message"),
    [
        ("own/x", "no_such_module_at_all:P", "provider no_such_module_at_all:P: no module no_such_module_at_all"),
        ("own/x", "json.no_such_module:P", "no module json.no_such_module"),
        ("own/x", "json:P", "provider json:P: the module has no P"),
        ("own/x", "json:JSONDecoder", "expected a subclass of litellm.CustomLLM"),
        ("own/x", "json:dumps", "expected a subclass of litellm.CustomLLM"),
        ("openai/x", SCRIPTED_PROVIDER, "answers from a script: call its models scripted/<name>"),
        ("parrot/x", SCRIPTED_PROVIDER, "answers from a script: call its models scripted/<name>"),
        ("openai/x", "litellm.llms.custom_llm:CustomLLM", "'openai' is a provider that litellm knows"),
        ("scripted/x", "litellm.llms.custom_llm:CustomLLM", "a provider called 'scripted' answers from a script, and"),
    ],
)
def test_a_provider_that_cannot_answer_is_named(tmp_path, model, provider, message):
    with Journal(tmp_path / "j") as journal, pytest.raises(InputError, match=message):
        list(Client(LanguageModel(model=model, provider=provider), journal).ask(requests("q"), as_is))


def test_a_provider_of_ones_own_answers_and_keeps_its_name(tmp_path, monkeypatch):
    (tmp_path / "own_provider.py").write_text(
        textwrap.dedent(
            """
            import litellm

            class Echo(litellm.CustomLLM):
                async def acompletion(self, model, messages, model_response, **rest):
                    model_response.choices[0].message.content = f"{model}: {messages[-1]['content']}"
                    return model_response

            class Other(litellm.CustomLLM):
                pass
            """
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    with Journal(tmp_path / "j") as journal:
        for name in ("x", "y"):
            own = LanguageModel(model=f"echo/{name}", provider="own_provider:Echo")
            (outcome,) = Client(own, journal).ask(requests("q"), as_is)
            assert outcome.text == f"{name}: q"
        other = LanguageModel(model="echo/z", provider="own_provider:Other")
        with pytest.raises(InputError, match="the name of two providers, own_provider:Other and own_provider:Echo"):
            list(Client(other, journal).ask(requests("q"), as_is))
