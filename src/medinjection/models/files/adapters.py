"""Add an adapter's change to the weights of its base model, once it is certain that the two belong together."""

import json
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"


def is_adapter(folder: Path) -> bool:
    """Tell whether `folder` holds an adapter rather than a whole model.

    Raises:
        InputError: it holds both, of which only one can be meant.
    """
    adapter = any((folder / name).is_file() for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS))
    if adapter and (folder / "config.json").is_file():
        raise InputError(f"{folder}: both config.json and an adapter's files, expected a whole model or an adapter")
    return adapter


def check_adapter(folder: Path) -> None:
    """Check that the files of an adapter are there, can be read and are those that its run.json names, if it has one.

    Raises:
        InputError: a file is missing, broken or another one.
    """
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
        if not (folder / name).is_file():
            raise InputError(f"{folder}: no {name}, expected the folder of an adapter")
    for name, expected in _run_of(folder).get("adapter_sha256", {}).items():
        _check_sha256(folder / name, expected, f"{folder}: not the adapter that run.json describes")
    weight_names(folder / ADAPTER_WEIGHTS)


def with_adapter(model: Any, base: Path, adapter: Path) -> Any:
    """Return `model`, the base model of the folder `base`, as a PEFT model with the adapter of the folder `adapter`.

    Raises:
        InputError: the adapter is incomplete, or was trained on another model.
    """
    from peft import PeftModel

    check_adapter(adapter)
    for name, expected in _run_of(adapter).get("base_sha256", {}).items():
        # Equal shapes would hide the mistake.
        _check_sha256(base / name, expected, f"{adapter}: trained on another base model")
    try:
        model = PeftModel.from_pretrained(model, adapter, torch_device="cpu")
    except (RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"{adapter}: the adapter does not fit the base model {base} ({first})") from error
    _check_complete(model, base, adapter)
    return model


def merged(model: Any) -> Any:
    """Return the base model of a PEFT model with the change of its one adapter added to the weights.

    Merge in float32: in bfloat16 it changes the letters' probabilities.

    Raises:
        InputError: the sum is not finite.
    """
    try:
        return model.merge_and_unload(safe_merge=True)
    except ValueError as error:
        raise InputError(f"the adapter cannot be merged: {error}") from error


def weight_names(path: Path) -> list[str]:
    """Return the names of the tensors in a safetensors file, whose header must account for every byte of it.

    Raises:
        InputError: the file is cut off or no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as handle:
            return list(handle.keys())
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: cut off, or no safetensors file ({error}); {path.stat().st_size} bytes. Copy or make it again"
        ) from error


def _run_of(adapter: Path) -> dict[str, Any]:
    run = adapter / "run.json"
    return json.loads(run.read_text(encoding="utf-8")) if run.is_file() else {}


def _check_sha256(file: Path, expected: str, complaint: str) -> None:
    found = sha256_of(file) if file.is_file() else "no such file"
    if found != expected:
        raise InputError(f"{complaint}; {file} has SHA-256 {found}, expected {expected}")


def _check_complete(model: Any, base: Path, adapter: Path) -> None:
    """Refuse an adapter that leaves part of the model as it was, or brings weights that nothing takes."""
    from peft import get_peft_model_state_dict

    given = set(weight_names(adapter / ADAPTER_WEIGHTS))
    expected = set(get_peft_model_state_dict(model, save_embedding_layers=False))
    if given != expected:
        odd = sorted(given ^ expected)
        raise InputError(
            f"{adapter}: the adapter does not fit the base model {base}: {len(odd)} weights have no counterpart, "
            f"the first is {odd[0]}"
        )
