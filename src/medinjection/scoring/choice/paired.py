"""Paired tests of exact match between models: each against its own base, and all pairs.

The orders of one question are not independent of each other, so the question is the unit throughout: McNemar's test
looks at the published order alone, the sign-flip test at means over orders.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection.prediction.schema import DECODINGS
from medinjection.records.errors import InputError
from medinjection.scoring.choice.intervals import bootstrap_interval, derived_seed

TESTS = ("mcnemar", "sign-flip")
_NUMBERS = ("orders", "n_items", "wins", "losses", "difference", "ci_low", "ci_high", "p_value")
_COLUMNS = ("decoding", "test", *_NUMBERS, "p_holm", "family")
PAIR_COLUMNS = ("model", "base", *_COLUMNS)
ALL_PAIR_COLUMNS = ("model", "other", *_COLUMNS)
RESAMPLES = 10_000
# Means of shares such as 1/3 that should be equal may differ in their last bits.
_ROUNDING = 1e-9


def mcnemar(wins: int, losses: int) -> float:
    """Return the two-sided p-value of McNemar's exact test, a binomial test with one half of the discordant pairs.

    Args:
        wins: items that only the one model has right.
        losses: items that only the other has right.
    """
    from scipy.stats import binomtest

    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def sign_flip(differences: np.ndarray, seed: int, resamples: int = RESAMPLES) -> float:
    """Return the two-sided p-value of the sign-flip permutation test that the differences are symmetric around 0.

    The p-value is (1 + sums at least as far from 0) / (1 + resamples), so that it is never 0.

    Args:
        differences: one number per item, shape (items,).
    """
    sizes, counts = np.unique(np.round(np.abs(differences[differences != 0]), 9), return_counts=True)
    observed = abs(float(np.sum(differences)))
    # Only how many items of each size turn positive matters: a binomial count, the same distribution as single flips.
    positive = np.random.default_rng(seed).binomial(counts, 0.5, size=(resamples, len(counts)))
    sums = np.abs((2 * positive - counts) @ sizes)
    # Rounding moved a sum by at most half a unit of the ninth decimal per item.
    extreme = int(np.sum(sums >= observed - _ROUNDING * (1 + len(differences))))
    return (1 + extreme) / (1 + resamples)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values of a family of tests after Holm's step-down correction, in the order given."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def base_tests(items: pa.Table, bases: Mapping[str, str], seed: int) -> list[dict[str, object]]:
    """Return rows of PAIR_COLUMNS: two tests of the exact match of each model against its own base, for each decoding.

    "mcnemar" compares the published order, "sign-flip" the mean of each item over the orders that both models have.
    `difference` is the model's mean minus the base's, with its 95 % bootstrap interval over items; `wins` and `losses`
    count items where the model is above or below the base. `p_holm` is corrected over a family of tests, named in
    `family`: those of all models against their bases by one decoding and test. A pair in which one model lacks the
    decoding has 0 items and empty cells.

    Args:
        items: the table of `scoring.choice.scores.item_scores`.
        bases: base of each model; a model without one, or that is its own, is not tested.

    Raises:
        InputError: a model or base has no predictions, or none in the published order, or two models did not answer
            the same items.
    """
    answers = answers_of_models(items)
    for name in (name for pair in bases.items() for name in pair):
        if name not in answers:
            raise InputError(f"no predictions of the model {name!r}, found: {', '.join(answers)}")
    pairs = [(model, bases[model]) for model in answers if bases.get(model, model) != model]
    return [_named(row, PAIR_COLUMNS) for row in _tests(answers, pairs, seed, "models against their bases")]


def all_pair_tests(items: pa.Table, seed: int) -> list[dict[str, object]]:
    """Return rows of ALL_PAIR_COLUMNS: the tests of `base_tests` for every two models, corrected over all pairs."""
    answers = answers_of_models(items)
    pairs = combinations(answers, 2)
    return [_named(row, ALL_PAIR_COLUMNS) for row in _tests(answers, pairs, seed, "all pairs of models")]


@dataclass(frozen=True, slots=True)
class Answers:
    """Exact match of one model and decoding: record ids, sorted, and by order an array of shape (records,)."""

    model: str
    decoding: str
    records: tuple[str, ...]
    by_order: Mapping[int, np.ndarray]


def answers_of_models(items: pa.Table) -> dict[str, dict[str, Answers]]:
    """Return model -> decoding -> answers, models in the order in which they occur.

    Args:
        items: the table of `scoring.choice.scores.item_scores`.

    Raises:
        InputError: a model lacks the published order, or did not answer the same items in every order.
    """
    found: dict[str, dict[str, Answers]] = {}
    for model in pc.unique(items["model"]).to_pylist():
        of_model = items.filter(pc.equal(items["model"], model))
        found[model] = {}
        for decoding in DECODINGS:
            table = of_model.filter(pc.equal(of_model["decoding"], decoding))
            if len(table):
                found[model][decoding] = _of_decoding(table, model, decoding)
    return found


def _of_decoding(table: pa.Table, model: str, decoding: str) -> Answers:
    by_order: dict[int, np.ndarray] = {}
    records: tuple[str, ...] = ()
    for order in sorted(pc.unique(table["order"]).to_pylist()):
        of_order = table.filter(pc.equal(table["order"], order)).sort_by("record_id")
        named = tuple(of_order["record_id"].to_pylist())
        if by_order and named != records:
            record = min(set(named) ^ set(records))
            raise InputError(
                f"{model} has a {decoding} prediction of record {record} in one of the orders {min(by_order)} and "
                f"{order} only, expected predictions of the same items in every order"
            )
        records, by_order[order] = named, of_order["exact_match"].to_numpy()
    if 0 not in by_order:
        raise InputError(f"{model}: no {decoding} prediction in the published order")
    return Answers(model, decoding, records, by_order)


@dataclass(frozen=True, slots=True)
class _Result:
    """What one test says of two models; its fields are `_NUMBERS`."""

    orders: str
    n_items: int
    wins: int
    losses: int
    difference: float
    ci_low: float
    ci_high: float
    p_value: float


def _tests(
    answers: Mapping[str, Mapping[str, Answers]], pairs: Iterable[tuple[str, str]], seed: int, family: str
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    pairs = list(pairs)
    for decoding in (d for d in DECODINGS if any(d in of_model for of_model in answers.values())):
        for test in TESTS:
            of_family: list[tuple[dict[str, object], _Result | None]] = []
            for model, other in pairs:
                first, second = answers[model].get(decoding), answers[other].get(decoding)
                key: dict[str, object] = {"model": model, "other": other, "decoding": decoding, "test": test}
                of_family.append((key, _test(test, first, second, seed) if first and second else None))
            p_values = [result.p_value for _, result in of_family if result]
            corrected = iter(holm(p_values))
            name = f"{family}, {decoding}, {test}: {len(p_values)} tests"
            for key, result in of_family:
                numbers = asdict(result) if result else dict.fromkeys(_NUMBERS, "") | {"n_items": 0}
                rows.append(key | numbers | {"p_holm": next(corrected) if result else "", "family": name})
    return rows


def _test(test: str, model: Answers, other: Answers, seed: int) -> _Result:
    """Return what one test says of two models that answered the same items."""
    check_same_items(model, other)
    shared = [0] if test == "mcnemar" else sorted(model.by_order.keys() & other.by_order.keys())
    means = [np.mean([side.by_order[order] for order in shared], axis=0) for side in (model, other)]
    differences = np.where(np.abs(means[0] - means[1]) > _ROUNDING, means[0] - means[1], 0.0)
    wins, losses = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    if test == "mcnemar":
        p_value = mcnemar(wins, losses)
    else:
        p_value = sign_flip(differences, derived_seed(str(seed), test, model.model, other.model, model.decoding))
    low, high = bootstrap_interval(
        differences, derived_seed(str(seed), "difference", test, model.model, other.model, model.decoding)
    )
    every = model.by_order.keys() == other.by_order.keys()
    return _Result(
        orders="published" if shared == [0] else "all" if every else "shared",
        n_items=len(differences),
        wins=wins,
        losses=losses,
        difference=float(np.mean(differences)),
        ci_low=low,
        ci_high=high,
        p_value=p_value,
    )


def check_same_items(model: Answers, other: Answers) -> None:
    """Raise InputError, naming a record, where two models did not answer the same items."""
    if model.records == other.records:
        return
    record = min(set(model.records) ^ set(other.records))
    has, lacks = (model, other) if record in model.records else (other, model)
    raise InputError(
        f"{lacks.model} has no {model.decoding} prediction of record {record}, but {has.model} has: "
        "expected predictions of the same items by every model"
    )


def _named(row: Mapping[str, object], columns: Sequence[str]) -> dict[str, object]:
    """Return a row of `_tests` under the names of `columns`, the second of which names the other model."""
    return {name: row["other" if place == 1 else name] for place, name in enumerate(columns)}
