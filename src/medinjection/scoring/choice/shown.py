"""The answers of one model, task and decoding as arrays, for what is asked of several orders at once."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.scoring.choice.scores import option_sets


@dataclass(frozen=True, slots=True)
class ShownAnswers:
    """Answers sorted by record and order; orders of a record that show its options alike are kept once, the first.

    W is the largest number of options. Bit i of a bit set stands for the option at published position i.

    Attributes:
        starts: first row of each record, shape (records,).
        order: number of the order, 0 for the published one, shape (rows,).
        options: how many options are shown, shape (rows,).
        shown: published position of the option at each place, -1 where there is no option, shape (rows, W).
        predicted: bit sets of the options named, shape (rows,).
        gold: bit sets of the right options, shape (rows,).
        asked: whether the model was asked, shape (rows,): false where the question was too long for it. Such an answer
            names no option and has no log-probabilities; it counts as wrong, but says nothing of letters. True
            throughout where the predictions have no log-probabilities, which alone would show it.
        logprobs: log-probability of the letter at each place, NaN where there is no option or the model was not asked,
            shape (rows, W); None where the predictions have none.
    """

    starts: np.ndarray
    order: np.ndarray
    options: np.ndarray
    shown: np.ndarray
    predicted: np.ndarray
    gold: np.ndarray
    asked: np.ndarray
    logprobs: np.ndarray | None

    @property
    def counts(self) -> np.ndarray:
        """How many different orders each record was shown in, shape (records,)."""
        return np.diff(np.append(self.starts, len(self.order)))

    def named(self, sets: np.ndarray) -> np.ndarray:
        """Return bit sets as truth values by published position, shape (rows of `sets`, W)."""
        return (sets[:, None] >> np.arange(self.shown.shape[1]) & 1).astype(bool)

    def by_option(self, values: np.ndarray) -> np.ndarray:
        """Return values by place as values by published position, 0 where there is no option, shape (rows, W)."""
        moved = np.zeros(values.shape)
        rows, places = np.nonzero(self.shown >= 0)
        moved[rows, self.shown[rows, places]] = values[rows, places]
        return moved

    def by_place(self, sets: np.ndarray) -> np.ndarray:
        """Return whether the option at each place is in the bit set of its row, shape (rows, W)."""
        return (sets[:, None] >> np.maximum(self.shown, 0) & 1).astype(bool) & (self.shown >= 0)


def shown_answers(predictions: pa.Table, task: str, decoding: str) -> ShownAnswers | None:
    """Return the answers of one model to one task by one decoding; None where there are none.

    Raises:
        InputError: an order is no permutation, a record's options or right answers differ between its orders, some
            answers have letter log-probabilities and others, of which there is a text, none, or one is not a number.
    """
    chosen = pc.and_(pc.equal(predictions["task"], task), pc.equal(predictions["decoding"], decoding))
    table = predictions.filter(chosen).sort_by([("record_id", "ascending"), ("order", "ascending")])
    if not len(table):
        return None
    records = table["record_id"].combine_chunks().dictionary_encode()
    item = records.indices.to_numpy()
    shown, options = _padded(table["option_order"], -1)
    _check_orders(shown, options, records)
    _, code = np.unique(shown, axis=0, return_inverse=True)
    _, kept = np.unique(item.astype(np.int64) * (int(code.max()) + 1) + code.ravel(), return_index=True)
    kept = np.sort(kept)
    gold = option_sets(table, "gold_indices")
    for name, values in (("right options", gold), ("number of options", options)):
        changed = np.flatnonzero((np.diff(item) == 0) & (np.diff(values.astype(np.int64)) != 0))
        if len(changed):
            raise InputError(f"record {records.dictionary[item[changed[0]]]}: its orders differ in the {name}")
    item = item[kept]
    asked, logprobs = _logprobs(table, options, shown.shape[1])
    return ShownAnswers(
        starts=np.flatnonzero(np.diff(item, prepend=-1)),
        order=table["order"].to_numpy()[kept],
        options=options[kept],
        shown=shown[kept],
        predicted=option_sets(table, "predicted_indices")[kept],
        gold=gold[kept],
        asked=asked[kept],
        logprobs=None if logprobs is None else logprobs[kept],
    )


def _logprobs(table: pa.Table, options: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Return whether the model was asked, shape (rows,), and the log-probabilities by place, if there are any."""
    values, counts = _padded(table["letter_logprobs"], np.nan, width)
    if not counts.any():
        return np.ones(len(counts), dtype=bool), None
    # What a model is not asked has an empty text and no option; any text needs its log-probabilities.
    empty = pc.and_(pc.equal(table["raw_output"], ""), pc.equal(pc.list_value_length(table["predicted_indices"]), 0))
    asked = (counts > 0) | ~empty.to_numpy()
    wrong = np.flatnonzero((counts != options) & asked)
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"record {table['record_id'][row].as_py()}: {counts[row]} letter log-probabilities, "
            f"expected one for each of its {options[row]} options"
        )
    missing = np.flatnonzero((np.isnan(values) & (np.arange(values.shape[1]) < counts[:, None])).any(axis=1))
    if len(missing):
        row = int(missing[0])
        raise InputError(
            f"record {table['record_id'][row].as_py()}, order {table['order'][row].as_py()}: a letter's "
            "log-probability is not a number (NaN), expected one of at most 0; the model's outputs were not finite"
        )
    return asked, values


def _padded(column: pa.ChunkedArray, filling: float, width: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return lists as a matrix, short ones filled up, shape (rows, width), and their lengths, shape (rows,)."""
    counts = pc.list_value_length(column).to_numpy()
    filled = np.arange(max(width, int(counts.max()))) < counts[:, None]
    values = pc.list_flatten(column.combine_chunks()).to_numpy(zero_copy_only=False)
    matrix = np.full(filled.shape, filling, dtype=np.int64 if filling == -1 else np.float64)
    matrix[filled] = values
    return matrix, counts


def _check_orders(shown: np.ndarray, options: np.ndarray, records: pa.DictionaryArray) -> None:
    width = shown.shape[1]
    expected = np.where(np.arange(width) < options[:, None], np.arange(width), width)
    wrong = np.flatnonzero((np.sort(np.where(shown < 0, width, shown), axis=1) != expected).any(axis=1))
    if len(wrong):
        row = int(wrong[0])
        found = shown[row, : options[row]].tolist()
        raise InputError(f"record {records[row].as_py()}: option_order {found}, expected a permutation")
