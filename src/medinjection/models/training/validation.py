"""Validation loss: how well a model in training foretells chats that it does not learn."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from medinjection.models.training.examples import IGNORED, Example

# Padded tokens of a forward pass: the logits of each take as many numbers as the vocabulary has entries.
_TOKENS_TOGETHER = 4096


def validation_loss(model: Any, examples: Sequence[Example], batch_size: int, pad_token_id: int) -> float:
    """Return the mean negative log-likelihood, in nats, of the learnt tokens of `examples`, without dropout.

    Every token counts the same, whichever batch its chat is in, so that the number depends on the batch size and on the
    number of processes by rounding only; processes that train together share the chats. Nothing random is drawn and no
    weight changes: a training gives the same adapter with and without validation.

    Args:
        model: a causal language model; it is left in the mode in which it was.
        batch_size: maximum number of chats of a forward pass.
    """
    import torch
    from torch.nn.functional import cross_entropy

    processes, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    device, was_training = model.device, model.training
    total, count = 0.0, 0
    model.eval()
    with torch.no_grad():
        for batch in _batches(examples[rank::processes], batch_size):
            ids, labels, mask = _padded(batch, pad_token_id)
            logits = model(input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False).logits
            for row, targets in zip(logits, labels.to(device), strict=True):
                learnt = targets[1:] != IGNORED
                total += cross_entropy(row[:-1][learnt].float(), targets[1:][learnt], reduction="sum").item()
                count += int(learnt.sum())
    model.train(was_training)
    sums = torch.tensor([total, float(count)], dtype=torch.float64, device=device)
    if processes > 1:
        torch.distributed.all_reduce(sums)
    return (sums[0] / sums[1]).item()


def _batches(examples: Sequence[Example], batch_size: int) -> Iterator[list[Example]]:
    """Yield the examples, the longest first, in batches that are no wider than fits."""
    batch: list[Example] = []
    for example in sorted(examples, key=lambda one: -len(one.input_ids)):
        if batch and (len(batch) == batch_size or (len(batch) + 1) * len(batch[0].input_ids) > _TOKENS_TOGETHER):
            yield batch
            batch = []
        batch.append(example)
    if batch:
        yield batch


def _padded(batch: Sequence[Example], pad_token_id: int) -> tuple[Any, Any, Any]:
    """Return ids, labels and attention mask (int64, shape (chats, tokens)), padded on the right."""
    import torch

    shape = (len(batch), max(len(example.input_ids) for example in batch))
    ids, labels = torch.full(shape, pad_token_id), torch.full(shape, IGNORED)
    mask = torch.zeros(shape, dtype=torch.int64)
    for row, example in enumerate(batch):
        length = len(example.input_ids)
        ids[row, :length] = torch.tensor(example.input_ids)
        labels[row, :length] = torch.tensor(example.labels)
        mask[row, :length] = 1
    return ids, labels, mask
