"""Length of open answers: by model, against judge scores, by decile and between equally long answers."""

import pyarrow as pa
import pytest
from scipy import stats

from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.scoring.length.association import ASSOCIATION_COLUMNS, association_rows
from medinjection.scoring.length.by_length import (
    DECILE_COLUMNS,
    MATCHED_COLUMNS,
    JudgedAnswer,
    decile_rows,
    matched_rows,
)
from medinjection.scoring.length.lengths import LENGTH_COLUMNS, length_row


def predictions(outputs, references, finished):
    rows = [
        {"model": "base", "record_id": str(i), "source": "s", "output": "", "finished": end}
        | {"output_tokens": output, "reference_tokens": reference}
        for i, (output, reference, end) in enumerate(zip(outputs, references, finished, strict=True))
    ]
    return pa.Table.from_pylist(rows, schema=OPEN_SCHEMA)


def test_ratios_are_averaged_in_two_ways():
    row = length_row(predictions([10, 0, 512, 8], [10, 20, 4, 0], [True, True, False, True]), "base")
    assert tuple(row) == LENGTH_COLUMNS
    assert (row["answers"], row["empty"], row["unfinished"], row["without_ratio"]) == (4, 1, 1, 1)
    assert (row["output_tokens"], row["reference_tokens"]) == (132.5, 8.5)
    assert row["mean_of_ratios"] == pytest.approx((1 + 0 + 128) / 3)
    assert row["ratio_of_means"] == pytest.approx(132.5 / 8.5)
    only = length_row(predictions([3], [0], [True]), "base")
    assert (only["mean_of_ratios"], only["ratio_of_means"]) == ("", "")
    with pytest.raises(InputError, match="model base: no open answer"):
        length_row(predictions([], [], []), "base")


def test_models_are_correlated_and_each_is_left_out_once():
    lengths = {"a": 10.0, "b": 100.0, "c": 1000.0, "d": 50.0, "silent": 0.0, "unread": 70.0}
    scores = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.9, "silent": 0.5, "unread": None}
    rows = association_rows("j", lengths, scores)
    assert all(set(row) == set(ASSOCIATION_COLUMNS) for row in rows)
    assert [(row["left_out"], row["models"]) for row in rows] == [("", 4), ("a", 3), ("b", 3), ("c", 3), ("d", 3)]
    # Ranks 1 3 4 2 and 1 2 3 4: rho = 1 - 6 * (0 + 1 + 1 + 4) / (4 * 15).
    assert rows[0]["spearman_rho"] == pytest.approx(0.4)
    assert rows[0]["kendall_tau_b"] == pytest.approx(2 / 6)
    line = stats.linregress([1, 2, 3, 1.6989700043360187], [0.1, 0.2, 0.3, 0.9])
    assert (rows[0]["slope"], rows[0]["intercept"]) == pytest.approx((line.slope, line.intercept))
    # Without d the points lie on a line.
    assert (rows[4]["spearman_rho"], rows[4]["slope"]) == pytest.approx((1, 0.1))
    assert rows[4]["spearman_p"] == pytest.approx(2 / 6)


def test_equal_scores_have_no_association():
    rows = association_rows("j", {"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 0.5, "b": 0.5, "c": 0.7})
    assert [row["undefined"] for row in rows] == ["", "", "", "all lengths or all scores equal"]
    assert association_rows("j", {"a": 1.0}, {"a": 0.5})[0]["undefined"] == "fewer than 2 models"


def test_deciles_part_answers_by_length():
    answers = {
        "base": {str(i): JudgedAnswer(10 * i, 1.0 if i > 5 else 0.0) for i in range(20)},
        "NAT": {"0": JudgedAnswer(5, None), "1": JudgedAnswer(1, 1.0)},
    }
    rows = decile_rows("j", answers)
    assert all(tuple(row) == DECILE_COLUMNS for row in rows)
    base = [row for row in rows if row["model"] == "base"]
    assert [row["answers"] for row in base] == [2] * 10
    assert (base[0]["shortest"], base[0]["longest"], base[0]["mean_tokens"]) == (0, 10, 5)
    assert [row["mean_score"] for row in base] == [0, 0, 0] + [1] * 7
    short = [row for row in rows if row["model"] == "NAT"]
    assert [(row["decile"], row["scored"], row["mean_score"]) for row in short] == [(1, 1, 1.0), (2, 0, "")]
    assert sum(row["answers"] for row in rows if row["model"] == "all models") == 22


def test_equally_long_answers_are_compared_on_the_same_questions():
    answers = {
        "base": {
            "a": JudgedAnswer(100, 1),
            "b": JudgedAnswer(400, 1),
            "c": JudgedAnswer(50, 0),
            "d": JudgedAnswer(9, 1),
        },
        "NAT": {
            "a": JudgedAnswer(80, 1),
            "b": JudgedAnswer(100, 0),
            "c": JudgedAnswer(63, 1),
            "d": JudgedAnswer(9, None),
        },
    }
    rows = matched_rows("j", answers, {"NAT": "base"}, 3)
    assert all(set(row) == set(MATCHED_COLUMNS) for row in rows)
    every, matched = rows
    assert (every["n"], every["difference"], every["tokens_base"]) == (3, 0, pytest.approx(550 / 3))
    # 100 is 1.25 times 80 and counts, 63 is more than 1.25 times 50.
    assert (matched["n"], matched["mean_model"], matched["mean_base"], matched["difference"]) == (1, 1, 1, 0)
    assert (matched["ci_low"], matched["ci_high"]) == (0, 0)
    far = {"base": {"a": JudgedAnswer(10, 1)}, "NAT": {"a": JudgedAnswer(100, 0)}}
    assert matched_rows("j", far, {"NAT": "base"}, 3)[1]["difference"] == ""
