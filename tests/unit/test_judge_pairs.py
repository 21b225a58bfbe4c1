"""Judge against judge, by hand and against the contingency table."""

import csv
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.agreement import judgements_file
from support.preloaded import run_program
from support.records import open_record

from medinjection.records.files import write_records
from medinjection.scoring.agreement.judge_pairs import PAIR_COLUMNS, cohen_kappa, judge_pair_rows
from medinjection.scoring.agreement.scorers import Scorer


def judge(name, scores, models=("base",)):
    """A judge who gave every model the same scores."""
    return Scorer("judge", name, "-", {(model, str(i)): value for model in models for i, value in enumerate(scores)})


def test_two_judges_by_hand():
    """Both 1: 3, both 0: 2, only the first 1: 2, only the second 1: 1; one unread by each.

    Agreement 5/8; chance (5/8 * 4/8 + 3/8 * 4/8) = 1/2, so that kappa is (5/8 - 1/2) / (1/2) = 1/4. Phi is
    (3 * 2 - 2 * 1) / sqrt(5 * 3 * 4 * 4) = 4 / sqrt(240).
    """
    first = judge("a", [1, 1, 1, 0, 0, 1, 1, 0, None, 1])
    second = judge("b", [1, 1, 1, 0, 0, 0, 0, 1, 1, None])
    of_model, of_all = judge_pair_rows([first, second], ["base"])
    assert tuple(of_model) == PAIR_COLUMNS
    assert (of_model["model"], of_all["model"]) == ("base", "all models")
    assert {**of_all, "model": "base"} == of_model
    assert [of_model[name] for name in ("answers", "unread_first", "unread_second", "n")] == [10, 1, 1, 8]
    assert (of_model["agreement"], of_model["mean_difference"]) == (5 / 8, 1 / 8)
    assert of_model["cohen_kappa"] == pytest.approx(1 / 4)
    for name in ("pearson_r", "spearman_rho", "kendall_tau_b"):
        assert of_model[name] == pytest.approx(4 / math.sqrt(240))


def test_every_two_judges_have_a_row_for_each_model_and_one_for_all():
    judges = [judge(name, [1, 0, 1], ("base", "NAT")) for name in "abc"]
    rows = judge_pair_rows(judges, ["base", "NAT"])
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    assert [(row["first"], row["second"], row["model"], row["n"]) for row in rows] == [
        (*pair, model, n) for pair in pairs for model, n in (("base", 3), ("NAT", 3), ("all models", 6))
    ]
    assert judge_pair_rows(judges[:1], ["base", "NAT"]) == []


@pytest.mark.parametrize(
    ("first", "second", "n", "agreement", "kappa", "undefined"),
    [
        ([1, 1], [1, 1], 2, 1.0, "", "a gave 1 throughout; b gave 1 throughout"),
        ([1, 1], [1, 0], 2, 0.5, 0.0, "a gave 1 throughout"),
        ([None, 1], [1, None], 0, "", "", "no answer that both scored"),
    ],
)
def test_what_is_not_defined_says_why(first, second, n, agreement, kappa, undefined):
    row = judge_pair_rows([judge("a", first), judge("b", second)], ["base"])[0]
    assert (row["n"], row["agreement"], row["cohen_kappa"], row["undefined"]) == (n, agreement, kappa, undefined)
    assert (row["pearson_r"], row["spearman_rho"], row["kendall_tau_b"]) == ("", "", "")


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=2, max_size=30))
def test_kappa_is_agreement_beyond_chance_of_any_scores(pairs):
    first, second = (list(side) for side in zip(*pairs, strict=True))
    observed = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(first.count(value) * second.count(value) for value in (0.0, 0.5, 1.0)) / len(pairs) ** 2
    expected = None if chance == 1 else pytest.approx((observed - chance) / (1 - chance))
    assert cohen_kappa(first, second) == expected


def test_the_program_writes_the_pairs_beside_the_means(tmp_path, root):
    write_records(tmp_path / "open.parquet", [open_record(id=str(i), source="kqa", split="test") for i in range(4)])
    judgements_file(tmp_path / "a", "base", {"0": 1, "1": 1, "2": 0, "3": None})
    judgements_file(tmp_path / "b", "base", {"0": 1, "1": 0, "2": 0, "3": 1})
    flags = ["--judgements", f"a={tmp_path / 'a'}", f"b={tmp_path / 'b'}", "--models", "base"]
    flags += ["--references", tmp_path / "open.parquet", "--output-folder", tmp_path]
    run_program([root / "workflow/scripts/score_judgements.py", *flags], check=True)
    with open(tmp_path / "judge_pairs.csv", encoding="utf-8", newline="") as handle:
        of_model, of_all = csv.DictReader(handle)
    assert (of_model["n"], of_model["agreement"], of_model["unread_first"]) == ("3", "0.666667", "1")
    assert of_all["model"] == "all models"
    assert (tmp_path / "judges.csv").read_text().splitlines()[1].startswith("a,base,4,3,")
