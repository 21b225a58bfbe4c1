"""The model of BERTScore: its files and its flags."""

import shlex
from pathlib import Path

from medinjection.config.settings.evaluation.text_metrics import BertScoreSettings
from medinjection.config.settings.run import Settings
from medinjection.plan.flags import optional


def bertscore_of(settings: Settings) -> BertScoreSettings | None:
    """Return the model of BERTScore; None where there is none, or it would be fetched for precomputed predictions."""
    bertscore = settings.text_metrics.bertscore
    return None if bertscore and bertscore.model_id and settings.predictions else bertscore


def bertscore_files(bertscore: BertScoreSettings, run_folder: str) -> list[str]:
    """Return the files that tell that the model is complete; a model of a Python package is no input."""
    if bertscore.package:
        return []
    folder = bertscore.path or f"{run_folder}/models/bertscore"
    return [f"{folder}/config.json"]


def bertscore_flags(bertscore: BertScoreSettings, run_folder: str) -> str:
    """Return the flags that say where the model is, what signatures call it, its layer and its baseline."""
    folder = bertscore.path or f"{run_folder}/models/bertscore"
    where = f"--model-package {bertscore.package}" if bertscore.package else f"--model-folder {shlex.quote(folder)}"
    named = bertscore.name or bertscore.package or (Path(bertscore.path).name if bertscore.path else None)
    name = named or f"{bertscore.model_id}@{bertscore.revision}"
    baseline = optional("--baseline", bertscore.baseline)
    return f"{where} --model-name {shlex.quote(name)} --layer {bertscore.layer} {baseline}".strip()
