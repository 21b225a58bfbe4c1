"""Answers over the wire: the questions, limits and orders of local prediction, nothing paid twice, nothing lost."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from support.endpoint import serving as endpoint_serving
from support.prompts import FOLDER, PROMPTS, predict_served_choice, predict_served_open
from support.records import open_record, record
from support.scripted_endpoint import scripted_server
from support.waiting import PATIENCE_SECONDS

from medinjection.llm.client.client import Client
from medinjection.llm.client.retries import Patience
from medinjection.llm.client.tokens import token_counter
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.local_server.served_model import ServedModel
from medinjection.llm.local_server.serving import serving
from medinjection.prediction.orders import option_order
from medinjection.prediction.schema import CHOICE_SCHEMA, OPEN_SCHEMA
from medinjection.pricing.estimation import estimate
from medinjection.pricing.evaluation import requests_of_records
from medinjection.pricing.jobs import read_job
from medinjection.pricing.work import Work, work_of
from medinjection.records.chat import user_turn
from medinjection.records.errors import InputError
from medinjection.records.files import write_records
from medinjection.records.schema import LETTERS, GivenPrompt
from medinjection.scoring.choice.scores import item_scores

pytestmark = pytest.mark.usefixtures("key")

QUICK = Patience(tries=2, first_wait=0.01, longest_wait=0.02)


def choice(name, options, gold, task, **fields):
    right = {"options": tuple(options), "answer_indices": tuple(gold), "answer": ""}
    return record(id=name, source="mediqal", split="test", task=task, question=f"Question {name} ?", **right, **fields)


def open_question(name):
    return open_record(
        id=name, source="kqa", split="test", question=f"Quelle dose, {name} ?", answer="Un comprimé par jour."
    )


QUESTIONS = [
    choice("a", ["foie", "rein", "os", "cœur"], [1], "mcqu"),
    choice("b", ["un", "deux", "trois"], [0, 2], "mcq"),
    choice("c", ["A et B", "aucune"], [0], "mcqu", shufflable=False),
]


def right_letters(messages):
    """Answer as one who knows: the letters under which this order shows the right options."""
    text = messages[-1]["content"]
    record = next(record for record in QUESTIONS if record.question in text)
    right = {record.options[i] for i in record.answer_indices}
    shown = re.findall(r"^\(([A-Z])\) (.*)$", text, re.MULTILINE)
    return ", ".join(letter for letter, option in shown if option in right)


def client(url, journal, **more):
    return Client(LanguageModel(model="openai/any", api_base=url, **more), journal, patience=QUICK)


def test_every_order_is_asked_within_its_limit_and_read_back(tmp_path):
    with (
        endpoint_serving(lambda messages, _: {"text": right_letters(messages), "finish_reason": "length"}) as endpoint,
        Journal(tmp_path / "journal.jsonl") as journal,
    ):
        table = predict_served_choice(client(endpoint.url, journal), QUESTIONS, "big", 2, 42)
        bodies = list(endpoint.bodies)
        again = predict_served_choice(client(endpoint.url, journal), QUESTIONS, "big", 2, 42)
        assert endpoint.requests == len(bodies), "a second run asks nothing"
    assert again.equals(table)
    assert table.schema.equals(CHOICE_SCHEMA)
    rows = table.to_pylist()
    assert [(row["record_id"], row["order"]) for row in rows] == [(r.id, n) for r in QUESTIONS for n in range(3)]
    for row, one in zip(rows, [one for one in QUESTIONS for _ in range(3)], strict=True):
        count = len(one.options)
        assert tuple(row["option_order"]) == option_order(one.id, count, row["order"], 42, one.shufflable)
        assert row["predicted_indices"] == row["gold_indices"] == list(one.answer_indices)
        assert (row["model"], row["decoding"], row["letter_logprobs"]) == ("big", "greedy", [])
    # Equal orders are asked once; each chat is the local one, alone, greedy, with its task's limit.
    asked = {
        user_turn(r, option_order(r.id, len(r.options), n, 42, r.shufflable)): 1 if r.task == "mcqu" else 6
        for r in QUESTIONS
        for n in range(3)
    }
    assert {body["messages"][0]["content"]: body["max_tokens"] for body in bodies} == asked
    assert len(bodies) == len(asked)
    assert all(len(body["messages"]) == 1 and body["temperature"] == 0 for body in bodies)


def test_what_is_no_answer_stays_in_the_table_and_is_counted(tmp_path, caplog):
    def reply(messages, _):
        text = messages[-1]["content"]
        if "Question a" in text:
            return {"status": 400, "error": {"message": "this prompt is not welcome"}}
        return {"text": "", "finish_reason": "stop"} if "Question b" in text else "B"

    with endpoint_serving(reply) as endpoint, Journal(tmp_path / "journal.jsonl") as journal:
        table = predict_served_choice(client(endpoint.url, journal), QUESTIONS, "big", 0, 42)
        requests = endpoint.requests
    assert requests == 3, "a question is put once"
    assert table["raw_output"].to_pylist() == ["", "", "B"]
    assert table["predicted_indices"].to_pylist() == [[], [], [1]]
    assert "3 answers, 2 of them not usable" in caplog.text
    assert "refused by the provider" in caplog.text


MANY = [choice(f"q{number}", ["foie", "rein", "os", "cœur"], [1], "mcqu") for number in range(30)]


@pytest.mark.parametrize(
    "reply",
    [
        {"text": "<think>", "finish_reason": "length"},
        {"text": "<|channel|>analysis<|message|>La réponse est A", "finish_reason": "length"},
        {"text": "", "finish_reason": "length"},
    ],
    ids=["think", "channel", "reasoning kept by the server"],
)
@pytest.mark.parametrize("mode", ["choice", "open"])
def test_a_model_that_only_reasons_ends_the_job_with_what_to_do(tmp_path, reply, mode):
    with endpoint_serving(lambda messages, _: reply) as endpoint, Journal(tmp_path / "journal.jsonl") as journal:
        reasoning = client(endpoint.url, journal, concurrency=1)
        with pytest.raises(InputError, match="the first 20 requests all failed") as told:
            if mode == "choice":
                predict_served_choice(reasoning, MANY, "big", 0, 42)
            else:
                predict_served_open(reasoning, [open_question(f"x{n}") for n in range(30)], "big", 7, len)
        assert endpoint.requests == 20
    sentence = "A model that reasons before it answers has no token left for a letter. Switch that off"
    assert sentence in str(told.value) and "enable_thinking: false" in str(told.value)


def test_reasoning_that_ends_leaves_an_answer(tmp_path):
    raw = "<|channel|>analysis<|message|>A ?<|end|><|start|>assistant<|channel|>final<|message|>B"
    with (
        endpoint_serving(lambda messages, _: raw) as endpoint,
        Journal(tmp_path / "journal.jsonl") as journal,
    ):
        table = predict_served_choice(client(endpoint.url, journal), MANY, "big", 0, 42)
    # The strict reading stays that of the released evaluation; the lenient one reads what stands behind the reasoning.
    assert set(table["raw_output"].to_pylist()) == {raw}
    assert set(map(tuple, table["predicted_indices"].to_pylist())) == {()}
    assert item_scores(table)["parsed_lenient"].to_pylist() == [1.0] * len(MANY)


@pytest.mark.parametrize(
    "reply",
    [
        {"text": "Un comprimé", "finish_reason": "content_filter"},
        {"text": "", "finish_reason": "content_filter"},
        {"text": "Je ne peux pas", "finish_reason": "refusal"},
        {"status": 400, "error": {"message": "this prompt is not welcome"}},
    ],
    ids=["withheld in part", "withheld", "refused by the model", "refused by the provider"],
)
def test_a_refused_open_answer_is_not_finished(tmp_path, reply):
    def answer(messages, _):
        return reply if ", x ?" in messages[0]["content"] else "Deux."

    with endpoint_serving(answer) as endpoint, Journal(tmp_path / "journal.jsonl") as journal:
        records = [open_question("x"), open_question("y")]
        table = predict_served_open(client(endpoint.url, journal), records, "big", 7, lambda text: len(text.split()))
    assert table["finished"].to_pylist() == [False, True]
    assert table["output"].to_pylist() == [reply.get("text", ""), "Deux."]


def test_open_answers_say_whether_they_were_cut(tmp_path):
    replies = {"x": {"text": "Un comprimé", "finish_reason": "length"}, "y": {"text": "Deux."}}

    def reply(messages, _):
        return next(answer for name, answer in replies.items() if f", {name} ?" in messages[0]["content"])

    with endpoint_serving(reply) as endpoint, Journal(tmp_path / "journal.jsonl") as journal:
        records = [open_question("x"), open_question("y")]
        table = predict_served_open(client(endpoint.url, journal), records, "big", 7, lambda text: len(text.split()))
        assert [body["max_tokens"] for body in endpoint.bodies] == [7, 7]
    assert table.equals(
        pa.table(
            {
                "model": ["big"] * 2,
                "record_id": ["x", "y"],
                "source": [record.source for record in records],
                "output": ["Un comprimé", "Deux."],
                "output_tokens": pa.array([2, 1], pa.int32()),
                "reference_tokens": pa.array([4, 4], pa.int32()),
                "finished": [False, True],
            },
            schema=OPEN_SCHEMA,
        )
    )


def test_answers_are_greedy_or_refused(tmp_path):
    with Journal(tmp_path / "journal.jsonl") as journal:
        warm = client("http://127.0.0.1:9/v1", journal, temperature=0.7)
        with pytest.raises(InputError, match=r"openai/any: temperature 0\.7, expected 0"):
            predict_served_choice(warm, QUESTIONS, "big", 0, 42)
        cold = client("http://127.0.0.1:9/v1", journal)
        with pytest.raises(InputError, match="a: task mcqu, expected oeq"):
            predict_served_open(cold, QUESTIONS, "big", 7, len)
        with pytest.raises(InputError, match="x: task oeq, expected mcq or mcqu"):
            predict_served_choice(cold, [open_question("x")], "big", 0, 42)


def test_a_job_that_fails_half_way_keeps_what_was_answered(tmp_path):
    with endpoint_serving(
        lambda messages, number: "A" if number < 3 else {"status": 401, "error": {"message": "no"}}
    ) as endpoint:
        with Journal(tmp_path / "journal.jsonl") as journal, pytest.raises(InputError, match="2 answers are kept"):
            predict_served_choice(client(endpoint.url, journal, concurrency=1), QUESTIONS, "big", 1, 42)
        endpoint.reply = lambda messages, number: "A"
        before = endpoint.requests
        with Journal(tmp_path / "journal.jsonl") as journal:
            table = predict_served_choice(client(endpoint.url, journal), QUESTIONS, "big", 1, 42)
    assert len(table) == 6
    texts = {user_turn(r, option_order(r.id, len(r.options), n, 42, r.shufflable)) for r in QUESTIONS for n in (0, 1)}
    assert endpoint.requests - before == len(texts) - 2


def test_the_price_is_that_of_what_is_sent(tmp_path):
    records = [open_question("x")]
    expected = list(requests_of_records(QUESTIONS, records, 1, 42, 7, PROMPTS))
    assert {one.max_tokens for one in expected} == {1, 6, 7}
    with endpoint_serving(lambda messages, _: "A") as endpoint, Journal(tmp_path / "j" / "m.jsonl") as journal:
        teacher = LanguageModel(
            model="openai/any", api_base=endpoint.url, input_cost_per_token=1.0, output_cost_per_token=100.0
        )
        work = Work("predict_served", "m", "big", teacher, expected, "", tmp_path / "j")
        before = estimate(work, token_counter())
        priced = Client(teacher, journal, patience=QUICK)
        predict_served_choice(priced, QUESTIONS, "m", 1, 42)
        predict_served_open(priced, records, "m", 7, len)
        after = estimate(replace(work, requests=list(expected)), token_counter())
        assert before.requests == after.requests == after.answered == endpoint.requests
    assert (before.answered, after.to_pay) == (0, 0.0)
    limits = {(one.messages[0]["content"], one.max_tokens) for one in expected}
    assert before.completion_tokens == sum(limit for _, limit in limits)


def test_configured_work_is_that_of_the_evaluation_or_of_what_it_is_selected_from(tmp_path):
    records = [open_question("x"), replace(open_question("y"), split="train")]
    write_records(tmp_path / "choice.parquet", QUESTIONS)
    write_records(tmp_path / "open.parquet", records[:1])
    write_records(tmp_path / "source.parquet", QUESTIONS + records)
    values = {
        "stage": "predict_served",
        "choice_prompt": str(FOLDER / "question_choice.txt"),
        "open_prompt": str(FOLDER / "question_open.txt"),
        "source": "all",
        "llm_name": "big",
        "llm": {"model": "openai/any", "max_tokens": 4096},
        "journals": str(tmp_path / "journals"),
        "permutations": 1,
        "max_new_tokens": 7,
    }
    candidates = {"candidates": [str(tmp_path / "source.parquet")], "split": "test", "seed": 42}
    selected = {"open": str(tmp_path / "open.parquet"), "choice": str(tmp_path / "choice.parquet")}

    def requests(evaluation, **more):
        return list(work_of(read_job(json.dumps({**values, "evaluation": candidates | evaluation, **more}))).requests)

    expected = list(requests_of_records(QUESTIONS, records[:1], 1, 42, 7, PROMPTS))
    assert requests(selected) == expected
    assert requests({}) == [replace(one, written=False) for one in expected]
    assert len(requests({"limit_choice": 1}, permutations=0)) == 2


def test_the_scripted_server_s_words_are_no_letters_and_are_kept(tmp_path):
    with scripted_server() as server, Journal(tmp_path / "journal.jsonl") as journal:
        table = predict_served_choice(client(server.url, journal), QUESTIONS, "big", 1, 42)
        counts = server.counts()
    assert len(table) == 6
    assert counts["repeated_answered"] == 0
    assert all("scripted stand-in" in text for text in table["raw_output"].to_pylist())
    assert table["predicted_indices"].to_pylist() == [[]] * 6


# --- transformers serve with a real model: what it answers is what local prediction answers


def golden_record(item, task):
    stem, options = re.fullmatch(
        r"(.*)\n(?:Plusieurs|Une seule|Une ou plusieurs) réponses?[^\n]*\nChoix de réponses :\n(.*)",
        item["prompt_messages"][0]["content"],
        re.DOTALL,
    ).groups()
    texts = re.split(r"\n?\([A-Z]\) ", options)[1:]
    gold = tuple(LETTERS.index(letter) for letter in item["gold"])
    given = GivenPrompt(item["prompt_messages"][0]["content"].removesuffix(options), options)
    return replace(choice(item["id"], texts, gold, task), question=stem, prompt=given)


def golden_records(folder, count):
    records = []
    for task in ("mcq", "mcqu"):
        items = [json.loads(line) for line in (folder / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()]
        records += [golden_record(item, task) for item in items[:count]]
    return records


def test_transformers_serve_answers_as_the_model_does_here(tmp_path):
    if not os.environ.get("MEDINJECTION_GOLDEN"):
        pytest.skip("set MEDINJECTION_GOLDEN to run this test")
    from support.prompts import predict_choice, predict_open

    from medinjection.models.base.loading import load_for_prediction

    golden = Path(os.environ["MEDINJECTION_GOLDEN"])
    records, opened = golden_records(golden, 8), [open_question(name) for name in "xyz"]
    served = ServedModel(
        program="transformers",
        model=str(golden / "model"),
        arguments=("--device", "cpu"),
        start_timeout=PATIENCE_SECONDS,
    )
    with serving(served, tmp_path / "serve.log") as url, Journal(tmp_path / "journal.jsonl") as journal:
        teacher = LanguageModel(serve=served, concurrency=2).at(url)
        table = predict_served_choice(Client(teacher, journal), records, "m", 1, 42)
        answers = predict_served_open(Client(teacher, journal), opened, "m", 24, len)
    model, tokenizer = load_for_prediction(golden / "model", None, "cpu", "float32")
    both = predict_choice(model, tokenizer, records, "m", 1, 42, 16).to_pylist()
    local = [row | {"letter_logprobs": []} for row in both if row["decoding"] == "greedy"]
    assert table.to_pylist() == local
    assert any(row["predicted_indices"] for row in local)
    here = predict_open(model, tokenizer, opened, "m", 24, 4)
    assert answers["output"].to_pylist() == here["output"].to_pylist()
    assert answers["finished"].to_pylist() == here["finished"].to_pylist()
