"""Bring models into the run, from the Hugging Face hub at a named commit or from a folder of this machine."""

import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.models.loading import load_tokenizer
from medinjection.models.run_facts import MODEL_FILES, library_versions, model_fingerprint, remove_files, write_run
from medinjection.records.errors import InputError

# What a model folder may hold: weights that cannot run code, and what the tokenizer needs. No pickles, no Python.
WANTED = (
    *MODEL_FILES,
    "*.safetensors",
    "model.safetensors.index.json",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "LICENSE*",
)


# The same for an embedding model: its modules' configurations lie in folders of their own.
WANTED_OF_EMBEDDER = ("*.json", "*/config.json", "*.safetensors", "sentencepiece*.model", "vocab.txt", "LICENSE*")


def download_base(model_id: str, revision: str, output: Path) -> None:
    """Download the model `model_id` at the commit `revision` into `output` and write its run.json.

    Raises:
        InputError: the hub cannot be reached, has no such model or commit, or the model cannot be used.
    """
    started = time.monotonic()
    _start(output)
    _download(model_id, revision, output, WANTED, "base_model.path")
    _finish(output, {"model_id": model_id, "revision": revision}, started)


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
    if not path.is_dir():
        raise InputError(f"{path}: no such folder, expected a Hugging Face model")
    if path.resolve() == output.resolve():
        raise InputError(f"{path}: the folder to copy from and the folder to write are the same")
    _start(output)
    for source in sorted({file for pattern in WANTED for file in path.glob(pattern) if file.is_file()}):
        _link_or_copy(source.resolve(), output / source.name)
    _finish(output, {"path": path.name}, started)


def check_base(folder: Path) -> None:
    """Check that `folder` holds a model that training and prediction can use.

    Raises:
        InputError: a file is missing, the model needs code of its own, or there is no chat template.
    """
    if not list(folder.glob("*.safetensors")):
        raise InputError(f"{folder}: no *.safetensors, expected weights in that format; pickled weights are not read")
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        if missing := sorted(shard for shard in shards if not (folder / shard).is_file()):
            raise InputError(f"{folder}: no {missing[0]}, one of {len(missing)} files of weights that are missing")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{folder}: no config.json, expected a Hugging Face model") from error
    if "auto_map" in config:
        raise InputError(f"{folder}: config.json asks to run code that comes with the model (auto_map): not supported")
    load_tokenizer(folder, padding_side="left")


def _start(output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    # Left-overs of another model would be read as part of this one.
    remove_files([output / "run.json", *(file for pattern in WANTED for file in output.glob(pattern))])


def _finish(output: Path, origin: dict[str, Any], started: float) -> None:
    check_base(output)
    facts = {
        "status": "finished",
        "model": "base",
        **origin,
        "base_sha256": model_fingerprint(output),
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
