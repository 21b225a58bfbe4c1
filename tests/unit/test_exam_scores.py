import csv
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.choice_predictions import prediction, table

from medinjection.records.errors import InputError
from medinjection.records.files import write_table
from medinjection.scoring.choice.scores import item_scores
from medinjection.scoring.exam.marked_options import marked_options
from medinjection.scoring.exam.scores import EXAM_COLUMNS, exam_items, exam_rows

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "score_exam.py"


def found(rows, **wanted):
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return row


def answers():
    """Two mcq and one mcqu of two sources, five options each, in two orders."""
    return [
        # Points 1 and 0.5: no discordance, one.
        prediction(1, [0, 2], [0, 2], source="a"),
        prediction(1, [0], [0, 2], source="a", order=1),
        # Points 0.2 and 0: two discordances, no answer.
        prediction(2, [1, 2, 3], [1], source="b"),
        prediction(2, [], [1], source="b", order=1),
        # mcqu: right, then wrong (two discordances).
        prediction(3, [4], [4], source="b", task="mcqu"),
        prediction(3, [3], [4], source="b", task="mcqu", order=1),
    ]


def test_marks_by_hand():
    rows = exam_rows(exam_items(table(answers())), seed=1)
    overall = found(rows, source="all", task="all", orders="all")
    # Means over orders: 0.75, 0.1, 0.5.
    assert overall["n"] == 3
    assert overall["points"] == pytest.approx(1.35 / 3)
    assert overall["mark"] == pytest.approx(20 * 1.35 / 3)
    # Chance: two right of five 5.3 / 31, one right of five 5 / 31 (test_exam_scale), mcqu 1 / 5.
    assert overall["chance_mark"] == pytest.approx(20 * (5.3 / 31 + 5 / 31 + 0.2) / 3)
    assert [overall[f"{name}_discordance"] for name in ("no", "one")] == pytest.approx([2 / 6, 1 / 6])
    assert [overall[name] for name in ("two_discordances", "more_discordances", "no_answer")] == pytest.approx(
        [2 / 6, 0, 1 / 6]
    )
    assert found(rows, source="all", task="mcq", orders="published")["mark"] == pytest.approx(20 * (1 + 0.2) / 2)
    assert found(rows, source="b", task="all", orders="published")["mark"] == pytest.approx(20 * (0.2 + 1) / 2)
    assert found(rows, source="b", task="mcqu", orders="all")["mark"] == pytest.approx(10)
    assert list(rows[0]) == list(EXAM_COLUMNS)


def test_the_interval_is_over_questions_not_over_answers():
    # Two questions, one always right and one always wrong: resampling two questions reaches both ends.
    rows = [prediction(i, [0] if i else [1], [0], order=order, task="mcqu") for i in (0, 1) for order in range(8)]
    row = found(exam_rows(exam_items(table(rows)), seed=1), source="all", task="all", orders="all")
    assert (row["mark"], row["mark_ci_low"], row["mark_ci_high"]) == (10, 0, 20)


subsets = st.lists(st.integers(0, 4), max_size=5, unique=True)


@settings(max_examples=40)
@given(st.lists(st.tuples(subsets, subsets.filter(bool)), min_size=1, max_size=8))
def test_points_are_full_exactly_where_the_answer_is_exact(pairs):
    predictions = table(prediction(i, p, g) for i, (p, g) in enumerate(pairs))
    exact = item_scores(predictions)["exact_match"].to_pylist()
    assert [value == 1 for value in exam_items(predictions)["points"].to_pylist()] == [value == 1 for value in exact]


def marked(*rows):
    return marked_options(
        [dict(zip(("record_id", "indispensable", "unacceptable"), row, strict=True)) for row in rows], "m.csv"
    )


def test_marked_options_count():
    predictions = table([prediction(1, [2], [0, 2]), prediction(2, [0, 4], [0])])
    items = exam_items(predictions, marked(("src:1", "A", ""), ("src:2", "", "E")))
    assert items["points"].to_pylist() == [0, 0]
    assert exam_items(predictions)["points"].to_pylist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("src:1", "B", ""), "record src:1: an option is marked as indispensable that is not right"),
        (("src:1", "", "A"), "record src:1: an option is marked as unacceptable that is right"),
        (("src:1", "", "F"), "record src:1: an option is marked that the question does not have"),
        (("src:1", "a", ""), "m.csv: record src:1: indispensable: found 'a', expected letters from A on"),
        (("src:1", "A", "A"), "an option is indispensable and unacceptable at once"),
    ],
)
def test_marks_that_cannot_be_are_refused(row, said):
    with pytest.raises(InputError, match=said):
        exam_items(table([prediction(1, [0], [0])]), marked(row))


def test_the_program_marks_stored_answers(tmp_path):
    write_table(tmp_path / "choice.parquet", table(answers()))
    (tmp_path / "marked.csv").write_text("record_id,indispensable,unacceptable\na:1,C,\n", encoding="utf-8")
    command = [sys.executable, SCRIPT, "--predictions", tmp_path / "choice.parquet", "--models", "NAT"]
    command += ["--marked-options", tmp_path / "marked.csv", "--output", tmp_path / "exam.csv"]
    subprocess.run(command, check=True)
    with open(tmp_path / "exam.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    # Without the indispensable option C the second answer to a:1 gets nothing: (1 + 0) / 2.
    assert found(rows, source="a", task="mcq", orders="all", decoding="greedy")["mark"] == "10"
