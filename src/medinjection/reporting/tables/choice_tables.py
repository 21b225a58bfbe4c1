"""Tables 5 and 7: choice questions in the published order, and in random orders (paper sections 5.1 and 12.4)."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS
from medinjection.reporting.reading import check_models, number, read_rows
from medinjection.reporting.tables.layouts import TABLE_5, TABLE_7
from medinjection.reporting.tables.table import ORDERS, ResultTable, Row

DECODINGS = ("greedy", "constrained")
METRICS = {"em": "exact_match", "hamming": "hamming"}

# csv column -> (task, decoding, metric of scores/choice.csv); the aggregates are made from two of these.
_PARTS = {
    f"{task}_{decoding}_{short}": (task, decoding, metric)
    for task in CHOICE_TASKS
    for decoding in DECODINGS
    for short, metric in METRICS.items()
    if (task, short) != ("mcqu", "hamming")
}
_AGGREGATES = {f"aggregate_{decoding}_em": (f"mcq_{decoding}_em", f"mcqu_{decoding}_em") for decoding in DECODINGS}

_INTERVAL_COLUMNS = ("model", "task", "decoding", "orders", "average", "metric", "value", "ci_low", "ci_high")

Published = Mapping[str, Mapping[str, str]]
IntervalKey = tuple[str, str, str, str]

# Tables 5 and 7 have the same columns of values.
_INTERVAL_KEYS = tuple(f"{key}_ci_{end}" for key in TABLE_5.published_keys for end in ("low", "high"))

# Scores and intervals are written with six digits; a larger gap, in percent, means that they are of different runs.
_LARGEST_GAP = 0.005


@dataclass(frozen=True, slots=True)
class ChoiceScore:
    """One line of scores/choice.csv: shares of 0 to 1 over `n` records of one source, order and decoding."""

    model: str
    source: str
    task: str
    order: int
    decoding: str
    n: int
    exact_match: float
    hamming: float
    parse_rate: float


@dataclass(frozen=True, slots=True)
class Spread:
    """A macro-average with its two spreads, None where there are too few orders or sources for one."""

    mean: float
    across_orders: float | None
    across_sources: float | None


def read_choice_scores(path: Path | str) -> list[ChoiceScore]:
    """Read scores/choice.csv; lines of no record are left out, for they have no score.

    Raises:
        InputError: a column is missing, a cell is no number, or a task or decoding is unknown.
    """
    scores = []
    for row in read_rows(path, ChoiceScore.__dataclass_fields__):
        place = f"{row['model']}, {row['source']}, {row['task']}, order {row['order']}, {row['decoding']}"
        if row["task"] not in CHOICE_TASKS or row["decoding"] not in DECODINGS:
            raise InputError(f"{path}: {place}: expected a task of {CHOICE_TASKS} and a decoding of {DECODINGS}")
        count, order = (number(row[name], path, f"{place}: {name}") for name in ("n", "order"))
        if not count:
            continue
        shares = {name: number(row[name], path, f"{place}: {name}") for name in (*METRICS.values(), "parse_rate")}
        empty = [name for name, value in shares.items() if value is None]
        if order is None or empty:
            raise InputError(f"{path}: {place}: {', '.join(empty) or 'order'} is empty, expected a number")
        names = (row["model"], row["source"], row["task"])
        scores.append(ChoiceScore(*names, int(order), row["decoding"], int(count), **shares))
    return scores


@dataclass(frozen=True, slots=True)
class Interval:
    """A score over records and its 95 % interval, as shares of 0 to 1."""

    value: float
    low: float
    high: float


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
        cells = [number(row[name], path, f"{', '.join(key)}: {name}") for name in ("value", "ci_low", "ci_high")]
        if (row["orders"], row["average"]) == (orders, average) and None not in cells:
            intervals[key] = Interval(*cells)
    return intervals


def table_5(
    scores: Sequence[ChoiceScore],
    intervals: Mapping[IntervalKey, Interval],
    published: Published,
    models: Sequence[str],
) -> ResultTable:
    """Return Table 5: micro-averages over the records of each task, options in the published order.

    Args:
        intervals: as `read_intervals` returns them; a score without one gets no interval.
        published: the paper's Table 5 as `read_published` returns it.

    Raises:
        InputError: an interval is not of these scores.
    """
    rows = []
    for model in models:
        mine = [score for score in scores if score.model == model and score.order == 0]
        ours = _with_aggregates({key: _micro(_select(mine, *part[:2]), part[2]) for key, part in _PARTS.items()})
        rows.append(Row(model, ours | _ends(ours, model, intervals), published.get(model, {})))
    return ResultTable(TABLE_5, tuple(rows), _INTERVAL_KEYS)


def table_5_macro(
    scores: Sequence[ChoiceScore],
    intervals: Mapping[IntervalKey, Interval],
    published: Published,
    models: Sequence[str],
) -> ResultTable:
    """Return Table 5 with the mean of the sources' scores in place of the average over records."""
    rows = []
    for model in models:
        mine = [score for score in scores if score.model == model and score.order == 0]
        ours = _with_aggregates({key: _macro(_select(mine, *part[:2]), part[2]) for key, part in _PARTS.items()})
        rows.append(Row(model, ours | _ends(ours, model, intervals), published.get(model, {})))
    return ResultTable(TABLE_5, tuple(rows), _INTERVAL_KEYS)


def table_7(
    scores: Sequence[ChoiceScore],
    intervals: Mapping[IntervalKey, Interval],
    published: Published,
    models: Sequence[str],
) -> ResultTable:
    """Return Table 7: macro-averages over sources, mean over the random orders (how many, too), with both spreads.

    Raises:
        InputError: a source of a task lacks one of the orders, so that averages of orders would not compare, or an
            interval is not of these scores.
    """
    rows = []
    for model in models:
        mine = [score for score in scores if score.model == model and score.order > 0]
        spreads = {key: _spread(_select(mine, *part[:2]), part[2]) for key, part in _PARTS.items()}
        for key, parts in _AGGREGATES.items():
            spreads[key] = _joined([spreads[part] for part in parts])
        ours: dict[str, float | None] = {ORDERS: len({score.order for score in mine})}
        for key, spread in spreads.items():
            ours[key] = _percent(spread and spread.mean)
            ours[f"{key}_sd"] = _percent(spread and spread.across_orders)
            ours[f"{key}_sd_sources"] = _percent(spread and spread.across_sources)
        ends = _ends({key: ours[key] for key in spreads}, model, intervals)
        rows.append(Row(model, ours | ends, published.get(model, {})))
    extra = tuple(f"{column.key}_sd_sources" for column in TABLE_7.columns)
    return ResultTable(TABLE_7, tuple(rows), (*extra, *_INTERVAL_KEYS, ORDERS))


def check_choice_models(scores: Sequence[ChoiceScore], models: Sequence[str], path: Path | str) -> None:
    """Check that every model has scores, and none two for the same source, task, order and decoding.

    Raises:
        InputError: a model is missing, or a line of scores occurs twice.
    """
    check_models(models, (score.model for score in scores), path)
    seen = set()
    for score in scores:
        key = (score.model, score.source, score.task, score.order, score.decoding)
        if key in seen:
            raise InputError(f"{path}: {', '.join(map(str, key))} occurs twice")
        seen.add(key)


def parse_rates(scores: Iterable[ChoiceScore]) -> list[tuple[str, str, str, int, float]]:
    """Return model, task, decoding, answers in all orders and the percentage of them that could be read."""
    groups: dict[tuple[str, str, str], list[ChoiceScore]] = defaultdict(list)
    for score in scores:
        groups[score.model, score.task, score.decoding].append(score)
    return [(*key, sum(s.n for s in group), _percent(_weighted(group, "parse_rate"))) for key, group in groups.items()]


def _ends(
    ours: Mapping[str, float | None], model: str, intervals: Mapping[IntervalKey, Interval]
) -> dict[str, float | None]:
    """Return the ends of the intervals of a model's scores by csv column."""
    ends: dict[str, float | None] = {}
    for key, value in ours.items():
        task, decoding, short = key.split("_")
        interval = intervals.get((model, task, decoding, METRICS[short]))
        if interval is None or value is None:
            continue
        if abs(_percent(interval.value) - value) > _LARGEST_GAP:
            raise InputError(
                f"intervals of {model}, {task}, {decoding}, {METRICS[short]}: they are of a score of "
                f"{_percent(interval.value):.3f} %, but the scores give {value:.3f} %; expected files of one run"
            )
        ends |= {f"{key}_ci_low": _percent(interval.low), f"{key}_ci_high": _percent(interval.high)}
    return ends


def _select(scores: Sequence[ChoiceScore], task: str, decoding: str) -> list[ChoiceScore]:
    return [score for score in scores if score.task == task and score.decoding == decoding]


def _weighted(scores: Sequence[ChoiceScore], metric: str) -> float:
    return math.fsum(s.n * getattr(s, metric) for s in scores) / sum(s.n for s in scores)


def _micro(scores: Sequence[ChoiceScore], metric: str) -> float | None:
    return _percent(_weighted(scores, metric)) if scores else None


def _macro(scores: Sequence[ChoiceScore], metric: str) -> float | None:
    return _percent(fmean(getattr(s, metric) for s in scores)) if scores else None


def _spread(scores: Sequence[ChoiceScore], metric: str) -> Spread | None:
    if not scores:
        return None
    orders = sorted({score.order for score in scores})
    by_source: dict[str, dict[int, float]] = defaultdict(dict)
    for score in scores:
        by_source[score.source][score.order] = getattr(score, metric)
    for source, values in by_source.items():
        if missing := [order for order in orders if order not in values]:
            first = scores[0]
            raise InputError(
                f"scores of {first.model}, {source}, {first.task}, {first.decoding}: "
                f"no line of order {missing[0]}, expected orders {', '.join(map(str, orders))}"
            )
    order_means = [fmean(values[order] for values in by_source.values()) for order in orders]
    source_means = [fmean(values.values()) for values in by_source.values()]
    return Spread(fmean(order_means), _deviation(order_means), _deviation(source_means))


def _joined(parts: Sequence[Spread | None]) -> Spread | None:
    """Average two tasks; their spreads join as in the published table: the root of the mean of the squares."""
    spreads = [part for part in parts if part is not None]
    if len(spreads) < len(parts):
        return None
    across = []
    for values in ([s.across_orders for s in spreads], [s.across_sources for s in spreads]):
        across.append(None if None in values else math.sqrt(fmean(value**2 for value in values)))
    return Spread(fmean(s.mean for s in spreads), *across)


def _with_aggregates(values: Mapping[str, float | None]) -> dict[str, float | None]:
    aggregates = {}
    for key, parts in _AGGREGATES.items():
        numbers = [values[part] for part in parts]
        aggregates[key] = None if None in numbers else fmean(numbers)
    return {**values, **aggregates}


def _deviation(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
