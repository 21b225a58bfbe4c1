"""Fine-tuning, and what differs in an ablation."""

from functools import partial
from typing import Annotated, Any

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, Name, Section, Share, field_of
from medinjection.models.device import Precision
from medinjection.models.training.hyperparameters import (
    Adapter,
    Attention,
    Batching,
    Checkpointing,
    FusedKernels,
    Hyperparameters,
    Loss,
    Schedule,
)
from medinjection.models.training.trackers import Tracker

_key = partial(field_of, Hyperparameters)


class AblationSettings(Section):
    """Some mixes trained once more on the first base model, with other values; the models are `<mix>@<ablation>`."""

    mixes: Annotated[list[Name], Field(min_length=1)] = Field(description="Names of the mixes.")
    training: dict[str, Any] = Field(description="Keys of `training` whose values differ, with these values.")


class TrainingSettings(Section):
    """Fine-tuning, one block for all mixes: the mix is the only thing that differs (paper section 4.2)."""

    adapter: Adapter = _key("adapter")
    rank: Count = _key("rank")
    alpha: Count = _key("alpha")
    dropout: float = _key("dropout", ge=0, lt=1)
    epochs: float = _key("epochs", gt=0)
    per_device_batch_size: Count = _key("per_device_batch_size")
    gradient_accumulation_steps: Count = _key("gradient_accumulation_steps")
    learning_rate: float = _key("learning_rate", gt=0)
    schedule: Schedule = _key("schedule")
    warmup_ratio: float = _key("warmup_ratio", ge=0, lt=1)
    loss: Loss = _key("loss")
    max_length: Count = _key("max_length")
    max_truncated_share: Share = _key("max_truncated_share")
    batching: Batching = _key("batching")
    gradient_checkpointing: Checkpointing = _key("gradient_checkpointing")
    attention: Attention = _key("attention")
    fused_kernels: FusedKernels = _key("fused_kernels")
    cached_norms: bool = _key("cached_norms")
    save_steps: Count = _key("save_steps")
    precision: Precision = _key("precision")
    processes: Count = Field(
        default=1,
        description="Processes on each node that share a training, one per GPU; `gradient_accumulation_steps` is "
        "divided by them.",
    )
    nodes: Count = Field(
        default=1,
        description="Nodes of a Slurm cluster that share a training, each with `processes` processes; these divide "
        "`gradient_accumulation_steps` too.",
    )
    trackers: list[Tracker] = _key("trackers")

    @property
    def all_processes(self) -> int:
        """The processes of all nodes together."""
        return self.nodes * self.processes

    @model_validator(mode="after")
    def _shared_out(self) -> "TrainingSettings":
        if self.gradient_accumulation_steps % self.all_processes:
            raise ValueError(
                f"gradient_accumulation_steps {self.gradient_accumulation_steps} cannot be shared out between "
                f"{self.all_processes} processes: expected a multiple of them, so that a step sees as many chats as "
                "with one"
            )
        return self
