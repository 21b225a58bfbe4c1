"""Agreement of raters against values worked out by hand and published ones."""

import pytest

from medinjection.scoring.human.agreement import agreement_rows


def value(rows, statistic, raters=None):
    [row] = [r for r in rows if r["statistic"] == statistic and raters in (None, r["raters"])]
    return row


def rated(text):
    """Ratings of items 1, 2, ... from a string; a dot is an item left out."""
    return {str(i): int(c) for i, c in enumerate(text, start=1) if c != "."}


def test_percent_and_kappa_by_hand():
    """Both 1: 20, only first: 5, only second: 10, both 0: 15. po = .7; pe = .5*.6 + .5*.4 = .5; kappa = .4."""
    ratings = {"a": rated("1" * 25 + "0" * 25), "b": rated("1" * 20 + "0" * 5 + "1" * 10 + "0" * 15)}
    rows = agreement_rows(ratings)
    assert value(rows, "percent")["value"] == pytest.approx(70)
    assert value(rows, "cohen_kappa")["value"] == pytest.approx(0.4)
    assert value(rows, "equivalent", "b")["value"] == pytest.approx(60)
    assert {r["simulated"] for r in rows} == {"no"}
    assert {r["note"] for r in rows} == {""}


def test_alpha_of_krippendorffs_binary_example():
    """Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section A: two observers, ten units."""
    ratings = {"Meg": rated("0100000010"), "Owen": rated("1110010000")}
    assert value(agreement_rows(ratings), "krippendorff_alpha")["value"] == pytest.approx(0.095, abs=5e-4)


def test_alpha_leaves_out_items_of_one_rater():
    """Units 11, 10 and 00 of pairs: Do = 2/6; values 3 and 3, so De = 18/30; alpha = 1 - .3333/.6 = 4/9."""
    ratings = {"a": rated("110.1"), "b": rated("100..")}
    row = value(agreement_rows(ratings), "krippendorff_alpha")
    assert row["value"] == pytest.approx(4 / 9)
    assert row["items"] == 3


def test_three_raters_have_three_pairs():
    rows = agreement_rows({"a": rated("1100"), "b": rated("1100"), "c": rated("0011")})
    assert [r["raters"] for r in rows if r["statistic"] == "cohen_kappa"] == ["a b", "a c", "b c"]
    assert [r["value"] for r in rows if r["statistic"] == "cohen_kappa"] == [1, -1, -1]


def test_constant_raters_are_said():
    rows = agreement_rows({"a": rated("111"), "b": rated("111")}, shown=4)
    kappa = value(rows, "cohen_kappa")
    assert (kappa["value"], kappa["note"]) == (None, "kappa is not defined: both gave 1 throughout")
    alpha = value(rows, "krippendorff_alpha")
    assert (alpha["value"], alpha["note"]) == (None, "alpha is not defined: every rating is 1")
    assert value(rows, "percent")["value"] == 100
    assert value(rows, "equivalent", "a")["note"] == "1 of 4 answers not rated; a gave 1 throughout"


def test_one_constant_rater_is_said():
    kappa = value(agreement_rows({"a": rated("111"), "b": rated("110")}), "cohen_kappa")
    assert (kappa["value"], kappa["note"]) == (0, "a gave 1 throughout: kappa is 0 whatever the other says")


def test_nothing_to_compare_is_said():
    assert value(agreement_rows({"a": rated("10")}), "krippendorff_alpha")["note"] == "one rater: nothing to compare"
    rows = agreement_rows({"a": rated("10.."), "b": rated("..10")})
    assert value(rows, "cohen_kappa")["note"] == "no answer that both rated"
    assert value(rows, "krippendorff_alpha")["note"] == "no answer that two raters rated"


def test_simulated_raters_say_so_in_every_row_of_theirs():
    rows = agreement_rows({"a": rated("10"), "bot": rated("10")}, simulated=["bot"])
    assert [r["simulated"] for r in rows] == ["no", "yes", "yes", "yes", "yes"]
    assert all(("made up by a program (bot)" in r["note"]) == (r["simulated"] == "yes") for r in rows)
