"""Bring models into the run, from the Hugging Face hub at a named commit or from a folder of this machine."""

import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.models.base.loading import WEIGHTS_INDEX, check_weights, load_tokenizer
from medinjection.models.files.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, check_adapter, is_adapter
from medinjection.models.files.run_facts import (
    MODEL_FILES,
    library_versions,
    model_fingerprint,
    remove_files,
    write_run,
)
from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of

# What older tokenizers need beside tokenizer.json, and the licence.
COMPANIONS = ("vocab.json", "merges.txt", "LICENSE*")
# What a model folder may hold: weights that cannot run code, and what the tokenizer needs. No pickles, no Python.
WANTED = (*MODEL_FILES, "*.safetensors", WEIGHTS_INDEX, *COMPANIONS)
WANTED_OF_MODEL = (*WANTED, ADAPTER_CONFIG)


# The same for an embedding model: its modules' configurations lie in folders of their own.
WANTED_OF_EMBEDDER = ("*.json", "*/config.json", "*.safetensors", "sentencepiece*.model", "vocab.txt", "LICENSE*")


def download_base(model_id: str, revision: str, output: Path) -> None:
    """Download the model `model_id` at the commit `revision` into `output` and write its run.json.

    Raises:
        InputError: the hub cannot be reached, has no such model or commit, or the model cannot be used.
    """
    started = time.monotonic()
    _start(output)
    _download(model_id, revision, output, WANTED, "`path` under base_models")
    _finish_base(output, {"model_id": model_id, "revision": revision}, started)


def download_model(model_id: str, revision: str, output: Path) -> None:
    """Download the fine-tuned model or adapter `model_id` as `download_base` does."""
    started = time.monotonic()
    _start(output)
    _download(model_id, revision, output, WANTED_OF_MODEL, f"models.released.{output.name}.path")
    _finish_model(output, {"model_id": model_id, "revision": revision}, {}, started)


def download_embedder(model_id: str, revision: str, output: Path) -> None:
    """Download the sentence-transformers model `model_id` at the commit `revision` into `output`, its weights last.

    Raises:
        InputError: the hub cannot be reached, has no such model or commit, or the model has no safetensors.
    """
    remove_files([*output.glob("*.safetensors")])
    _download(model_id, revision, output, WANTED_OF_EMBEDDER, "embedding.path")
    for name in ("model.safetensors", "modules.json"):
        if not (output / name).is_file():
            raise InputError(f"{model_id} at {revision}: has no {name}, expected a sentence-transformers model")


def _download(model_id: str, revision: str, output: Path, wanted: Sequence[str], setting: str) -> None:
    """Download the files of a model that match `wanted`; `setting` names the key for a folder instead."""
    from httpx import HTTPError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        snapshot_download(model_id, revision=revision, local_dir=output, allow_patterns=list(wanted))
    except HfHubHTTPError as error:
        raise InputError(f"{model_id} at {revision}: the hub refuses it ({_first_line(error)})") from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HTTPError, ConnectionError) as error:
        raise InputError(
            f"{model_id} at {revision}: the Hugging Face hub cannot be reached from this machine. Fetch it where there "
            f"is a network, or download the model by other means and name its folder in {setting}"
        ) from error
    # The hub client's notes on this download: times and machine, no part of the model.
    shutil.rmtree(output / ".cache", ignore_errors=True)


def copy_base(path: Path, output: Path) -> None:
    """Put the model of the folder `path` into `output`, weights as hard links where possible, and write its run.json.

    Raises:
        InputError: there is no such folder, or the model in it cannot be used.
    """
    started = time.monotonic()
    _copy(path, output, WANTED)
    _finish_base(output, {"path": path.name}, started)


def copy_model(path: Path, output: Path) -> None:
    """Put the fine-tuned model or adapter of the folder `path` into `output` as `copy_base` does.

    Where the run.json of an adapter says which base model it was trained on, that is kept and checked when it is used.

    Raises:
        InputError: there is no such folder, or it holds neither a model nor an adapter that can be used.
    """
    started = time.monotonic()
    _copy(path, output, WANTED_OF_MODEL)
    described = path / "run.json"
    earlier = json.loads(described.read_text(encoding="utf-8")) if described.is_file() else {}
    _finish_model(output, {"path": path.name}, earlier, started)


def check_base(folder: Path) -> None:
    """Check that `folder` holds a model that training and prediction can use.

    Raises:
        InputError: a file is missing or cut off, the model needs code of its own, or there is no chat template.
    """
    check_weights(folder)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{folder}: no config.json, expected a Hugging Face model") from error
    if "auto_map" in config:
        raise InputError(f"{folder}: config.json asks to run code that comes with the model (auto_map): not supported")
    load_tokenizer(folder, padding_side="left")


def _copy(path: Path, output: Path, wanted: Sequence[str]) -> None:
    if not path.is_dir():
        raise InputError(f"{path}: no such folder, expected a Hugging Face model")
    if path.resolve() == output.resolve():
        raise InputError(f"{path}: the folder to copy from and the folder to write are the same")
    _start(output)
    for source in sorted({file for pattern in wanted for file in path.glob(pattern) if file.is_file()}):
        _link_or_copy(source.resolve(), output / source.name)


def _start(output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    # Left-overs of another model would be read as part of this one.
    ours = (output / name for name in ("run.json", "README.md", "training.parquet"))
    remove_files([*ours, *(file for pattern in WANTED_OF_MODEL for file in output.glob(pattern))])


def _finish_base(output: Path, origin: dict[str, Any], started: float) -> None:
    check_base(output)
    _write_run(output, origin, {"base_sha256": model_fingerprint(output)}, started)


def _finish_model(output: Path, origin: dict[str, Any], earlier: dict[str, Any], started: float) -> None:
    """Check a fine-tuned model and write its run.json; `earlier` is what its own run.json said, or nothing."""
    if is_adapter(output):
        check_adapter(output)
        found = {name: sha256_of(output / name) for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS)}
        for name, expected in earlier.get("adapter_sha256", {}).items():
            if found.get(name) != expected:
                raise InputError(f"{output}: {name} has SHA-256 {found.get(name)}, but its run.json says {expected}")
        fingerprints = {key: earlier[key] for key in ("base_sha256",) if key in earlier} | {"adapter_sha256": found}
    else:
        check_base(output)
        fingerprints = {"model_sha256": model_fingerprint(output)}
    _write_run(output, origin, fingerprints, started)


def _write_run(output: Path, origin: dict[str, Any], fingerprints: dict[str, Any], started: float) -> None:
    facts = {
        "status": "finished",
        "model": output.name,
        **origin,
        **fingerprints,
        "versions": library_versions(),
        "wall_seconds": round(time.monotonic() - started, 1),
    }
    write_run(output, facts)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
