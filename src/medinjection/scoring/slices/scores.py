"""Scores of each part of the questions, with its size, intervals and chance."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError
from medinjection.scoring.choice.chance import chance_levels
from medinjection.scoring.choice.intervals import bootstrap_interval, derived_seed, distinct
from medinjection.scoring.choice.scores import intersection_over_union, option_sets
from medinjection.scoring.exam.marked_options import NO_MARKED_OPTIONS, MarkedOptions
from medinjection.scoring.exam.scale import FULL_MARK
from medinjection.scoring.exam.scores import exam_items, over_orders

# Of fewer questions a share says little: it is shown, and said.
FEWEST = 30
FEW = f"fewer than {FEWEST} questions"
_MEASURES = ("exact_match", "hamming", "points")
_CHANCE = ("chance_exact_match", "chance_hamming", "chance_points")
# Column of SLICE_COLUMNS -> what its share is multiplied by.
_SCALES = {"exact_match": 1, "hamming": 1, "mark": FULL_MARK}
SLICE_COLUMNS = (
    "model",
    "decoding",
    "slice",
    "value",
    "n",
    "note",
    *(f"{name}{end}" for name in _SCALES for end in ("", "_ci_low", "_ci_high")),
    *(f"chance_{name}" for name in _SCALES),
)


def slice_items(predictions: pa.Table, marked: MarkedOptions = NO_MARKED_OPTIONS) -> pa.Table:
    """Return the table of `exam_items` with exact match, Hamming score and their chance beside the points.

    Raises:
        InputError: as `exam_items`.
    """
    items = exam_items(predictions, marked)
    predicted, gold = option_sets(predictions, "predicted_indices"), option_sets(predictions, "gold_indices")
    options = pc.list_value_length(predictions["option_order"]).to_numpy()
    one_right = pc.equal(predictions["task"], "mcqu").to_numpy()
    chances = chance_levels(one_right, options, np.bitwise_count(gold))
    scores = ((predicted == gold).astype(np.float64), intersection_over_union(predicted, gold), *chances)
    for name, values in zip((*_MEASURES[:2], *_CHANCE[:2]), scores, strict=True):
        items = items.append_column(name, pa.array(values))
    return items


def slice_rows(items: pa.Table, parts: Mapping[tuple[str, str], pa.Array], seed: int) -> list[dict[str, object]]:
    """Return rows of SLICE_COLUMNS: scores of one model by part of the questions, means over every order.

    Exact match and Hamming score are shares, the mark is out of twenty; intervals are 95 % bootstrap intervals over
    questions. `note` says where a part has fewer than FEWEST questions.

    Args:
        items: the table of `slice_items`, of one model.
        parts: the ids of the questions by part, as `slices.kinds.records_by_part` gives them.

    Raises:
        InputError: a question that was answered is in no part.
    """
    _check_known(items, parts.values())
    rows: list[dict[str, object]] = []
    model = items["model"][0].as_py()
    for decoding in distinct(items, "decoding"):
        means = over_orders(items.filter(pc.equal(items["decoding"], decoding)), [*_MEASURES, *_CHANCE])
        for (kind, value), ids in parts.items():
            chosen = means.filter(pc.is_in(means["record_id"], ids))
            if not len(chosen):
                continue
            row: dict[str, object] = {"model": model, "decoding": decoding, "slice": kind, "value": value}
            row |= {"n": len(chosen), "note": FEW if len(chosen) < FEWEST else ""}
            for (name, scale), column, chance in zip(_SCALES.items(), _MEASURES, _CHANCE, strict=True):
                values = scale * chosen[column].to_numpy()
                key = (str(seed), "slice", model, decoding, kind, value, name)
                low, high = bootstrap_interval(values, derived_seed(*key))
                row |= {name: float(np.mean(values)), f"{name}_ci_low": low, f"{name}_ci_high": high}
                row[f"chance_{name}"] = scale * float(np.mean(chosen[chance].to_numpy()))
            rows.append(row)
    return rows


def _check_known(items: pa.Table, parts: Iterable[pa.Array]) -> None:
    answered, known = pc.unique(items["record_id"]), pa.chunked_array(parts, pa.string())
    missing = answered.filter(pc.invert(pc.is_in(answered, known))).to_pylist()
    if missing:
        raise InputError(
            f"record {missing[0]} was answered, but is not among the questions, as are {len(missing)} in all"
        )
