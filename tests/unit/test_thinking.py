"""Models that reason first: the answer is that of a plain loop behind the same reasoning, which is kept apart."""

import json

import pytest
from support.endpoint import serving
from support.prompts import PROMPTS, predict_choice, predict_open, predict_served_choice, predict_served_open
from support.records import record
from support.thinking import CHOICE, OPEN, ids_of, make_model, make_tokenizer

from medinjection.llm.client.client import Client
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.models.chat_template import prompt_text
from medinjection.prediction.chunks import Chunks
from medinjection.prediction.run import Prediction, PredictionFiles, predict_evaluation
from medinjection.prediction.schema import CHOICE_SCHEMA, REASONING_SCHEMA
from medinjection.prediction.thinking.forms import MARKS, Marks, marks_of
from medinjection.prediction.thinking.reasoning import Reasoner
from medinjection.prediction.thinking.served import ServedAnswer, ServedReasoning
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records

QUESTIONS = [
    CHOICE,
    record(
        id="src:2",
        task="mcq",
        question="Quels signes évoquent une méningite ?",
        options=("Fièvre", "Toux"),
        answer_indices=(0,),
        answer="Fièvre",
    ),
]
OPEN_QUESTIONS = [OPEN]


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer([PROMPTS.user_turn(question) for question in QUESTIONS])


@pytest.fixture(scope="module")
def model(tokenizer):
    return make_model(tokenizer)


def greedy(model, tokenizer, chat, limit, before=()):
    """Return the likeliest tokens after the chat and the tokens `before`, each from all of that anew."""
    import torch

    ids, found = [*ids_of(tokenizer, chat), *before], []
    while len(found) < limit and tokenizer.eos_token_id not in found:
        with torch.inference_mode():
            found.append(int(model(torch.tensor([ids + found])).logits[0, -1].argmax()))
    return found


def likeliest_of(model, tokenizer, ids, letters):
    """Return the text of the likeliest token behind `ids` among letters, separators and ends."""
    import torch

    texts = [*letters, *(f" {letter}" for letter in letters)]
    single = [tokens for text in texts if len(tokens := ids_of(tokenizer, text)) == 1]
    separators = [ids_of(tokenizer, text) for text in (",", ", ", " ", ",\n")]
    ends = [[tokenizer.eos_token_id, tokenizer.pad_token_id]]
    allowed = sorted({token for tokens in single + separators + ends for token in tokens})
    with torch.inference_mode():
        logits = model(torch.tensor([ids])).logits[0, -1]
    return tokenizer.decode([allowed[int(logits[allowed].argmax())]], skip_special_tokens=True)


def reasoner_of(model, tokenizer, marks, budget, batch_size=3):
    return Reasoner(model, tokenizer, "tiny", marks, budget, batch_size, Chunks())


@pytest.mark.parametrize("batch_size", [1, 8])
def test_answers_stand_behind_the_reasoning_of_a_plain_loop(model, tokenizer, batch_size):
    budget, marks = 6, MARKS["tags"]
    reasoner = reasoner_of(model, tokenizer, marks, budget, batch_size)
    table = predict_choice(model, tokenizer, QUESTIONS, "tiny", 1, 7, batch_size, reasoner=reasoner)
    rows = {(r["record_id"], tuple(r["option_order"])): r for r in reasoner.rows}
    assert {r["reasoning_tokens"] for r in reasoner.rows} == {budget}, "a random model marks no end"
    assert not any(r["finished"] for r in reasoner.rows)
    for row in table.to_pylist():
        question = next(q for q in QUESTIONS if q.id == row["record_id"])
        chat = prompt_text(tokenizer, PROMPTS.messages(question, row["option_order"]), thinking=True)
        assert "<think>" not in chat
        thought = greedy(model, tokenizer, chat, budget)
        reasoning = tokenizer.decode(thought)
        assert rows[row["record_id"], tuple(row["option_order"])]["reasoning"] == reasoning
        if row["decoding"] == "greedy" and question.task == "mcqu":
            answer = greedy(model, tokenizer, chat, 1, before=[*thought, *ids_of(tokenizer, marks.ending)])
            assert row["raw_output"] == tokenizer.decode(answer, skip_special_tokens=True)
        if row["decoding"] == "constrained":
            assert set(row["raw_output"]) <= set("ABC, \n")
        if row["decoding"] == "constrained" and question.task == "mcqu":
            behind = [*ids_of(tokenizer, chat), *thought, *ids_of(tokenizer, marks.ending)]
            assert row["raw_output"] == likeliest_of(model, tokenizer, behind, "ABC")


def test_reasoning_that_the_model_ends_stops_there(model, tokenizer):
    chat = prompt_text(tokenizer, PROMPTS.messages(OPEN), thinking=True)
    tokens = greedy(model, tokenizer, chat, 8)
    # The first token that is a text of its own stands in for the mark.
    texts = [tokenizer.decode([token]) for token in tokens]
    end = next(
        i for i in range(1, 8) if texts[i] not in "".join(texts[:i]) and ids_of(tokenizer, texts[i]) == [tokens[i]]
    )
    closing = texts[end]
    reasoner = reasoner_of(model, tokenizer, Marks(closing, f"{closing}\n"), 50)
    answers = predict_open(model, tokenizer, OPEN_QUESTIONS, "tiny", 5, 4, reasoner=reasoner)
    before = tokenizer.decode(tokens[:end])
    assert reasoner.rows[0] == {
        "model": "tiny", "record_id": "src:3", "kind": "open", "option_order": (), "reasoning": before,
        "reasoning_tokens": end + 1, "finished": True,
    }  # fmt: skip
    expected = greedy(model, tokenizer, chat, 5, before=[*tokens[:end], *ids_of(tokenizer, f"{closing}\n")])
    assert answers["output"].to_pylist() == [tokenizer.decode(expected, skip_special_tokens=True)]


def test_the_budget_leaves_room_for_the_answer_in_the_context(model, tokenizer):
    chat = prompt_text(tokenizer, PROMPTS.messages(CHOICE), thinking=True)
    length = len(tokenizer(chat, add_special_tokens=False)["input_ids"])
    ending = len(tokenizer(MARKS["tags"].ending, add_special_tokens=False)["input_ids"])
    whole = model.config.max_position_embeddings
    model.config.max_position_embeddings = length + ending + 1 + 4
    try:
        reasoner = reasoner_of(model, tokenizer, MARKS["tags"], 500)
        predict_choice(model, tokenizer, QUESTIONS[:1], "tiny", 0, 7, 4, reasoner=reasoner)
    finally:
        model.config.max_position_embeddings = whole
    assert [row["reasoning_tokens"] for row in reasoner.rows] == [4]


def test_the_form_is_found_in_the_vocabulary_or_must_be_named(tokenizer):
    assert marks_of(tokenizer, "auto") == MARKS["tags"]
    assert marks_of(tokenizer, "headings") == MARKS["headings"]

    class Plain:
        name_or_path = "some/model"

        def get_vocab(self):
            return {"a": 0}

    with pytest.raises(InputError, match="some/model: thinking is on, but no token of its vocabulary marks reasoning"):
        marks_of(Plain(), "auto")


def test_a_whole_prediction_keeps_reasoning_in_a_file_of_its_own(model, tokenizer, tmp_path):
    model.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    write_records(tmp_path / "choice.parquet", QUESTIONS)
    write_records(tmp_path / "open.parquet", OPEN_QUESTIONS)
    names = ("output_choice", "output_open", "output_reasoning")
    outputs = {name: tmp_path / f"{name}.parquet" for name in names} | {"output_run": tmp_path / "run.json"}
    inputs = {"choice": tmp_path / "choice.parquet", "open": tmp_path / "open.parquet", "chunks": tmp_path / "chunks"}
    files = PredictionFiles(base=tmp_path / "base", adapter=None, **inputs, **outputs)
    quick = {"permutations": 1, "batch_size": 4, "max_new_tokens": 4, "device": "cpu", "precision": "float32"}
    predict_evaluation(files, Prediction("m", thinking="auto", reasoning_tokens=3, **quick), PROMPTS, "code")
    reasoning = read_table(outputs["output_reasoning"], REASONING_SCHEMA).to_pylist()
    assert [row["kind"] for row in reasoning].count("open") == 1 and len(reasoning) == 5
    assert all(
        "think" not in text for text in read_table(outputs["output_choice"], CHOICE_SCHEMA)["raw_output"].to_pylist()
    )
    run = json.loads(outputs["output_run"].read_text())
    assert (run["thinking"], run["reasoning_tokens"]) == ("auto", 3)
    assert run["reasoning"] == {"prompts": 5, "tokens": 15, "ended_for_the_model": 5}
    predict_evaluation(files, Prediction("m", **quick), PROMPTS, "code")
    assert read_table(outputs["output_reasoning"], REASONING_SCHEMA).num_rows == 0


@pytest.mark.usefixtures("key")
def test_a_served_model_has_room_to_reason_and_its_answer_is_read_behind(tmp_path):
    said = "<think>\nLe pancréas.\n</think>\n\nB"
    with serving(lambda *_: said) as endpoint, Journal(tmp_path / "journal.jsonl") as journal:
        client = Client(LanguageModel(model="openai/any", api_base=endpoint.url), journal)
        reasoning = ServedReasoning("big", 100)
        table = predict_served_choice(client, QUESTIONS[:1], "big", 0, 7, reasoning=reasoning)
        answers = predict_served_open(client, OPEN_QUESTIONS, "big", 20, len, reasoning=reasoning)
    assert [body["max_tokens"] for body in endpoint.bodies] == [101, 120]
    assert (table["raw_output"].to_pylist(), table["predicted_indices"].to_pylist()) == (["B"], [[1]])
    assert answers["output"].to_pylist() == ["B"]
    kept = reasoning.table().to_pylist()
    assert [row["kind"] for row in kept] == ["choice", "open"]
    assert all(row["finished"] for row in kept)


def test_what_a_served_model_says_is_parted_into_reasoning_and_answer():
    kept = ServedReasoning("big", 100)
    said = {
        "a": "<think>\nLe pancréas.\n</think>\n\nB",
        "b": "B",
        "c": "<think>\nLe pancr",
        "d": "analysisLe pancréas.assistantfinalB",
    }
    sent = {name: ServedAnswer(text, ended=True) for name, text in said.items()}
    assert [kept.answer_of(one, name, "choice", (0, 1)) for name, one in sent.items()] == ["B", "B", "", "B"]
    rows = kept.table().to_pylist()
    assert [row["finished"] for row in rows] == [True, True, False, True]
    assert [row["reasoning"].strip() for row in rows] == [
        "<think>\nLe pancréas.\n</think>",
        "",
        "<think>\nLe pancr",
        "analysisLe pancréas.assistantfinal",
    ]
