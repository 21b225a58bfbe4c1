"""Bring models into the run, from the Hugging Face hub at a named commit or from a folder of this machine."""

import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from medinjection.models.base.loading import WEIGHTS_INDEX, NoChatTemplate, check_weights, load_tokenizer
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

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

# What older tokenizers need beside tokenizer.json, and the licence.
COMPANIONS = ("vocab.json", "merges.txt", "LICENSE*")
# What a model folder may hold: weights that cannot run code, and what the tokenizer needs. No pickles, no Python.
_BASE_FILES = (*MODEL_FILES, "*.safetensors", WEIGHTS_INDEX, *COMPANIONS)
_REFUSED = (401, 403)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MAIN = "main"
_TEMPLATE = "chat_template.jinja"

Kind = Literal["base", "released", "evaluated", "embedder", "encoder"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is taken of a model of one kind, and the key of the configuration that names a folder instead."""

    files: tuple[str, ...]
    setting: str


_TOKENIZER_FILES = ("sentencepiece*.model", "vocab.txt", "LICENSE*")

_KINDS: Mapping[Kind, _Kind] = {
    "base": _Kind(_BASE_FILES, "`path` under base_models"),
    "released": _Kind((*_BASE_FILES, ADAPTER_CONFIG), "models.released.{name}.path"),
    "evaluated": _Kind(_BASE_FILES, "`model`"),
    # An embedding model's modules have configurations in folders of their own.
    "embedder": _Kind(("*.json", "*/config.json", "*.safetensors", *_TOKENIZER_FILES), "embedding.path"),
    "encoder": _Kind(("*.json", "*.safetensors", *_TOKENIZER_FILES), "text_metrics.bertscore.path"),
}


def patterns_of(kind: Kind) -> tuple[str, ...]:
    """Return the patterns of the file names that are taken of a model of one kind."""
    return _KINDS[kind].files


def download_model(kind: Kind, model_id: str, revision: str | None, output: Path, template: Path | None = None) -> None:
    """Download a model of the Hugging Face hub at a commit into `output`, check it, and write its run.json.

    The hub is the one that HF_ENDPOINT names where it was set before huggingface_hub was imported; it is sent HF_TOKEN.

    Args:
        kind: "base"; "released" for a fine-tuned model or an adapter; "evaluated" for a whole model that is evaluated
            as it is; "embedder" and "encoder", which have no run.json.
        revision: a commit; of a branch or a tag, or of the main branch where it is None, the newest commit is taken,
            and run.json says which.
        template: file of the chat template that takes the place of the model's own.

    Raises:
        InputError: the hub cannot be reached, refuses, has no such model or commit, what came is not what the hub lists
            at that commit, or the model cannot be used.
    """
    started = time.monotonic()
    _start(kind, output)
    commit = _download(kind, model_id, revision, output)
    _finish(kind, output, {"model_id": model_id, "revision": commit}, {}, started, template)


def copy_model(kind: Kind, path: Path, output: Path, template: Path | None = None) -> None:
    """Put the model of the folder `path` into `output`, weights as hard links where possible, and write its run.json.

    Where the run.json of an adapter says which base model it was trained on, that is kept and checked when it is used;
    what a run.json says of stand-ins is kept too.

    Raises:
        InputError: there is no such folder, or the model in it cannot be used.
    """
    started = time.monotonic()
    _copy(kind, path, output)
    described = path / "run.json"
    is_described = kind != "embedder" and described.is_file()
    earlier = json.loads(described.read_text(encoding="utf-8")) if is_described else {}
    _finish(kind, output, {"path": path.name}, earlier, started, template)


def _download(kind: Kind, model_id: str, revision: str | None, output: Path) -> str:
    """Download a model and return its commit."""
    from huggingface_hub import model_info, snapshot_download

    commit = revision or _MAIN
    remedy = f"name its folder in {_KINDS[kind].setting.format(name=output.name)}"
    with told_by_the_hub(f"{model_id} at {commit}", remedy):
        if not _COMMIT.fullmatch(commit):
            commit = str(model_info(model_id, revision=commit).sha)
        snapshot_download(model_id, revision=commit, local_dir=output, allow_patterns=list(_KINDS[kind].files))
        # The hub client's notes on this download: times and machine, no part of the model.
        shutil.rmtree(output / ".cache", ignore_errors=True)
        _verify(model_id, commit, output)
    return commit


@contextmanager
def told_by_the_hub(where: str, remedy: str) -> Iterator[None]:
    """Turn what goes wrong between this machine and the hub into an InputError.

    Args:
        where: what is downloaded.
        remedy: what a user can do who has downloaded it by other means.
    """
    from httpx import HTTPError
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    # It would note every address, also those that are signed for one user.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        yield
    except HfHubHTTPError as error:
        raise InputError(f"{where}: {_refusal(error)}") from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HTTPError, ConnectionError) as error:
        raise InputError(
            f"{where}: the Hugging Face hub cannot be reached from this machine. Fetch it where there "
            f"is a network, or download the model by other means and {remedy}"
        ) from error
    except (OSError, ValueError) as error:
        # A file that is longer or shorter than announced, an endpoint that is no hub, a full disk.
        raise InputError(f"{where}: cannot be downloaded ({_first_line(error)})") from error


def _verify(model_id: str, revision: str, output: Path) -> None:
    """Compare what was downloaded with the checksums that the hub lists at the commit; what differs is removed."""
    from huggingface_hub import verify_repo_checksums

    wrong = verify_repo_checksums(model_id, revision=revision, local_dir=output).mismatches
    if not wrong:
        return
    remove_files([output / one["path"] for one in wrong])
    one = wrong[0]
    raise InputError(
        f"{model_id} at {revision}: {one['path']} has the {one['algorithm']} {one['actual']}, expected "
        f"{one['expected']}; it was thrown away"
    )


def _refusal(error: "HfHubHTTPError") -> str:
    """Say why the hub refuses, and what a user can do about it; no address, as it may be signed for one user."""
    access, status = "", error.response.status_code
    if status in _REFUSED:
        access = (
            "; access must be granted: accept the terms on the page of the model and set HF_TOKEN to a token of that "
            "account"
        )
    return f"the hub refuses it ({' '.join(filter(None, (str(status), error.server_message)))}){access}"


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


def _copy(kind: Kind, path: Path, output: Path) -> None:
    if not path.is_dir():
        raise InputError(f"{path}: no such folder, expected a Hugging Face model")
    if path.resolve() == output.resolve():
        raise InputError(f"{path}: the folder to copy from and the folder to write are the same")
    _start(kind, output)
    for source in sorted({file for pattern in _KINDS[kind].files for file in path.glob(pattern) if file.is_file()}):
        target = output / source.relative_to(path)
        target.parent.mkdir(exist_ok=True)
        _link_or_copy(source.resolve(), target)


def _start(kind: Kind, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    # Left-overs of another model would be read as part of this one.
    ours = (output / name for name in ("run.json", "README.md", "training.parquet"))
    patterns = {*_KINDS["released"].files, *_KINDS[kind].files}
    remove_files([*ours, *{file for pattern in patterns for file in output.glob(pattern)}])


def _finish(
    kind: Kind,
    output: Path,
    origin: Mapping[str, str],
    earlier: Mapping[str, Any],
    started: float,
    template: Path | None,
) -> None:
    """Check what was brought and write its run.json; `earlier` is what a model's own run.json said, or nothing."""
    if kind == "embedder":
        for name in ("model.safetensors", "modules.json"):
            if not (output / name).is_file():
                raise InputError(
                    f"{' at '.join(origin.values())}: has no {name}, expected a sentence-transformers model"
                )
        return
    if kind == "encoder":
        check_weights(output)
        return
    if template is not None:
        # The file may be a link to that of the user's own folder.
        remove_files([output / _TEMPLATE])
        shutil.copyfile(template, output / _TEMPLATE)
    if kind == "evaluated":
        _check_evaluated(output)
        fingerprints = {"model_sha256": model_fingerprint(output)}
    elif kind == "released" and is_adapter(output):
        fingerprints = _adapter_fingerprints(output, earlier)
    else:
        check_base(output)
        fingerprints = {f"{'base' if kind == 'base' else 'model'}_sha256": model_fingerprint(output)}
    facts = {
        "status": "finished",
        "model": output.name,
        **origin,
        **({"template": template.name} if template else {}),
        **fingerprints,
        **{key: earlier[key] for key in ("stand_ins",) if key in earlier},
        "versions": library_versions(),
        "wall_seconds": round(time.monotonic() - started, 1),
    }
    write_run(output, facts)


def _check_evaluated(output: Path) -> None:
    """Check a whole model that is evaluated as it is; where it is an adapter or cannot chat, say what can be done."""
    if not (output / "config.json").is_file():
        raise InputError(
            f"{output}: no config.json, expected a whole Hugging Face model; of an adapter on the hub name the base "
            "too: {model: ADAPTER, base: BASE}"
        )
    try:
        check_base(output)
    except NoChatTemplate as error:
        raise InputError(
            f"{error}; name a Jinja file as `template`, or let the model continue plain text with template: completion"
        ) from None


def _adapter_fingerprints(output: Path, earlier: Mapping[str, Any]) -> dict[str, Any]:
    check_adapter(output)
    found = {name: sha256_of(output / name) for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS)}
    for name, expected in earlier.get("adapter_sha256", {}).items():
        if found.get(name) != expected:
            raise InputError(f"{output}: {name} has SHA-256 {found.get(name)}, but its run.json says {expected}")
    return {key: earlier[key] for key in ("base_sha256",) if key in earlier} | {"adapter_sha256": found}


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
