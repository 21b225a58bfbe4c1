"""Correlations of scores with ratings, and whether two differ: hand-computed, published and simulated values."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from support.agreement import judgements_file, metrics_file, ratings_file, ratings_of, scorer_of

from medinjection.records.errors import InputError
from medinjection.scoring.agreement.coefficients import correlate
from medinjection.scoring.agreement.correlations import (
    COMPARISON_COLUMNS,
    CORRELATION_COLUMNS,
    comparison_rows,
    correlation_rows,
)
from medinjection.scoring.agreement.scorers import read_judge, read_mean_ratings, read_metrics
from medinjection.scoring.agreement.williams import williams
from medinjection.scoring.rankings import spearman

PUBLISHED = Path(__file__).parents[2] / "resources" / "published" / "published_table4.csv"


@pytest.mark.parametrize(
    "first,second,between,n,t,p_value",
    [
        # depcor (Silver, Hittner and May 2006, Applied Psychological Measurement 30, 152), as R's cocor cites it.
        (0.3, 0.4, 0.5, 100, -1.0767, 0.2843),
        # Steiger 1980, case A (p. 249): -.8913.
        (0.4, 0.5, 0.1, 103, -0.8913, 0.3749),
        # r.test of R's package psych, as the tests of nlpstats cite it: p = 0.5433956.
        (0.28582915107229734, 0.15950937602663984, 0.026555856893502445, 45, 0.6127, 0.5434),
    ],
)
def test_williams_t_has_the_published_values(first, second, between, n, t, p_value):
    found = williams(first, second, between, n)
    assert (round(found.t, 4), found.df, round(found.p_value, 4)) == (t, n - 3, p_value)
    turned = williams(second, first, between, n)
    assert (turned.t, turned.p_value) == (-found.t, found.p_value)


def test_williams_test_errs_as_often_as_it_says():
    rng = np.random.default_rng(3)
    rejected = 0
    for _ in range(1000):
        third, shared, one, other = rng.standard_normal((4, 40))
        first, second = third + shared + one, third + shared + other
        r = np.corrcoef([first, second, third])
        rejected += williams(r[0, 2], r[1, 2], r[0, 1], 40).p_value < 0.05
    # 1,000 tries at 5 %: 50, with a standard deviation of 7.
    assert 29 <= rejected <= 71


def test_williams_test_is_not_defined_for_one_score_twice_or_three_items():
    assert williams(0.5, 0.5, 1.0, 100) is None
    assert williams(0.5, 0.2, 0.1, 3) is None


def test_coefficients_are_those_of_a_hand_computed_case():
    # Deviations: scores -1.5 -.5 .5 1.5, ratings -.5 -.5 .5 .5 in another order.
    found = correlate([1, 2, 3, 4], [0, 1, 0, 1], 0)
    assert found.pearson.value == pytest.approx(1 / 5**0.5)
    # t = r sqrt(2 / (1 - r^2)) = sqrt(1/2), two degrees of freedom: p = 1 - t / sqrt(2 + t^2).
    assert found.pearson.p_value == pytest.approx(1 - 0.5**0.5 / 2.5**0.5)
    assert found.spearman.value == pytest.approx(1 / 5**0.5)
    # Of four pairs with different ratings three agree and one does not; six pairs have different scores.
    assert found.kendall.value == pytest.approx(2 / (6 * 4) ** 0.5)
    assert found.kendall.p_value == pytest.approx(4 / 6)


def test_the_bootstrap_is_that_of_the_statistic_itself():
    rng = np.random.default_rng(0)
    scores, ratings = rng.integers(0, 4, 15).astype(float), rng.integers(0, 2, 15).astype(float)
    found = correlate(scores.tolist(), ratings.tolist(), 5)
    drawn = np.random.default_rng(5).integers(15, size=(1000, 15))
    for coefficient, statistic in (
        (found.pearson, stats.pearsonr),
        (found.spearman, stats.spearmanr),
        (found.kendall, stats.kendalltau),
    ):
        values = [
            statistic(scores[rows], ratings[rows]).statistic
            for rows in drawn
            if np.ptp(scores[rows]) and np.ptp(ratings[rows])
        ]
        expected = np.quantile(values, [0.025, 0.975])
        assert (coefficient.ci_low, coefficient.ci_high) == pytest.approx(tuple(expected))


def test_spearman_counts_all_ways_to_pair_few_values():
    # Of the six orders of three values only the two extreme ones are as far from 0.
    assert spearman([(1, 10), (2, 20), (3, 30)]) == pytest.approx((1, 2 / 6))
    assert spearman([(1, 1), (2, 1)]) is None
    many = [(i, (7 * i) % 11) for i in range(11)]
    assert spearman(many) == pytest.approx(tuple(stats.spearmanr(*zip(*many, strict=True))))


def test_scores_are_left_out_or_not_correlated_as_written_down():
    ratings = ratings_of([0, 0, 1, 1, 1, 0], ("dr-a", "robot"), ("robot",))
    good = scorer_of("good", [0, 0, 1, 1, None, None])
    constant = scorer_of("constant", [1] * 6)
    blank = scorer_of("blank", [None, None, None, None, 1, 0])
    metric = scorer_of("rouge1", [10, 20, 30, 40, 20, 10], "metric", "default")
    french = scorer_of("rouge1", [1, 2, 3, 5, 2, 1], "metric", "fr")
    rows = correlation_rows(ratings, [good, constant, blank, metric, french], 1)
    assert all(set(row) == set(CORRELATION_COLUMNS) for row in rows)
    assert [(row["rated"], row["n"], row["undefined"]) for row in rows] == [
        (6, 4, ""),
        (6, 6, "all scores equal"),
        (6, 2, "fewer than 3 scored answers"),
        (6, 6, ""),
        (6, 6, ""),
    ]
    assert rows[0]["pearson_r"] == pytest.approx(1) and rows[1]["pearson_r"] == rows[1]["pearson_r_p_holm"] == ""
    assert {(row["raters"], row["simulated_raters"]) for row in rows} == {(2, 1)}
    # Two of the paper's lines are tested: the smaller p-value counts twice.
    assert rows[3]["family"] == "judges and default metrics (2 tests)"
    assert rows[0]["pearson_r_p_holm"] == pytest.approx(2 * rows[0]["pearson_r_p"])
    assert rows[3]["pearson_r_p_holm"] == pytest.approx(rows[3]["pearson_r_p"])
    assert rows[4]["family"] == "with other variants of metrics (1 tests)"
    assert (
        correlation_rows(ratings_of([1, 1, 1]), [scorer_of("a", [0, 1, 0])], 1)[0]["undefined"] == "all ratings equal"
    )


def test_two_scores_are_compared_on_the_answers_that_both_have():
    ratings = ratings_of([0, 0, 1, 1, 1, 0, 1])
    one = scorer_of("one", [0, 0, 1, 1, 0, 1, None])
    other = scorer_of("other", [0, 1, 0, 1, 0, 1, 1])
    rows = comparison_rows(ratings, [one, other, scorer_of("same", [0, 2, 0, 2, 0, 2, 2])])
    assert all(set(row) == set(COMPARISON_COLUMNS) for row in rows)
    expected = np.corrcoef([[0, 0, 1, 1, 0, 1], [0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 1, 0]])
    test = williams(expected[0, 2], expected[1, 2], expected[0, 1], 6)
    assert rows[0]["n"] == 6 and rows[0]["t"] == pytest.approx(test.t)
    assert rows[0]["p_value"] == pytest.approx(test.p_value)
    assert rows[2]["undefined"] == "the two scores are one up to scale" and rows[2]["t"] == ""
    assert rows[0]["family"] == "judges and default metrics (2 tests)"


def test_published_p_values_are_those_of_100_answers():
    rows = list(csv.DictReader(PUBLISHED.open(encoding="utf-8")))
    assert len(rows) == 11
    for row in rows:
        r = float(row["pearson_r"])
        # r is printed with two decimals.
        low, high = (2 * stats.t.sf(x * (98 / (1 - x * x)) ** 0.5, 98) for x in (r + 0.005, r - 0.005))
        assert low <= float(row["p_value"]) <= high
    # The text's other p-value of MedGemma's r would do too: nothing printed says which is right.
    assert 2 * stats.t.sf(0.615 * (98 / (1 - 0.615**2)) ** 0.5, 98) < 1.70e-11 < 1.74e-11


def test_ratings_judgements_and_metrics_are_read_of_the_rated_answers(tmp_path):
    path = ratings_file(tmp_path / "r.parquet", [("base", "b", "x", 1), ("base", "b", "y", 0), ("NAT", "a", "x", 1)])
    ratings = read_mean_ratings(path)
    assert ratings.means == {("base", "b"): 0.5, ("NAT", "a"): 1.0}
    assert (ratings.raters, ratings.simulated) == (("x", "y"), ())
    folder = judgements_file(tmp_path / "j", "base", {"a": 0, "b": None})
    judgements_file(folder, "NAT", {"a": 1, "b": 0})
    judge = read_judge("j", folder, [*ratings.means])
    assert judge.scores == {("base", "b"): None, ("NAT", "a"): 1}
    rows = [(m, r, "bleu", "default", float(len(m))) for m in ("base", "NAT") for r in "ab"]
    rows += [("base", "b", "bertscore_f1_rescaled", "default", 1.0)]
    (metric,) = read_metrics(metrics_file(tmp_path / "m.parquet", rows), [*ratings.means])
    assert (metric.name, metric.variant, metric.scores) == ("bleu", "default", {("base", "b"): 4.0, ("NAT", "a"): 3.0})


def test_ratings_and_scores_that_do_not_fit_are_refused(tmp_path):
    twice = [("base", "b", "x", 1), ("base", "b", "x", 0)]
    with pytest.raises(InputError, match="rater x, model base, record b: rated twice"):
        read_mean_ratings(ratings_file(tmp_path / "r.parquet", twice))
    with pytest.raises(InputError, match="rating is 2, expected 0 or 1"):
        read_mean_ratings(ratings_file(tmp_path / "r.parquet", [("base", "b", "x", 2)]))
    folder = judgements_file(tmp_path / "j", "base", {"a": 0})
    with pytest.raises(InputError, match="no judgement of record b, expected one of each answer"):
        read_judge("j", folder, [("base", "b")])
    rows = [("base", "a", "bleu", "fr", 1.0), ("base", "a", "bleu", "fr", 1.0)]
    with pytest.raises(InputError, match="bleu, fr: record a by base is scored twice"):
        read_metrics(metrics_file(tmp_path / "m.parquet", rows), [("base", "a")])
    rows = [("base", "b", "bleu", "fr", 1.0), ("NAT", "b", "rouge1", "fr", 1.0)]
    with pytest.raises(InputError, match="rouge1, fr: no score of record b by base"):
        read_metrics(metrics_file(tmp_path / "m.parquet", rows), [("base", "b")])


def test_probabilities_of_rated_answers_are_read_and_checked(tmp_path):
    rows = [("base", "a", "x", 1), ("base", "b", "x", 0)]
    path = tmp_path / "r.parquet"
    assert read_mean_ratings(ratings_file(path, rows)).probabilities == {}
    given = read_mean_ratings(ratings_file(path, rows, probabilities=[0.25, 1.0]))
    assert given.probabilities == {("base", "a"): 0.25, ("base", "b"): 1.0}
    for wrong in ([0.25, None], [0.25, 0.0], [1.5, 1.0]):
        with pytest.raises(InputError, match="probability: expected a number above 0, up to 1, for every rated answer"):
            read_mean_ratings(ratings_file(path, rows, probabilities=wrong))
