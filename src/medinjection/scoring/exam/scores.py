"""Scores on the exam's own scale, by model, source, task and decoding, with intervals and chance beside them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.scoring.choice.chance import kinds_of
from medinjection.scoring.choice.intervals import bootstrap_interval, derived_seed, distinct
from medinjection.scoring.choice.scores import option_sets
from medinjection.scoring.exam.marked_options import NO_MARKED_OPTIONS, MarkedOptions
from medinjection.scoring.exam.scale import FULL_MARK, chance_points, discordances, points

# All sources or all tasks together.
ALL = "all"
# The published order alone, or the mean of each question over every order in which it was asked.
PUBLISHED, EVERY_ORDER = "published", "all"
_COUNTED = ("no_discordance", "one_discordance", "two_discordances", "more_discordances", "no_answer")
EXAM_COLUMNS = (
    "model",
    "source",
    "task",
    "decoding",
    "orders",
    "n",
    "points",
    "mark",
    "mark_ci_low",
    "mark_ci_high",
    "chance_mark",
    *_COUNTED,
)
_KEY = ("model", "record_id", "source", "task", "decoding", "order")


def exam_items(predictions: pa.Table, marked: MarkedOptions = NO_MARKED_OPTIONS) -> pa.Table:
    """Return one row per prediction: what it is of, its points from 0 to 1, and the points of chance.

    A column for each of no, one, two and more discordances and of no answer says 1 where it is so, else 0.

    Args:
        predictions: table of CHOICE_SCHEMA.
        marked: options that bring a question to nothing.

    Raises:
        InputError: an option index is impossible, or an option is marked that the question has not, or against its
            right options.
    """
    predicted, gold = option_sets(predictions, "predicted_indices"), option_sets(predictions, "gold_indices")
    options = pc.list_value_length(predictions["option_order"]).to_numpy()
    ids = predictions["record_id"].to_pylist()
    must, never = marked.sets(ids, "indispensable"), marked.sets(ids, "unacceptable")
    _check_marks(ids, options, gold, must, never)
    one_right = pc.equal(predictions["task"], "mcqu").to_numpy()
    faults = np.where(predicted == 0, -1, np.minimum(discordances(predicted, gold), 3))
    columns = {
        "points": points(predicted, gold, one_right, must, never),
        "chance_points": _chance(one_right, options, gold, must, never),
        **{name: (faults == count).astype(np.float64) for name, count in zip(_COUNTED, (0, 1, 2, 3, -1), strict=True)},
    }
    return pa.table({name: predictions[name] for name in _KEY} | {name: pa.array(v) for name, v in columns.items()})


def exam_rows(items: pa.Table, seed: int) -> list[dict[str, object]]:
    """Return rows of EXAM_COLUMNS: each model's marks by source and over all, by task and over both.

    `points` is the mean from 0 to 1, `mark` the same out of twenty with a 95 % bootstrap interval over questions, and
    `chance_mark` what guessing gets. Orders are averaged within each question first, so that the question is what is
    resampled. The columns that count discordances are shares of the answers.

    Args:
        items: the table of `exam_items`.
    """
    rows: list[dict[str, object]] = []
    for model in pc.unique(items["model"]).to_pylist():
        of_model = items.filter(pc.equal(items["model"], model))
        for decoding in distinct(of_model, "decoding"):
            answers = of_model.filter(pc.equal(of_model["decoding"], decoding))
            for source in (ALL, *distinct(answers, "source")):
                of_source = answers if source == ALL else answers.filter(pc.equal(answers["source"], source))
                for task in (ALL, *distinct(of_source, "task")):
                    of_task = of_source if task == ALL else of_source.filter(pc.equal(of_source["task"], task))
                    for orders in (PUBLISHED, EVERY_ORDER):
                        key = (model, source, task, decoding, orders)
                        if len(chosen := of_task if orders == EVERY_ORDER else _published(of_task)):
                            rows.append(dict(zip(EXAM_COLUMNS, (*key, *_numbers(chosen, seed, key)), strict=True)))
    return rows


def over_orders(items: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return the mean of `columns` of each question over its orders, under their own names, by record id."""
    grouped = items.group_by(["record_id", "source", "task"], use_threads=False)
    means = grouped.aggregate([(name, "mean") for name in columns]).sort_by("record_id")
    return means.rename_columns([name.removesuffix("_mean") for name in means.column_names])


def _published(items: pa.Table) -> pa.Table:
    return items.filter(pc.equal(items["order"], 0))


def _numbers(items: pa.Table, seed: int, key: Sequence[str]) -> tuple[object, ...]:
    means = over_orders(items, ["points", "chance_points", *_COUNTED])
    values = means["points"].to_numpy()
    low, high = bootstrap_interval(values, derived_seed(str(seed), "exam", *key))
    shares = (float(np.mean(means[name].to_numpy())) for name in _COUNTED)
    mean, chance = float(np.mean(values)), float(np.mean(means["chance_points"].to_numpy()))
    marks = (FULL_MARK * value for value in (mean, low, high, chance))
    return (len(values), mean, *marks, *shares)


def _chance(
    one_right: np.ndarray, options: np.ndarray, gold: np.ndarray, must: np.ndarray, never: np.ndarray
) -> np.ndarray:
    kinds, places = kinds_of(one_right, options, *map(np.bitwise_count, (gold, must, never)))
    levels = [chance_points("mcqu" if one else "mcq", *numbers) for one, *numbers in kinds]
    return np.array(levels)[places] if levels else np.zeros(0)


def _check_marks(
    ids: Sequence[str], options: np.ndarray, gold: np.ndarray, must: np.ndarray, never: np.ndarray
) -> None:
    beyond = ((must | never) >> options.astype(np.uint32)) != 0
    for wrong, said in (
        (beyond, "an option is marked that the question does not have"),
        ((must & ~gold) != 0, "an option is marked as indispensable that is not right"),
        ((never & gold) != 0, "an option is marked as unacceptable that is right"),
    ):
        if len(rows := np.flatnonzero(wrong)):
            raise InputError(f"record {ids[rows[0]]}: {said}")
