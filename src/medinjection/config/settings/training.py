"""Fine-tuning, and what differs in an ablation."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, Name, Section, Share


class AblationSettings(Section):
    """Some mixes trained once more on the first base model, with other values; the models are `<mix>@<ablation>`."""

    mixes: Annotated[list[Name], Field(min_length=1)] = Field(description="Names of the mixes.")
    training: dict[str, Any] = Field(description="Keys of `training` with the values that differ.")


class TrainingSettings(Section):
    """Fine-tuning, one block for all mixes: the mix is the only thing that differs (paper section 4.2)."""

    adapter: Literal["dora", "lora"] = Field(default="dora", description="Kind of adapter.")
    rank: Count = Field(default=16, description="Rank of the adapter.")
    alpha: Count = Field(default=16, description="Scaling factor of the adapter.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.05, description="Dropout on the adapter's input.")
    epochs: float = Field(default=10, gt=0, description="Passes over the mix.")
    batch_size: Count = Field(default=12, description="Chats a forward pass of one process.")
    accumulation: Count = Field(
        default=8,
        description="Forward passes an optimizer step, over all processes: a step sees batch_size times this.",
    )
    learning_rate: float = Field(default=1e-4, gt=0, description="Peak learning rate.")
    schedule: Literal["cosine", "linear", "constant"] = Field(default="cosine", description="Learning rate schedule.")
    warmup: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.05, description="Share of the steps that warm up.")
    loss: Literal["full", "completion"] = Field(
        default="full", description="Tokens that are learnt: the whole chat (as the authors released) or the answer."
    )
    max_length: Count = Field(
        default=8192,
        description="Most tokens of a chat; a longer one loses the beginning of its user's text, never its answer.",
    )
    max_truncated_share: Share = Field(
        default=0.0, description="Share of the chats that may be cut to max_length; more is an error."
    )
    batching: Literal["grouped", "random", "padding_free"] = Field(
        default="grouped",
        description="`grouped`: chats of like length in a batch, as the authors. `random`: any. `padding_free`: the "
        "batches of `grouped` without padding; needs FlashAttention to be fast.",
    )
    gradient_checkpointing: Literal["auto", "always", "never"] = Field(
        default="auto", description="Trade time for memory; `auto`: only after a batch did not fit into the GPU."
    )
    attention: Literal["auto", "sdpa", "flash_attention_2", "flex_attention", "eager"] = Field(
        default="auto", description="Attention kernel; `auto` is FlashAttention where it is installed, else sdpa."
    )
    fused_kernels: Literal["auto", "never"] = Field(
        default="auto", description="Liger's kernels; `auto` takes them on a GPU where liger-kernel is installed."
    )
    cached_norms: bool = Field(
        default=True,
        description="Compute DoRA's weight norm once an optimizer step instead of in every forward pass; the same "
        "gradients.",
    )
    save_steps: Count = Field(default=50, description="Optimizer steps between checkpoints.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="Number format; auto is bfloat16 where a GPU has it."
    )
    processes: Count = Field(
        default=1, description="Processes that share a training, one a GPU; they divide `accumulation`."
    )
    trackers: list[Literal["trackio", "wandb", "tensorboard"]] = Field(
        default=[],
        description="Trackers that follow the training; they must be installed, their files stay in the run.",
    )

    @model_validator(mode="after")
    def _shared_out(self) -> "TrainingSettings":
        if self.accumulation % self.processes:
            raise ValueError(
                f"accumulation {self.accumulation} cannot be shared out between {self.processes} processes: expected a "
                "multiple of them, so that a step sees as many chats as with one"
            )
        return self
