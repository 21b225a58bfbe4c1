"""Pre-train the tiny base model of the demonstration on the run's own text, in about a minute on one core."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from medinjection.demo.model.pretraining_data import PretrainingData, corpus_options, corpus_texts
from medinjection.demo.model.tokenizer import train_tokenizer
from medinjection.models.base.quiet import quiet_libraries
from medinjection.models.files.run_facts import (
    hardware,
    library_versions,
    make_deterministic,
    model_fingerprint,
    peak_memory_bytes,
    remove_files,
    write_run,
)
from medinjection.models.training.examples import IGNORED
from medinjection.progress import progress_bar
from medinjection.records.errors import InputError
from medinjection.records.files import read_documents, read_records, sha256_of, write_text
from medinjection.records.stand_ins import StandIn

README = """# A tiny model made by this workflow for demonstration

Not a medical model and not a language model to use: fewer than a million parameters, trained for about a minute on the
demonstration's own text and on an elementary exercise (naming the letter of the option that is a given word). It stands
in for a pretrained instruct model, so that the whole workflow runs on a laptop. Its answers mean nothing.
"""

_TEXT_LENGTH = 96
_TEXT_EVERY = 8
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pretraining:
    """Shape of the tiny model, and how long it learns."""

    vocabulary: Annotated[int, "Entries of the byte-level BPE vocabulary."] = 2048
    hidden: Annotated[int, "Width of the hidden states."] = 128
    layers: Annotated[int, "Transformer layers."] = 4
    heads: Annotated[int, "Attention heads."] = 4
    kv_heads: Annotated[int, "Key-value heads."] = 2
    context: Annotated[int, "Maximum length of an input in tokens."] = 1024
    steps: Annotated[int, "Optimizer steps."] = 600
    batch_size: Annotated[int, "Sequences per optimizer step."] = 16
    learning_rate: Annotated[float, "Peak learning rate."] = 3e-3
    seed: Annotated[int, "Seed of the weights and of the order of the training data."] = 42


def pretrain_base(documents: Sequence[Path], records: Sequence[Path], output: Path, settings: Pretraining) -> None:
    """Write a tiny Qwen3 model with its tokenizer to the folder `output`, run.json last.

    Float32 on one CPU thread with a fixed number of steps: the same inputs give the same bytes.

    Raises:
        InputError: the inputs hold no training text, or the shape is impossible.
    """
    import torch

    started = time.monotonic()
    quiet_libraries()
    make_deterministic(settings.seed)
    torch.set_num_threads(1)
    read = [document for path in documents for document in read_documents(path)]
    asked = [record for path in records for record in read_records(path)]
    texts, options = corpus_texts(read, asked), corpus_options(read, asked)
    if len(options) < 10:
        raise InputError(f"{', '.join(map(str, [*documents, *records]))}: no text of the split train to learn from")
    tokenizer = train_tokenizer(texts, settings.vocabulary)
    tokenizer.model_max_length = settings.context
    model = _new_model(settings, tokenizer)
    tokens, last_loss = teach(model, PretrainingData(tokenizer, texts, options, settings.seed), settings)

    output.mkdir(parents=True, exist_ok=True)
    remove_files([output / "run.json"])
    model.save_pretrained(output)
    tokenizer.save_pretrained(output)
    write_text(output / "README.md", README)
    facts = {
        "status": "finished",
        "model": output.name,
        "description": "tiny model made by this workflow for demonstration; not a medical model",
        "stand_ins": [StandIn.BASE],
        "hyperparameters": asdict(settings),
        "seed": settings.seed,
        "data_sha256": {path.name: sha256_of(path) for path in [*documents, *records]},
        "base_sha256": model_fingerprint(output),
        "versions": library_versions(),
        "hardware": hardware("cpu"),
        "parameters": model.num_parameters(),
        "steps": settings.steps,
        "tokens": tokens,
        "last_loss": last_loss,
        "peak_memory_bytes": peak_memory_bytes("cpu"),
        "wall_seconds": round(time.monotonic() - started, 1),
    }
    write_run(output, facts)


def _new_model(settings: Pretraining, tokenizer: Any) -> Any:
    from transformers import GenerationConfig, Qwen3Config, Qwen3ForCausalLM

    if settings.hidden % (2 * settings.heads) or settings.heads % settings.kv_heads:
        raise InputError(
            f"hidden {settings.hidden}, heads {settings.heads}, kv_heads {settings.kv_heads}: expected hidden to be "
            "divisible by twice heads, and heads by kv_heads"
        )
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden,
        intermediate_size=2 * settings.hidden,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.kv_heads,
        head_dim=settings.hidden // settings.heads,
        max_position_embeddings=settings.context,
        tie_word_embeddings=True,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"},
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    model = Qwen3ForCausalLM(config)
    model.generation_config = GenerationConfig(
        eos_token_id=[tokenizer.eos_token_id], pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    return model


def teach(
    model: Any, data: PretrainingData, settings: Pretraining, watch: Callable[[int], None] | None = None
) -> tuple[int, float]:
    """Train `model` on `data`; return the number of tokens seen and the mean loss of the last tenth of the steps.

    Matrices learn with Muon, everything else with AdamW.

    Args:
        watch: called after each step with its number.
    """
    import torch

    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    optimizers = [
        torch.optim.Muon(matrices, lr=settings.learning_rate, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    tokens = 0
    losses: list[float] = []
    model.train()
    bar = progress_bar(settings.steps, "pre-training", unit="steps")
    for step in range(settings.steps):
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * _schedule(step, settings.steps)
        ids, labels = _batch(data, step, settings)
        loss = _loss(model, ids, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        tokens += ids.numel()
        losses.append(loss.item())
        bar.update(1)
        if watch:
            watch(step)
    bar.close()
    model.eval()
    last = losses[-max(1, len(losses) // 10) :]
    return tokens, sum(last) / len(last)


def _schedule(step: int, steps: int) -> float:
    """Return the factor of the learning rate: a short warm-up, then a cosine to a twentieth."""
    return min(1.0, (step + 1) / 30) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def _batch(data: PretrainingData, step: int, settings: Pretraining) -> tuple[Any, Any]:
    """Return padded ids and labels (int64, shape (sequences, tokens)); padding follows, so causality masks it."""
    import torch

    progress = step / settings.steps
    if step % _TEXT_EVERY == 0:
        rows = [data.text(min(_TEXT_LENGTH, settings.context)) for _ in range(settings.batch_size)]
    elif progress < 0.4 or (progress < 0.7 and step % 3 == 0):
        rows = [data.listing(questions=6) for _ in range(settings.batch_size)]
    else:
        rows = [data.chat(questions=3 if progress < 0.7 else 1) for _ in range(settings.batch_size)]
    width = max(len(ids) for ids, _ in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.int64)
    labels = torch.full((len(rows), width), IGNORED, dtype=torch.int64)
    for row, (row_ids, row_labels) in enumerate(rows):
        ids[row, : len(row_ids)] = torch.tensor(row_ids)
        labels[row, : len(row_labels)] = torch.tensor(row_labels)
    return ids, labels


def _loss(model: Any, ids: Any, labels: Any) -> Any:
    """Return the mean cross-entropy of the learnt tokens; the vocabulary is scored at their places only."""
    from torch.nn.functional import cross_entropy

    states = model.model(ids, use_cache=False).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    learnt = targets != IGNORED
    return cross_entropy(model.lm_head(states[learnt]), targets[learnt])
