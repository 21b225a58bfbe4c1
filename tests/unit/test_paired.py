import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.choice_predictions import answered, prediction, table

from medinjection.records.errors import InputError
from medinjection.scoring.choice.intervals import INTERVAL_COLUMNS, bootstrap_interval, choice_intervals
from medinjection.scoring.choice.paired import (
    ALL_PAIR_COLUMNS,
    PAIR_COLUMNS,
    all_pair_tests,
    base_tests,
    holm,
    mcnemar,
    sign_flip,
)
from medinjection.scoring.choice.scores import item_scores


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_sums_the_tails_of_the_binomial_distribution(wins, losses):
    pairs = wins + losses
    tail = sum(math.comb(pairs, k) for k in range(min(wins, losses) + 1)) / 2**pairs
    assert mcnemar(wins, losses) == pytest.approx(min(1.0, 2 * tail), rel=1e-9)
    assert mcnemar(wins, losses) == pytest.approx(mcnemar(losses, wins), rel=1e-9)


def test_mcnemar_by_hand():
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(3, 1) == pytest.approx(2 * 5 / 16)
    assert 0 < mcnemar(6000, 5000) < 1e-20


def test_sign_flip_approaches_the_exact_distribution():
    differences = np.array([0.25, 0.5, -0.25, 0.75, 1.0, 0.0, 0.25, 1 / 3])
    signs = np.array(list(product([-1, 1], repeat=len(differences))))
    exact = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9)
    estimate = sign_flip(differences, seed=1, resamples=50_000)
    assert estimate == pytest.approx(exact, abs=0.005)
    assert estimate == sign_flip(differences, seed=1, resamples=50_000) == sign_flip(-differences, 1, 50_000)


def test_sign_flip_limits():
    assert sign_flip(np.zeros(5), seed=1) == 1
    assert sign_flip(np.array([0.25, -0.25]), seed=1) == 1
    assert sign_flip(np.full(200, 0.5), seed=1) == 1 / 10_001


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_bootstrap_interval_is_close_to_theory_and_to_resampled_items():
    values = np.array([1.0] * 300 + [0.0] * 700)
    low, high = bootstrap_interval(values, seed=3, resamples=5000)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 1000)
    assert (low, high) == pytest.approx((0.3 - half, 0.3 + half), abs=0.003)
    assert (low, high) == bootstrap_interval(values[::-1], seed=3, resamples=5000)
    uneven = np.array([0.0, 0.25, 1 / 3, 0.5, 1.0] * 40)
    drawn = np.random.default_rng(0).choice(uneven, size=(5000, len(uneven))).mean(axis=1)
    assert bootstrap_interval(uneven, 3, 5000, 0.9) == pytest.approx(np.quantile(drawn, [0.05, 0.95]), abs=0.005)
    assert bootstrap_interval(np.ones(4), seed=3) == (1.0, 1.0)


def test_base_tests_by_hand():
    # published order: NAT wins items 0-5, loses item 6; over both orders item 7 is a win too, item 6 a tie.
    base = [[0, 0]] * 6 + [[1, 0], [1, 0], [1, 1]]
    mix = [[1, 1]] * 6 + [[0, 1], [1, 1], [1, 1]]
    rows = answered("base", base, (0, 2)) + answered("NAT", mix, (0, 2)) + answered("SYN", base, (0, 2))
    found = base_tests(item_scores(table(rows)), {"base": "base", "NAT": "base", "SYN": "base"}, seed=5)
    assert [tuple(row) for row in found] == [PAIR_COLUMNS] * 4
    family = "models against their bases, greedy, mcnemar: 2 tests"
    low, high = bootstrap_interval(np.array([1.0] * 6 + [-1.0] + [0.0] * 2), seed=8, resamples=20_000)
    interval = (pytest.approx(low, abs=0.12), pytest.approx(high, abs=0.12))
    assert [tuple(row.values()) for row in found[:2]] == [
        (
            "NAT",
            "base",
            "greedy",
            "mcnemar",
            "published",
            9,
            6,
            1,
            pytest.approx(5 / 9),
            *interval,
            16 / 128,
            32 / 128,
            family,
        ),
        ("SYN", "base", "greedy", "mcnemar", "published", 9, 0, 0, 0.0, 0.0, 0.0, 1.0, 1.0, family),
    ]
    flips = found[2]
    assert (flips["model"], flips["test"], flips["orders"], flips["n_items"]) == ("NAT", "sign-flip", "all", 9)
    assert (flips["wins"], flips["losses"], flips["difference"]) == (7, 0, pytest.approx(6.5 / 9))
    # All seven differences point one way: 2 of the 128 sign patterns are as extreme.
    assert flips["p_value"] == pytest.approx(2 / 128, abs=0.005)
    assert flips["p_holm"] == pytest.approx(2 * flips["p_value"])


def test_each_model_is_tested_against_its_own_base():
    rows = [r for m in ("base", "llama", "NAT", "NAT@llama") for r in answered(m, [[1], [m != "base"], [m == "NAT"]])]
    bases = {"base": "base", "llama": "llama", "NAT": "base", "NAT@llama": "llama"}
    found = [row for row in base_tests(item_scores(table(rows)), bases, seed=5) if row["test"] == "mcnemar"]
    assert [(r["model"], r["base"], r["wins"], r["losses"]) for r in found] == [
        ("NAT", "base", 2, 0),
        ("NAT@llama", "llama", 0, 0),
    ]


def test_all_pairs_are_corrected_together():
    right = {"a": [1] * 12 + [0] * 8, "b": [1] * 4 + [0] * 16, "c": [0] * 20, "d": [1] * 20}
    rows = [r for model, hits in right.items() for r in answered(model, [[hit] for hit in hits])]
    found = [row for row in all_pair_tests(item_scores(table(rows)), seed=5) if row["test"] == "mcnemar"]
    assert [tuple(row) for row in found] == [ALL_PAIR_COLUMNS] * 6
    assert [row["model"] + row["other"] for row in found] == ["ab", "ac", "ad", "bc", "bd", "cd"]
    plain = [2 / 2**8, 2 / 2**12, 2 / 2**8, 2 / 2**4, 2 / 2**16, 2 / 2**20]
    assert [row["p_value"] for row in found] == pytest.approx(plain)
    assert [row["p_holm"] for row in found] == pytest.approx(holm(plain))
    assert {row["family"] for row in found} == {"all pairs of models, greedy, mcnemar: 6 tests"}
    assert found[0]["difference"] == pytest.approx(8 / 20)


def test_tests_do_not_depend_on_the_order_of_rows_or_on_other_models():
    rng = np.random.default_rng(1)
    rows = [r for m in ("base", "NAT", "SYN") for r in answered(m, rng.integers(0, 2, (30, 3)), (0, 1, 2))]
    bases = {"NAT": "base", "SYN": "base"}
    found = base_tests(item_scores(table(rows)), bases, seed=5)
    order = rng.permutation(len(rows))
    shuffled = base_tests(item_scores(table(rows[i] for i in order)), bases, seed=5)
    assert sorted(map(str, found)) == sorted(map(str, shuffled))
    alone = base_tests(item_scores(table(r for r in rows if r["model"] != "SYN")), {"NAT": "base"}, seed=5)
    assert [r["p_value"] for r in alone] == [r["p_value"] for r in found if r["model"] == "NAT"]


def test_models_must_have_answered_the_same_items():
    def tested(*rows):
        return base_tests(item_scores(table([r for part in rows for r in part])), {"NAT": "base"}, seed=0)

    with pytest.raises(InputError, match="NAT has no greedy prediction of record src:1, but base has"):
        tested(answered("base", [[1], [0]]), answered("NAT", [[1]]))
    with pytest.raises(InputError, match="no predictions of the model 'base', found: NAT"):
        tested(answered("NAT", [[1]]))
    with pytest.raises(InputError, match="base: no greedy prediction in the published order"):
        tested(answered("base", [[1]], (1,)), answered("NAT", [[1]], (1,)))
    with pytest.raises(InputError, match="record src:1 in one of the orders 0 and 1 only"):
        tested(answered("NAT", [[1, 1], [1, 1]], (0, 1))[:3], answered("base", [[1, 1], [1, 1]], (0, 1)))


def test_what_a_model_lacks_is_compared_as_far_as_it_goes():
    base = answered("base", [[1, 0], [0, 0]], (0, 1)) + answered("base", [[1], [1]], decoding="constrained")
    found = base_tests(item_scores(table(base + answered("NAT", [[1], [1]]))), {"NAT": "base"}, seed=0)
    assert [(r["decoding"], r["test"], r["orders"], r["n_items"], r["difference"]) for r in found] == [
        ("greedy", "mcnemar", "published", 2, 0.5),
        ("greedy", "sign-flip", "published", 2, 0.5),
        ("constrained", "mcnemar", "", 0, ""),
        ("constrained", "sign-flip", "", 0, ""),
    ]
    assert found[2]["p_holm"] == "" and found[2]["family"].endswith("mcnemar: 0 tests")
    more = answered("NAT", [[1, 0, 1], [1, 1, 1]], (0, 2, 1))
    assert base_tests(item_scores(table(base + more)), {"NAT": "base"}, seed=0)[1]["orders"] == "shared"


def test_intervals_pool_items_and_average_permuted_orders_within_an_item():
    rows = answered("NAT", [[1, 1, 0], [0, 1, 1], [1, 0, 0], [1, 1, 1]], (0, 1, 2))
    found = choice_intervals(item_scores(table(rows)), seed=2)
    assert [tuple(row) for row in found] == [INTERVAL_COLUMNS] * 8
    assert [(r["orders"], r["metric"], r["value"], r["n"]) for r in found if r["average"] == "micro"] == [
        ("published", "exact_match", 0.75, 4),
        ("published", "hamming", 0.75, 4),
        ("permuted", "exact_match", 0.625, 4),
        ("permuted", "hamming", 0.625, 4),
    ]
    assert all(r["ci_low"] <= r["value"] <= r["ci_high"] for r in found)
    published_only = choice_intervals(item_scores(table(answered("NAT", [[1], [0]]))), seed=2)
    assert {row["orders"] for row in published_only} == {"published"}


def test_the_aggregate_is_the_average_of_both_tasks():
    rows = [prediction(f"m{i}", [0, 1] if i < 2 else [0], [0, 1]) for i in range(8)]
    rows += [prediction(f"u{i}", [0] if i < 6 else [1], [0], task="mcqu") for i in range(8)]
    rows_of = choice_intervals(item_scores(table(rows)), seed=2)
    found = {(r["task"], r["metric"]): r for r in rows_of if r["average"] == "micro"}
    both = found["aggregate", "exact_match"]
    assert (both["value"], both["n"]) == (0.5, 16)
    assert found["mcq", "exact_match"]["value"] == 0.25 and found["mcqu", "exact_match"]["value"] == 0.75
    # Two independent means of 8 with p(1-p) = 3/16 each: the average has a standard deviation of 0.108.
    assert (both["ci_low"], both["ci_high"]) == pytest.approx((0.5 - 0.212, 0.5 + 0.212), abs=0.04)
    assert ("aggregate", "hamming") not in found


def test_macro_intervals_resample_each_source_apart():
    rows = [prediction(i, [0] if i < 30 else [1], [0], task="mcqu", source="large") for i in range(60)]
    rows += [prediction(i, [0] if i < 1 else [1], [0], task="mcqu", source="small") for i in range(10)]
    found = {r["average"]: r for r in choice_intervals(item_scores(table(rows)), 3) if r["metric"] == "exact_match"}
    assert found["micro"]["value"] == pytest.approx(31 / 70)
    assert found["macro"]["value"] == pytest.approx((0.5 + 0.1) / 2)
    half = 1.96 * math.sqrt((0.25 / 60 + 0.09 / 10) / 4)
    assert (found["macro"]["ci_low"], found["macro"]["ci_high"]) == pytest.approx((0.3 - half, 0.3 + half), abs=0.03)
    assert found["macro"]["n"] == 70
