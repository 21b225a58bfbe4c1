"""Tables 5 and 7: choice questions in the published order, and in random orders (paper sections 5.1 and 12.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medinjection.prediction.schema import DECODINGS
from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS
from medinjection.reporting.reading import number
from medinjection.reporting.tables.layouts import TABLE_5, TABLE_7
from medinjection.reporting.tables.table import ORDERS, ResultTable, Row
from medinjection.scoring.choice.intervals import AGGREGATE

_METRICS = {"em": "exact_match", "hamming": "hamming"}
_KEY = ("model", "task", "decoding", "orders", "metric")
_AVERAGES = ("micro", "macro")
# The deviations across permutations and across sources that the tables print.
_DEVIATIONS = ("sd_orders_macro", "sd_sources")
_JOINED_DEVIATIONS = ("pooled_sd_orders", "pooled_sd_sources")
_INTERVAL_COLUMNS = ("model", "task", "decoding", "orders", "average", "metric", "value", "ci_low", "ci_high")

# The columns of values, which Tables 5 and 7 share: csv column -> task, decoding and metric in the files of scores.
_CELLS = {column.key: column.key.split("_") for column in TABLE_5.columns}
_INTERVAL_KEYS = tuple(f"{key}_ci_{end}" for key in TABLE_5.published_keys for end in ("low", "high"))

# Scores and intervals are written with six digits; a larger gap, in percent, means that they are of different runs.
_MAXIMUM_GAP = 0.005

Published = Mapping[str, Mapping[str, str]]
IntervalKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Spread:
    """One line of scores/choice_spread.csv: averages as shares of 0 to 1 with their spreads, None where not defined.

    Attributes:
        orders: how many permutations the averages are means over.
        across_orders: standard deviation across permutations, for the aggregate that of both tasks joined.
        across_sources: standard deviation across sources, for the aggregate that of both tasks joined.
    """

    orders: int
    micro: float
    macro: float
    across_orders: float | None
    across_sources: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """A score over records and its 95 % interval, as shares of 0 to 1."""

    value: float
    low: float
    high: float


# model, task, decoding, "published" or "permuted", metric
Spreads = Mapping[tuple[str, str, str, str, str], Spread]


def read_spreads(path: Path | str) -> Spreads:
    """Read scores/choice_spread.csv.

    Raises:
        InputError: a column is missing, a cell is no number, a task or decoding is unknown, or a line occurs twice.
    """
    spreads: dict[tuple[str, str, str, str, str], Spread] = {}
    tasks = (*CHOICE_TASKS, AGGREGATE)
    for row in read_rows(path, (*_KEY, "n_orders", *_AVERAGES, *_DEVIATIONS, *_JOINED_DEVIATIONS)):
        key = (row["model"], row["task"], row["decoding"], row["orders"], row["metric"])
        place = ", ".join(key)
        if row["task"] not in tasks or row["decoding"] not in DECODINGS:
            raise InputError(f"{path}: {place}: expected a task of {tasks} and a decoding of {DECODINGS}")
        if key in spreads:
            raise InputError(f"{path}: {place} occurs twice")
        orders, micro, macro = (_number(row, name, path, place) for name in ("n_orders", *_AVERAGES))
        names = _JOINED_DEVIATIONS if row["task"] == AGGREGATE else _DEVIATIONS
        deviations = (number(row[name], path, f"{place}: {name}") for name in names)
        spreads[key] = Spread(int(orders), micro, macro, *deviations)
    return spreads


def read_intervals(path: Path | str, orders: str = "published", average: str = "micro") -> dict[IntervalKey, Interval]:
    """Read scores/intervals.csv for one kind of orders and of average: (model, task, decoding, metric) -> interval.

    Args:
        orders: "published" or "permuted".
        average: "micro", over records, or "macro", over sources.

    Raises:
        InputError: a column is missing, or a cell is no number.
    """
    intervals = {}
    for row in read_rows(path, _INTERVAL_COLUMNS):
        key = (row["model"], row["task"], row["decoding"], row["metric"])
        place = ", ".join(key)
        value, low, high = (number(row[name], path, f"{place}: {name}") for name in ("value", "ci_low", "ci_high"))
        if (row["orders"], row["average"]) != (orders, average) or value is None or low is None or high is None:
            continue
        intervals[key] = Interval(value, low, high)
    return intervals


def table_5(
    spreads: Spreads,
    intervals: Mapping[IntervalKey, Interval],
    published: Published,
    models: Sequence[str],
    average: Literal["micro", "macro"] = "micro",
) -> ResultTable:
    """Return Table 5, options in the published order.

    Args:
        spreads: as `read_spreads` returns them.
        intervals: as `read_intervals` returns them for the same average; a score without one gets no interval.
        published: the paper's Table 5 as `read_published` returns it.
        average: over the records of each task, or of the means of its sources.

    Raises:
        InputError: an interval is not of these scores.
    """
    rows = []
    for model in models:
        found = _cells(spreads, model, "published")
        ours = {key: None if s is None else 100 * getattr(s, average) for key, s in found.items()}
        rows.append(Row(model, ours | _ends(ours, model, intervals), published.get(model, {})))
    return ResultTable(TABLE_5, tuple(rows), _INTERVAL_KEYS)


def table_7(
    spreads: Spreads,
    intervals: Mapping[IntervalKey, Interval],
    published: Published,
    models: Sequence[str],
) -> ResultTable:
    """Return Table 7: macro-averages over sources, mean over the permutations (how many, too), with both spreads.

    Args and errors are those of `table_5`.
    """
    rows = []
    for model in models:
        found = _cells(spreads, model, "permuted")
        means = {key: None if s is None else 100 * s.macro for key, s in found.items()}
        ours: dict[str, float | None] = {ORDERS: max((s.orders for s in found.values() if s), default=0)}
        for key, spread in found.items():
            ours[key] = means[key]
            ours[f"{key}_sd"] = _percent(spread.across_orders if spread else None)
            ours[f"{key}_sd_sources"] = _percent(spread.across_sources if spread else None)
        rows.append(Row(model, ours | _ends(means, model, intervals), published.get(model, {})))
    extra = tuple(f"{column.key}_sd_sources" for column in TABLE_7.columns)
    return ResultTable(TABLE_7, tuple(rows), (*extra, *_INTERVAL_KEYS, ORDERS))


def models_of(spreads: Spreads) -> Iterable[str]:
    """Return the model of each line."""
    return (model for model, *_ in spreads)


def _cells(spreads: Spreads, model: str, orders: str) -> dict[str, Spread | None]:
    """Return csv column -> the line that it is of, None where the model has no such answers."""
    return {
        key: spreads.get((model, task, decoding, orders, _METRICS[metric]))
        for key, (task, decoding, metric) in _CELLS.items()
    }


def _ends(
    ours: Mapping[str, float | None], model: str, intervals: Mapping[IntervalKey, Interval]
) -> dict[str, float | None]:
    """Return the ends of the intervals of a model's scores by csv column."""
    ends: dict[str, float | None] = {}
    for key, value in ours.items():
        task, decoding, metric = _CELLS[key]
        interval = intervals.get((model, task, decoding, _METRICS[metric]))
        if interval is None or value is None:
            continue
        if abs(100 * interval.value - value) > _MAXIMUM_GAP:
            raise InputError(
                f"intervals of {model}, {task}, {decoding}, {_METRICS[metric]}: they are of a score of "
                f"{100 * interval.value:.3f} %, but the scores give {value:.3f} %; expected files of one run"
            )
        ends |= {f"{key}_ci_low": 100 * interval.low, f"{key}_ci_high": 100 * interval.high}
    return ends


def _number(row: Mapping[str, str], name: str, path: Path | str, place: str) -> float:
    value = number(row[name], path, f"{place}: {name}")
    if value is None:
        raise InputError(f"{path}: {place}: {name} is empty, expected a number")
    return value


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
