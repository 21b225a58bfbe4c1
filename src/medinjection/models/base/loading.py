"""Load a model: a base alone, a base with an adapter merged into it, or a whole fine-tuned model."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.models.base.quiet import quiet_libraries
from medinjection.models.device import resolve_device, resolve_dtype
from medinjection.models.files.adapters import is_adapter, weight_names, with_adapter
from medinjection.models.files.merge_check import merged_alike
from medinjection.records.errors import InputError
from medinjection.records.schema import Record

WEIGHTS_INDEX = "model.safetensors.index.json"


class NoChatTemplate(InputError):
    """A tokenizer without a chat template, so that no question can be put to its model."""


def load_for_prediction(base: Path, adapter: Path | None, device: str, dtype: Any) -> tuple[Any, Any]:
    """Return the model, in evaluation mode on `device`, and its left-padding tokenizer, as `load_compared` does."""
    model, tokenizer, _ = load_compared(base, adapter, device, dtype, ())
    return model, tokenizer


def load_compared(
    base: Path, adapter: Path | None, device: str, dtype: Any, records: Sequence[Record]
) -> tuple[Any, Any, float | None]:
    """Return a model, in evaluation mode on `device`, its left-padding tokenizer, and what merging changed.

    The adapter is merged in float32 and the sum is cast once: merging in bfloat16 changes the letters' probabilities.

    Args:
        base: folder of a Hugging Face model.
        adapter: folder of a PEFT adapter of that model, or of a whole model, which then stands for itself; None for
            the base model.
        device: where the model goes: "cpu", "cuda" or "auto" (CUDA where there is one).
        dtype: a torch dtype, or one of `device.PRECISIONS`.
        records: choice questions on which the merged model is compared with the unmerged one; none: no comparison.

    Returns:
        model, tokenizer and the largest change of a letter's logit, None where nothing was compared.

    Raises:
        InputError: the folder lacks the model, the tokenizer or the chat template, or the adapter does not fit it.
    """
    import torch

    device = resolve_device(device)
    if adapter is not None and not is_adapter(Path(adapter)):
        base, adapter = adapter, None
    tokenizer = load_tokenizer(base, padding_side="left")
    change = None
    if adapter is None:
        model = load_model(base, resolve_dtype(dtype, device))
    else:
        unmerged = with_adapter(load_model(base, torch.float32), Path(base), Path(adapter))
        model, change = merged_alike(unmerged, tokenizer, records)
    return model.to(resolve_dtype(dtype, device)).to(device).eval(), tokenizer, change


def load_tokenizer(base: Path | str, padding_side: str) -> Any:
    """Return the tokenizer of a model folder.

    Its padding may be the token that ends a turn: only training must tell them apart (`read_chat_template`), prediction
    masks what is padding.

    Raises:
        InputError: there is no tokenizer.
        NoChatTemplate: it has no chat template.
    """
    from transformers import AutoTokenizer

    base = Path(base)
    if not (base / "tokenizer.json").is_file():
        raise InputError(f"{base}: no tokenizer.json, expected the folder of a Hugging Face model")
    tokenizer = AutoTokenizer.from_pretrained(base, padding_side=padding_side, local_files_only=True)
    if not tokenizer.chat_template:
        raise NoChatTemplate(f"{base}: the tokenizer has no chat template, expected that of an instruction-tuned model")
    return tokenizer


def load_model(base: Path | str, dtype: Any) -> Any:
    """Return the causal language model of a folder in `dtype`, on the CPU; weights are read from safetensors only.

    Raises:
        InputError: the folder holds no such model, or lacks part of its weights.
    """
    from transformers import AutoModelForCausalLM

    quiet_libraries()
    base = Path(base)
    if not (base / "config.json").is_file():
        raise InputError(f"{base}: no config.json, expected the folder of a Hugging Face model")
    check_weights(base)
    options = {"use_safetensors": True, "local_files_only": True, "output_loading_info": True}
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(base, dtype=dtype, **options)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{base}: not a causal language model that can be loaded ({error})") from error
    model, found = loaded
    if missing := sorted(found["missing_keys"]):
        # transformers would go on with random numbers in their place.
        raise InputError(f"{base}: {len(missing)} weights are in none of its files, the first is {missing[0]}")
    return model


def check_weights(folder: Path) -> None:
    """Check that all files of a model's weights are there and whole, without reading the weights.

    Raises:
        InputError: a file is missing or cut off.
    """
    index = folder / WEIGHTS_INDEX
    files = sorted(folder.glob("*.safetensors"))
    if index.is_file():
        shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        if missing := [shard for shard in shards if not (folder / shard).is_file()]:
            raise InputError(
                f"{folder}: no {missing[0]}; of the {len(shards)} files of weights that {WEIGHTS_INDEX} names, "
                f"{len(missing)} are missing"
            )
        files = [folder / shard for shard in shards]
    if not files:
        raise InputError(f"{folder}: no *.safetensors, expected weights in that format; pickled weights are not read")
    for file in files:
        weight_names(file)
