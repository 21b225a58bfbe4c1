"""How a mix is learnt: the one list of the values, which the configuration, the flags and the trainer all read."""

from dataclasses import dataclass
from typing import Annotated, Literal

from medinjection.models.device import Precision
from medinjection.models.training.trackers import Tracker

Adapter = Literal["dora", "lora"]
Schedule = Literal["cosine", "linear", "constant"]
Loss = Literal["full", "completion"]
Batching = Literal["grouped", "random", "padding_free"]
Checkpointing = Literal["auto", "always", "never"]
Attention = Literal["auto", "sdpa", "flash_attention_2", "flex_attention", "eager"]
FusedKernels = Literal["auto", "never"]


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """How a mix is learnt; the defaults are the paper's (section 4.2).

    Names that TRL and transformers have are theirs. `max_steps` ends training early and shortens the schedule with it.
    """

    adapter: Annotated[Adapter, "Kind of adapter."] = "dora"
    rank: Annotated[int, "Rank of the adapter."] = 16
    alpha: Annotated[int, "Scaling factor of the adapter."] = 16
    dropout: Annotated[float, "Dropout on the adapter's input."] = 0.05
    epochs: Annotated[float, "Passes over the mix."] = 10
    per_device_batch_size: Annotated[int, "Chats per forward pass of one process."] = 12
    gradient_accumulation_steps: Annotated[
        int,
        "Forward passes per optimizer step, all processes together: a step sees `per_device_batch_size` times as many "
        "chats.",
    ] = 8
    learning_rate: Annotated[float, "Peak learning rate."] = 1e-4
    schedule: Annotated[Schedule, "Learning rate schedule."] = "cosine"
    warmup_ratio: Annotated[float, "Share of the steps in which the learning rate rises."] = 0.05
    seed: Annotated[int, "Seed of the adapter's first weights, the order of the examples and dropout."] = 42
    loss: Annotated[Loss, "Tokens that are learnt: the whole chat (as the authors released) or the answer."] = "full"
    max_length: Annotated[
        int,
        "Maximum number of tokens of a chat. A longer one loses the beginning of its user's text, never its answer.",
    ] = 8192
    max_truncated_share: Annotated[
        float, "Maximum share of the chats that are cut to `max_length`; more is an error."
    ] = 0.0
    batching: Annotated[
        Batching,
        "`grouped`: chats of similar length in a batch, as in the authors' program. `random`: any chats. "
        "`padding_free`: the batches of `grouped` as one row without padding, in which no chat sees another; needs "
        "FlashAttention to be fast.",
    ] = "grouped"
    gradient_checkpointing: Annotated[
        Checkpointing, "Trade time for memory; `auto`: only after a batch did not fit into the GPU."
    ] = "auto"
    attention: Annotated[
        Attention, "Attention kernel; `auto`: FlashAttention where it is installed, otherwise sdpa."
    ] = "auto"
    fused_kernels: Annotated[FusedKernels, "Liger's kernels; `auto`: on a GPU where liger-kernel is installed."] = (
        "auto"
    )
    cached_norms: Annotated[
        bool,
        "Compute DoRA's weight norm once per optimizer step instead of in every forward pass; the gradients are the "
        "same.",
    ] = True
    save_steps: Annotated[int, "Optimizer steps between checkpoints."] = 50
    precision: Annotated[Precision, "Number format; `auto`: bfloat16 on a GPU that has it, otherwise float32."] = "auto"
    trackers: Annotated[
        tuple[Tracker, ...], "Trackers that follow the training. They must be installed; their files stay in the run."
    ] = ()
    max_steps: Annotated[int | None, "Stop after this many optimizer steps."] = None
