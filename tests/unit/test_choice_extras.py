import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.choice_predictions import prediction, table

from medinjection.records.errors import InputError
from medinjection.scoring.choice.debias import letter_priors, permutation_average, prior_removed
from medinjection.scoring.choice.extras import EXTRA_COLUMNS, extra_rows
from medinjection.scoring.choice.position import POSITION_COLUMNS, letter_distance, position_rows, recall_spread
from medinjection.scoring.choice.scores import item_scores, score_choice
from medinjection.scoring.choice.shown import shown_answers
from medinjection.scoring.choice.spread import SPREAD_COLUMNS, spread_rows
from medinjection.scoring.choice.stability import majority_vote, stability

ORDERS = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]


def asked(record, chosen, gold=(0,), task="mcqu", shown=ORDERS, logprobs=None, source="src"):
    """Predictions of one record: chosen[k] are the published positions named in the k-th order."""
    return [
        prediction(
            record,
            named,
            gold,
            order=k,
            task=task,
            source=source,
            shown=shown[k],
            logprobs=None if logprobs is None else logprobs[k],
        )
        for k, named in enumerate(chosen)
    ]


def arrays(*records, task="mcqu"):
    return shown_answers(table(row for rows in records for row in rows), task, "greedy")


def sets(*options):
    return [sum(1 << i for i in named) for named in options]


def test_stability_by_hand():
    answers = arrays(
        asked(1, [[0, 1], [0, 1], [0, 1]], task="mcq"),
        asked(2, [[0], [0], [0, 1]], task="mcq"),
        asked(3, [[0], [1], []], task="mcq"),
        asked(4, [[], [], []], task="mcq"),
        task="mcq",
    )
    # Overlaps of the three pairs: 1 1 1, then 1 1/2 1/2, then 0 0 0; no answer never agrees with no answer.
    assert stability(answers) == (4, 0.25, pytest.approx((1 + 2 / 3 + 0 + 0) / 4))


def test_orders_that_show_the_same_count_once():
    twice = [ORDERS[0], ORDERS[0], ORDERS[1]]
    answers = arrays(asked(1, [[0], [0], [1]], shown=twice), asked(2, [[0]] * 3, shown=[ORDERS[0]] * 3))
    assert answers.counts.tolist() == [2, 1]
    assert stability(answers) == (1, 0.0, 0.0)
    assert stability(arrays(asked(2, [[0]] * 3, shown=[ORDERS[0]] * 3))) == (0, None, None)


def test_vote_on_several_options_needs_more_than_half():
    orders = list(permutations(range(3)))
    answers = arrays(
        asked(1, [[0, 1], [0, 2], [0, 1]], task="mcq"),
        asked(2, [[0], [1], [2]], task="mcq"),
        asked(3, [[0], [0], [1], [1]], task="mcq", shown=orders),
        task="mcq",
    )
    assert majority_vote(answers, one_right=False).tolist() == sets([0, 1], [], [])


def test_vote_on_one_option_breaks_ties_by_likelihood_then_position():
    def likely(option):
        """Log-probabilities of the letters where the option at a published position has 0.5 and others 0.25."""
        return [[math.log(0.5 if shown == option else 0.25) for shown in order] for order in ORDERS]

    answers = arrays(
        asked(1, [[2], [1], [2]]),
        asked(2, [[2], [1], []], logprobs=likely(2)),
        asked(3, [[2], [1], []], logprobs=likely(0)),
        asked(4, [[], [], []], logprobs=likely(1)),
    )
    # Record 3: the likeliest option has no vote, and the two with a vote are equally likely.
    assert majority_vote(answers, one_right=True).tolist() == sets([2], [2], [1], [])


@settings(max_examples=30)
@given(st.sampled_from(["mcq", "mcqu"]), st.data())
def test_equal_answers_are_stable_and_voted_for(task, data):
    size = 1 if task == "mcqu" else 4
    sets_ = st.lists(st.integers(0, 3), min_size=1, max_size=size, unique=True)
    named = data.draw(st.lists(sets_, min_size=1, max_size=5))
    orders = data.draw(st.lists(st.permutations(range(4)), min_size=2, max_size=4, unique_by=tuple))
    records = [asked(i, [sorted(options)] * len(orders), task=task, shown=orders) for i, options in enumerate(named)]
    answers = arrays(*records, task=task)
    assert stability(answers) == (len(named), 1.0, 1.0)
    assert majority_vote(answers, task == "mcqu").tolist() == sets(*named)


def model_with_a_prior(prior, merits, orders):
    """Log-probabilities of the letters of a model that multiplies a prior over letters with an option's merit."""
    found = []
    for order in orders:
        weights = np.array([prior[i] * merits[option] for i, option in enumerate(order)])
        found.append(np.log(weights / weights.sum()).tolist())
    return found


def answers_with_a_prior(prior, merits, orders_of):
    rows = []
    for i, merit in enumerate(merits):
        orders = orders_of(i)
        logprobs = model_with_a_prior(prior, merit, orders)
        rows.append(asked(f"{i:03}", [[0]] * len(orders), shown=orders, logprobs=logprobs))
    return arrays(*rows)


@pytest.mark.parametrize("cyclic", [True, False])
def test_prior_is_found_and_divided_out(cyclic):
    prior = np.array([0.7, 0.2, 0.1])
    rng = np.random.default_rng(2)
    merits = rng.dirichlet(np.ones(3), 40)
    every = list(permutations(range(3)))

    def orders_of(_):
        return ORDERS if cyclic else [ORDERS[0], *(every[i] for i in rng.integers(6, size=3))]

    answers = answers_with_a_prior(prior, merits, orders_of)
    assert letter_priors(answers)[3] == pytest.approx(prior, abs=1e-6)
    best = [1 << int(np.argmax(merit)) for merit in merits]
    assert prior_removed(answers)[answers.order == 0].tolist() == best
    assert np.mean([np.argmax(prior * merit) == np.argmax(merit) for merit in merits]) < 0.8
    if cyclic:
        means = np.mean(np.log(np.stack([np.exp(answers.logprobs)])), axis=(0, 1))
        assert letter_priors(answers)[3] == pytest.approx(np.exp(means) / np.exp(means).sum(), abs=1e-6)


def test_two_options_and_orders_that_repeat_the_published_one():
    swapped = [(0, 1), (1, 0)]
    answers = answers_with_a_prior([0.8, 0.2], [[0.6, 0.4]] * 3, lambda i: swapped[:1] * 2 if i == 2 else swapped)
    assert letter_priors(answers)[2] == pytest.approx([0.8, 0.2], abs=1e-6)


def test_orders_that_leave_a_letter_apart_give_no_prior():
    answers = answers_with_a_prior([0.5, 0.3, 0.2], [[0.6, 0.3, 0.1]], lambda _: [(0, 1, 2), (1, 0, 2)])
    assert letter_priors(answers) == {}
    assert prior_removed(answers) is None


def test_permutation_average_over_all_orders_is_free_of_the_prior():
    merits = np.random.default_rng(5).dirichlet(np.ones(3), 40)
    answers = answers_with_a_prior([0.7, 0.2, 0.1], merits, lambda _: list(permutations(range(3))))
    assert permutation_average(answers).tolist() == [1 << int(np.argmax(merit)) for merit in merits]


def test_permutation_average_is_of_probabilities():
    # Option 0 has 0.96 and 0.1, option 1 has 0.04 and 0.5: means 0.53 and 0.27.
    orders = [(0, 1, 2), (1, 0, 2)]
    rows = asked(1, [[0], [0]], shown=orders, logprobs=np.log([[0.96, 0.03, 0.01], [0.5, 0.1, 0.4]]).tolist())
    # Here means of logarithms would choose option 1: 0.6 x 0.001 against 0.2 x 0.3.
    others = asked(2, [[0], [0]], shown=orders, logprobs=np.log([[0.6, 0.2, 0.2], [0.3, 0.001, 0.699]]).tolist())
    assert permutation_average(arrays(rows, others)).tolist() == [1, 4]


@settings(max_examples=30)
@given(st.permutations(range(4)), st.integers(0, 2**32 - 1))
def test_debiasing_does_not_depend_on_how_options_are_numbered(renumbered, seed):
    rng = np.random.default_rng(seed)
    rows, others = [], []
    for i in range(6):
        gold = int(rng.integers(4))
        for k in range(4):
            order = rng.permutation(4).tolist()
            logprobs = np.log(rng.dirichlet(np.ones(4))).tolist()
            options = {"order": k, "task": "mcqu", "logprobs": logprobs}
            rows.append(prediction(i, [order[0]], [gold], shown=order, **options))
            moved = [renumbered[option] for option in order]
            others.append(prediction(i, [moved[0]], [renumbered[gold]], shown=moved, **options))
    first, second = arrays(rows), arrays(others)
    for method in (permutation_average, prior_removed):
        expected = [1 << renumbered[int(bits).bit_length() - 1] for bits in method(first)]
        assert method(second).tolist() == expected
    assert letter_priors(first)[4] == pytest.approx(letter_priors(second)[4])
    spreads = [recall_spread(position_rows(side, side.predicted)) for side in (first, second)]
    assert spreads[0] == pytest.approx(spreads[1])


def test_position_bias_by_hand():
    # Right options stand at letters A, C, B of record 1 and B, A, C of record 2; A is named five times, C once.
    answers = arrays(
        asked(1, [[0], [1], [2]], gold=[0]),
        asked(2, [[0], [1], [1]], gold=[1]),
    )
    rows = position_rows(answers, answers.predicted)
    assert [(r["letter"], r["shown"], r["right"], r["predicted"], r["hits"], r["recall"]) for r in rows] == [
        ("A", 6, 2, 5, 2, 1.0),
        ("B", 6, 2, 0, 0, 0.0),
        ("C", 6, 2, 1, 1, 0.5),
    ]
    assert [row["predicted_share"] for row in rows] == pytest.approx([5 / 6, 0, 1 / 6])
    assert recall_spread(rows) == pytest.approx(math.sqrt((0.25 + 0.25 + 0) / 3))
    assert letter_distance(rows) == pytest.approx((3 / 6 + 2 / 6 + 1 / 6) / 2)


def test_letters_are_compared_among_questions_with_equally_many_options():
    two = [asked(f"t{i}", [[i]], gold=[i], shown=[(0, 1)]) for i in range(2)]
    three = [asked(f"u{i}", [[2]], gold=[i], shown=[(0, 1, 2)]) for i in range(3)]
    answers = arrays(*two, *three)
    rows = position_rows(answers, answers.predicted)
    assert [(row["options"], row["letter"]) for row in rows] == [(2, "A"), (2, "B"), (3, "A"), (3, "B"), (3, "C")]
    # Two options: recalls 1 and 1; three: 0, 0 and 1 with a deviation of sqrt(2)/3. Weights 2 and 3.
    assert recall_spread(rows) == pytest.approx(3 / 5 * math.sqrt(2) / 3)
    assert letter_distance(rows) == pytest.approx(3 / 5 * 2 / 3)


def test_no_answers_have_no_shares():
    answers = arrays(asked(1, [[]], gold=[0]))
    rows = position_rows(answers, answers.predicted)
    assert [row["predicted_share"] for row in rows] == [None] * 3
    assert (recall_spread(rows), letter_distance(rows)) == (None, None)


def test_extras_of_one_model():
    likely = [[math.log(0.8 if option == 0 else 0.1) for option in order] for order in ORDERS]
    rows = asked(1, [[1], [0], [0]], logprobs=likely) + asked(2, [[1], [1], [1]], logprobs=likely)
    rows += asked(3, [[0, 1], [0, 1], [0]], gold=[0, 1], task="mcq")
    predictions = table(rows)
    extras, positions = extra_rows(predictions, item_scores(predictions))
    assert [tuple(sorted(row)) for row in extras] == [tuple(sorted(EXTRA_COLUMNS))] * 2
    assert [tuple(row) for row in positions] == [POSITION_COLUMNS] * 6
    several, one = extras
    assert (several["task"], several["n"], several["exact_match"], several["vote_exact_match"]) == ("mcq", 1, 1.0, 1.0)
    assert several["average_exact_match"] is several["prior_exact_match"] is several["prior_rstd"] is None
    assert (one["exact_match"], one["vote_exact_match"], one["average_exact_match"]) == (0.0, 0.5, 1.0)
    assert (one["stable_share"], one["n_reordered"], one["chance_exact_match"]) == (0.5, 2, pytest.approx(1 / 3))
    # The option, not the letter, decides here: the prior is flat.
    assert one["prior_exact_match"] == 1.0


def test_without_other_orders_or_log_probabilities_cells_are_empty():
    predictions = table([prediction(1, [0], [0], task="mcqu", logprobs=[])])
    ((row,), _) = extra_rows(predictions, item_scores(predictions))
    assert row["exact_match"] == 1.0 and row["n_reordered"] == 0
    assert {row[name] for name in ("stable_share", "vote_exact_match", "average_exact_match", "prior_rstd")} == {None}
    served = table(asked(1, [[0], [0], [1]], logprobs=[[], [], []]))
    ((row,), _) = extra_rows(served, item_scores(served))
    assert (row["vote_exact_match"], row["average_exact_match"], row["prior_exact_match"]) == (1.0, None, None)


def test_broken_log_probabilities_are_refused():
    with pytest.raises(InputError, match=r"record src:2, order 1: a letter's log-probability is not a number \(NaN\)"):
        arrays(asked(1, [[0], [0]]), asked(2, [[0], [0]], logprobs=[[-1.0] * 3, [-1.0, math.nan, -1.0]]))
    with pytest.raises(InputError, match="record src:2: 0 letter log-probabilities, expected one for each of its 3"):
        arrays(asked(1, [[0]]), [prediction(2, [0], [0], task="mcqu", shown=ORDERS[0], logprobs=[])])


def test_broken_predictions_are_refused():
    with pytest.raises(InputError, match=r"record src:1: option_order \[0, 0, 2\], expected a permutation"):
        arrays([prediction(1, [0], [0], task="mcqu", shown=[0, 0, 2])])
    with pytest.raises(InputError, match="record src:1: its orders differ in the right options"):
        arrays(asked(1, [[0]], gold=[0]), [prediction(1, [0], [1], order=1, task="mcqu", shown=ORDERS[1])])
    with pytest.raises(InputError, match="record src:1: its orders differ in the number of options"):
        arrays(asked(1, [[0]]), [prediction(1, [0], [0], order=1, task="mcqu", shown=[1, 0])])
    with pytest.raises(InputError, match="record src:1: 0 letter log-probabilities, expected one for each of its 3"):
        arrays(asked(1, [[0], [0]], logprobs=[[], [0.0] * 3]))


def score_rows(values, task="mcqu", n=None):
    """Rows of scores for {(source, order): exact match}; `n` gives records by source."""
    rows = []
    for (source, order), value in values.items():
        share = dict.fromkeys(("hamming", "parse_rate", "exact_match_lenient", "hamming_lenient"), value)
        share |= dict.fromkeys(("parse_rate_lenient", "chance_exact_match", "chance_hamming"), 0.25)
        key = {"model": "NAT", "source": source, "task": task, "order": order, "decoding": "greedy"}
        rows.append(key | {"n": (n or {}).get(source, 1), "exact_match": value} | share)
    return rows


def test_spreads_by_hand():
    one = {("s1", 1): 0.1, ("s1", 2): 0.3, ("s1", 3): 0.2, ("s2", 1): 0.5, ("s2", 2): 0.5, ("s2", 3): 0.8}
    several = {("s1", 1): 0.1, ("s1", 2): 0.2, ("s1", 3): 0.3, ("s2", 1): 0.3, ("s2", 2): 0.4, ("s2", 3): 0.5}
    scores = score_rows(one, n={"s1": 30, "s2": 10}) + score_rows(several, "mcq")
    rows = spread_rows(scores)
    assert {tuple(row) for row in rows} == {SPREAD_COLUMNS}
    found = {row["task"]: row for row in rows if row["metric"] == "exact_match"}
    # Over sources by order: 0.3, 0.4, 0.5; over records: 0.2, 0.35, 0.35; over orders by source: 0.2 and 0.6.
    mcqu = found["mcqu"]
    assert (mcqu["n_sources"], mcqu["n_orders"]) == (2, 3)
    assert (mcqu["macro"], mcqu["micro"]) == pytest.approx((0.4, 0.3))
    assert (mcqu["sd_orders_macro"], mcqu["sd_sources"]) == pytest.approx((0.1, math.sqrt(0.08)))
    assert mcqu["sd_orders_micro"] == pytest.approx(math.sqrt((0.1**2 + 2 * 0.05**2) / 2))
    assert mcqu["pooled_sd_orders"] is None
    # mcq by order: 0.2, 0.3, 0.4; by source: 0.2 and 0.4. The mean of both tasks by order: 0.25, 0.35, 0.45.
    both = found["aggregate"]
    assert (both["macro"], both["sd_orders_macro"]) == pytest.approx((0.35, 0.1))
    assert both["pooled_sd_orders"] == pytest.approx(math.sqrt((0.1**2 + 0.1**2) / 2))
    assert both["pooled_sd_sources"] == pytest.approx(math.sqrt((0.08 + 0.02) / 2))
    assert both["sd_sources"] is None
    assert {row["metric"] for row in rows if row["task"] == "aggregate"} == {
        "exact_match",
        "exact_match_lenient",
        "chance_exact_match",
    }


def test_spreads_need_two_orders_or_sources_and_all_orders_of_a_source():
    (row,) = [r for r in spread_rows(score_rows({("s1", 0): 0.5})) if r["metric"] == "hamming"]
    assert (row["orders"], row["macro"], row["sd_orders_macro"], row["sd_sources"]) == ("published", 0.5, None, None)
    with pytest.raises(InputError, match=r"scores of NAT, s2, mcqu, greedy: no line of order 2, expected orders 1, 2"):
        spread_rows(score_rows({("s1", 1): 0.5, ("s1", 2): 0.5, ("s2", 1): 0.5}))


def test_spreads_agree_with_numpy():
    rng = np.random.default_rng(3)
    rows = [
        prediction(i, [int(rng.integers(3))], [0], order=k, task="mcqu", source=f"s{i % 3}", shown=ORDERS[0])
        for i in range(40)
        for k in range(4)
    ]
    scores = score_choice(item_scores(table(rows)), seed=1)
    (row,) = [r for r in spread_rows(scores) if r["orders"] == "permuted" and r["metric"] == "exact_match"]
    matrix = np.array([[r["exact_match"] for r in scores if r["source"] == f"s{s}" and r["order"]] for s in range(3)])
    assert row["sd_orders_macro"] == pytest.approx(np.std(matrix.mean(axis=0), ddof=1))
    assert row["sd_sources"] == pytest.approx(np.std(matrix.mean(axis=1), ddof=1))
