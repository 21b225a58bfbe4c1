"""Chats as token ids: rendered by the model's chat template, checked against its context, sorted into batches."""

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medinjection.models.chat_template import prompt_text
from medinjection.records.errors import InputError

_TOKENISED_TOGETHER = 1024
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One chat to be answered; `name` is what an error calls it (a record's id), `messages` are role and content."""

    name: str
    messages: Sequence[dict[str, str]]

    @property
    def least_new_tokens(self) -> int:
        """Tokens that an answer must find room for in the model's context."""
        return 1


def encode_prompts(
    model: Any, tokenizer: Any, prompts: Sequence[Prompt], max_unasked_share: float = 0.0
) -> list[np.ndarray | None]:
    """Return the token ids of each prompt, up to where the assistant's turn begins, as int32 arrays.

    Args:
        max_unasked_share: share of the names whose prompts may be too long for the model's context: None in their
            place. They are logged.

    Raises:
        InputError: the tokenizer has no chat template, or more prompts than that leave no room in the context.
    """
    if not tokenizer.chat_template:
        raise InputError(f"{tokenizer.name_or_path}: the tokenizer has no chat template, so no prompt can be rendered")
    context = context_length(model)
    encoded: list[np.ndarray | None] = []
    unasked: dict[str, int] = {}
    for start in range(0, len(prompts), _TOKENISED_TOGETHER):
        part = prompts[start : start + _TOKENISED_TOGETHER]
        texts = [prompt_text(tokenizer, p.messages) for p in part]
        for prompt, ids in zip(part, tokenizer(texts, add_special_tokens=False)["input_ids"], strict=True):
            fits = context is None or len(ids) + prompt.least_new_tokens <= context
            encoded.append(np.asarray(ids, dtype=np.int32) if fits else None)
            if not fits:
                unasked[prompt.name] = max(len(ids), unasked.get(prompt.name, 0))
    if unasked:
        _check_unasked(tokenizer, unasked, len({prompt.name for prompt in prompts}), context, max_unasked_share)
    return encoded


def _check_unasked(tokenizer: Any, unasked: dict[str, int], count: int, context: int, max_share: float) -> None:
    first = ", ".join(f"{name} ({tokens} tokens)" for name, tokens in list(unasked.items())[:3])
    problem = (
        f"{len(unasked)} of {count} items do not fit, with room for an answer, into the context of "
        f"{tokenizer.name_or_path}, {context} tokens: {first}{', ...' if len(unasked) > 3 else ''}"
    )
    if len(unasked) > max_share * count:
        raise InputError(
            f"{problem}; expected at most {int(max_share * count)}. Leave them out, or let them count as unanswered: "
            "prediction.max_unasked_share"
        )
    _logger.warning("%s; they are not asked and count as unanswered", problem)


def context_length(model: Any) -> int | None:
    """Return how many tokens the model's positions reach, None where its configuration sets no limit."""
    return getattr(model.config.get_text_config(), "max_position_embeddings", None)


def by_length(encoded: Sequence[np.ndarray | None], groups: Sequence[Hashable] | None = None) -> list[int]:
    """Return the positions of prompts in `encoded`, longest first: prompts of like length share a batch.

    Little is padding then, and a batch that is too large for the memory fails near the start.

    Args:
        groups: a name a prompt; prompts of one name stay beside each other, and what they do not share decides.
    """
    there = [i for i, ids in enumerate(encoded) if ids is not None]
    if groups is None:
        return sorted(there, key=lambda i: (-len(encoded[i]), i))
    shared = common_beginnings([encoded[i] for i in there], [groups[i] for i in there])
    keys: dict[Hashable, tuple[int, int, int]] = {}
    for i in there:
        length = shared[groups[i]]
        keys[groups[i]] = min(keys.get(groups[i], (0, 0, i)), (length - len(encoded[i]), -length, i))
    return sorted(there, key=lambda i: (keys[groups[i]], -len(encoded[i]), i))


def common_beginnings(prompts: Sequence[np.ndarray], groups: Sequence[Hashable]) -> dict[Hashable, int]:
    """Return group -> tokens that all its prompts begin with; each prompt keeps one of its own."""
    members: dict[Hashable, list[np.ndarray]] = {}
    for prompt, group in zip(prompts, groups, strict=True):
        members.setdefault(group, []).append(prompt)
    common = {}
    for group, texts in members.items():
        length = min(map(len, texts)) - 1
        for text in texts[1:]:
            differing = np.flatnonzero(text[:length] != texts[0][:length])
            length = int(differing[0]) if len(differing) else length
        common[group] = length
    return common


def answer_texts(tokenizer: Any, outputs: Sequence[Sequence[int]]) -> list[str]:
    """Return the text of each answer's tokens, without special tokens, white space as generated."""
    return tokenizer.batch_decode(outputs, skip_special_tokens=True, clean_up_tokenization_spaces=False)
