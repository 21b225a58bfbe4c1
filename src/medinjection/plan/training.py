"""How models are brought into the run, trained and asked: the flags of those scripts, and their input files."""

from collections.abc import Mapping
from pathlib import Path

from medinjection.config.settings.models import BaseModelSettings, PretrainingSettings, ReleasedModelSettings
from medinjection.config.settings.run import Settings
from medinjection.config.settings.training import TrainingSettings
from medinjection.models.base.fetching import patterns_of
from medinjection.plan.evaluation.named_models import NamedModel, Origin
from medinjection.plan.flags import flag
from medinjection.plan.tracked import DecidingFlags

# Keys of `training` that make no other model; the training program keeps its checkpoints when they change.
_WATCHING = ("save_steps", "trackers", "gradient_checkpointing", "max_truncated_share")
# Keys of `prediction` that move no answer but by rounding.
_PREDICTION = ("permutations", "max_new_tokens", "device", "precision")
_PREDICTION_WATCHING = ("batch_size", "max_over_length_share")
# Ports on which the nodes of a training meet; above them are those that the system gives out.
_FIRST_PORT, _PORTS = 20_000, 10_000


def training_flags(training: TrainingSettings) -> DecidingFlags:
    """Return the flags of the training script: every key but the number of its processes and nodes."""
    values = training.model_dump(exclude={"processes", "nodes"})
    watching = {key: values.pop(key) for key in _WATCHING}
    return DecidingFlags(
        [flag(key, value) for key, value in values.items()],
        [flag(key, value) for key, value in watching.items()],
    )


def training_launcher(training: TrainingSettings, python: str) -> str:
    """Return the command before the training script: Python, or torchrun where several processes train together.

    On several nodes Slurm starts one torchrun on each; they meet on the first node, where the command is run.
    """
    if training.all_processes == 1:
        return python
    torchrun = f"{python} -m torch.distributed.run"
    if training.nodes == 1:
        return f"{torchrun} --standalone --nproc-per-node {training.processes}"
    job = f"${{SLURM_JOB_ID:?training.nodes is {training.nodes}, and this is no job of Slurm}}"
    # A port of its own for each job, as a node may be shared.
    port = f"$(({_FIRST_PORT} + SLURM_JOB_ID % {_PORTS}))"
    return (
        f"srun --nodes={training.nodes} --ntasks={training.nodes} --ntasks-per-node=1 --cpu-bind=none "
        f"--kill-on-bad-exit=1 {torchrun} --nnodes {training.nodes} --nproc-per-node {training.processes} "
        f'--rdzv-backend c10d --rdzv-id "{job}" --rdzv-endpoint "$(hostname):{port}"'
    )


def pretraining_flags(pretraining: PretrainingSettings) -> str:
    """Return the flags that give a base model that is pre-trained here its shape and its steps."""
    return " ".join(flag(key, value) for key, value in pretraining.model_dump().items())


def prediction_flags(settings: Settings) -> DecidingFlags:
    """Return the flags that say how models are asked; those that only round an answer may change without a rerun."""
    deciding = [flag(key, getattr(settings.prediction, key)) for key in _PREDICTION]
    return DecidingFlags(
        [flag("seed", settings.seed), *deciding],
        [flag(key, getattr(settings.prediction, key)) for key in _PREDICTION_WATCHING],
    )


def thinking_flags(model: NamedModel | None) -> str:
    """Return the flags that let a model reason before it answers; none where it does not."""
    if model is None or not model.chosen.thinking:
        return ""
    form = "auto" if model.chosen.thinking is True else model.chosen.thinking
    return f"--thinking {form} --reasoning-tokens {model.chosen.reasoning_tokens}"


def origin_flags(chosen: BaseModelSettings | ReleasedModelSettings | Origin) -> str:
    """Return the flags that say where a model comes from: a commit on the hub, or a folder."""
    keys = ("model_id", "revision", "path")
    return " ".join(filter(None, (flag(key, getattr(chosen, key)) for key in keys)))


def model_files(path: str | None) -> list[str]:
    """Return the files of a model folder that fetching takes, none where the model is not a folder's."""
    if path is None:
        return []
    return sorted(
        {str(file) for pattern in patterns_of("released") for file in Path(path).glob(pattern) if file.is_file()}
    )


def base_model_name(bases: Mapping[str, BaseModelSettings]) -> str:
    """Return what captions call the base models."""
    return "; ".join(_title(base) + ("" if name == "base" else f" ({name})") for name, base in bases.items())


def _title(base: BaseModelSettings) -> str:
    if base.pretraining:
        return "a tiny Qwen3 that this workflow pre-trained (demonstration only)"
    return base.model_id or Path(base.path or "").name
