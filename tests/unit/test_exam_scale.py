from itertools import product

import numpy as np
import pytest

from medinjection.scoring.exam.scale import chance_points, points


def bits(text):
    """Options by letter as a bit set: "AC" is options 0 and 2."""
    return sum(1 << "ABCDE".index(letter) for letter in text)


def marked(predicted, gold, one_right=False, indispensable="", unacceptable=""):
    sets = [np.array([bits(text)], np.uint32) for text in (predicted, gold, indispensable, unacceptable)]
    return float(points(sets[0], sets[1], np.array([one_right]), sets[2], sets[3])[0])


@pytest.mark.parametrize(
    ("predicted", "expected"),
    # Right: A, C and D. Discordances: wrongly chosen + wrongly left out.
    [("ACD", 1), ("AC", 0.5), ("ABCD", 0.5), ("A", 0.2), ("ABC", 0.2), ("ABCDE", 0.2), ("B", 0), ("AB", 0), ("", 0)],
)
def test_several_right_options_are_marked_by_discordances(predicted, expected):
    assert marked(predicted, "ACD") == expected


def test_one_right_option_is_marked_all_or_nothing():
    assert [marked(chosen, "B", one_right=True) for chosen in ("B", "A", "AB", "")] == [1, 0, 0, 0]


def test_no_answer_gets_nothing_where_discordances_would_give_half_a_point():
    assert marked("", "B") == 0
    assert marked("A", "B") == 0.2


@pytest.mark.parametrize(
    ("predicted", "expected"),
    # Right: A, C and D; A is indispensable, E unacceptable.
    [("ACD", 1), ("AC", 0.5), ("CD", 0), ("ACDE", 0), ("AE", 0), ("A", 0.2)],
)
def test_marked_options_bring_a_question_to_nothing(predicted, expected):
    assert marked(predicted, "ACD", indispensable="A", unacceptable="E") == expected


def test_chance_by_hand():
    # One right among five: 1/5. Five options, two right, 31 sets: 1 at no discordance, 5 at one, 10 at two; the empty
    # set would be one of the ten.
    assert chance_points("mcqu", 5, 1) == 1 / 5
    assert chance_points("mcq", 5, 2) == pytest.approx((1 + 5 * 0.5 + 9 * 0.2) / 31)
    assert chance_points("mcq", 5, 1) == pytest.approx((1 + 4 * 0.5 + 10 * 0.2) / 31)
    assert chance_points("mcq", 5, 4) == pytest.approx((1 + 5 * 0.5 + 10 * 0.2) / 31)


@pytest.mark.parametrize("options", [2, 3, 5])
def test_chance_is_the_mean_over_all_sets_that_are_not_empty(options):
    for indispensable, right, wrong, unacceptable in product(range(3), range(4), range(4), range(3)):
        if indispensable + right + wrong + unacceptable != options or not indispensable + right:
            continue
        count = np.cumsum([indispensable, right, wrong, unacceptable])
        gold, must, never = (1 << count[1]) - 1, (1 << count[0]) - 1, (1 << count[3]) - (1 << count[2])
        guesses = np.arange(1, 2**options, dtype=np.uint32)
        gold, must, never = (np.full(len(guesses), value, np.uint32) for value in (gold, must, never))
        mean = np.mean(points(guesses, gold, np.zeros(len(guesses), bool), must, never))
        assert chance_points("mcq", options, indispensable + right, indispensable, unacceptable) == pytest.approx(mean)
