"""The leaderboard: one line for each model and decoding, over all choice questions and every order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.schema import CHOICE_TASKS
from medinjection.scoring.choice.intervals import bootstrap_interval, derived_seed, distinct
from medinjection.scoring.choice.paired import all_pair_tests
from medinjection.scoring.choice.position import letter_distance, position_rows, recall_spread
from medinjection.scoring.choice.shown import shown_answers
from medinjection.scoring.choice.stability import stability
from medinjection.scoring.exam.marked_options import NO_MARKED_OPTIONS, MarkedOptions
from medinjection.scoring.exam.scale import FULL_MARK
from medinjection.scoring.exam.scores import ALL, EVERY_ORDER, over_orders
from medinjection.scoring.slices.scores import slice_items

# Column of the item scores -> column of the board, and what its mean is multiplied by.
_SCORES = {"points": ("mark", FULL_MARK), "exact_match": ("exact_match", 1), "hamming": ("hamming", 1)}
_BEST = ("best", "difference_to_best", "p_holm_to_best")
BOARD_COLUMNS = (
    "model",
    "decoding",
    "n",
    "orders",
    *(f"{name}{end}" for name, _ in _SCORES.values() for end in ("", "_ci_low", "_ci_high")),
    *(f"chance_{name}" for name, _ in _SCORES.values()),
    "parse_rate",
    "stable_share",
    "rstd",
    "letter_distance",
    *_BEST,
)
_TEST = "sign-flip"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several models beside each other.

    Attributes:
        board: rows of BOARD_COLUMNS of all models, by decoding and mark.
        pairs: rows of ALL_PAIR_COLUMNS, the tests of every two models.
        items: the tables of `scoring.slices.scores.slice_items` of all models together.
    """

    board: list[dict[str, object]]
    pairs: Sequence[Mapping[str, object]]
    items: pa.Table


def compare_models(
    all_predictions: Iterable[pa.Table],
    seed: int,
    marked: MarkedOptions = NO_MARKED_OPTIONS,
    pairs: Sequence[Mapping[str, object]] | None = None,
) -> Comparison:
    """Put models beside each other that answered the same questions.

    Args:
        all_predictions: tables of CHOICE_SCHEMA, one a model; each is read once.
        marked: options that bring a question to nothing.
        pairs: rows of `scoring.choice.paired.all_pair_tests` over the same answers, where they are made already.

    Raises:
        InputError: an answer is impossible, or the models did not answer the same questions.
    """
    rows: list[dict[str, object]] = []
    tables = []
    for predictions in all_predictions:
        tables.append(slice_items(predictions, marked))
        rows += board_rows(predictions, tables[-1], seed)
    items = pa.concat_tables(tables)
    tested = all_pair_tests(items, seed) if pairs is None else pairs
    return Comparison(with_best(rows, tested), tested, items)


def board_rows(predictions: pa.Table, items: pa.Table, seed: int) -> list[dict[str, object]]:
    """Return rows of BOARD_COLUMNS for one model, without what compares it with others.

    Scores are means over every order of a question, then over questions, with 95 % bootstrap intervals over questions;
    the mark is out of twenty, other scores are shares. `stable_share` is the share of the reordered questions with one
    and the same answer in all orders; `rstd` and `letter_distance` measure position bias. The last three are computed
    for each task and averaged, weighted by questions or answers. None stands for what is not defined.

    Args:
        predictions: table of CHOICE_SCHEMA of one model.
        items: its table of `scoring.slices.scores.slice_items`.
    """
    rows: list[dict[str, object]] = []
    model = predictions["model"][0].as_py()
    for decoding in distinct(items, "decoding"):
        chosen = items.filter(pc.equal(items["decoding"], decoding))
        chances = [f"chance_{column}" for column in _SCORES]
        means = over_orders(chosen, [*_SCORES, *chances])
        row: dict[str, object] = dict.fromkeys(BOARD_COLUMNS)
        row |= {"model": model, "decoding": decoding, "n": len(means)}
        row["orders"] = len(pc.unique(chosen["order"]))
        for column, (name, scale) in _SCORES.items():
            values = scale * means[column].to_numpy()
            # The mark is resampled as in scores/exam.csv, so that both have one interval.
            key = (
                ("exam", model, ALL, ALL, decoding, EVERY_ORDER)
                if name == "mark"
                else ("leaderboard", model, decoding, name)
            )
            low, high = bootstrap_interval(values, derived_seed(str(seed), *key))
            row |= {name: float(np.mean(values)), f"{name}_ci_low": low, f"{name}_ci_high": high}
            row[f"chance_{name}"] = scale * float(np.mean(means[f"chance_{column}"].to_numpy()))
        row["parse_rate"] = 1 - float(np.mean(chosen["no_answer"].to_numpy()))
        rows.append(row | _over_orders(predictions, decoding))
    return rows


def with_best(rows: Sequence[Mapping[str, object]], pairs: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return the rows of all models by decoding and mark, each with the difference in exact match to the best model.

    The best model of a decoding is the one with the highest mark. `p_holm_to_best` is the p-value of the sign-flip test
    of that difference, corrected over all pairs of models.

    Args:
        pairs: rows of `scoring.choice.paired.all_pair_tests` over the same answers.
    """
    tests = {}
    for pair in pairs:
        if pair["test"] == _TEST and int(str(pair["n_items"])):
            key, sign = (pair["decoding"], pair["model"], pair["other"]), 1
            for one, other in ((key[1], key[2]), (key[2], key[1])):
                tests[pair["decoding"], one, other] = (sign * float(str(pair["difference"])), pair["p_holm"])
                sign = -sign
    ordered = sorted(rows, key=lambda row: (str(row["decoding"]), -float(str(row["mark"])), str(row["model"])))
    best: dict[object, object] = {}
    found = []
    for row in ordered:
        top = best.setdefault(row["decoding"], row["model"])
        difference, p_value = tests.get((row["decoding"], row["model"], top), (None, None))
        found.append({**row, "best": top, "difference_to_best": difference, "p_holm_to_best": p_value})
    return found


def _over_orders(predictions: pa.Table, decoding: str) -> dict[str, object]:
    stable: list[tuple[float, int]] = []
    spreads: list[tuple[float, int]] = []
    distances: list[tuple[float, int]] = []
    for task in CHOICE_TASKS:
        if (answers := shown_answers(predictions, task, decoding)) is None:
            continue
        reordered, share, _ = stability(answers)
        at_letters, weight = position_rows(answers, answers.predicted), int(np.sum(answers.asked))
        for values, value, size in (
            (stable, share, reordered),
            (spreads, recall_spread(at_letters), weight),
            (distances, letter_distance(at_letters), weight),
        ):
            if value is not None:
                values.append((value, size))
    named = {"stable_share": stable, "rstd": spreads, "letter_distance": distances}
    return {name: _weighted(values) for name, values in named.items()}


def _weighted(values: Sequence[tuple[float, int]]) -> float | None:
    total = sum(size for _, size in values)
    return sum(value * size for value, size in values) / total if total else None
