"""Fine-tuning: what is learnt, equal bytes over runs, what is written, and the options that change no number."""

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from support.prompts import make_examples
from support.tiny_training import (
    ADAPTER_FILES,
    HELD_OUT,
    QUICK,
    RECORDS,
    assert_close_training,
    assert_same_training,
    log_of,
    run_of,
    train,
)

from medinjection.models.base.loading import load_tokenizer
from medinjection.models.training.examples import IGNORED
from medinjection.models.training.trainer import TARGET_MODULES
from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of, write_records
from medinjection.records.stand_ins import StandIn


def test_labels_reach_the_trainer_as_they_are(training_folder, trained):
    run = run_of(trained)
    examples = make_examples(RECORDS, load_tokenizer(training_folder / "base", "right"), "completion", 1000)
    assert run["supervised_tokens_per_epoch"] == sum(label != IGNORED for e in examples for label in e.labels)
    assert run["tokens"] == 3 * sum(len(e.input_ids) for e in examples)
    assert (run["steps"], run["effective_batch"], run["examples"]) == (6, 12, 24)
    assert run["truncation"] == {
        "r": {"examples": 16, "truncated": 0, "tokens_cut": 0},
        "s": {"examples": 8, "truncated": 0, "tokens_cut": 0},
    }


def test_training_twice_gives_the_same_bytes(training_folder, trained):
    again = train(training_folder, "again")
    assert sorted(file.name for file in again.iterdir()) == [*ADAPTER_FILES, "run.json", "training.parquet"]
    assert_same_training(again, trained)
    assert not (training_folder / "again.checkpoints").exists()


def test_gradient_checkpointing_changes_no_number(training_folder, trained):
    saved = train(training_folder, "saved", replace(QUICK, gradient_checkpointing="always"))
    assert run_of(saved)["gradient_checkpointing"] is True
    assert_same_training(saved, trained)


def test_cached_norms_and_batches_without_padding_learn_the_same(training_folder, trained):
    """PEFT's own norms, and chats in one row that must not see each other: the same steps up to rounding."""
    peft = train(training_folder, "peft", replace(QUICK, cached_norms=False))
    assert_close_training(peft, trained, 1e-4)
    # Dropout draws other numbers for rows of another shape.
    padded = train(training_folder, "padded", replace(QUICK, dropout=0.0))
    free = train(training_folder, "free", replace(QUICK, dropout=0.0, batching="padding_free"))
    assert_close_training(free, padded, 1e-4)
    assert run_of(free)["tokens"] == run_of(padded)["tokens"]


def test_random_batches_see_the_same_examples(training_folder, trained):
    mixed = train(training_folder, "mixed", replace(QUICK, batching="random"))
    assert run_of(mixed)["tokens"] == run_of(trained)["tokens"]
    assert log_of(mixed)["loss"].to_pylist() != log_of(trained)["loss"].to_pylist()


def test_training_log_has_a_row_a_step(trained):
    table = pq.read_table(trained / "training.parquet")
    assert table.column_names == [
        "step",
        "loss",
        "validation_loss",
        "grad_norm",
        "learning_rate",
        "epoch",
        "tokens",
        "seconds",
    ]
    assert table["step"].to_pylist() == [1, 2, 3, 4, 5, 6]
    for column in ("tokens", "seconds"):
        values = table[column].to_pylist()
        assert values == sorted(set(values))
    assert table["loss"][-1].as_py() < table["loss"][0].as_py()


def test_adapter_names_no_path_and_every_projection(training_folder, trained):
    configuration = json.loads((trained / "adapter_config.json").read_text())
    assert configuration["base_model_name_or_path"] == "base"
    assert configuration["use_dora"] is True
    assert (configuration["r"], configuration["lora_alpha"], configuration["lora_dropout"]) == (16, 16, 0.05)
    assert configuration["target_modules"] == sorted(TARGET_MODULES)
    for file in trained.glob("*.json"):
        assert str(training_folder) not in file.read_text()


def test_run_says_how_it_was_made(training_folder, trained):
    run = run_of(trained)
    assert run["status"] == "finished"
    assert run["stand_ins"] == [StandIn.BASE], "as its base model says of itself"
    assert run["data_sha256"] == sha256_of(training_folder / "mix.parquet")
    assert run["adapter_sha256"] == {name: sha256_of(trained / name) for name in ADAPTER_FILES}
    part = {"hardware": run["hardware"], "attention": run["attention"], "fused_kernels": run["fused_kernels"]}
    assert run["parts"] == [{"after_step": 0, **part}]
    assert (run["processes"], run["attention"], run["fused_kernels"]) == (1, "sdpa", False)
    assert run["peak_memory_bytes"] > 1e8
    assert {"torch", "transformers", "trl", "peft"} <= run["versions"].keys()


def test_weights_may_be_read_by_whoever_may_read_the_run(trained):
    assert (trained / "adapter_model.safetensors").stat().st_mode == (trained / "run.json").stat().st_mode


def test_chats_that_the_model_cannot_read_are_refused(training_folder):
    from medinjection.records.schema import Record

    fields = {name: getattr(RECORDS[0], name) for name in Record.__slots__}
    write_records(training_folder / "long.parquet", [Record(**fields | {"context": "fièvre et toux " * 100})])
    with pytest.raises(InputError, match=r"reads 256 tokens \(max_position_embeddings\), but the longest chat has"):
        train(training_folder, "long", mix="long.parquet")
    assert not (training_folder / "long").exists()


# Validation: the same weights with it and without, and a loss computed another way.


@pytest.fixture(scope="module")
def validated(training_folder):
    return train(training_folder, "validated", validation="validation.parquet")


def test_validation_changes_no_byte_of_the_adapter(trained, validated):
    """Dropout draws the same numbers after a validation as without."""
    for name in ADAPTER_FILES:
        assert sha256_of(validated / name) == sha256_of(trained / name), name
    assert log_of(validated).drop_columns(["validation_loss"]).equals(log_of(trained).drop_columns(["validation_loss"]))


def test_the_log_has_the_validation_loss_of_each_epoch(training_folder, trained, validated):
    losses = log_of(validated)["validation_loss"].to_pylist()
    assert [loss is not None for loss in losses] == [False, True] * 3
    assert losses[5] < losses[1]
    assert log_of(trained)["validation_loss"].null_count == 6
    run = run_of(validated)
    assert (run["validation_examples"], run["last_validation_loss"]) == (11, losses[5])
    assert run["validation_sha256"] == sha256_of(training_folder / "validation.parquet")
    assert (run_of(trained)["validation_examples"], run_of(trained)["last_validation_loss"]) == (0, None)


def test_the_validation_loss_is_the_mean_over_all_learnt_tokens(training_folder, validated):
    """Of the finished adapter, loaded anew by PEFT: one chat after another, token by token, in float64."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(training_folder / "base", dtype=torch.float64)
    model = PeftModel.from_pretrained(base, validated).double().eval()
    examples = make_examples(HELD_OUT, load_tokenizer(training_folder / "base", "right"), "completion", 1000)
    losses = []
    for example in examples:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([example.input_ids])).logits[0]
        for place, label in enumerate(example.labels):
            if label != IGNORED:
                losses.append(-logits[place - 1].log_softmax(0)[label].item())
    assert run_of(validated)["last_validation_loss"] == pytest.approx(sum(losses) / len(losses), abs=1e-5)


def test_the_size_of_batches_moves_the_validation_loss_by_rounding_only(training_folder):
    from medinjection.models.base.loading import load_for_prediction
    from medinjection.models.training.validation import validation_loss

    model, tokenizer = load_for_prediction(training_folder / "base", None, "cpu", "float32")
    examples = make_examples(HELD_OUT, tokenizer, "full", 1000)
    one, several = (validation_loss(model, examples, size, tokenizer.pad_token_id) for size in (1, 4))
    assert several == pytest.approx(one, abs=1e-5) and several > 1


def test_a_training_that_ends_within_an_epoch_is_validated_there(training_folder, validated):
    short = train(training_folder, "short", replace(QUICK, epochs=1.5), validation="validation.parquet")
    assert [loss is not None for loss in log_of(short)["validation_loss"].to_pylist()] == [False, True, True]


def test_a_validation_chat_that_is_too_long_is_told_from_one_of_the_mix(training_folder):
    write_records(training_folder / "long.parquet", [replace(HELD_OUT[0], context="fièvre et toux " * 100)])
    with pytest.raises(InputError, match=r"long\.parquet: 1 of 1 chats are longer than max_length 200"):
        train(training_folder, "long", replace(QUICK, max_length=200), validation="long.parquet")
