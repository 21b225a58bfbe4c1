"""The mean of few ratings helped by a judge's scores: hand-computed, and simulated for coverage."""

import numpy as np
import pytest
from support.agreement import ratings_of, scorer_of

from medinjection.records.errors import InputError
from medinjection.scoring.agreement.powered import Stratum, best_power, even_variance, powered_mean
from medinjection.scoring.agreement.rated_accuracy import FEWEST, RATED_COLUMNS, rated_accuracy
from medinjection.scoring.agreement.scorers import Ratings, Scorer


def stratum(ratings, scores, others, probabilities=None):
    parts = [np.array(values, float) for values in (ratings, scores, others)]
    return Stratum(*parts, None if probabilities is None else np.array(probabilities, float))


def test_a_hand_computed_mean():
    found = powered_mean([stratum([1, 1, 0, 1], [1, 0, 0, 1], [1, 0, 0, 0, 1])], 1)
    # Scores of the others 2/5; ratings less scores 0, 1, 0, 0: 1/4.
    assert found.mean == pytest.approx(0.4 + 0.25)
    # Their sample variances 0.3 / 5 and 0.25 / 4.
    assert found.variance == pytest.approx(0.06 + 0.0625)
    half = 1.959964 * 0.1225**0.5
    assert found.interval == pytest.approx((0.65 - half, 0.65 + half))


def test_without_scores_it_is_the_plain_mean_and_strata_count_by_their_answers():
    few, many = stratum([1, 0], [0, 0], [0] * 8), stratum([1, 1, 1, 0], [0] * 4, [0] * 26)
    found = powered_mean([few, many], 0)
    # 10 and 30 answers; sample variances 1/2 over 2 and 1/4 over 4.
    assert found.mean == pytest.approx(0.25 * 0.5 + 0.75 * 0.75)
    assert found.variance == pytest.approx(0.25**2 * 0.25 + 0.75**2 * 0.0625)


def test_the_power_is_that_of_the_paper_for_one_stratum():
    one = stratum([1, 0, 1, 1, 0], [1, 0, 1, 0, 0], [1, 0, 1, 1, 0, 0, 0])
    # Covariance over the variance of the scores, of which n / N is the others'.
    spread = np.var(one.scores, ddof=1) + 5 / 7 * np.var(one.others, ddof=1)
    assert best_power([one]) == pytest.approx(np.cov(one.ratings, one.scores)[0, 1] / spread)
    assert best_power([stratum([1, 0, 1, 0], [0, 1, 0, 1], [0, 1])]) == 0
    assert best_power([stratum([1, 0], [1, 1], [1, 1])]) == 0


def test_no_other_power_has_a_smaller_variance():
    two = [
        stratum([1, 0, 1, 1, 0], [1, 0, 1, 0, 0], [1, 0, 1, 1, 0, 0, 0], [0.5, 0.1, 0.1, 0.2, 0.9]),
        stratum([1, 0, 1], [1, 0, 0], [1, 0, 1, 1], [0.2, 0.2, 0.6]),
    ]
    best = best_power(two)
    assert 0 < best < 1
    others = [powered_mean(two, power).variance for power in np.linspace(0, 1, 101)]
    assert powered_mean(two, best).variance <= min(others)


def test_answers_that_are_all_rated_need_no_scores():
    found = powered_mean([stratum([1, 0, 1, 0], [0, 0, 0, 0], [])], 1)
    assert (found.mean, found.variance) == (0.5, pytest.approx(1 / 12))


def test_equal_probabilities_change_nothing():
    one, two = ([1, 0, 1, 1, 0], [1, 0, 1, 0, 0], [1, 0, 1, 1, 0, 0, 0]), ([1, 1, 0], [0, 1, 1], [0, 1])
    even = [stratum(*one), stratum(*two)]
    weighted = [stratum(*one, [5 / 12] * 5), stratum(*two, [3 / 5] * 3)]
    assert best_power(weighted) == pytest.approx(best_power(even))
    assert even_variance(weighted) == pytest.approx(powered_mean(even, 0).variance)
    for power in (0, 0.3, 1):
        first, second = powered_mean(even, power), powered_mean(weighted, power)
        assert (first.mean, first.variance) == pytest.approx((second.mean, second.variance))


def test_a_hand_computed_weighted_mean():
    """Of 10 answers one was drawn surely and two with probability 1/4: they count 1, 4 and 4 of 9."""
    one = stratum([0, 1, 1], [1, 1, 0], [1, 0, 0, 0, 1, 0, 0], [1, 0.25, 0.25])
    assert powered_mean([one], 0).mean == pytest.approx(8 / 9)
    # All ten have the mean score 4/10, the weighted sample 5/9: the others would have (4 - 3 * 5/9) / 7.
    assert powered_mean([one], 1).mean == pytest.approx(8 / 9 - 5 / 9 + (4 - 15 / 9) / 7)
    # Weights times distances to the mean: -8/81, 4/81 and 4/81.
    assert powered_mean([one], 0).variance == pytest.approx(96 / 81**2 * 3 / 2)


def simulated(power, rated):
    """Return how many of 1,000 intervals hold the truth, and the mean variance."""
    rng = np.random.default_rng(11)
    covered, variance = 0, 0.0
    for _ in range(1000):
        truth = rng.random(rated + 600) < 0.3
        # A judge that is wrong about some answers, and kinder than a physician.
        scores = np.where(rng.random(rated + 600) < 0.12, rng.random(rated + 600) < 0.8, truth).astype(float)
        one = stratum(truth[:rated], scores[:rated], scores[rated:])
        found = powered_mean([one], best_power([one]) if power is None else power)
        covered += found.interval is not None and found.interval[0] <= 0.3 <= found.interval[1]
        variance += found.variance / 1000
    return covered, variance


@pytest.mark.parametrize("power", [0, 1, None])
def test_intervals_of_100_ratings_cover_the_truth_as_often_as_they_say(power):
    covered, variance = simulated(power, 100)
    # 95 % less what the normal approximation lacks; the standard deviation of the count is 7.
    assert 920 <= covered <= 975
    plain = 0.21 / 100
    assert variance == pytest.approx(plain, rel=0.05) if power == 0 else variance < 0.6 * plain


def test_the_tuned_estimate_is_right_on_average_with_few_ratings():
    rng = np.random.default_rng(5)
    estimates = []
    for _ in range(2000):
        truth = (rng.random(660) < 0.3).astype(float)
        scores = np.where(rng.random(660) < 0.12, rng.random(660) < 0.8, truth).astype(float)
        one = stratum(truth[:60], scores[:60], scores[60:])
        estimates.append(powered_mean([one], best_power([one])).mean)
    error = np.std(estimates, ddof=1) / 2000**0.5
    # With the variance of all scores in the power it would be 0.0039 too low, five times this error.
    assert abs(np.mean(estimates) - 0.3) < 3 * error < 0.003


def test_ratings_drawn_by_disagreement_are_weighted_and_say_so():
    scores = {("base", str(i)): float(i < 2) for i in range(10)}
    means = {("base", "0"): 0.0, ("base", "5"): 1.0, ("base", "6"): 1.0}
    chances = {("base", "0"): 1.0, ("base", "5"): 0.25, ("base", "6"): 0.25}
    groups = {str(i): "questions" for i in range(10)}
    rows = rated_accuracy(Ratings(means, ("x",), (), chances), [Scorer("judge", "j", "-", scores)], groups, ["base"], 3)
    assert [row["draw"] for row in rows] == ["by disagreement"] * 3
    assert rows[0]["mean"] == pytest.approx(8 / 9)
    # An even draw of three: ratings 0, 1, 1 weigh 1, 4 and 4 of 9, so their spread is 8/81 * 3/2.
    weighted = 96 / 81**2 * 3 / 2
    assert rows[0]["ratings_worth"] == pytest.approx(3 * (8 / 81 * 3 / 2 / 3) / weighted)
    (even, *_) = rated_accuracy(Ratings(means, ("x",), ()), [Scorer("judge", "j", "-", scores)], groups, ["base"])
    assert even["draw"] == "even"


def test_intervals_of_few_ratings_with_scores_would_cover_too_seldom():
    assert simulated(1, 12)[0] < 800
    assert simulated(1, FEWEST)[0] >= 910 and simulated(None, FEWEST)[0] >= 900
    judge = scorer_of("j", [1, 0, 1, 0, 0, 1])
    rows = rated_accuracy(ratings_of([1, 1, 0]), [judge], {str(i): "questions" for i in range(6)}, ["base"])
    plain, powered = rows[0], rows[1]
    assert plain["ci_low"] < plain["mean"] and plain["undefined"] == ""
    # Others 0, 0, 1; ratings less scores 0, 1, -1.
    assert powered["mean"] == pytest.approx(1 / 3) and powered["ci_low"] == ""
    assert powered["undefined"] == "fewer than 60 ratings: no interval"


def test_each_model_and_all_of_them_by_three_methods():
    ratings = Ratings({("base", "0"): 1.0, ("base", "1"): 0.0, ("base", "2"): 1.0, ("NAT", "0"): 1.0}, ("x",), ())
    scores = {(m, str(i)): float(i % 2) if i < 8 else None for m in ("base", "NAT") for i in range(10)}
    judge = Scorer("judge", "j", "-", scores)
    rows = rated_accuracy(ratings, [judge], {str(i): "questions" for i in range(10)}, ["base", "NAT"], fewest=3)
    assert all(set(row) == set(RATED_COLUMNS) for row in rows)
    of = {(row["model"], row["method"]): row for row in rows}
    assert len(of) == 9
    plain, powered = of["base", "ratings"], of["base", "ppi"]
    assert (plain["rated"], plain["answers"], plain["unread"]) == (3, 10, 2)
    assert plain["mean"] == pytest.approx(2 / 3) and plain["ratings_worth"] == pytest.approx(3)
    # Others 3..9: 3, 5 and 7 count 1, the two unread ones 0; ratings less scores 1, -1, 1.
    assert powered["mean"] == pytest.approx(3 / 7 + 1 / 3)
    variance = (4 / 3) / 3 + (2 / 7) / 7
    # 0.76 and 1.37 to either side: a share ends at 0 and 1.
    assert (powered["ci_low"], powered["ci_high"]) == (0, 1)
    assert powered["ratings_worth"] == pytest.approx(3 * (1 / 9) / variance)
    # The judge contradicts the ratings, so that its scores are best left out.
    assert of["base", "ppi_tuned"]["power"] == 0
    assert of["NAT", "ppi"]["undefined"] == "fewer than 2 ratings of questions" and of["NAT", "ppi"]["mean"] == ""
    assert of["all models", "ratings"]["mean"] == pytest.approx(3 / 4)


def test_models_that_nobody_rated_have_no_part_in_the_whole():
    scores = {(model, str(i)): 1.0 for model in ("base", "NAT", "TRAD") for i in range(10)}
    ratings = Ratings({(model, str(i)): 0.0 for model in ("base", "NAT") for i in range(5)}, ("x",), ())
    groups = {str(i): "questions" for i in range(10)}
    rows = rated_accuracy(ratings, [Scorer("judge", "j", "-", scores)], groups, ["base", "NAT", "TRAD"])
    assert [(row["model"], row["rated"], row["answers"]) for row in rows[::3]] == [
        ("base", 5, 10),
        ("NAT", 5, 10),
        ("TRAD", 0, 10),
        ("all models", 10, 20),
    ]
    rows = rated_accuracy(ratings_of([0, 1, 0]), [Scorer("judge", "j", "-", scores)], groups, ["base", "NAT"])
    assert [row["model"] for row in rows[::3]] == ["base", "NAT"]


def test_equal_ratings_give_no_interval():
    judge = scorer_of("j", [1, 0, 1, 0, 0, 1])
    rows = rated_accuracy(ratings_of([1, 1, 1]), [judge], {str(i): "questions" for i in range(6)}, ["base"], fewest=3)
    plain, powered = rows[0], rows[1]
    assert (plain["mean"], plain["ci_low"], plain["undefined"]) == (1, "", "ratings without spread: no interval")
    assert powered["ci_low"] < powered["mean"] and powered["ratings_worth"] == ""


def test_a_rated_answer_without_judgement_is_refused():
    with pytest.raises(InputError, match="judge j: no judgement of record 2 by base, which is rated"):
        rated_accuracy(ratings_of([1, 0, 1]), [scorer_of("j", [1, 0])], {"0": "q", "1": "q"}, ["base"])
