"""A base model of two layers and a mix of 24 choice questions: enough to train on in a second."""

from pathlib import Path

from medinjection.demo.model.pretraining import Pretraining, pretrain_base
from medinjection.models.training.hyperparameters import Hyperparameters
from medinjection.models.training.run import TrainingFolders, train_mix
from medinjection.records.files import write_documents, write_records
from medinjection.records.schema import Document, Record

WORDS = ("Biguanides", "Sulfamides", "Gliptines", "Glinides", "Statines", "Fibrates", "Triptans", "Opioïdes")
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
    options = tuple(WORDS[(number + i) % len(WORDS)] for i in range(4))
    return Record(
        id=f"r:{number}",
        component="native",
        source="r" if number % 3 else "s",
        split="train",
        task="mcqu" if len(right) == 1 else "mcq",
        question=f"Question {number} {'encore ' * (number % 7)}?",
        answer=", ".join(options[i] for i in right),
        licence="MIT",
        options=options,
        answer_indices=right,
    )


RECORDS = [choice_record(n, (n % 4,) if n % 2 else (0, 1 + n % 3)) for n in range(24)]


def make_training_folder(folder: Path) -> Path:
    """Write a base model (`base`) and a mix (`mix.parquet`) into `folder`."""
    document = Document(id="d:1", source="d", split="train", text="La metformine abaisse la glycémie.", licence="MIT")
    write_documents(folder / "d.parquet", [document])
    write_records(folder / "mix.parquet", RECORDS)
    pretrain_base([folder / "d.parquet"], [folder / "mix.parquet"], folder / "base", SHAPE)
    return folder


SHAPE = Pretraining(vocabulary=600, hidden=32, layers=2, heads=2, kv_heads=1, context=256, steps=4, batch_size=4)


def train(folder: Path, name: str, hyperparameters: Hyperparameters = QUICK, mix: str = "mix.parquet") -> Path:
    """Train on a mix in `folder` and return the folder of the adapter, `folder/name`."""
    folders = TrainingFolders(
        base=folder / "base", output=folder / name, checkpoints=folder / f"{name}.checkpoints", trackers=folder / "t"
    )
    train_mix(folder / mix, folders, hyperparameters, "test")
    return folder / name
