"""Reasoning of a model behind an endpoint: given room for it, and parted from the answer that comes with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from medinjection.prediction.schema import REASONING_SCHEMA
from medinjection.records.reasoning import split_reasoning


class ServedAnswer(NamedTuple):
    """What an endpoint sent.

    Attributes:
        ended: whether the model ended its turn itself, rather than a limit of tokens or a refusal.
        reasoning: what it reasoned, where the endpoint gives that apart from the text.
    """

    text: str
    ended: bool
    reasoning: str | None = None


@dataclass(slots=True)
class ServedReasoning:
    """The budget of reasoning, and what came of it: rows of REASONING_SCHEMA by record, kind and order."""

    model_name: str
    max_tokens: int
    rows: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)

    def answer_of(self, sent: ServedAnswer, record_id: str, kind: str, order: Sequence[int] = ()) -> str:
        """Return the answer in what was sent, nothing where reasoning has not ended, and keep the reasoning.

        Args:
            kind: "choice" or "open".
            order: published positions of the options in the order shown.
        """
        before, answer = split_reasoning(sent.text)
        # Without any text, the endpoint gives reasoning apart: only its reason of ending tells whether that has ended.
        finished = answer is not None and (sent.ended or bool(sent.text.strip()))
        self.rows[record_id, kind, tuple(order)] = {
            "model": self.model_name,
            "record_id": record_id,
            "kind": kind,
            "option_order": tuple(order),
            "reasoning": (sent.reasoning or "") + before,
            "reasoning_tokens": None,
            "finished": finished,
        }
        return (answer or "").strip()

    def table(self) -> pa.Table:
        """Return all reasoning so far as a table of REASONING_SCHEMA."""
        return pa.Table.from_pylist(list(self.rows.values()), schema=REASONING_SCHEMA)
