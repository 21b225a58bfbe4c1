"""Batches that share beginnings, halving on out-of-memory, kept chunks, and letters as their context tokenises them."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.chat_tokenizers import family_tokenizer
from support.prompts import predict_choice
from support.tiny_models import COUNTING_PLACES, tiny_model
from support.tiny_training import choice_record

from medinjection.models.memory import OutOfMemory
from medinjection.prediction import sharing
from medinjection.prediction.batch import PromptBatch, unapplied_settings
from medinjection.prediction.chunks import Chunks, work_off
from medinjection.prediction.decoding import ChoicePrompt, answer_choice_prompts
from medinjection.prediction.letters import LetterTokens
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS


@pytest.fixture(scope="module")
def loaded(training_folder):
    from medinjection.models.base.loading import load_for_prediction

    return load_for_prediction(training_folder / "base", None, "cpu", "float32")


tokens = st.integers(3, 250)
# Texts that begin alike, with ends of their own: of one token, of several, or the very same.
groups = st.lists(
    st.tuples(
        st.lists(tokens, min_size=9, max_size=30), st.lists(st.lists(tokens, min_size=1, max_size=6), min_size=1)
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25)
@given(groups, st.sampled_from([0, 8, 30]))
def test_shared_beginnings_change_no_logit(loaded, drawn, pass_tokens):
    """The cheaper a pass, the more of them: prompts are read in up to one part a group and joined."""
    import torch

    prompts = [np.array(start + end, dtype=np.int32) for start, ends in drawn for end in ends[:4]]
    numbers = [number for number, (_, ends) in enumerate(drawn) for _ in ends[:4]]
    # Not group by group, but those that share a batch may be in any order.
    order = sorted(range(len(prompts)), key=lambda row: row % 3)
    prompts, numbers = [prompts[row] for row in order], [numbers[row] for row in order]
    with torch.inference_mode(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(sharing, "PASS_TOKENS", pass_tokens)
        shared, apart = PromptBatch(loaded[0], prompts, numbers), PromptBatch(loaded[0], prompts)
        alone = torch.cat([PromptBatch(loaded[0], [prompt]).logits for prompt in prompts])
        for batch in (shared, apart):
            assert torch.allclose(batch.logits, alone, atol=1e-4)
            batch.append([5] * len(prompts))
            # The last row goes on twice, the first not at all where there are others.
            batch.select([*range(1, len(prompts)), len(prompts) - 1])
        assert torch.allclose(shared.logits, apart.logits, atol=1e-4)


def test_what_is_shared_is_read_once(loaded, monkeypatch):
    import torch

    seen = []
    forward = loaded[0].forward
    monkeypatch.setattr(loaded[0], "forward", lambda **given: seen.append(given["input_ids"].shape) or forward(**given))
    start = list(range(10, 90))
    prompts = [np.array([*start, end, 7]) for end in (150, 151, 152)]
    with torch.inference_mode():
        PromptBatch(loaded[0], prompts, ["r:1"] * 3)
    assert seen == [(1, 80), (3, 2)]


def test_groups_of_unlike_lengths_are_read_in_parts_and_each_part_once(loaded, monkeypatch):
    import torch

    seen = []
    forward = loaded[0].forward
    monkeypatch.setattr(loaded[0], "forward", lambda **given: seen.append(given["input_ids"].shape) or forward(**given))
    prompts = [np.array([*range(10, 210), end]) for end in (220, 221)] + [np.array([9, 8, 7]), np.array([6, 5])]
    with torch.inference_mode():
        batch = PromptBatch(loaded[0], prompts, ["long", "long", "short", "shorter"])
        batch.append([5] * 4)
    assert seen == [(1, 200), (2, 1), (2, 3), (4, 1)]


RECORDS = [choice_record(n, (n % 4,) if n % 2 else (0, 1 + n % 3)) for n in range(9)]
ALPHABET = [letter.lower() for letter in LETTERS]
MIXED = [
    replace(RECORDS[n % 9], id=f"mixed:{count}", options=tuple(ALPHABET[:count]), answer_indices=(0,), task="mcqu")
    for n, count in enumerate((2, 26, 5, 11))
] + RECORDS


@pytest.mark.parametrize("batch_size", [2, 7, 64])
def test_orders_and_letters_mixed_in_a_batch_change_no_answer(loaded, batch_size):
    one = predict_choice(*loaded, MIXED, "tiny", 3, 42, 1)
    several = predict_choice(*loaded, MIXED, "tiny", 3, 42, batch_size)
    assert several.drop_columns("letter_logprobs") == one.drop_columns("letter_logprobs")
    for ours, theirs in zip(several["letter_logprobs"].to_pylist(), one["letter_logprobs"].to_pylist(), strict=True):
        assert [math.exp(x) for x in ours] == pytest.approx([math.exp(x) for x in theirs], abs=1e-4)


@pytest.mark.parametrize(("family", "options"), COUNTING_PLACES)
def test_models_that_count_places_answer_alike_at_any_batch_size(loaded, family, options):
    model = tiny_model(family, loaded[1], **options)
    one = predict_choice(model, loaded[1], MIXED, "tiny", 2, 42, 1)
    for batch_size in (7, 16):
        several = predict_choice(model, loaded[1], MIXED, "tiny", 2, 42, batch_size)
        assert several.drop_columns("letter_logprobs") == one.drop_columns("letter_logprobs")
        pairs = zip(several["letter_logprobs"].to_pylist(), one["letter_logprobs"].to_pylist(), strict=True)
        for ours, theirs in pairs:
            assert ours == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize(
    ("family", "options"),
    [
        ("Mamba", {}),
        ("Lfm2", {"layer_types": ["conv", "full_attention"]}),
        ("FalconH1", {"mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_d_state": 8}),
    ],
)
def test_recurrent_models_are_refused_at_once(loaded, family, options):
    model = tiny_model(family, loaded[1], **options)
    for batch_size in (1, 4):
        with pytest.raises(InputError, match=rf"a {family}ForCausalLM has recurrent .*\(prediction\.api_models\)"):
            predict_choice(model, loaded[1], MIXED, "tiny", 1, 42, batch_size)


def test_logits_that_are_no_numbers_are_refused(loaded):
    import torch

    model = tiny_model("Qwen3", loaded[1], head_dim=8)
    with torch.no_grad():
        model.model.norm.weight[0] = math.nan
    with pytest.raises(InputError, match=r"Qwen3ForCausalLM: the model's logits are no numbers .*float32"):
        predict_choice(model, loaded[1], MIXED, "tiny", 0, 42, 4)


def test_generation_settings_that_change_greedy_answers_are_named(loaded):
    model = tiny_model("Qwen3", loaded[1], head_dim=8)
    settings = model.generation_config
    assert unapplied_settings(model) == {}
    settings.update(temperature=0.7, top_p=0.8, repetition_penalty=1.0, no_repeat_ngram_size=0, num_beams=1)
    assert unapplied_settings(model) == {}
    settings.update(repetition_penalty=1.3, suppress_tokens=[5], num_beams=4)
    assert unapplied_settings(model) == {"repetition_penalty": 1.3, "suppress_tokens": [5], "num_beams": 4}


def test_letters_of_a_batch_stay_their_own(loaded):
    table = predict_choice(*loaded, MIXED, "tiny", 0, 42, 64)
    count = {record.id: len(record.options) for record in MIXED}
    for row in table.to_pylist():
        assert len(row["letter_logprobs"]) == count[row["record_id"]]
        assert sum(map(math.exp, row["letter_logprobs"])) == pytest.approx(1)
        if row["decoding"] == "constrained":
            assert {c for c in row["raw_output"] if c.isalpha()} <= set(LETTERS[: count[row["record_id"]]])


def limited(most, error=None):
    """Answer places by their squares, as a device would that has memory for `most` of them."""
    import torch

    asked = []

    def answer(places):
        asked.append(len(places))
        if len(places) > most:
            raise error or torch.OutOfMemoryError("CUDA out of memory")
        return [place**2 for place in places]

    return answer, asked


def test_batch_that_does_not_fit_is_halved(caplog):
    answer, asked = limited(3)
    order = [*range(19, -1, -1)]
    answers = work_off(order, 16, answer, chunks := Chunks(size=4), "squares")
    assert answers == {place: place**2 for place in range(20)}
    assert asked == [16, 8, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    assert "out of memory with 4 prompts together: going on with 2" in caplog.text
    assert chunks.parts() == [{"prompts": 20, "batch_size": 2, "hardware": ""}]


def test_prompt_that_fits_alone_in_no_memory_is_an_error():
    answer, _ = limited(0)
    with pytest.raises(OutOfMemory, match="out of memory with a single prompt"):
        work_off(range(4), 4, answer, Chunks(), "squares")
    answer, _ = limited(0, ValueError("something else"))
    with pytest.raises(ValueError, match="something else"):
        work_off(range(4), 4, answer, Chunks(), "squares")
    with pytest.raises(InputError, match="batch size 0"):
        work_off(range(4), 0, answer, Chunks(), "squares")


def test_chunks_are_read_up_to_the_first_that_is_not_whole(tmp_path):
    file = tmp_path / "choice.jsonl"
    answer, asked = limited(3)
    work_off(range(10), 4, answer, Chunks(file, "CPU", size=4), "squares")
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    for end in (len(lines[2]) - 1, 1):
        file.write_bytes(lines[0] + lines[1] + lines[2][:end])
        assert Chunks(file).answers == [n**2 for n in range(8)]
        assert file.read_bytes() == lines[0] + lines[1]
    for damaged in (lines[0] + b"{\n" + lines[2], lines[0] + lines[2], lines[0] + lines[0]):
        file.write_bytes(damaged)
        assert Chunks(file).resumed == 4
        assert file.read_bytes() == lines[0]
    # The same job goes on with what its memory holds; one that asks for another size tries it.
    asked.clear()
    work_off(range(10), 4, answer, Chunks(file, "CPU", size=4), "squares")
    assert asked == [2, 2, 2]
    assert file.read_bytes() == b"".join(lines)
    file.write_bytes(lines[0])
    asked.clear()
    work_off(range(10), 3, answer, Chunks(file, "GPU", size=4), "squares")
    assert asked == [3, 3]
    assert [part["hardware"] for part in Chunks(file).parts()] == ["CPU", "GPU"]


def test_answers_come_back_as_they_were_given(tmp_path):
    given = ["é\n\u2028\ud800", "A, B", [-0.1234567890123456789, -1e-30]]
    Chunks(tmp_path / "a.jsonl").append([given], 1, 1)
    assert Chunks(tmp_path / "a.jsonl").answers == [given]


def test_full_disk_is_said():
    answer, _ = limited(3)
    with pytest.raises(InputError, match="/dev/full: answers cannot be kept .No space left on device"):
        work_off(range(4), 2, answer, Chunks(Path("/dev/full")), "squares")


@pytest.mark.parametrize("family", ["qwen3_instruct_2507", "qwen2_5", "llama3", "gemma"])
def test_letters_are_those_that_follow_the_prompt(family):
    tokenizer = family_tokenizer(family)
    chat = [{"role": "user", "content": "Quel organe ?"}]
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    before = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    found = LetterTokens(tokenizer, "ABCDE", (), "cpu")
    for letter in "ABCDE":
        expected = set()
        for text in (letter, f" {letter}"):
            after = tokenizer(prompt + text, add_special_tokens=False)["input_ids"]
            assert after[: len(before)] == before
            if len(after) == len(before) + 1:
                expected.add(after[-1])
        own = found.allowed_ids(letter) - found.allowed_ids([])
        assert own == expected - found.allowed_ids([])
        assert own


def plain_tokenizer(model, template="{% for m in messages %}{{ m.content }}\n{% endfor %}", **special):
    from tokenizers import Tokenizer, decoders
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(model)
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=template, **special)


def test_letters_of_a_tokenizer_that_puts_a_space_before_any_text():
    """As SentencePiece does where a special token ends the prompt: an answer begins with the spaced letter."""
    from tokenizers import AddedToken, models, normalizers

    vocabulary = {text: i for i, text in enumerate([*"Question?▁AB,", "\n", "▁A", "▁B"])}
    tokenizer = plain_tokenizer(
        models.BPE(vocabulary, [("▁", "A"), ("▁", "B")]), "{% for m in messages %}{{ m.content }}[/INST]{% endfor %}"
    )
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.add_tokens([AddedToken("[/INST]", special=True)], special_tokens=True)
    found = LetterTokens(tokenizer, "AB", (), "cpu")
    assert found.allowed_ids("A") - found.allowed_ids("") == {vocabulary["▁A"]}


def test_letters_that_are_no_tokens_of_their_own_are_refused():
    from tokenizers import models

    vocabulary = {text: i for i, text in enumerate(["\n", "Q", "u", "e", "s", "t", "i", "o", "n", " ", "?", "A", "B"])}
    joining = plain_tokenizer(models.BPE({**vocabulary, "\nA": 13}, [("\n", "A")]))
    assert LetterTokens(joining, "B", (), "cpu").allowed_ids("B") >= {12}
    with pytest.raises(InputError, match=r"joins the letter A to the end of the prompt \('Question \?\\n'\)"):
        LetterTokens(joining, "AB", (), "cpu")
    unknown = plain_tokenizer(models.BPE({**vocabulary, "<unk>": 13}, [], unk_token="<unk>"), unk_token="<unk>")
    with pytest.raises(InputError, match="the letter C is the token '<unk>'"):
        LetterTokens(unknown, "ABC", (), "cpu")
    pieces = plain_tokenizer(models.BPE({f"<0x{i:02X}>": i for i in range(256)}, [], byte_fallback=True))
    assert LetterTokens(pieces, "AB", (), "cpu").allowed_ids("A") >= {65}
    halves = plain_tokenizer(models.WordPiece({"Question": 0, "?": 1, "x": 2, "[UNK]": 3}), unk_token="[UNK]")
    with pytest.raises(InputError, match=r"the letter A (takes|is|to)"):
        LetterTokens(halves, "AB", (), "cpu")


def test_letter_of_several_tokens_is_refused():
    from tokenizers import Regex, models, normalizers

    tokenizer = plain_tokenizer(models.BPE({"x": 0, "y": 1}, []))
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace(Regex("[A-Z]"), "xy")
    with pytest.raises(InputError, match="the letter A takes 2 tokens, expected one"):
        LetterTokens(tokenizer, "A", (), "cpu")


def test_tokenizer_without_chat_template_is_refused(loaded):
    model, tokenizer = loaded
    template, tokenizer.chat_template = tokenizer.chat_template, None
    try:
        prompt = ChoicePrompt("r:1", [{"role": "user", "content": "?"}], "AB", "mcqu")
        with pytest.raises(InputError, match="no chat template"):
            answer_choice_prompts(model, tokenizer, [prompt], 1)
    finally:
        tokenizer.chat_template = template
