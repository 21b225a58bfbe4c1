"""Chats as token ids: rendered by the model's chat template, checked against its context."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from medinjection.models.chat_template import prompt_text
from medinjection.records.errors import InputError

_TOKENISED_TOGETHER = 1024
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One chat to be answered; `name` is what an error calls it (a record's id), `messages` are role and content.

    `order` are the published positions of the options in the order shown, empty without options. `ids` are the
    tokens of the whole prompt where it is encoded already, with what a model has reasoned.
    """

    name: str
    messages: Sequence[dict[str, str]]
    order: tuple[int, ...] = field(default=(), kw_only=True)
    ids: Sequence[int] | None = field(default=None, kw_only=True)

    @property
    def min_new_tokens(self) -> int:
        """Tokens that an answer must find room for in the model's context."""
        return 1


def encode_prompts(
    model: Any, tokenizer: Any, prompts: Sequence[Prompt], max_over_length_share: float = 0.0
) -> dict[int, np.ndarray]:
    """Return place -> token ids (int32) of each prompt that fits, up to where the assistant's turn begins.

    Args:
        max_over_length_share: maximum share of the names whose prompts are too long for the model's context. They are
            logged.

    Raises:
        InputError: the tokenizer has no chat template, or more prompts than that leave no room in the context.
    """
    if not tokenizer.chat_template:
        raise InputError(f"{tokenizer.name_or_path}: the tokenizer has no chat template, so no prompt can be rendered")
    context = context_length(model)
    encoded: dict[int, np.ndarray] = {}
    over_length: dict[str, int] = {}
    for start in range(0, len(prompts), _TOKENISED_TOGETHER):
        part = prompts[start : start + _TOKENISED_TOGETHER]
        texts = [prompt_text(tokenizer, p.messages) for p in part if p.ids is None]
        rendered = iter(tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else ())
        for place, prompt in enumerate(part, start):
            ids = next(rendered) if prompt.ids is None else prompt.ids
            if context is None or len(ids) + prompt.min_new_tokens <= context:
                encoded[place] = np.asarray(ids, dtype=np.int32)
            else:
                over_length[prompt.name] = max(len(ids), over_length.get(prompt.name, 0))
    if over_length:
        _check_over_length(
            tokenizer, over_length, len({prompt.name for prompt in prompts}), context, max_over_length_share
        )
    return encoded


def _check_over_length(
    tokenizer: Any, over_length: dict[str, int], count: int, context: int | None, max_share: float
) -> None:
    first = ", ".join(f"{name} ({tokens} tokens)" for name, tokens in list(over_length.items())[:3])
    problem = (
        f"{len(over_length)} of {count} items do not fit, with room for an answer, into the context of "
        f"{tokenizer.name_or_path}, {context} tokens: {first}{', ...' if len(over_length) > 3 else ''}"
    )
    if len(over_length) > max_share * count:
        raise InputError(
            f"{problem}; expected at most {int(max_share * count)}. Leave them out, or let them count as unanswered: "
            "prediction.max_over_length_share"
        )
    _logger.warning("%s; they are not asked and count as unanswered", problem)


def context_length(model: Any) -> int | None:
    """Return how many tokens the model's positions reach, None where its configuration sets no limit."""
    return getattr(model.config.get_text_config(), "max_position_embeddings", None)


def answer_texts(tokenizer: Any, outputs: Sequence[Sequence[int]]) -> list[str]:
    """Return the text of each answer's tokens, without special tokens, white space as generated."""
    return tokenizer.batch_decode(outputs, skip_special_tokens=True, clean_up_tokenization_spaces=False)
