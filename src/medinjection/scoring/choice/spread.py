"""Averages over records and over sources, and their spreads, each named: across orders, across sources, pooled."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS
from medinjection.scoring.choice.intervals import AGGREGATE
from medinjection.scoring.choice.scores import MEASURES

SPREAD_COLUMNS = (
    "model",
    "task",
    "decoding",
    "orders",
    "metric",
    "n_sources",
    "n_orders",
    "micro",
    "macro",
    "sd_orders_micro",
    "sd_orders_macro",
    "sd_sources",
    "pooled_sd_orders",
    "pooled_sd_sources",
)
# A row of `scoring.choice.scores.score_choice`: texts, counts and shares by column.
Score = Mapping[str, Any]


def spread_rows(scores: Sequence[Score]) -> list[dict[str, object]]:
    """Return rows of SPREAD_COLUMNS for each model, task, decoding and kind of orders.

    `micro` weights sources by their records, `macro` does not; over permuted orders both are means over the orders.
    Every deviation is a sample standard deviation (n - 1): `sd_orders_micro` and `sd_orders_macro` of the averages of
    the orders, `sd_sources` of the sources' means over the orders. The task "aggregate" is the mean of both tasks
    (paper Table 5); it has its own deviation across orders, and beside it the paper's formula
    sqrt((sd_mcq^2 + sd_mcqu^2) / 2), `pooled_sd_*`, which takes the macro-averages. None: too few orders or sources.

    Args:
        scores: rows of `scoring.choice.scores.score_choice`.

    Raises:
        InputError: a source of a task lacks one of the orders, so that averages of orders would not compare.
    """
    groups: dict[tuple[str, str, str], dict[str, list[Score]]] = defaultdict(dict)
    for row in scores:
        orders = "permuted" if row["order"] else "published"
        groups[row["model"], row["decoding"], orders].setdefault(row["task"], []).append(row)
    rows: list[dict[str, object]] = []
    for (model, decoding, orders), tasks in groups.items():
        for metric in MEASURES:
            parts = {task: _Averages(tasks[task], metric) for task in CHOICE_TASKS if task in tasks}
            found = {task: asdict(part.numbers()) for task, part in parts.items()}
            if "exact_match" in metric and len(parts) == len(CHOICE_TASKS):
                found[AGGREGATE] = asdict(_aggregate(list(parts.values())))
            for task, values in found.items():
                key = {"model": model, "task": task, "decoding": decoding, "orders": orders, "metric": metric}
                rows.append({name: (key | values).get(name) for name in SPREAD_COLUMNS})
    return rows


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What a line says of one task; names as in SPREAD_COLUMNS."""

    n_sources: int
    n_orders: int
    micro: float
    macro: float
    sd_orders_micro: float | None
    sd_orders_macro: float | None
    sd_sources: float | None
    pooled_sd_orders: float | None = None
    pooled_sd_sources: float | None = None


class _Averages:
    """Averages of one metric over the sources of one task, by order."""

    def __init__(self, scores: Sequence[Score], metric: str) -> None:
        by_source: dict[str, dict[int, tuple[int, float]]] = defaultdict(dict)
        for row in scores:
            by_source[row["source"]][row["order"]] = (row["n"], row[metric])
        orders = sorted({row["order"] for row in scores})
        for source, values in by_source.items():
            if missing := [order for order in orders if order not in values]:
                first = scores[0]
                raise InputError(
                    f"scores of {first['model']}, {source}, {first['task']}, {first['decoding']}: no line of order "
                    f"{missing[0]}, expected orders {', '.join(map(str, orders))}"
                )
        self.micro: dict[int, float] = {}
        for order in orders:
            cells = [values[order] for values in by_source.values()]
            self.micro[order] = math.fsum(n * value for n, value in cells) / sum(n for n, _ in cells)
        self.macro = {order: fmean(values[order][1] for values in by_source.values()) for order in orders}
        self.sources = [fmean(value for _, value in values.values()) for values in by_source.values()]

    def numbers(self) -> _Numbers:
        return _Numbers(
            n_sources=len(self.sources),
            n_orders=len(self.macro),
            micro=fmean(self.micro.values()),
            macro=fmean(self.macro.values()),
            sd_orders_micro=_deviation(list(self.micro.values())),
            sd_orders_macro=_deviation(list(self.macro.values())),
            sd_sources=_deviation(self.sources),
        )


def _aggregate(parts: Sequence[_Averages]) -> _Numbers:
    """Return the numbers of the average of both tasks."""
    tasks = [part.numbers() for part in parts]
    shared = sorted(set.intersection(*(set(part.macro) for part in parts)))
    return _Numbers(
        n_sources=sum(task.n_sources for task in tasks),
        n_orders=len(shared),
        micro=fmean(task.micro for task in tasks),
        macro=fmean(task.macro for task in tasks),
        sd_orders_micro=_deviation([fmean(part.micro[order] for part in parts) for order in shared]),
        sd_orders_macro=_deviation([fmean(part.macro[order] for part in parts) for order in shared]),
        sd_sources=None,
        pooled_sd_orders=_joined([task.sd_orders_macro for task in tasks]),
        pooled_sd_sources=_joined([task.sd_sources for task in tasks]),
    )


def _joined(deviations: Sequence[float | None]) -> float | None:
    """Return the root of the mean of the squares."""
    known = [value for value in deviations if value is not None]
    return math.sqrt(fmean(value**2 for value in known)) if len(known) == len(deviations) else None


def _deviation(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None
