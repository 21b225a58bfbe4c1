"""What counts as an answer, and what is shown of those that are there."""

import io

import pytest
from pydantic import BaseModel
from support.asking import HASTE, ask, requests, teacher
from support.endpoint import serving
from tqdm import tqdm

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Answer, Failure
from medinjection.llm.client.status import Status
from medinjection.llm.journal.journal import Entry, Journal

pytestmark = pytest.mark.usefixtures("key")


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
