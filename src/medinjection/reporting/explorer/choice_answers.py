"""Answers to choice questions: one number each for the filters, and what was written in parts read on demand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.prediction.schema import CHOICE_SCHEMA, DECODINGS
from medinjection.records.errors import InputError
from medinjection.records.files import read_columns
from medinjection.records.schema import LETTERS
from medinjection.reporting.explorer.packs import Packs
from medinjection.reporting.explorer.questions import PART, Questions
from medinjection.scoring.choice.scores import option_sets
from medinjection.scoring.files import errors_naming, read_predictions

# Of each order the letters of the options as they were shown, and what was written by each decoding.
_Orders = list[list[str | None] | None]


@dataclass(frozen=True, slots=True)
class Ways:
    """In how many orders and by which decodings questions were asked."""

    orders: int
    decodings: tuple[str, ...]


def ways_of(paths: Sequence[Path]) -> Ways:
    """Return the orders and decodings of several files of predictions. Raises InputError as `read_columns`."""
    orders, decodings = 0, set()
    for path in paths:
        asked = read_columns(path, CHOICE_SCHEMA, ("order", "decoding"))
        orders = max(orders, 1 + (pc.max(asked["order"]).as_py() or 0))
        decodings.update(pc.unique(asked["decoding"]).to_pylist())
    if unknown := sorted(decodings - {*DECODINGS}):
        raise InputError(f"decoding {unknown[0]!r} in the predictions, expected one of {', '.join(DECODINGS)}")
    return Ways(orders, tuple(name for name in DECODINGS if name in decodings))


def write_choice_answers(
    files: Mapping[str, Path], numbers: Mapping[str, int], questions: Questions, packs: Packs
) -> Ways:
    """Write the answers of every model, and return in which ways they were asked.

    `choice/given-<number>.js` has a bit set of options for each question, order and decoding, in this order: bit i
    stands for the option at published position i, the highest bit alone for an answer that is not there.
    `choice/said-<number>-<part>.js` has for each question and order the letters of the options in the order shown,
    then what was written by each decoding. One model's file is in memory at a time.

    Args:
        files: model -> its predictions.
        numbers: model -> its number in names of files.

    Raises:
        InputError: as `read_predictions`, or a question is not among `questions` or another one there.
    """
    ways = ways_of([*files.values()])
    dtype = _wide_enough(questions.options)
    packs.write_array("choice/gold", questions.gold.astype(dtype))
    for (model, path), predictions in zip(files.items(), read_predictions([*files.values()], [*files]), strict=True):
        with errors_naming(path):
            places = questions.places(predictions["record_id"])
            _check_same_questions(predictions, places, questions)
        decodings = pc.index_in(predictions["decoding"], value_set=pa.array(ways.decodings)).to_numpy()
        given = np.full((len(questions), ways.orders, len(ways.decodings)), 1 << (8 * dtype.itemsize - 1), dtype)
        given[places, predictions["order"].to_numpy(), decodings] = option_sets(predictions, "predicted_indices")
        packs.write_array(f"choice/given-{numbers[model]}", given)
        for part, said in enumerate(_said(predictions, places, decodings, ways, len(questions))):
            packs.write_json(f"choice/said-{numbers[model]}-{part}", said)
    return ways


def _wide_enough(options: np.ndarray) -> np.dtype[Any]:
    """Return the smallest type whose bits are more than any question's options."""
    most = int(np.max(options, initial=0))
    return next(dtype for dtype in map(np.dtype, (np.uint8, np.uint16, np.uint32)) if 8 * dtype.itemsize > most)


def _check_same_questions(predictions: pa.Table, places: np.ndarray, questions: Questions) -> None:
    for what, found, expected in (
        ("options", pc.list_value_length(predictions["option_order"]).to_numpy(), questions.options),
        ("right options", option_sets(predictions, "gold_indices"), questions.gold),
    ):
        wrong = np.flatnonzero(found != expected[places])
        if len(wrong):
            record = predictions["record_id"][int(wrong[0])].as_py()
            raise InputError(f"record {record}: its {what} are not those of the question of this name")


def _said(
    predictions: pa.Table, places: np.ndarray, decodings: np.ndarray, ways: Ways, count: int
) -> Iterator[list[_Orders]]:
    """Yield what was written, a part of the questions after the other."""
    rows = np.lexsort((decodings, predictions["order"].to_numpy(), places))
    ends = np.searchsorted(places[rows], range(0, count + PART, PART))
    for part, first in enumerate(range(0, count, PART)):
        chosen = rows[ends[part] : ends[part + 1]]
        table = predictions.select(["order", "option_order", "raw_output"]).take(pa.array(chosen))
        said: list[_Orders] = [[None] * ways.orders for _ in range(min(PART, count - first))]
        columns = (column.to_pylist() for column in table.columns)
        for place, decoding, order, shown, text in zip(places[chosen], decodings[chosen], *columns, strict=True):
            answer = said[place - first][order]
            if answer is None:
                letters = "".join(LETTERS[position] for position in shown)
                answer = said[place - first][order] = [letters, *(None for _ in ways.decodings)]
            answer[1 + decoding] = text
        yield said
