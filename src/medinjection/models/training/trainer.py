"""TRL's trainer set up for one mix. The one place that calls TRL and PEFT to train."""

import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from typing_extensions import override

from medinjection.models.training.dora import use_cached_norms
from medinjection.models.training.examples import IGNORED, Example
from medinjection.models.training.hyperparameters import Hyperparameters
from medinjection.models.training.validation import validation_loss
from medinjection.records.errors import InputError

# Paper section 4.2: attention and feed-forward projections.
TARGET_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def process_count() -> int:
    """Return how many processes train together, as torchrun says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def node_count() -> int:
    """Return on how many machines the processes are that train together, as torchrun says; each has as many as any."""
    return process_count() // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def accumulation_of_a_process(hyperparameters: Hyperparameters) -> int:
    """Return the forward passes of each process per step: those of all processes together are those of one.

    Raises:
        InputError: they cannot be shared out evenly.
    """
    processes, steps = process_count(), hyperparameters.gradient_accumulation_steps
    if steps % processes:
        raise InputError(
            f"gradient_accumulation_steps {steps} cannot be shared out between {processes} processes: choose a "
            "multiple of them, so that a step sees the same number of chats as with one process"
        )
    return steps // processes


def filler_count(examples: int, hyperparameters: Hyperparameters) -> int:
    """Return how many empty examples fill the last batches of an epoch, so that every process has as many as any.

    Without them the first chats of the epoch, the longest, would be learnt again in its last step.
    """
    processes = process_count()
    return -examples % (hyperparameters.per_device_batch_size * processes) if processes > 1 else 0


def resolve_attention(attention: str, device: str, dtype: Any) -> str:
    """Return the attention kernel that `attention` means on `device`: FlashAttention where it can run.

    Raises:
        InputError: FlashAttention is asked for where it cannot.
    """
    import torch
    from transformers.utils.import_utils import is_flash_attn_2_available

    # Its kernels know no float32, and no card before Ampere.
    runs = device == "cuda" and dtype == torch.bfloat16 and is_flash_attn_2_available()
    runs = runs and torch.cuda.get_device_capability() >= (8, 0)
    if attention == "auto":
        return "flash_attention_2" if runs else "sdpa"
    if attention == "flash_attention_2" and not runs:
        raise InputError(
            "attention flash_attention_2: needs the package flash-attn, a GPU of compute capability 8 and bfloat16; "
            "expected auto or sdpa"
        )
    return attention


def resolve_kernels(fused_kernels: str, device: str) -> bool:
    """Tell whether Liger's fused kernels are used: on a GPU where the package liger-kernel is installed."""
    return fused_kernels == "auto" and device == "cuda" and find_spec("liger_kernel") is not None


def sft_trainer(
    model: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    folder: Path,
    hyperparameters: Hyperparameters,
    device: str,
    gradient_checkpointing: bool = False,
    report_to: Sequence[str] = (),
    project: str = "medinjection-fr",
    validation: Sequence[Example] = (),
) -> Any:
    """Return TRL's trainer over `examples`, which carry their own labels: it renders, masks and cuts nothing.

    Args:
        model: the base model; it is given its adapter here.
        folder: where checkpoints go.
        device: "cpu" or "cuda".
        report_to: trackers, as `trackers.report_to` prepares them.
        project: what they call this training and those that belong to it.
        validation: chats whose loss is logged as `eval_loss` at the end of every epoch and of the training.

    Raises:
        InputError: the batches cannot be shared out between the processes, or a kernel is missing.
    """
    from datasets import Dataset
    from transformers import PrinterCallback

    chosen = hyperparameters
    model.set_attn_implementation(resolve_attention(chosen.attention, device, model.dtype))
    model = _with_new_adapter(model, chosen)
    # Rows with input_ids and labels are taken as they are. A column named `text` would get a second end token.
    fillers = filler_count(len(examples), chosen)
    # A filler is one token of which nothing is learnt.
    filler = ((tokenizer.pad_token_id,), (IGNORED,))
    chats = [(example.input_ids, example.labels) for example in examples] + [filler] * fillers
    rows = Dataset.from_dict({"input_ids": [ids for ids, _ in chats], "labels": [labels for _, labels in chats]})
    arguments = _sft_config(chosen, folder, device, model.dtype, gradient_checkpointing, report_to, project)
    lengths = [len(example.input_ids) for example in examples]
    # The batches of one process and of several are the same: a group is what a step of all of them sees.
    group = 1 if chosen.batching == "random" else chosen.per_device_batch_size * chosen.gradient_accumulation_steps

    def validate(trained: Any) -> float:
        return validation_loss(trained, validation, chosen.per_device_batch_size, tokenizer.pad_token_id)

    trainer = _trainer_class()(
        model=model,
        args=arguments,
        train_dataset=rows,
        processing_class=tokenizer,
        epoch_order=lambda epoch: [
            *_epoch_order(lengths, group, chosen.seed, epoch),
            *range(len(lengths), len(lengths) + fillers),
        ],
        validate=validate if validation else None,
    )
    # One line a minute in the log instead of one per step; every step is in training.parquet.
    trainer.remove_callback(PrinterCallback)
    return trainer


def _sft_config(
    chosen: Hyperparameters,
    folder: Path,
    device: str,
    dtype: Any,
    gradient_checkpointing: bool,
    report_to: Sequence[str],
    project: str,
) -> Any:
    """Return what TRL is told of a training."""
    import torch
    from trl.trainer.sft_config import SFTConfig

    return SFTConfig(
        output_dir=str(folder),
        num_train_epochs=chosen.epochs,
        max_steps=chosen.max_steps or -1,
        per_device_train_batch_size=chosen.per_device_batch_size,
        gradient_accumulation_steps=accumulation_of_a_process(chosen),
        learning_rate=chosen.learning_rate,
        lr_scheduler_type=chosen.schedule if chosen.schedule != "constant" else "constant_with_warmup",
        warmup_steps=chosen.warmup_ratio,
        optim="adamw_torch",
        seed=chosen.seed,
        data_seed=chosen.seed,
        max_length=None,
        packing=False,
        padding_free=chosen.batching == "padding_free",
        bf16=dtype == torch.bfloat16,
        fp16=False,
        use_cpu=device == "cpu",
        ddp_backend="gloo" if device == "cpu" and process_count() > 1 else None,
        ddp_find_unused_parameters=False,
        activation_checkpointing=gradient_checkpointing,
        use_liger_kernel=resolve_kernels(chosen.fused_kernels, device),
        save_strategy="steps",
        save_steps=chosen.save_steps,
        logging_steps=1,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        report_to=list(report_to) or "none",
        run_name=folder.stem,
        project=project,
        trackio_static_space_id=False,
        disable_tqdm=True,
        dataloader_pin_memory=device != "cpu",
    )


def _with_new_adapter(model: Any, hyperparameters: Hyperparameters) -> Any:
    """Return `model` as a PEFT model with an adapter that has learnt nothing yet."""
    from peft import LoraConfig, get_peft_model

    chosen = hyperparameters
    adapter = LoraConfig(
        task_type="CAUSAL_LM",
        use_dora=chosen.adapter == "dora",
        r=chosen.rank,
        lora_alpha=chosen.alpha,
        lora_dropout=chosen.dropout,
        target_modules=list(TARGET_MODULES),
    )
    model = get_peft_model(model, adapter)
    if chosen.cached_norms:
        use_cached_norms(model)
    return model


def load_finished(trainer: Any, checkpoint: Path | None) -> bool:
    """Load `checkpoint` and return True where it is of the last step.

    To train on from it would be a step too many where the last step is not the last of its epoch.
    """
    from transformers import TrainerState

    if checkpoint is None:
        return False
    state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
    if state.global_step < state.max_steps:
        return False
    trainer.model.load_adapter(str(checkpoint), "default", is_trainable=True)
    trainer.state = state
    return True


def _epoch_order(lengths: Sequence[int], group: int, seed: int, epoch: int) -> list[int]:
    """Return the order of an epoch's examples: shuffled, then those of like length beside each other by groups.

    It depends on seed and epoch alone: the trainer's own sampler takes it from the generator's state, and a training
    resumed within an epoch would see other batches.
    """
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    generator = torch.Generator().manual_seed(seed + epoch)
    if group == 1:
        return torch.randperm(len(lengths), generator=generator).tolist()
    return get_length_grouped_indices(lengths, group, generator=generator)


def _trainer_class() -> type:
    """Return TRL's trainer with the order of examples fixed by epoch; made here because TRL is slow to import."""
    from torch.utils.data import Sampler
    from transformers import TrainerCallback
    from trl.trainer.sft_trainer import SFTTrainer

    class EpochSampler(Sampler[int]):
        """Examples in the order of the current epoch."""

        def __init__(self, size: int, order: Callable[[int], list[int]]) -> None:
            self.epoch = 0
            self._size = size
            self._order = order

        def __len__(self) -> int:
            return self._size

        def __iter__(self) -> Iterator[int]:
            return iter(self._order(self.epoch))

    class EpochCallback(TrainerCallback):
        """Tells the sampler its epoch, which a resumed training of several processes would not; asks for validation.

        Validation belongs to the last step of an epoch, before its checkpoint is written: the trainer's own comes
        after it, and would be missing where a job is killed in between.
        """

        def __init__(self, sampler: EpochSampler, validates: bool) -> None:
            self._sampler = sampler
            self._validates = validates

        @override
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._sampler.epoch = int(state.epoch)

        @override
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            ends = state.epoch == int(state.epoch) or state.global_step >= state.max_steps
            control.should_evaluate = self._validates and ends

    class MixTrainer(SFTTrainer):
        """TRL's trainer with an order and a validation of our own."""

        def __init__(
            self, epoch_order: Callable[[int], list[int]], validate: Callable[[Any], float] | None, **options: Any
        ) -> None:
            self._sampler = EpochSampler(len(options["train_dataset"]), epoch_order)
            self._validate = validate
            super().__init__(**options)
            self.add_callback(EpochCallback(self._sampler, validates=validate is not None))

        @override
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return self._sampler

        @override
        def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
            assert self._validate is not None, "asked for by the callback alone"
            # TRL's own draws random numbers, so that dropout would differ after it, and averages over batches.
            metrics = {"eval_loss": self._validate(self.model)}
            self.log(dict(metrics))
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

    return MixTrainer
