"""Reasoning before an answer: written greedily up to a budget, ended by the model or for it, and kept apart.

The prompt of the answer is the chat, the reasoning and what ends it, so that a letter is asked for, freely and
constrained, where a model that does not reason is asked for it.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa

from medinjection.models.chat_template import prompt_text
from medinjection.prediction.batch import end_token_ids
from medinjection.prediction.chunks import Chunks
from medinjection.prediction.greedy import continue_prompts
from medinjection.prediction.prompts import Prompt, context_length, encode_prompts
from medinjection.prediction.schema import REASONING_SCHEMA
from medinjection.prediction.thinking.forms import Marks

_logger = logging.getLogger(__name__)
P = TypeVar("P", bound=Prompt)


class Reasoning(NamedTuple):
    """A model's reasoning without the mark of its end, its tokens, how many were written, and whether it was ended."""

    text: str
    ids: Sequence[int]
    written: int
    finished: bool


_NOTHING = Reasoning("", (), 0, False)


@dataclass(slots=True)
class Reasoner:
    """Lets a model reason about prompts, and keeps what it wrote.

    Attributes:
        max_tokens: the budget of a prompt; fewer where the context ends earlier, which leaves room for the answer.
        chunks: keeps reasoning, and has that of an earlier job.
        rows: of REASONING_SCHEMA, of all prompts so far.
    """

    model: Any
    tokenizer: Any
    model_name: str
    marks: Marks
    max_tokens: int
    batch_size: int
    chunks: Chunks
    rows: list[dict[str, Any]] = field(default_factory=list)

    def reasoned(self, prompts: Sequence[P], kind: str, max_over_length_share: float = 0.0) -> list[P]:
        """Return the prompts with the model's reasoning behind them; those that do not fit the context as they are.

        Args:
            kind: "choice" or "open", for the rows.

        Raises:
            InputError: more prompts than that share are too long for the model's context.
        """
        texts = [prompt_text(self.tokenizer, prompt.messages, thinking=True) for prompt in prompts]
        chats = self.tokenizer(texts, add_special_tokens=False)["input_ids"]
        asked = [replace(prompt, ids=ids) for prompt, ids in zip(prompts, chats, strict=True)]
        encoded = encode_prompts(self.model, self.tokenizer, asked, max_over_length_share)
        ending = self.tokenizer(self.marks.ending, add_special_tokens=False)["input_ids"]
        context = context_length(self.model)
        # Where hardly a token fits, there is no reasoning: the answer is asked for at once.
        limits = {
            i: self.max_tokens
            if context is None
            else min(self.max_tokens, context - len(ids) - len(ending) - prompts[i].min_new_tokens)
            for i, ids in encoded.items()
        }
        ends = {*end_token_ids(self.model, self.tokenizer), *self._closing_ids()}
        description = f"reasoning about {kind} questions, {self.model_name}"
        found = continue_prompts(self.model, encoded, limits, ends, self.batch_size, self.chunks, description)
        result = []
        for i, prompt in enumerate(asked):
            one = self._reasoning(found[i], limits[i], ends) if i in found else _NOTHING
            self.rows.append(self._row(prompt, kind, one))
            result.append(replace(prompt, ids=[*chats[i], *one.ids, *ending]))
        if cut := sum(not row["finished"] for row in self.rows[-len(prompts) :]):
            told = "%d of %d reasonings were ended for the model, at its budget or because its turn ended without %s"
            _logger.warning(told, cut, len(prompts), self.marks.closing)
        return result

    def _closing_ids(self) -> list[int]:
        """Return the token that closes reasoning, nothing where that is several tokens."""
        ids = self.tokenizer(self.marks.closing, add_special_tokens=False)["input_ids"]
        return ids if len(ids) == 1 else []

    def _reasoning(self, output: Sequence[int], limit: int, ends: Collection[int]) -> Reasoning:
        """Return what of a model's output, which has a maximum of `limit` tokens, is its reasoning."""
        text = self._text(output)
        before, closed, _ = text.partition(self.marks.closing)
        # A turn that ends without the mark is taken for reasoning too: the answer is asked for behind it.
        ids = list(output[:-1]) if output and output[-1] in ends else list(output)
        if closed and self._text(ids) != before:
            # The mark is several tokens, or stands before the end of the turn.
            ids = self.tokenizer(before, add_special_tokens=False)["input_ids"][:limit]
        return Reasoning(before if closed else self._text(ids), ids, len(output), bool(closed))

    def _text(self, ids: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        return text

    def _row(self, prompt: Prompt, kind: str, reasoning: Reasoning) -> dict[str, Any]:
        return {
            "model": self.model_name,
            "record_id": prompt.name,
            "kind": kind,
            "option_order": prompt.order,
            "reasoning": reasoning.text,
            "reasoning_tokens": reasoning.written,
            "finished": reasoning.finished,
        }

    def table(self) -> pa.Table:
        """Return all reasoning so far as a table of REASONING_SCHEMA."""
        return pa.Table.from_pylist(self.rows, schema=REASONING_SCHEMA)
