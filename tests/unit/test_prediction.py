"""Predictions of a tiny random model: the same as a plain loop's, at any batch size, mapped back to published order."""

import json
import math
import sys
from dataclasses import replace

import pytest
from support.prompts import FOLDER, predict_choice, predict_open
from support.records import record

from medinjection.prediction.decoding import ChoicePrompt, answer_choice_prompts
from medinjection.prediction.schema import CHOICE_SCHEMA, OPEN_SCHEMA
from medinjection.records.chat import messages
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records
from medinjection.records.schema import LETTERS

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXT = [
    "Quel organe produit l'insuline ?\nUne seule réponse est correcte.\nChoix de réponses :\n(A) Foie\n(B) Pancréas",
    "Quels signes évoquent une méningite ?\nPlusieurs réponses sont correctes.\n(A) Fièvre\n(B) Raideur de la nuque",
    " A B C D E, A, B, C",
]


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trained.train_from_iterator(
        TEXT * 4, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    )
    made = PreTrainedTokenizerFast(tokenizer_object=trained, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    made.chat_template = TEMPLATE
    return made


def tiny_model(tokenizer, context=1024):
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=context,
        # Wide enough for clear preferences: a random model with near ties would test rounding.
        initializer_range=0.3,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config).eval()


@pytest.fixture(scope="module")
def model(tokenizer):
    return tiny_model(tokenizer)


@pytest.fixture
def preferring(tokenizer):
    """Return a function that makes a model that prefers some texts' first tokens, the earlier ones more."""
    import torch

    def make(*texts):
        bias = torch.zeros(len(tokenizer))
        for rank, text in enumerate(texts):
            bias[tokenizer(text, add_special_tokens=False)["input_ids"][0]] = 1e6 * (len(texts) - rank)
        made = tiny_model(tokenizer)
        made.lm_head.register_forward_hook(lambda module, given, logits: logits + bias)
        return made

    return make


def choice_record(number, options=5, gold=(1,), **fields):
    return record(
        number,
        source="made",
        question="Question " + "longue " * (number % 4) + f"{number} ?",
        options=tuple(f"option {number * (i + 1)}" for i in range(options)),
        answer_indices=gold,
        **fields,
    )


def open_record(number):
    question = "Pourquoi " * (1 + number % 3) + f"{number} ?"
    return record(number, source="made", task="oeq", question=question, answer="Le pancréas produit l'insuline.")


RECORDS = [choice_record(i, options=2 + i % 5, gold=(0,) if i % 2 else (0, 1)) for i in range(12)]


def plain_answer(model, tokenizer, chat, limit, allowed=None):
    """Decode one prompt without batch or cache; return the tokens and the first step's logits."""
    import torch

    text = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    ends = {tokenizer.eos_token_id, tokenizer.pad_token_id}
    tokens, first = [], None
    for _ in range(limit):
        with torch.no_grad():
            logits = model(torch.tensor([ids + tokens])).logits[0, -1]
        first = logits if first is None else first
        if allowed is not None:
            outside = torch.ones(len(logits), dtype=torch.bool)
            outside[sorted(allowed | ends)] = False
            logits = logits.masked_fill(outside, -math.inf)
        token = int(logits.argmax())
        if token in ends:
            break
        tokens.append(token)
    return tokens, first


def test_answers_are_those_of_a_plain_loop(model, tokenizer):
    def token_ids(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    rows = predict_choice(model, tokenizer, RECORDS, "tiny", 1, 42, 5).to_pylist()
    assert len(rows) == len(RECORDS) * 2 * 2
    record_of = {record.id: record for record in RECORDS}
    for row in rows:
        record = record_of[row["record_id"]]
        letters = LETTERS[: len(record.options)]
        forms = [[ids[0] for ids in (token_ids(x), token_ids(f" {x}")) if len(ids) == 1] for x in letters]
        allowed = {token for form in forms for token in form}
        allowed |= {token for text in (",", ", ", " ", ",\n") for token in token_ids(text)}
        limit = 1 if record.task == "mcqu" else 2 * len(letters)
        chat = messages(record, row["option_order"])
        constraint = allowed if row["decoding"] == "constrained" else None
        tokens, first = plain_answer(model, tokenizer, chat, limit, constraint)
        assert row["raw_output"] == tokenizer.decode(tokens, skip_special_tokens=True)
        likely = first.softmax(0)
        masses = [sum(float(likely[token]) for token in form) for form in forms]
        expected = [mass / sum(masses) for mass in masses]
        assert [math.exp(x) for x in row["letter_logprobs"]] == pytest.approx(expected, abs=1e-4)


def test_constrained_and_greedy_answers_differ_somewhere(model, tokenizer):
    rows = predict_choice(model, tokenizer, RECORDS, "tiny", 0, 42, 5).to_pylist()
    outputs = {d: [r["raw_output"] for r in rows if r["decoding"] == d] for d in ("greedy", "constrained")}
    assert outputs["greedy"] != outputs["constrained"]


@pytest.mark.parametrize("batch_size", [1, 2, 7, 64])
def test_the_batch_size_changes_no_prediction(model, tokenizer, batch_size):
    def predicted(size):
        return predict_choice(model, tokenizer, RECORDS, "tiny", 2, 42, size)

    reference, table = predicted(3), predicted(batch_size)
    assert table.drop_columns("letter_logprobs") == reference.drop_columns("letter_logprobs")
    for ours, theirs in zip(
        table["letter_logprobs"].to_pylist(), reference["letter_logprobs"].to_pylist(), strict=True
    ):
        assert [math.exp(x) for x in ours] == pytest.approx([math.exp(x) for x in theirs], abs=1e-4)


def test_rows_are_by_record_order_and_decoding(model, tokenizer):
    table = predict_choice(model, tokenizer, RECORDS, "tiny", 2, 42, 4)
    assert table.schema == CHOICE_SCHEMA
    keys = list(zip(*(table[name].to_pylist() for name in ("record_id", "order", "decoding")), strict=True))
    assert keys == [(r.id, order, d) for r in RECORDS for order in (0, 1, 2) for d in ("greedy", "constrained")]


def test_predicted_indices_are_mapped_back_to_the_published_order(tokenizer, preferring):
    record = choice_record(3, options=5, gold=(2,))
    rows = predict_choice(preferring("C"), tokenizer, [record], "c", 3, 42, 8).to_pylist()
    assert len({tuple(row["option_order"]) for row in rows}) > 1
    for row in rows:
        assert row["raw_output"] == "C"
        assert row["predicted_indices"] == [row["option_order"][2]]
        assert row["gold_indices"] == [2]
        assert row["letter_logprobs"][2] == pytest.approx(0)


def test_options_that_refer_to_each_other_keep_their_order(tokenizer, preferring):
    record = choice_record(3, options=5, gold=(2,), shufflable=False)
    rows = predict_choice(preferring("B"), tokenizer, [record], "b", 3, 42, 8).to_pylist()
    assert [row["option_order"] for row in rows] == [[0, 1, 2, 3, 4]] * 8
    assert [row["predicted_indices"] for row in rows] == [[1]] * 8


def test_a_question_with_26_options(tokenizer, preferring):
    record = choice_record(7, options=26, gold=(0,))
    rows = predict_choice(preferring("Z"), tokenizer, [record], "z", 1, 42, 8).to_pylist()
    for row in rows:
        assert row["predicted_indices"] == [row["option_order"][25]]
        assert len(row["letter_logprobs"]) == 26


@pytest.mark.parametrize(("options", "gold", "tokens"), [(2, (0,), 1), (6, (0,), 1), (2, (0, 1), 4), (6, (0, 1), 12)])
def test_an_answer_that_never_ends_is_cut_at_the_limit(tokenizer, preferring, options, gold, tokens):
    rows = predict_choice(preferring("A"), tokenizer, [choice_record(5, options, gold)], "a", 0, 42, 8).to_pylist()
    assert [row["raw_output"] for row in rows] == ["A" * tokens] * 2


def test_items_of_both_tasks_and_different_lengths_share_a_batch(tokenizer, preferring):
    records = [choice_record(1, 3, (0,)), choice_record(2, 4, (0, 1)), choice_record(3, 2, (0, 1))]
    rows = predict_choice(preferring("x", "B"), tokenizer, records, "xb", 0, 42, 3).to_pylist()
    greedy = [row["raw_output"] for row in rows if row["decoding"] == "greedy"]
    constrained = [row["raw_output"] for row in rows if row["decoding"] == "constrained"]
    assert greedy == ["x", "x" * 8, "x" * 4]
    assert constrained == ["B", "B" * 8, "B" * 4]
    assert [row["predicted_indices"] for row in rows] == [[], [1]] * 3


def test_constrained_decoding_never_leaves_the_letters_of_the_item(tokenizer, preferring):
    rows = predict_choice(preferring("F", "C", "B"), tokenizer, [choice_record(1, 3, (0,))], "f", 0, 42, 1).to_pylist()
    assert [(row["raw_output"], row["predicted_indices"]) for row in rows] == [("F", []), ("C", [2])]


def test_an_answer_stops_at_the_end_of_the_turn(tokenizer, preferring):
    model = preferring("<|im_end|>")
    rows = predict_choice(model, tokenizer, [choice_record(1, 3, (0, 1))], "end", 0, 42, 1).to_pylist()
    assert [(row["raw_output"], row["predicted_indices"]) for row in rows] == [("", []), ("", [])]
    assert predict_open(model, tokenizer, [open_record(1)], "end", 20, 1).to_pylist()[0]["finished"]


@pytest.mark.parametrize("batch_size", [1, 4, 16])
def test_open_answers_are_those_of_a_plain_loop(model, tokenizer, batch_size):
    records = [open_record(i) for i in range(7)]
    table = predict_open(model, tokenizer, records, "tiny", 24, batch_size)
    assert table.schema == OPEN_SCHEMA
    for one, row in zip(records, table.to_pylist(), strict=True):
        tokens, _ = plain_answer(model, tokenizer, messages(one), 24)
        assert (row["record_id"], row["source"]) == (one.id, one.source)
        assert row["output"] == tokenizer.decode(tokens, skip_special_tokens=True)
        assert row["output_tokens"] == len(tokens)
        assert row["finished"] == (len(tokens) < 24)
        assert row["reference_tokens"] == len(tokenizer(one.answer)["input_ids"])


def test_open_answers_end_where_the_context_ends(tokenizer):
    short = tiny_model(tokenizer, context=40)
    record = replace(open_record(0), question="Pourquoi ?")
    text = tokenizer.apply_chat_template(messages(record), add_generation_prompt=True, tokenize=False)
    room = 40 - len(tokenizer(text)["input_ids"])
    assert 0 < room < 40
    row = predict_open(short, tokenizer, [record], "short", 512, 2).to_pylist()[0]
    assert row["output_tokens"] <= room
    assert row["finished"] or row["output_tokens"] == room


def test_no_records_give_empty_tables(model, tokenizer):
    assert predict_choice(model, tokenizer, [], "tiny", 3, 42, 8) == CHOICE_SCHEMA.empty_table()
    assert predict_open(model, tokenizer, [], "tiny", 512, 8) == OPEN_SCHEMA.empty_table()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (choice_record(1, options=27), r"made:1: 27 options, expected at most 26"),
        (open_record(2), r"made:2: task oeq, expected mcq or mcqu"),
        (
            replace(choice_record(3), question="mot " * 2000),
            r"1 of 2 items do not fit.* 1024 tokens: made:3 \(\d+ tokens\)",
        ),
    ],
)
def test_a_record_that_cannot_be_asked_is_named(model, tokenizer, record, message):
    with pytest.raises(InputError, match=message):
        predict_choice(model, tokenizer, [choice_record(0), record], "tiny", 1, 42, 8)


def test_what_else_cannot_be_answered_is_refused(model, tokenizer):
    chat = [{"role": "user", "content": "?"}]
    for letters in ("", "AA", "aB"):
        with pytest.raises(InputError, match="item 1: "):
            answer_choice_prompts(model, tokenizer, [ChoicePrompt("item 1", chat, letters, "mcq")], 1)
    with pytest.raises(InputError, match="made:1: task mcqu, expected oeq"):
        predict_open(model, tokenizer, [choice_record(1)], "tiny", 512, 8)
    with pytest.raises(InputError, match="batch size 0"):
        predict_choice(model, tokenizer, RECORDS, "tiny", 0, 42, 0)


def test_the_program_writes_both_tables(model, tokenizer, tmp_path, root, monkeypatch, caplog):
    import runpy

    model.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    generation = tmp_path / "base/generation_config.json"
    generation.write_text(json.dumps(json.loads(generation.read_text()) | {"repetition_penalty": 1.3}))
    write_records(tmp_path / "choice.parquet", RECORDS[:2])
    write_records(tmp_path / "open.parquet", [])
    flags = {
        "model": "base",
        "base": tmp_path / "base",
        "choice": tmp_path / "choice.parquet",
        "open": tmp_path / "open.parquet",
        "choice-prompt": FOLDER / "question_choice.txt",
        "open-prompt": FOLDER / "question_open.txt",
        "permutations": 2,
        "device": "cpu",
        "output-choice": tmp_path / "out" / "choice.parquet",
        "output-open": tmp_path / "out" / "open.parquet",
        "output-reasoning": tmp_path / "out" / "reasoning.parquet",
        "output-run": tmp_path / "out" / "run.json",
        "chunks": tmp_path / "out.chunks",
    }
    given = [text for name, value in flags.items() for text in (f"--{name}", str(value))]
    script = root / "workflow" / "scripts" / "predict_answers.py"
    monkeypatch.setattr(sys, "argv", [str(script), *given])
    runpy.run_path(str(script), run_name="__main__")
    written = read_table(tmp_path / "out" / "choice.parquet", CHOICE_SCHEMA)
    assert written == predict_choice(model, tokenizer, RECORDS[:2], "base", 2, 42, 16)
    assert read_table(tmp_path / "out" / "open.parquet", OPEN_SCHEMA).num_rows == 0
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["status"] == "finished"
    assert run["generation_settings_not_applied"] == {"repetition_penalty": 1.3}
    assert "settings that are not applied: repetition_penalty 1.3" in caplog.text
    assert not (tmp_path / "out.chunks").exists()
