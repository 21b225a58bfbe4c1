"""What train_throughput.py trains: a model of random weights, chats, and the settings that are compared."""

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from medinjection.demo.model.tokenizer import PAD_TOKEN, TURN_END, train_tokenizer
from medinjection.models.training.examples import Example, make_examples
from medinjection.models.training.hyperparameters import Hyperparameters
from medinjection.models.training.trainer import TARGET_MODULES, sft_trainer
from medinjection.records.chat import assistant_turn, user_turn
from medinjection.records.question_prompts import read_question_prompts
from medinjection.records.sampling import ranked
from medinjection.records.schema import Record
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.registry import load_registry

REGISTRY = Path(__file__).resolve().parents[1] / "config" / "sources.yaml"
PROMPTS = REGISTRY.parent / "prompts"
SOURCE = "frenchmedmcqa"
VOCABULARY = 8192

# Tokens of a chat of FrenchMedMCQA (train and dev, byte-level BPE of 8192 entries trained on them) at 0, 5, ... 100 %:
#   python benchmarks/train_throughput.py --data FOLDER --lengths
LENGTH_QUANTILES = (64, 77, 82, 86, 90, 93, 97, 101, 104, 107, 111, 114, 118, 122, 126, 131, 137, 143, 152, 166, 271)


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a Qwen3 model."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head: int
    feed_forward: int
    vocabulary: int

    def matrices(self) -> int:
        """Return the weights that are multiplied for each token: the seven projections of each layer."""
        attention = self.hidden * self.head * 2 * (self.heads + self.kv_heads)
        return self.layers * (attention + 3 * self.hidden * self.feed_forward)

    def flops_of_a_token(self, length: float) -> float:
        """Return the least operations a token of LoRA training: forward, and backward to the inputs only.

        Args:
            length: mean tokens of a chat; each attends to half of it.
        """
        products = 4 * (self.matrices() + self.hidden * self.vocabulary)
        return products + 6 * self.layers * self.heads * self.head * length


def proportioned(hidden: int, layers: int) -> Shape:
    """Return a shape with the proportions of Qwen3-4B: heads of 64, queries 1.6, feed-forward 3.8 times as wide."""
    heads = max(4, round(1.6 * hidden / 64 / 4) * 4)
    return Shape(layers, hidden, heads, heads // 4, 64, round(3.8 * hidden / 64) * 64, VOCABULARY)


QWEN3_4B = Shape(36, 2560, 32, 8, 128, 9728, 151936)
TINY = Shape(2, 64, 4, 1, 16, 192, 512)


@dataclass(frozen=True, slots=True)
class Variant:
    """Settings to measure: ours with differences, or what the authors' program runs."""

    name: str
    changes: dict[str, Any] = field(default_factory=dict)
    checkpointing: bool = False
    released: bool = False
    compiled: bool = False


@dataclass(slots=True)
class Measured:
    """Counts over the steps of a training, and the loss of each step."""

    seconds: float = 0.0
    supervised: int = 0
    real: int = 0
    padded: int = 0
    steps: int = 0
    peak_bytes: int = 0
    losses: list[float] = field(default_factory=list)


def new_model(shape: Shape, dtype: Any, device: str) -> Any:
    """Return a Qwen3 model of random weights, the same each time."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        dtype=dtype,
        pad_token_id=0,
        eos_token_id=2,
        bos_token_id=None,
    )
    torch.manual_seed(0)
    with torch.device(device):
        return Qwen3ForCausalLM(config).to(dtype)


def real_chats(folder: Path) -> tuple[list[Example], Any]:
    """Return every chat of FrenchMedMCQA under `folder` in a drawn order, with a tokenizer trained on them."""
    source = load_registry(REGISTRY)[SOURCE]
    read = reader_of(source)(folder / SOURCE, source)
    records = ranked([item for item in read if isinstance(item, Record)], "train throughput", lambda record: record.id)
    tokenizer = train_tokenizer([f"{user_turn(record)} {assistant_turn(record)}" for record in records], VOCABULARY)
    tokenizer.padding_side = "right"
    prompts = read_question_prompts(PROMPTS / "question_choice.txt", PROMPTS / "question_open.txt")
    return make_examples(records, tokenizer, "full", 8192, prompts=prompts), tokenizer


def drawn_chats(count: int, vocabulary: int, seed: int = 0) -> tuple[list[Example], Any]:
    """Return chats of random tokens with lengths of LENGTH_QUANTILES, and a tokenizer that only pads."""
    generator = random.Random(seed)
    chats = []
    for number in range(count):
        place = generator.random() * (len(LENGTH_QUANTILES) - 1)
        low, high = LENGTH_QUANTILES[int(place)], LENGTH_QUANTILES[int(place) + 1]
        length = round(low + (high - low) * (place - int(place)))
        # The first entries are the special tokens.
        tokens = tuple(generator.randrange(3, vocabulary) for _ in range(length))
        chats.append(Example(str(number), SOURCE, tokens, tokens))
    return chats, train_tokenizer([PAD_TOKEN, TURN_END], 512)


def trainer_of(
    variant: Variant, model: Any, tokenizer: Any, chats: Sequence[Example], folder: Path, settings: Hyperparameters
) -> Any:
    """Return the trainer of `variant`: that of the workflow, or one set up as the authors' program does."""
    device = model.device.type
    if variant.released:
        return _released_trainer(model, tokenizer, chats, folder, settings)
    trainer = sft_trainer(
        model, tokenizer, chats, folder, replace(settings, **variant.changes), device, variant.checkpointing
    )
    if variant.compiled:
        for layer in trainer.model.get_base_model().model.layers:
            layer.compile(dynamic=True)
    return trainer


def _released_trainer(
    model: Any, tokenizer: Any, chats: Sequence[Example], folder: Path, settings: Hyperparameters
) -> Any:
    """Return a trainer with the settings of the released training program, in today's names of them.

    DoRA as PEFT has it, dropout 0.05, gradient checkpointing, batches of like length, padded to a multiple of 8, the
    whole chat learnt. FlashAttention 2, which it asks for, only where it is installed.
    """
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    from medinjection.models.training.trainer import resolve_attention

    device = model.device.type
    model.set_attn_implementation(resolve_attention("auto", device, model.dtype))
    arguments = SFTConfig(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        per_device_train_batch_size=settings.per_device_batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.05,
        optim="adamw_torch",
        seed=settings.seed,
        max_length=2048,
        pad_to_multiple_of=8,
        train_sampling_strategy="group_by_length",
        activation_checkpointing=True,
        bf16=model.dtype == torch.bfloat16,
        use_cpu=device == "cpu",
        save_strategy="no",
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=device != "cpu",
    )
    adapter = LoraConfig(
        task_type="CAUSAL_LM",
        use_dora=True,
        r=16,
        lora_alpha=16,
        lora_dropout=0.05,
        target_modules=list(TARGET_MODULES),
    )
    rows = Dataset.from_dict({"input_ids": [c.input_ids for c in chats], "labels": [c.input_ids for c in chats]})
    trainer = SFTTrainer(
        model=model, args=arguments, train_dataset=rows, processing_class=tokenizer, peft_config=adapter
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def train(
    variant: Variant,
    model: Any,
    tokenizer: Any,
    chats: Sequence[Example],
    settings: Hyperparameters,
    warm_up: int = 0,
    around: Callable[[Any], Any] | None = None,
) -> Measured:
    """Train `model` on `chats` and return what was measured between the beginning and the end of each step.

    CPU time on the CPU, time with the device's queue empty on a GPU; setting up, logging and saving are left out.

    Args:
        warm_up: steps at the beginning that are not measured.
        around: makes a context, from the model with its adapter, to train in.
    """
    import torch

    with tempfile.TemporaryDirectory(prefix="train-throughput-") as folder:
        trainer = trainer_of(variant, model, tokenizer, chats, Path(folder), settings)
        measured = Measured()
        trainer.add_callback(_step_watch(measured, warm_up))
        hook = trainer.model.register_forward_pre_hook(_token_counter(measured), with_kwargs=True)
        if around is None:
            trainer.train()
        else:
            with around(trainer.model):
                trainer.train()
        hook.remove()
        measured.losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    if model.device.type == "cuda":
        measured.peak_bytes = torch.cuda.max_memory_allocated()
    return measured


def _token_counter(measured: Measured) -> Callable[..., None]:
    def count(_module: Any, _arguments: Any, named: dict[str, Any]) -> None:
        labels, mask = named.get("labels"), named.get("attention_mask")
        measured.padded += named["input_ids"].numel()
        measured.real += named["input_ids"].numel() if mask is None else int((mask != 0).sum())
        measured.supervised += int((labels != -100).sum())

    return count


def _step_watch(measured: Measured, warm_up: int) -> Any:
    import torch
    from transformers import TrainerCallback

    def now() -> float:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
            return time.perf_counter()
        return time.process_time()

    class StepWatch(TrainerCallback):
        """Times each step; forgets the first ones."""

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self._begun = now()

        def on_step_end(self, _arguments: Any, state: Any, *_: Any, **__: Any) -> None:
            measured.seconds += now() - self._begun
            measured.steps += 1
            if state.global_step == warm_up:
                measured.seconds, measured.steps = 0.0, 0
                measured.supervised = measured.real = measured.padded = 0

    return StepWatch()
