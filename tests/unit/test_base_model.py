"""The tiny base model: its tokenizer, its data, its pre-training; and the base model brought from elsewhere."""

import json
from collections import defaultdict

import pytest
from support.prompts import predict_choice
from support.records import document, record

from medinjection.demo.model.pretraining import Pretraining, pretrain_base
from medinjection.demo.model.pretraining_data import PretrainingData, corpus_options, corpus_texts
from medinjection.demo.model.tokenizer import CHAT_TEMPLATE, train_tokenizer
from medinjection.models.base.fetching import copy_model, download_model
from medinjection.models.base.loading import load_for_prediction, load_tokenizer
from medinjection.models.chat_template import read_chat_template
from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of, write_documents, write_records
from medinjection.records.schema import LETTERS

TEXTS = [
    "La metformine appartient à la classe des biguanides.",
    "Le bisoprolol est un bêtabloquant indiqué dans l'insuffisance cardiaque.",
] * 20
DOCUMENT = document(1, source="d", text=TEXTS[0])
OPTIONS = ("Sulfamides", "Biguanides", "Gliptines", "Glinides", "Incrétines", "Statines", "Fibrates")
RECORDS = [
    record(split, source="r", split=split, options=(*OPTIONS, split), answer_indices=(1,))
    for split in ("train", "test")
]


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(TEXTS, 600)


def test_every_letter_is_one_token_with_and_without_a_space(tokenizer):
    for letter in LETTERS:
        for text in (letter, f" {letter}"):
            ids = tokenizer(text)["input_ids"]
            assert len(ids) == 1
            assert tokenizer.decode(ids) == text
    assert (
        tokenizer("B, D")["input_ids"]
        == tokenizer("B")["input_ids"] + tokenizer(",")["input_ids"] + (tokenizer(" D")["input_ids"])
    )


def test_padding_is_not_the_end_of_a_turn(tokenizer):
    assert tokenizer.pad_token == "<|endoftext|>"
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    assert len(tokenizer("<|im_start|><|im_end|><|endoftext|>")["input_ids"]) == 3


def test_chat_template_renders_chatml(tokenizer):
    chat = [{"role": "user", "content": "Bonjour {{ x }}"}, {"role": "assistant", "content": "A, C"}]
    asked = tokenizer.apply_chat_template(chat[:1], tokenize=False, add_generation_prompt=True)
    assert asked == "<|im_start|>user\nBonjour {{ x }}<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.apply_chat_template(chat, tokenize=False) == f"{asked}A, C<|im_end|>\n"


def test_text_survives_the_tokenizer(tokenizer):
    text = "Œdème à 37,5 °C — 5 µg/L ≥ 3\n(A) naïf\t🩺"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_too_small_a_vocabulary_is_refused():
    with pytest.raises(InputError, match="vocabulary 300: expected at least 512"):
        train_tokenizer(TEXTS, 300)


def test_pretraining_uses_training_text_only_and_no_answers():
    texts = corpus_texts([DOCUMENT], RECORDS)
    assert texts[0] == DOCUMENT.text
    assert [text.splitlines()[0] for text in texts[1:]] == ["Question train ?"]
    options = corpus_options([DOCUMENT], RECORDS)
    assert "test" not in options
    assert {"Biguanides", "train", "metformine", "appartient"} <= set(options)
    assert options == sorted(options)


def test_exercises_point_at_the_options_that_are_named(tokenizer):
    options = corpus_options([DOCUMENT], RECORDS)
    data = PretrainingData(tokenizer, TEXTS, options, seed=1)
    counts = defaultdict(set)
    for _ in range(20):
        ids, labels = data.chat()
        text = tokenizer.decode(ids)
        answer = tokenizer.decode([label for label in labels if label != -100])
        assert answer.endswith("<|im_end|>\n")
        letters = answer.removesuffix("<|im_end|>\n").split(", ")
        shown = dict(line[1:].split(") ", 1) for line in text.split("<|im_end|>")[0].splitlines() if line[:1] == "(")
        assert " et ".join(shown[letter] for letter in letters) in text.splitlines()[1]
        task_line = text[: text.index("\nChoix de réponses :\n(A) ")].splitlines()[-1]
        counts[task_line].add(len(letters))
    assert sorted(counts.values(), key=len) == [{1}, {1, 2}], (
        "what tells the tasks apart does not tell how many are right"
    )


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    write_documents(folder / "d.parquet", [DOCUMENT])
    write_records(folder / "r.parquet", RECORDS)
    settings = Pretraining(vocabulary=600, hidden=32, layers=2, heads=2, kv_heads=1, context=256, steps=6, batch_size=4)
    for name in ("one", "two"):
        pretrain_base([folder / "d.parquet"], [folder / "r.parquet"], folder / name, settings)
    return folder / "one", folder / "two"


def test_pretraining_twice_gives_the_same_bytes(bases):
    one, two = bases
    names = sorted(file.name for file in one.iterdir())
    assert names == sorted(file.name for file in two.iterdir())
    assert {"model.safetensors", "config.json", "tokenizer.json", "generation_config.json", "README.md"} <= set(names)
    for name in names:
        if name != "run.json":
            assert sha256_of(one / name) == sha256_of(two / name), name


def test_base_folder_says_what_it_is_and_holds_no_path(bases):
    one, _ = bases
    assert "Not a medical model" in (one / "README.md").read_text()
    run = json.loads((one / "run.json").read_text())
    assert run["status"] == "finished"
    assert run["base_sha256"]["model.safetensors"] == sha256_of(one / "model.safetensors")
    for file in one.glob("*.json"):
        assert str(one.parent) not in file.read_text()
    generation = json.loads((one / "generation_config.json").read_text())
    assert generation["pad_token_id"] not in generation["eos_token_id"]


def test_base_loads_for_prediction(bases):
    model, tokenizer = load_for_prediction(bases[0], None, "cpu", "float32")
    assert not model.training
    assert tokenizer.padding_side == "left"
    assert tokenizer.chat_template == CHAT_TEMPLATE
    assert tuple(model.get_input_embeddings().weight.shape) == (len(tokenizer), 32)


@pytest.mark.parametrize("padding", [None, "<|im_end|>"])
def test_padding_is_needed_for_training_only(bases, tmp_path, padding):
    copy_model("base", bases[0], tmp_path / "base")
    tokenizer = load_tokenizer(bases[0], "left")
    tokenizer.pad_token = padding
    (tmp_path / "base/tokenizer_config.json").unlink()
    tokenizer.save_pretrained(tmp_path / "base")
    model, tokenizer = load_for_prediction(tmp_path / "base", None, "cpu", "float32")
    assert tokenizer.pad_token == padding
    table = predict_choice(model, tokenizer, RECORDS, "tiny", 3, 42, 4)
    whole = predict_choice(*load_for_prediction(bases[0], None, "cpu", "float32"), RECORDS, "tiny", 3, 42, 4)
    assert table["letter_logprobs"] == whole["letter_logprobs"]
    with pytest.raises(InputError, match="expected a padding token that ends nothing"):
        read_chat_template(load_tokenizer(tmp_path / "base", "right"))


def test_base_without_chat_template_is_refused(bases, tmp_path):
    copy_model("base", bases[0], tmp_path / "base")
    (tmp_path / "base/chat_template.jinja").unlink()
    with pytest.raises(InputError, match="no chat template"):
        load_for_prediction(tmp_path / "base", None, "cpu", "float32")


def test_copied_base_is_the_same_model_without_foreign_files(bases, tmp_path):
    (bases[0] / "pytorch_model.bin").write_bytes(b"pickle")
    (bases[0] / "modeling_x.py").write_text("raise SystemExit")
    try:
        copy_model("base", bases[0], tmp_path / "base")
    finally:
        (bases[0] / "pytorch_model.bin").unlink()
        (bases[0] / "modeling_x.py").unlink()
    copied = {file.name for file in (tmp_path / "base").iterdir()}
    assert "pytorch_model.bin" not in copied
    assert "modeling_x.py" not in copied
    assert sha256_of(tmp_path / "base/model.safetensors") == sha256_of(bases[0] / "model.safetensors")
    load_tokenizer(tmp_path / "base", "left")


def test_copy_refuses_a_model_that_brings_code(bases, tmp_path):
    copy_model("base", bases[0], tmp_path / "one")
    config = json.loads((tmp_path / "one/config.json").read_text()) | {"auto_map": {"AutoModel": "x.Y"}}
    (tmp_path / "one/config.json").unlink()
    (tmp_path / "one/config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="auto_map"):
        copy_model("base", tmp_path / "one", tmp_path / "two")
    assert not (tmp_path / "two/run.json").exists()


@pytest.mark.parametrize(
    ("missing", "message"),
    [("config.json", "no config.json"), ("tokenizer.json", "no tokenizer.json"), ("model.safetensors", "safetensors")],
)
def test_copy_names_the_missing_file(bases, tmp_path, missing, message):
    copy_model("base", bases[0], tmp_path / "one")
    (tmp_path / "one" / missing).unlink()
    with pytest.raises(InputError, match=message):
        copy_model("base", tmp_path / "one", tmp_path / "two")


def test_download_without_network_ends_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"Qwen/none at 0123.*cannot be reached"):
        download_model("base", "Qwen/none", "0123456789abcdef0123456789abcdef01234567", tmp_path / "base")
