"""Scores of choice questions: exact match, Hamming score and parse rate (paper section 4.3), with chance beside them.

The strict reading of an answer is the one that the predictions keep; the lenient one is read again from raw outputs.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.prediction.parsing import parse_letters_lenient
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS
from medinjection.scoring.choice.chance import chance_levels
from medinjection.scoring.choice.intervals import bootstrap_interval, derived_seed

_GROUP = ("model", "source", "task", "order", "decoding")
# Column of scores/choice.csv -> column of the item scores that it is the mean of.
MEASURES = {
    "exact_match": "exact_match",
    "hamming": "hamming",
    "parse_rate": "parsed",
    "exact_match_lenient": "exact_match_lenient",
    "hamming_lenient": "hamming_lenient",
    "parse_rate_lenient": "parsed_lenient",
    "chance_exact_match": "chance_exact_match",
    "chance_hamming": "chance_hamming",
}
_WITH_INTERVAL = ("exact_match", "hamming")
SCORE_COLUMNS = (
    *_GROUP,
    "n",
    *MEASURES,
    *(f"{name}_ci_{end}" for name in _WITH_INTERVAL for end in ("low", "high")),
)


def item_scores(predictions: pa.Table) -> pa.Table:
    """Return one row per prediction: what it is of, and its scores as numbers from 0 to 1.

    Exact match is set equality. The Hamming score, as the paper calls it, is the Jaccard index: the size of the
    intersection over that of the union of the predicted and the right options, 1 where both are empty. A prediction
    is parsed when it names at least one option. Columns that end in `_lenient` are of the answer as
    `prediction.parsing.parse_letters_lenient` reads it from the raw output; `chance_*` are those of `chance.chance`.

    Args:
        predictions: table of CHOICE_SCHEMA.

    Raises:
        InputError: an option index is impossible or beyond the options shown, or an item occurs twice.
    """
    check_unique(predictions)
    options = pc.list_value_length(predictions["option_order"]).to_numpy()
    gold = option_sets(predictions, "gold_indices")
    _check_options(predictions, options, gold | option_sets(predictions, "predicted_indices"))
    scores = predictions.select([*_GROUP, "record_id"])
    for suffix, predicted in (
        ("", option_sets(predictions, "predicted_indices")),
        ("_lenient", _lenient_sets(predictions)),
    ):
        for name, values in (
            ("exact_match", (predicted == gold).astype(np.float64)),
            ("hamming", intersection_over_union(predicted, gold)),
            ("parsed", (predicted > 0).astype(np.float64)),
        ):
            scores = scores.append_column(f"{name}{suffix}", pa.array(values))
    one_right = pc.equal(predictions["task"], "mcqu").to_numpy()
    for name, values in zip(_WITH_INTERVAL, chance_levels(one_right, options, np.bitwise_count(gold)), strict=True):
        scores = scores.append_column(f"chance_{name}", pa.array(values))
    return scores


def score_choice(items: pa.Table, seed: int) -> list[dict[str, object]]:
    """Return a row of SCORE_COLUMNS for each model, source, task, order and decoding; scores are shares, 0 to 1.

    Columns that end in `_ci_low` and `_ci_high` are the ends of 95 % bootstrap intervals over the items of the row.

    Args:
        items: the table of `item_scores`.
    """
    # One thread, so that sums are taken in one order and the last digit does not depend on the machine.
    grouped = items.group_by(list(_GROUP), use_threads=False)
    lists = [(name, "list") for name in _WITH_INTERVAL]
    means = grouped.aggregate([([], "count_all"), *((name, "mean") for name in MEASURES.values()), *lists])
    place = {model: i for i, model in enumerate(pc.unique(items["model"]).to_pylist())}
    rows = []
    for i in range(means.num_rows):
        group = {name: means[name][i].as_py() for name in _GROUP}
        row: dict[str, object] = {**group, "n": means["count_all"][i].as_py()}
        row |= {name: means[f"{column}_mean"][i].as_py() for name, column in MEASURES.items()}
        for name in _WITH_INTERVAL:
            values = means[f"{name}_list"][i].values.to_numpy(zero_copy_only=False)
            key = (str(seed), "source", *(str(value) for value in group.values()), name)
            row[f"{name}_ci_low"], row[f"{name}_ci_high"] = bootstrap_interval(values, derived_seed(*key))
        rows.append({name: row[name] for name in SCORE_COLUMNS})
    return sorted(rows, key=lambda row: (place[row["model"]], *(row[name] for name in _GROUP[1:])))


def option_sets(predictions: pa.Table, column: str) -> np.ndarray:
    """Return the lists of option indices in `column` as bit sets, shape (rows,): bit i stands for option i.

    Raises:
        InputError: an index is none of a letter.
    """
    lists = predictions[column].combine_chunks()
    indices = pc.list_flatten(lists).to_numpy(zero_copy_only=False)
    rows = pc.list_parent_indices(lists).to_numpy()
    wrong = np.flatnonzero((indices < 0) | (indices >= len(LETTERS)))
    if len(wrong):
        record = predictions["record_id"][int(rows[wrong[0]])].as_py()
        raise InputError(
            f"record {record}: {column} holds {indices[wrong[0]]}, "
            f"expected an option index from 0 to {len(LETTERS) - 1}"
        )
    sets = np.zeros(len(lists), dtype=np.uint32)
    np.bitwise_or.at(sets, rows, np.uint32(1) << indices.astype(np.uint32))
    return sets


def intersection_over_union(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the Jaccard index of pairs of bit sets, 1 where both are empty, shape (rows,)."""
    shared = np.bitwise_count(first & second).astype(np.float64)
    united = np.bitwise_count(first | second).astype(np.float64)
    return np.divide(shared, united, out=np.ones_like(shared), where=united > 0)


def _lenient_sets(predictions: pa.Table) -> np.ndarray:
    """Return the options that raw outputs name, read leniently, as bit sets of published positions, shape (rows,)."""
    keys = pa.table(
        {
            "task": predictions["task"],
            "raw_output": predictions["raw_output"],
            "options": pc.list_value_length(predictions["option_order"]),
        }
    )
    # Many answers are the same text: each text is read once.
    distinct = keys.group_by(list(keys.column_names), use_threads=False).aggregate([]).to_pylist()
    named = [parse_letters_lenient(key["raw_output"], LETTERS[: key["options"]], key["task"]) for key in distinct]
    bits = [sum(1 << position for position in set(positions)) for positions in named]
    place = {tuple(key.values()): bit for key, bit in zip(distinct, bits, strict=True)}
    columns = [column.to_pylist() for column in keys.columns]
    shown = np.array([place[key] for key in zip(*columns, strict=True)], dtype=np.uint32)
    return published_sets(shown, predictions)


def published_sets(shown: np.ndarray, predictions: pa.Table) -> np.ndarray:
    """Return bit sets of shown positions as bit sets of published positions, shape (rows,)."""
    orders = predictions["option_order"].combine_chunks()
    published, starts = orders.values.to_numpy(zero_copy_only=False), orders.offsets.to_numpy()[:-1]
    sets = np.zeros(len(shown), dtype=np.uint32)
    for position in range(int(np.max(shown, initial=0)).bit_length()):
        rows = np.flatnonzero(shown >> position & 1)
        sets[rows] |= np.uint32(1) << published[starts[rows] + position].astype(np.uint32)
    return sets


def _check_options(predictions: pa.Table, options: np.ndarray, named: np.ndarray) -> None:
    wrong = np.flatnonzero((options < 1) | (named >> np.minimum(options, len(LETTERS)).astype(np.uint32) > 0))
    if len(wrong):
        row = int(wrong[0])
        highest = int(named[row]).bit_length() - 1
        raise InputError(
            f"record {predictions['record_id'][row].as_py()}: {options[row]} options in option_order, expected more "
            f"than the highest option predicted or right, {highest}"
        )


def check_unique(predictions: pa.Table) -> None:
    """Check that each record has one prediction of a model, order and decoding. Raises InputError if one has more."""
    key = ["model", "record_id", "order", "decoding"]
    counts = predictions.group_by(key, use_threads=False).aggregate([([], "count_all")])
    repeated = counts.filter(pc.greater(counts["count_all"], 1)).to_pylist()
    if repeated:
        first = repeated[0]
        raise InputError(
            f"record {first['record_id']} has {first['count_all']} {first['decoding']} predictions of {first['model']} "
            f"in order {first['order']}, expected one"
        )
