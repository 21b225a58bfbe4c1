"""A trained adapter merged into its base model: a folder of its own, that any program can load and serve."""

import json
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

from medinjection.models.base.fetching import COMPANIONS
from medinjection.models.base.loading import check_weights, load_model, load_tokenizer
from medinjection.models.chat_template import read_chat_template
from medinjection.models.device import resolve_dtype
from medinjection.models.files.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, with_adapter
from medinjection.models.files.merge_check import merged_alike
from medinjection.models.files.run_facts import (
    MODEL_FILES,
    library_versions,
    model_fingerprint,
    remove_files,
    write_run,
)
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, sha256_of
from medinjection.records.sampling import ranked
from medinjection.records.schema import CHOICE_TASKS, Record

# Shards small enough for any file system and for a download that has to start again.
_SHARD_SIZE = "4GB"


def merge_adapter(
    base: Path,
    adapter: Path,
    records: Path,
    output: Path,
    precision: str = "auto",
    prompts: int = 32,
    seed: int = 42,
) -> None:
    """Write the base model with the adapter added to its weights, and what that changed, to the folder `output`.

    The sum is made in float32 and cast once: summing in bfloat16 changes the letters' probabilities. Tokenizer, chat
    template and generation settings are the base's own files.

    Args:
        base: folder of the base model.
        adapter: folder of the adapter.
        records: parquet file of choice questions, on some of which merged and unmerged model are compared.
        precision: number format of the weights to write; auto is that of the base's.
        prompts: how many questions are asked.
        seed: which questions, chosen by a keyed hash.

    Raises:
        InputError: the adapter does not belong to the base, a letter's logit changes (see `merged_alike`), or
            the base's generation settings pad with the token that ends a turn.
    """
    import torch

    started = time.monotonic()
    tokenizer = load_tokenizer(base, padding_side="left")
    _check_generation(base, tokenizer)
    chosen = _questions(records, prompts, seed)
    dtype = stored_dtype(base) if precision == "auto" else resolve_dtype(precision, "cpu")

    unmerged = with_adapter(load_model(base, torch.float32), base, adapter)
    model, change = merged_alike(unmerged, tokenizer, chosen)

    output.mkdir(parents=True, exist_ok=True)
    # Left-overs of another merge would be read as part of this one.
    remove_files(file for file in sorted(output.iterdir()) if file.is_file())
    model.to(dtype).save_pretrained(output, max_shard_size=_SHARD_SIZE)
    _copy_companions(base, output)
    facts = {
        "status": "finished",
        "model": adapter.name,
        "base_model": base.name,
        "base_sha256": model_fingerprint(base),
        "adapter_sha256": {name: sha256_of(adapter / name) for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS)},
        "merged_sha256": model_fingerprint(output),
        "dtype": str(dtype).removeprefix("torch."),
        "prompts": len(chosen),
        # Before the weights are cast.
        "largest_logit_change_float32": change,
        "versions": library_versions(),
        "wall_seconds": round(time.monotonic() - started, 1),
    }
    write_run(output, facts)


def stored_dtype(folder: Path) -> Any:
    """Return the torch dtype that most weights of a model folder have.

    Raises:
        InputError: a file of weights is missing or cut off.
    """
    import torch
    from safetensors import safe_open

    check_weights(folder)
    counts: Counter[Any] = Counter()
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as handle:
            for name in handle.keys():  # noqa: SIM118 (it is no mapping)
                weight = handle.get_slice(name)
                counts[weight.get_dtype()] += torch.Size(weight.get_shape()).numel()
    (stored, _), *_ = counts.most_common(1)
    known = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
    if stored not in known:
        raise InputError(f"{folder}: the weights are stored as {stored}, expected one of {', '.join(known)}")
    return known[stored]


def _questions(records: Path, count: int, seed: int) -> list[Record]:
    asked = [record for record in read_records(records) if record.task in CHOICE_TASKS]
    if not asked:
        raise InputError(f"{records}: no choice question, expected some to compare the merged model on")
    return ranked(asked, f"merge:{seed}", lambda record: record.id)[:count]


def _check_generation(base: Path, tokenizer: Any) -> None:
    """Refuse generation settings that pad with the end of a turn: what is served would stop at once or never."""
    file = base / "generation_config.json"
    pad = json.loads(file.read_text(encoding="utf-8")).get("pad_token_id") if file.is_file() else None
    if pad is not None and pad in (tokenizer.eos_token_id, read_chat_template(tokenizer).end_id):
        raise InputError(
            f"{file}: pad_token_id is {pad}, {tokenizer.convert_ids_to_tokens(pad)!r}, which ends a turn; expected "
            f"another token, such as the tokenizer's own {tokenizer.pad_token_id}"
        )


def _copy_companions(base: Path, output: Path) -> None:
    """Copy what a whole model needs beside its weights and shape, byte for byte."""
    wanted = (*(name for name in MODEL_FILES if name != "config.json"), *COMPANIONS)
    for file in sorted({file for pattern in wanted for file in base.glob(pattern) if file.is_file()}):
        shutil.copyfile(file, output / file.name)
