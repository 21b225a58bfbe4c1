"""Finished evaluations of several runs and machines in one folder: only what was asked alike is compared.

A store holds `entries/<name>/choice.parquet` and `run.json`, as prediction writes them. Its first entry says what all
others must have in common: questions, prompts, orders and the code that changes answers. No model is needed.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from medinjection.prediction.schema import CHOICE_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import read_columns, sha256_of, written_atomically

ENTRIES = "entries"
_FILES = ("choice.parquet", "run.json")
# What all entries have in common, and the keys of run.json that say it.
_PROTOCOL = {
    "questions": ("choice_sha256",),
    "prompts": ("prompts_sha256",),
    "orders of the options": ("permutations", "seed"),
    "code that changes answers": ("code",),
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One model's finished answers: the folder, and what run.json says of them."""

    folder: Path
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the model is called."""
        return str(self.facts["model"])

    @property
    def answers(self) -> str:
        """SHA-256 of the file of answers."""
        return sha256_of(self.folder / _FILES[0])

    @property
    def weights(self) -> tuple[Any, Any]:
        """Fingerprints of the files of the model and of its adapter."""
        return self.facts.get("model_sha256"), self.facts.get("adapter_sha256")


def evaluations_in(folder: Path | str) -> list[Evaluation]:
    """Return the finished evaluations that a folder holds, by name.

    The folder is that of one model's answers, one with a folder for each model (`results/<run>/predictions`), or a
    store.

    Raises:
        InputError: it holds none, or one that is unfinished or not what its run.json says.
    """
    folder = Path(folder)
    if (folder / _FILES[0]).is_file():
        return [_evaluation(folder)]
    inner = folder / ENTRIES if (folder / ENTRIES).is_dir() else folder
    found = sorted(path.parent for path in inner.glob(f"*/{_FILES[0]}")) if inner.is_dir() else []
    if not found:
        raise InputError(f"{folder}: holds no {_FILES[0]}, expected the folder of a model's answers, or of several")
    return [_evaluation(path) for path in found]


def add_evaluation(store: Path | str, evaluation: Evaluation) -> str:
    """Add an evaluation to a store, and return a sentence that says what was done; a duplicate is left out.

    Raises:
        InputError: it was made on other questions, prompts, orders or by other code than the store's entries, or the
            store has other answers under its name; the message says which.
    """
    entries = entries_of(store)
    if entries:
        _check_protocol(evaluation, entries[0])
    for entry in entries:
        if entry.answers == evaluation.answers:
            return f"{evaluation.folder}: the answers of {evaluation.name} are there already; nothing is added"
        if entry.name == evaluation.name:
            same = "the same weights" if entry.weights == evaluation.weights else "other weights"
            raise InputError(
                f"{evaluation.folder}: the store has other answers under the name {evaluation.name!r}, of {same}; "
                "give the model another name where it is predicted, or remove the entry"
            )
        if entry.weights == evaluation.weights and entry.facts.get("dtype") == evaluation.facts.get("dtype"):
            return (
                f"{evaluation.folder}: {evaluation.name} is a duplicate of {entry.name}: the same weights in the same "
                "number format; nothing is added"
            )
    # The file that is looked for comes last, so that a killed copy leaves no entry.
    for name in reversed(_FILES):
        with written_atomically(Path(store) / ENTRIES / evaluation.name / name) as partial:
            shutil.copyfile(evaluation.folder / name, partial)
    return f"{evaluation.folder}: {evaluation.name} is added"


def entries_of(store: Path | str) -> list[Evaluation]:
    """Return the entries of a store by name; none where it is new."""
    return evaluations_in(store) if any((Path(store) / ENTRIES).glob(f"*/{_FILES[0]}")) else []


def _evaluation(folder: Path) -> Evaluation:
    path = folder / _FILES[1]
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; without it nobody knows on which questions and how {folder.name} was asked"
        ) from None
    except ValueError as error:
        raise InputError(f"{path}: is no JSON: {error}") from error
    if not isinstance(facts, dict):
        raise InputError(f"{path}: expected an object, found {type(facts).__name__}")
    for key in ("model", "status", *(key for keys in _PROTOCOL.values() for key in keys)):
        if key not in facts:
            raise InputError(f"{path}: no key {key}, expected what a prediction writes")
    if facts["status"] != "finished":
        raise InputError(f"{path}: status is {facts['status']!r}, expected finished")
    if not _NAME.fullmatch(str(facts["model"])):
        raise InputError(f"{path}: model is {facts['model']!r}, expected a name of letters, digits and . _ @ -")
    _check_answers(folder, facts)
    return Evaluation(folder, facts)


def _check_answers(folder: Path, facts: Mapping[str, Any]) -> None:
    path = folder / _FILES[0]
    table = read_columns(path, CHOICE_SCHEMA, ["model", "record_id", "order"])
    models = pc.unique(table["model"]).to_pylist()
    if models != [facts["model"]]:
        raise InputError(f"{path}: answers of {models}, but run.json is of {facts['model']!r}")
    records, asked = len(pc.unique(table["record_id"])), facts.get("choice", {}).get("records")
    if asked is not None and records != asked:
        raise InputError(f"{path}: answers to {records} questions, but run.json says {asked}")
    orders = sorted(pc.unique(table["order"]).to_pylist())
    if orders != list(range(facts["permutations"] + 1)):
        raise InputError(f"{path}: orders {orders}, but run.json says {facts['permutations']} beside the published one")


def _check_protocol(evaluation: Evaluation, entry: Evaluation) -> None:
    differing = list(_differences(evaluation.facts, entry.facts))
    if differing:
        raise InputError(
            f"{evaluation.folder}: {evaluation.name} was asked otherwise than {entry.name}, which is in the store: "
            f"other {' and '.join(differing)}; only answers to the same questions, asked alike, are compared"
        )


def _differences(facts: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    for said, keys in _PROTOCOL.items():
        if any(facts[key] != expected[key] for key in keys):
            yield said
