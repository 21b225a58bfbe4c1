"""What choice_speed.py measures with: questions in several orders, a small model, and a counter of the tokens read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from released_choice import allowed_ids
from training_variants import REGISTRY, Shape, new_model

from medinjection.demo.corpora.choice_corpora import frenchmedmcqa_rows
from medinjection.demo.corpora.rendered_file import json_array
from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.demo.model.tokenizer import train_tokenizer
from medinjection.models.base.loading import load_for_prediction
from medinjection.models.device import resolve_device
from medinjection.prediction.batch import end_token_ids
from medinjection.prediction.decoding import ChoicePrompt
from medinjection.prediction.orders import option_order
from medinjection.records.chat import messages, user_turn
from medinjection.records.errors import InputError
from medinjection.records.sampling import ranked
from medinjection.records.schema import BY_ANSWERS, LETTERS, Record
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.registry import load_registry

KNOWLEDGE_BASE = REGISTRY.parents[1] / "resources" / "knowledge_base.yaml"
SOURCE = "frenchmedmcqa"
RENDERED = 800
# The sizes of the tiny reference model.
SMALL = Shape(4, 128, 4, 2, 32, 384, 4096)
# So that answers of random weights depend on the prompt, and often but not always are letters.
SHARPER, LIKELIER = 3, 3


def read_questions(data: Path | None) -> list[Record]:
    """Return the questions of FrenchMedMCQA whose options may move, in a drawn order.

    Args:
        data: folder of upstream's files; without it questions are rendered from the knowledge base.

    Raises:
        InputError: the folder has no file of FrenchMedMCQA.
    """
    if data is not None:
        return _questions_in(data / SOURCE)
    with TemporaryDirectory() as folder:
        rows = frenchmedmcqa_rows(load_knowledge_base(KNOWLEDGE_BASE), "train", RENDERED, 0)
        json_array(f"{SOURCE}/train.json", RENDERED, rows).write(Path(folder))
        return _questions_in(Path(folder) / SOURCE)


def _questions_in(folder: Path) -> list[Record]:
    # All of the source is mcq; to measure both tasks, its questions with one right answer are put as mcqu.
    source = replace(load_registry(REGISTRY)[SOURCE], choice_task=BY_ANSWERS)
    read = reader_of(source)(folder, source)
    questions = {item.id: item for item in read if isinstance(item, Record) and item.shufflable}
    return ranked(questions.values(), "choice speed", lambda record: record.id)


def of_task(questions: Sequence[Record], task: str, count: int) -> list[Record]:
    """Return the first `count` questions of `task`. Raises InputError where there are fewer."""
    found = [record for record in questions if record.task == task]
    if len(found) < count:
        raise InputError(f"{len(found)} questions of task {task}, expected at least {count}")
    return found[:count]


def prompts_of(questions: Sequence[Record], orders: int, name: str = "") -> list[ChoicePrompt]:
    """Return each question in `orders` orders, those that show the same once, as the workflow asks them."""
    prompts = []
    for record in questions:
        count = len(record.options)
        shown = (option_order(record.id, count, order, 0, record.shufflable) for order in range(orders))
        for order in dict.fromkeys(shown):
            prompts.append(ChoicePrompt(f"{record.id}{name}", messages(record, order), LETTERS[:count], record.task))
    return prompts


def small_model(golden: Path | None, questions: Sequence[Record]) -> tuple[Any, Any]:
    """Return the model in `golden`/model or, without it, a tiny Qwen3 of random weights; and its tokenizer."""
    if golden is not None:
        return load_for_prediction(golden / "model", None, "cpu", "float32")
    import torch

    tokenizer = _tokenizer_of(questions, SMALL.vocabulary)
    model = new_model(SMALL, torch.float32, "cpu").eval()
    letters = LETTERS[: max(len(record.options) for record in questions)]
    head = torch.randn(SMALL.vocabulary, SMALL.hidden, generator=torch.Generator().manual_seed(0)) * 0.02
    head[allowed_ids(tokenizer, letters, end_token_ids(model, tokenizer))] *= LIKELIER
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "proj" in name:
                weight *= SHARPER
    model.lm_head.weight = torch.nn.Parameter(head)
    return model, tokenizer


def shaped_model(shape: Shape, device: str, questions: Sequence[Record]) -> tuple[Any, Any]:
    """Return a model of random weights on `device`, in bfloat16 but on the CPU, and a tokenizer that fits it.

    Raises:
        InputError: there is no such device.
    """
    import torch

    device = resolve_device(device)
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    tokenizer = _tokenizer_of(questions, min(shape.vocabulary, SMALL.vocabulary))
    return new_model(shape, dtype, device).eval(), tokenizer


def peak_gigabytes(device: str) -> float | None:
    """Return the maximum of memory that a GPU has given so far, in 10^9 bytes; None on a CPU."""
    if device == "cpu":
        return None
    import torch

    return round(torch.cuda.max_memory_allocated() / 1e9, 2)


def _tokenizer_of(questions: Sequence[Record], vocabulary: int) -> Any:
    return train_tokenizer([user_turn(record) for record in questions], vocabulary)


@dataclass(slots=True)
class Tokens:
    """Tokens that a model read: `padded` counts the places in the batch, `real` those that are no padding."""

    prefilled: int = 0
    prefilled_real: int = 0
    decoded: int = 0
    forwards: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@contextmanager
def counted(model: Any) -> Iterator[Tokens]:
    """Count what `model` reads; one token a row is a step of decoding, as prompts and their remainders are longer."""
    tokens = Tokens()

    def count(_module: Any, _arguments: Any, named: dict[str, Any]) -> None:
        rows, width = named["input_ids"].shape
        tokens.forwards += 1
        if width == 1:
            tokens.decoded += rows
        else:
            tokens.prefilled += rows * width
            # `generate` gives no mask where nothing is padding.
            mask = named.get("attention_mask")
            tokens.prefilled_real += rows * width if mask is None else int(mask[:, -width:].sum())

    hook = model.register_forward_pre_hook(count, with_kwargs=True)
    try:
        yield tokens
    finally:
        hook.remove()
