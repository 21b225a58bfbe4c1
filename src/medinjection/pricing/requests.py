"""Requests that a stage is going to send, as far as they are known before it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExpectedRequest:
    """One request that a stage is going to send, or several of which the texts are not written yet.

    Attributes:
        growth: tokens of the answer per token of the user message.
        answer_tokens: tokens of the answer beside those.
        times: how many such requests; other than 1 only where `written` is false.
        written: whether `messages` are exactly those that will be sent.
        unwritten_tokens: tokens of the prompt that are not written yet.
        max_tokens: maximum of tokens of its answer, where that is not the language model's.
    """

    messages: tuple[dict[str, str], ...]
    growth: float = 0.0
    answer_tokens: float = 0.0
    times: float = 1.0
    written: bool = True
    unwritten_tokens: float = 0.0
    max_tokens: int | None = None
