"""The model behind Figure 4: its files and its flags."""

import shlex

from medinjection.config.settings.embedding import EmbeddingSettings
from medinjection.plan.flags import optional


def embedder_files(embedding: EmbeddingSettings, run_folder: str) -> list[str]:
    """Return the file that tells that the model is complete; a model of a Python package is no input."""
    if embedding.model_id:
        return [f"{run_folder}/models/embedder/model.safetensors"]
    return [f"{embedding.path}/modules.json"] if embedding.path else []


def embedder_flags(embedding: EmbeddingSettings, run_folder: str) -> str:
    """Return the flags that say where the model is, and what the caption calls it."""
    where = f"--model-package {embedding.package}"
    if not embedding.package:
        where = f"--model-folder {shlex.quote(embedding.path or f'{run_folder}/models/embedder')}"
    return f"{where} {optional('--model-name', embedding.name or embedding.model_id)}"
