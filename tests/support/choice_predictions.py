"""Predictions for tests of scoring: rows as the prediction step writes them."""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from medinjection.prediction.schema import CHOICE_SCHEMA
from medinjection.records.schema import LETTERS


def prediction(
    record: object,
    predicted: Sequence[int],
    gold: Sequence[int],
    model: str = "NAT",
    order: int = 0,
    decoding: str = "greedy",
    task: str = "mcq",
    source: str = "src",
    shown: Sequence[int] = (0, 1, 2, 3, 4),
    raw: str | None = None,
    logprobs: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Return one row of CHOICE_SCHEMA; `predicted` and `gold` are published positions, `shown` the order of options."""
    shown = list(shown)
    letters = [LETTERS[shown.index(option)] for option in dict.fromkeys(predicted) if option in shown]
    return {
        "model": model,
        "record_id": f"{source}:{record}",
        "source": source,
        "task": task,
        "order": order,
        "decoding": decoding,
        "option_order": shown,
        "raw_output": ", ".join(letters) if raw is None else raw,
        "predicted_indices": list(predicted),
        "letter_logprobs": [0.0] * len(shown) if logprobs is None else list(logprobs),
        "gold_indices": list(gold),
    }


def table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Return rows as a table of CHOICE_SCHEMA."""
    return pa.Table.from_pylist(list(rows), schema=CHOICE_SCHEMA)


def answered(
    model: str, right: Iterable[Iterable[object]], orders: Sequence[int] = (0,), decoding: str = "greedy"
) -> list[dict[str, Any]]:
    """Return answers of `model` to mcqu questions: right[i][k] says whether item i is right in the k-th order."""
    return [
        prediction(i, [0] if hit else [1], [0], model, order, decoding, task="mcqu")
        for i, hits in enumerate(right)
        for order, hit in zip(orders, hits, strict=True)
    ]
