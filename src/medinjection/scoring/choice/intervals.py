"""Bootstrap intervals over items of exact match and Hamming scores.

The orders of one question are not independent of each other, so the question is what is resampled throughout: the
intervals of permuted orders are of means over orders.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.sampling import keyed_rank
from medinjection.records.schema import CHOICE_TASKS

INTERVAL_COLUMNS = ("model", "task", "decoding", "orders", "average", "metric", "value", "ci_low", "ci_high", "n")
METRICS = ("exact_match", "hamming")
# The mean of both tasks, as a task of its own (paper Table 5).
AGGREGATE = "aggregate"


def bootstrap_interval(
    values: np.ndarray, seed: int, resamples: int = 1000, level: float = 0.95
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of `values`, resampled over items.

    Args:
        values: one number per item, shape (items,); not empty.
        level: share of the resampled means inside the interval.
    """
    return _percentiles(_resampled_means(values, seed, resamples), level)


def choice_intervals(items: pa.Table, seed: int) -> list[dict[str, object]]:
    """Return rows of INTERVAL_COLUMNS: both metrics with 95 % intervals.

    `orders` is "published" (order 0) or "permuted" (the mean of each item over its other orders, where it has any).
    `average` is "micro", over the items of all sources together, or "macro", the mean of the sources' means, where
    each source's items are resampled apart and the sources themselves stay. The task "aggregate" is the average of
    the exact match of the other two (paper Table 5), each resampled apart.

    Args:
        items: the table of `scoring.choice.scores.item_scores`.
    """
    rows = []
    for model in pc.unique(items["model"]).to_pylist():
        of_model = items.filter(pc.equal(items["model"], model))
        for orders, chosen in (
            ("published", of_model.filter(pc.equal(of_model["order"], 0))),
            ("permuted", of_model.filter(pc.greater(of_model["order"], 0))),
        ):
            for decoding in distinct(chosen, "decoding"):
                of_decoding = chosen.filter(pc.equal(chosen["decoding"], decoding))
                key = (str(seed), "bootstrap", model, decoding, orders)
                for average in ("micro", "macro"):
                    for task, *numbers in _group_intervals(of_decoding, average, key):
                        cells = (model, task, decoding, orders, average, *numbers)
                        rows.append(dict(zip(INTERVAL_COLUMNS, cells, strict=True)))
    return rows


def distinct(items: pa.Table, column: str) -> list[str]:
    """Return the different values of a column, sorted."""
    return sorted(pc.unique(items[column]).to_pylist())


def means_of_items(items: pa.Table) -> pa.Table:
    """Return the mean scores of each record over its orders, in the order in which records first occur."""
    grouped = items.group_by(["record_id", "source"], use_threads=False)
    return grouped.aggregate([(metric, "mean") for metric in METRICS])


def derived_seed(*parts: str) -> int:
    """Return a seed that depends on what is resampled, so that one more model changes no other model's numbers."""
    return int.from_bytes(keyed_rank("scoring", "\x00".join(parts))[:8], "big")


def _group_intervals(items: pa.Table, average: str, key: Sequence[str]) -> list[tuple[object, ...]]:
    """Return task, metric, value, ci_low, ci_high and n for the items of one model, decoding and set of orders."""
    found: list[tuple[object, ...]] = []
    parts = []
    for task in distinct(items, "task"):
        means = means_of_items(items.filter(pc.equal(items["task"], task)))
        for metric in METRICS:
            values = means[f"{metric}_mean"].to_numpy()
            groups = {"": values}
            if average == "macro":
                sources = means["source"].to_numpy(zero_copy_only=False)
                groups = {source: values[sources == source] for source in distinct(means, "source")}
            value = float(np.mean([np.mean(group) for group in groups.values()]))
            resampled = np.mean(
                [
                    _resampled_means(group, derived_seed(*key, task, metric, *([name] if name else [])))
                    for name, group in groups.items()
                ],
                axis=0,
            )
            found.append((task, metric, value, *_percentiles(resampled), len(values)))
            if metric == "exact_match":
                parts.append((value, resampled, len(values)))
    if len(parts) == len(CHOICE_TASKS):
        values, resampled, counts = zip(*parts, strict=True)
        interval = _percentiles(np.mean(resampled, axis=0))
        found.append((AGGREGATE, "exact_match", float(np.mean(values)), *interval, sum(counts)))
    return found


def _resampled_means(values: np.ndarray, seed: int, resamples: int = 1000) -> np.ndarray:
    """Return the means of bootstrap resamples of `values`, shape (resamples,)."""
    different, counts = np.unique(values, return_counts=True)
    # How often each distinct value is drawn is all that matters: a multinomial count, fewer numbers than drawing items.
    drawn = np.random.default_rng(seed).multinomial(len(values), counts / len(values), size=resamples)
    return drawn @ different / len(values)


def _percentiles(means: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
