"""Chats longer than allowed: what may go, what always stays, and when cutting is refused."""

import logging
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.chat_tokenizers import family_tokenizer
from support.prompts import make_examples
from support.records import drug_effect, drug_question

from medinjection.models.chat_template import read_chat_template
from medinjection.models.training.examples import IGNORED, truncation_counts
from medinjection.records.chat import user_turn
from medinjection.records.errors import InputError

FAMILIES = ("qwen3_instruct_2507", "llama3", "gemma", "mistral", "phi3")
TOKENIZERS = {family: family_tokenizer(family) for family in FAMILIES}
NO_LIMIT = 10**9
CASE = "Mme R., 45 ans, est fébrile. Elle tousse depuis 3 jours."


def learnt_tokens(tokenizer, record):
    """Return the tokens of the answer and its end, of a chat that is not cut."""
    [masked] = make_examples([record], tokenizer, "completion", NO_LIMIT)
    return tuple(label for label in masked.labels if label != IGNORED)


def bare(text):
    """Return `text` without spaces: some tokenizers put one before any text, and decode it."""
    return text.replace(" ", "")


def shown_question(tokenizer, example, record):
    """Return what is left of the user's text, without spaces, after checking that template and answer are whole."""
    answer = learnt_tokens(tokenizer, record)
    assert example.input_ids[-len(answer) :] == answer
    template = read_chat_template(tokenizer)
    prompt = bare(tokenizer.decode(example.input_ids[: -len(answer)], clean_up_tokenization_spaces=False))
    before, after = bare(template.before_question), bare(template.after_question)
    assert prompt.startswith(before)
    assert prompt.endswith(after)
    return prompt[len(before) : len(prompt) - len(after)]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_context_goes_first_and_from_its_beginning(family):
    tokenizer = TOKENIZERS[family]
    record = drug_question(1, (1,), context=CASE)
    [whole] = make_examples([record], tokenizer, "completion", NO_LIMIT)
    for surplus in range(1, 30):
        limit = len(whole.input_ids) - surplus
        [example] = make_examples([record], tokenizer, "completion", limit, max_truncated_share=1)
        left = shown_question(tokenizer, example, record)
        assert bare(user_turn(record)).endswith(left)
        assert left.endswith(bare(user_turn(replace(record, context=None))))
        assert example.cut + len(example.input_ids) == len(whole.input_ids)
        # At most the bytes of one character more than needed.
        assert surplus <= example.cut <= surplus + 3


def test_the_last_sentence_of_the_question_stays():
    tokenizer = TOKENIZERS["qwen3_instruct_2507"]
    record = drug_question(1, (1,), context=CASE, question=f"{CASE} Quel est le traitement ?")
    [whole] = make_examples([record], tokenizer, "full", NO_LIMIT)
    limit, left = len(whole.input_ids), user_turn(record)
    with pytest.raises(InputError, match=r"r:1: \d+ tokens, and too few of them may be cut for max_length"):
        while limit:
            [example] = make_examples([record], tokenizer, "full", limit, max_truncated_share=1)
            left = shown_question(tokenizer, example, record)
            limit -= 1
    last = bare(user_turn(drug_question(1, (1,), question="Quel est le traitement ?")))
    # Without the full stop before it the first word is two tokens in place of one: nothing is gained.
    assert left in (last, f".{last}")


def test_longer_chats_are_an_error_that_counts_them_by_source(caplog):
    tokenizer = TOKENIZERS["qwen3_instruct_2507"]
    short = [drug_effect(n, question="Pourquoi ?", answer="Non.", source="a") for n in range(5)]
    long = [drug_effect(n, context=CASE * n, source=source) for n, source in ((1, "b"), (3, "a"), (2, "b"))]
    records = [*short, *long]
    lengths = [len(example.input_ids) for example in make_examples(records, tokenizer, "full", NO_LIMIT)]
    limit = lengths[-3] - 1
    for share in (0.0, 0.374):
        with pytest.raises(InputError) as error:
            make_examples(records, tokenizer, "full", limit, max_truncated_share=share)
        assert str(error.value) == (
            f"3 of 8 chats are longer than max_length {limit} (a: 1 of 6, b: 2 of 2), expected at most a share of "
            f"{share:g}; the longest, a:3, has {max(lengths)} tokens. Raise training.max_length (to {max(lengths)} "
            "nothing is cut), or training.max_truncated_share (to 0.375; the beginnings of contexts are lost)"
        )
    with caplog.at_level(logging.INFO):
        examples = make_examples(records, tokenizer, "full", limit, max_truncated_share=0.375)
    cut = [length - len(example.input_ids) for length, example in zip(lengths, examples, strict=True)]
    assert [example.cut for example in examples] == cut
    assert truncation_counts(examples) == {
        "a": {"examples": 6, "truncated": 1, "tokens_cut": cut[6]},
        "b": {"examples": 2, "truncated": 2, "tokens_cut": cut[5] + cut[7]},
    }
    assert f"a: 6 examples, 1 cut by {cut[6]} tokens" in caplog.text
    assert make_examples(records, tokenizer, "full", max(lengths)) == make_examples(
        records, tokenizer, "full", NO_LIMIT
    )


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InputError, match="expected a share from 0 to 1"):
        make_examples([drug_effect(1)], TOKENIZERS["gemma"], "full", 100, max_truncated_share=share)


texts = st.text(alphabet="abé œ€😀A,'\n", min_size=1, max_size=40).filter(str.strip)
sentences = st.text(alphabet="abé œ€😀A,'", min_size=1, max_size=20).map(str.strip).filter(bool)


@st.composite
def records(draw, number):
    """Return a record and the last sentence of its question."""
    last = draw(sentences)
    before = draw(st.lists(texts, max_size=3))
    fields = {
        "question": "".join(f"{text}. " for text in before) + last + draw(st.sampled_from(["", " ", "\n"])),
        "context": draw(st.none() | texts),
        "source": draw(st.sampled_from(["a", "b"])),
    }
    if draw(st.booleans()):
        return drug_question(number, draw(st.sampled_from([(0,), (1, 3)])), **fields), last
    return drug_effect(number, answer=draw(texts), **fields), last


@settings(max_examples=80)
@given(st.data(), st.sampled_from(FAMILIES), st.sampled_from(["full", "completion"]), st.integers(1, 160))
def test_cutting_keeps_the_length_the_answer_and_every_record(data, family, loss, max_length):
    tokenizer = TOKENIZERS[family]
    drawn = [data.draw(records(number)) for number in range(3)]
    chosen = [record for record, _ in drawn]
    wholes = make_examples(chosen, tokenizer, loss, NO_LIMIT)
    try:
        examples = make_examples(chosen, tokenizer, loss, max_length, max_truncated_share=1)
    except InputError:
        least = [replace(record, context=None, question=last) for record, last in drawn]
        # What stays fits nearly: a token may reach over where the last sentence begins.
        assert max(len(e.input_ids) for e in make_examples(least, tokenizer, loss, NO_LIMIT)) + 8 > max_length
        return
    assert [example.record_id for example in examples] == [record.id for record in chosen]
    for example, whole, (record, last) in zip(examples, wholes, drawn, strict=True):
        assert len(example.input_ids) <= max_length
        assert example.cut + len(example.input_ids) == len(whole.input_ids)
        assert example.labels == (example.input_ids if loss == "full" else whole.labels[example.cut :])
        left = shown_question(tokenizer, example, record).strip()
        assert bare(user_turn(record)).strip().endswith(left)
        assert bare(last) in left
    counts = truncation_counts(examples)
    assert sum(count["examples"] for count in counts.values()) == 3
    assert sum(count["tokens_cut"] for count in counts.values()) == sum(example.cut for example in examples)
