"""How reasoning ends: by the model, at the budget or not at all; in each form, here and behind an endpoint."""

import pytest
from support.endpoint import serving
from support.prompts import PROMPTS, predict_served_choice
from support.thinking import CHANNELS, CHOICE, OPEN, SPECIAL, ids_of, make_model, make_tokenizer

from medinjection.llm.client.client import Client
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.models.chat_template import prompt_text
from medinjection.prediction.chunks import Chunks
from medinjection.prediction.prompts import Prompt
from medinjection.prediction.thinking import reasoning
from medinjection.prediction.thinking.forms import MARKS, marks_of
from medinjection.prediction.thinking.served import ServedReasoning

ANALYSIS = "<|channel|>analysis<|message|>Le pancréas."
TO_THE_ANSWER = "<|end|><|start|>assistant<|channel|>final<|message|>"


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer([PROMPTS.user_turn(OPEN)], SPECIAL + CHANNELS)


@pytest.fixture(scope="module")
def model(tokenizer):
    return make_model(tokenizer)


def writing(tokenizer, text):
    """Return what stands in for the model: it writes the tokens of `text`, up to an end or a limit."""

    def continue_prompts(model, encoded, limits, ends, *_):
        ids = ids_of(tokenizer, text)
        whole = next((place + 1 for place, token in enumerate(ids) if token in ends), len(ids))
        return {i: ids[: min(whole, limits[i])] for i in encoded if limits[i] > 0}

    return continue_prompts


def reasoned(model, tokenizer, form, budget):
    """Return the row of the reasoning, and the text in front of which the answer is asked for, without the chat."""
    reasoner = reasoning.Reasoner(model, tokenizer, "tiny", MARKS[form], budget, 4, Chunks())
    messages = PROMPTS.messages(OPEN)
    (prompt,) = reasoner.reasoned([Prompt(OPEN.id, messages)], "open")
    chat = prompt_text(tokenizer, messages, thinking=True)
    asked = tokenizer.decode(prompt.ids, clean_up_tokenization_spaces=False)
    assert asked.startswith(chat)
    return reasoner.rows[0], asked.removeprefix(chat)


@pytest.mark.parametrize(
    ("form", "written", "kept", "finished"),
    [
        ("tags", "<think>Le pancréas.</think>", "<think>Le pancréas.", True),
        ("tags", "</think>", "", True),
        ("tags", "Je ne sais pas.<|im_end|>", "Je ne sais pas.", False),
        ("tags", "", "", False),
        ("channels", f"{ANALYSIS}<|end|>", ANALYSIS, True),
        ("channels", f"{ANALYSIS}<|im_end|>", ANALYSIS, False),
        # A mark of several tokens: the model goes on to its answer, which is asked for anew.
        ("headings", "## Thinking\n\nA.\n\n## Final Response\n\nB<|im_end|>", "## Thinking\n\nA.\n\n", True),
        ("headings", "## Thinking\n\nA.<|im_end|>", "## Thinking\n\nA.", False),
    ],
)
def test_the_answer_is_asked_for_behind_whatever_was_reasoned(
    model, tokenizer, monkeypatch, form, written, kept, finished
):
    monkeypatch.setattr(reasoning, "continue_prompts", writing(tokenizer, written))
    row, before_answer = reasoned(model, tokenizer, form, 500)
    assert (row["reasoning"], row["finished"]) == (kept, finished)
    assert row["reasoning_tokens"] == len(ids_of(tokenizer, written))
    assert before_answer == kept + MARKS[form].ending


@pytest.mark.parametrize(("form", "written"), [("tags", "Le pancréas.</think>"), ("channels", f"{ANALYSIS}<|end|>")])
def test_at_the_budget_reasoning_is_ended_for_the_model(model, tokenizer, monkeypatch, form, written):
    monkeypatch.setattr(reasoning, "continue_prompts", writing(tokenizer, written))
    ids = ids_of(tokenizer, written)
    row, _ = reasoned(model, tokenizer, form, len(ids))
    assert row["finished"], "the mark is the last token of the budget"
    row, before_answer = reasoned(model, tokenizer, form, len(ids) - 1)
    assert (row["finished"], row["reasoning_tokens"]) == (False, len(ids) - 1)
    assert before_answer == written.removesuffix(MARKS[form].closing) + MARKS[form].ending
    row, before_answer = reasoned(model, tokenizer, form, 3)
    assert before_answer == tokenizer.decode(ids[:3]) + MARKS[form].ending


def test_the_channels_lead_to_the_answer_as_gpt_oss_writes_it(tokenizer):
    assert MARKS["channels"].ending == TO_THE_ANSWER
    assert marks_of(tokenizer, "auto") == MARKS["tags"]
    only_channels = make_tokenizer([PROMPTS.user_turn(OPEN)], [*SPECIAL[:3], *CHANNELS])
    assert marks_of(only_channels, "auto") == MARKS["channels"]


def apart(reasoning_content, content, finish_reason):
    """Return the reply of an endpoint that keeps reasoning in a field of its own."""
    message = {"role": "assistant", "content": content, "reasoning_content": reasoning_content}
    return {"choices": [{"index": 0, "finish_reason": finish_reason, "message": message}]}


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    ("reply", "answer", "kept", "finished"),
    [
        (apart("Le pancréas.", "B", "stop"), "B", "Le pancréas.", True),
        (apart("Le pancr", None, "length"), "", "Le pancr", False),
        (apart("Le pancr", "", "length"), "", "Le pancr", False),
        (apart("Je ne sais pas.", "", "stop"), "", "Je ne sais pas.", True),
        ({"text": "<think>\nLe pancr", "finish_reason": "length"}, "", "<think>\nLe pancr", False),
        # litellm takes whole tags out of the text.
        ({"text": "<think>Rien.</think>"}, "", "Rien.", True),
        ({"text": "<think>Le pancréas.</think>B"}, "B", "Le pancréas.", True),
        ({"text": f"{ANALYSIS}{TO_THE_ANSWER}B<|return|>"}, "B", f"{ANALYSIS}{TO_THE_ANSWER}", True),
        ({"text": ANALYSIS, "finish_reason": "length"}, "", ANALYSIS, False),
        ({"text": "B<|im_end|>\n<|im_start|>user\nB ?"}, "B", "", True),
    ],
)
def test_what_an_endpoint_says_is_an_answer_only_behind_reasoning_that_has_ended(
    tmp_path, reply, answer, kept, finished
):
    with serving(lambda *_: reply) as endpoint, Journal(tmp_path / "journal.jsonl") as journal:
        client = Client(LanguageModel(model="hosted_vllm/any", api_base=endpoint.url), journal)
        served = ServedReasoning("big", 100)
        table = predict_served_choice(client, [CHOICE], "big", 0, 7, reasoning=served)
    assert endpoint.requests == 1, "a question is put once"
    assert table["raw_output"].to_pylist() == [answer]
    assert table["predicted_indices"].to_pylist() == ([[1]] if answer else [[]])
    (row,) = served.table().to_pylist()
    assert (row["reasoning"], row["finished"]) == (kept, finished)
