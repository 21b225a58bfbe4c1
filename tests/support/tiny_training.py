"""A base model of two layers and a mix of 24 choice questions: enough to train on in a second."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medinjection.demo.model.pretraining import Pretraining, pretrain_base
from medinjection.models.training.hyperparameters import Hyperparameters
from medinjection.models.training.run import TrainingFiles, train_mix
from medinjection.records.files import sha256_of, write_documents, write_records
from medinjection.records.schema import Record
from support.prompts import PROMPTS
from support.records import document as made_document
from support.records import drug_question

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
QUICK = Hyperparameters(
    epochs=3,
    per_device_batch_size=6,
    gradient_accumulation_steps=2,
    learning_rate=3e-3,
    loss="completion",
    save_steps=100,
    precision="float32",
)


def choice_record(number: int, right: tuple[int, ...]) -> Record:
    """Return question `number` with the right options `right`; questions differ in length."""
    question = f"Question {number} {'encore ' * (number % 7)}?"
    return drug_question(number, right, id=f"r:{number}", source="r" if number % 3 else "s", question=question)


RECORDS = [choice_record(n, (n % 4,) if n % 2 else (0, 1 + n % 3)) for n in range(24)]
HELD_OUT = [choice_record(n, (n % 4,)) for n in range(40, 51)]


def make_training_folder(folder: Path) -> Path:
    """Write a base model (`base`), a mix (`mix.parquet`) and a validation mix (`validation.parquet`) into `folder`."""
    document = made_document(1, source="d", text="La metformine abaisse la glycémie.")
    write_documents(folder / "d.parquet", [document])
    write_records(folder / "mix.parquet", RECORDS)
    write_records(folder / "validation.parquet", HELD_OUT)
    pretrain_base([folder / "d.parquet"], [folder / "mix.parquet"], folder / "base", SHAPE)
    return folder


SHAPE = Pretraining(vocabulary=600, hidden=32, layers=2, heads=2, kv_heads=1, context=256, steps=4, batch_size=4)


def train(
    folder: Path,
    name: str,
    hyperparameters: Hyperparameters = QUICK,
    mix: str = "mix.parquet",
    validation: str | None = None,
) -> Path:
    """Train on a mix in `folder` and return the folder of the adapter, `folder/name`."""
    files = TrainingFiles(
        base=folder / "base",
        mix=folder / mix,
        validation=folder / validation if validation else None,
        output=folder / name,
        checkpoints=folder / f"{name}.checkpoints",
        trackers_folder=folder / "t",
    )
    train_mix(files, hyperparameters, PROMPTS, "test")
    return folder / name


def log_of(folder: Path) -> pa.Table:
    """Return the log of a training without its times."""
    return pq.read_table(folder / "training.parquet").drop_columns(["seconds"])


def run_of(folder: Path) -> dict[str, Any]:
    """Return what a training says of itself."""
    return json.loads((folder / "run.json").read_text())


def assert_same_training(one: Path, other: Path) -> None:
    """Assert that weights and logs are the same, byte for byte."""
    for name in ADAPTER_FILES:
        assert sha256_of(one / name) == sha256_of(other / name), name
    assert log_of(one).equals(log_of(other))


def assert_close_training(one: Path, other: Path, tolerance: float) -> None:
    """Assert that losses and weights are within `tolerance`: the same training up to the order of sums."""
    from safetensors.numpy import load_file

    assert log_of(one)["loss"].to_pylist() == pytest.approx(log_of(other)["loss"].to_pylist(), abs=tolerance)
    ours, theirs = load_file(one / ADAPTER_FILES[1]), load_file(other / ADAPTER_FILES[1])
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert abs(ours[name] - theirs[name]).max() < tolerance, name
