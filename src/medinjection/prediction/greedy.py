"""Prompts continued greedily, where those that begin alike are read together, and kept chunk by chunk."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from medinjection.prediction.batch import PromptBatch, continue_rows
from medinjection.prediction.chunks import Chunks, work_off
from medinjection.prediction.sharing import by_length, groups_by_beginning


def continue_prompts(
    model: Any,
    encoded: Mapping[int, np.ndarray],
    limits: Mapping[int, int],
    ends: Collection[int],
    batch_size: int,
    chunks: Chunks,
    description: str,
) -> dict[int, list[int]]:
    """Return place -> the likeliest tokens behind each prompt, with the one of `ends` that comes last, if any.

    Args:
        encoded: place -> token ids.
        limits: place -> maximum number of tokens; a prompt that has none is left out.
        chunks: keeps what is done, and has that of an earlier job.
        description: what is done, for the progress bar.

    Raises:
        InputError: the model is one that `PromptBatch` cannot read, or a single prompt does not fit into the memory.
    """
    import torch

    model.eval()
    groups = groups_by_beginning(encoded)
    order = [i for i in by_length(encoded, groups) if limits[i] > 0]

    def answer(places: Sequence[int]) -> list[list[int]]:
        batch = PromptBatch(model, [encoded[i] for i in places], [groups[i] for i in places])
        return continue_rows(batch, lambda logits: logits.argmax(dim=1), [limits[i] for i in places], ends)

    with torch.inference_mode():
        return work_off(order, batch_size, answer, chunks, description)
