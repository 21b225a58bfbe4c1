"""Fine-tuning: what is learnt, equal bytes over runs, what is written, and the options that change no number."""

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from support.tiny_training import (
    ADAPTER_FILES,
    QUICK,
    RECORDS,
    assert_close_training,
    assert_same_training,
    log_of,
    run_of,
    train,
)

from medinjection.models.base.loading import load_tokenizer
from medinjection.models.training.examples import IGNORED, make_examples
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
    assert table.column_names == ["step", "loss", "grad_norm", "learning_rate", "epoch", "tokens", "seconds"]
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
    assert run["parts"] == [{"after_step": 0, "hardware": run["hardware"]}]
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
