"""Models that other programs load by their name on the Hugging Face hub: brought into the hub's cache beforehand."""

import json
from pathlib import Path

from medinjection.models.base.fetching import told_by_the_hub
from medinjection.records.files import write_text

_ENCODER_FILES = ("*.json", "*.model", "*.txt")


def fill_hub_cache(model_id: str, revision: str, output: Path, encoder: str | None = None) -> None:
    """Download a model at a commit into the hub's cache (`HF_HOME`), and note in `output` what is there.

    Args:
        encoder: a model of which the tokenizer and the configuration are wanted too, as they are on the hub now; COMET
            names no commit of it.

    Raises:
        InputError: the hub cannot be reached, refuses, or has no such model or commit.
    """
    from huggingface_hub import snapshot_download

    remedy = "put it into the hub's cache (`hf download`)"
    with told_by_the_hub(f"{model_id} at {revision}", remedy):
        # All files: without one of them the hub's client calls the copy incomplete when it is offline.
        folder = Path(snapshot_download(model_id, revision=revision))
    if encoder:
        with told_by_the_hub(encoder, remedy):
            snapshot_download(encoder, allow_patterns=list(_ENCODER_FILES))
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    write_text(output, json.dumps({"model_id": model_id, "revision": revision, "files": files}, indent=2) + "\n")
