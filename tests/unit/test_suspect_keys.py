import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.choice_predictions import prediction, table
from support.records import drug_question

from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_table
from medinjection.records.schema import records_to_table
from medinjection.scoring.exam.errata import Verdict, errata_rows, other_questions, read_errata, read_verdicts
from medinjection.scoring.exam.suspects import Agreement, AnswerCounts
from medinjection.scoring.slices.scores import slice_items

ROOT = Path(__file__).resolve().parents[2]
ORDERS = ((0, 1, 2, 3), (3, 2, 1, 0))


def answered(model, answers):
    """Answers of a model: answers[i][k] is the option named for question i, key option 0, in the k-th order."""
    return table(
        prediction(i, named, [0], model, order, source="r", task="mcqu", shown=ORDERS[order])
        for i, in_orders in enumerate(answers)
        for order, named in enumerate(in_orders)
    )


QUESTIONS = records_to_table([drug_question(i, (0,)) for i in range(5)])
# Question 0: both on option 2 always. 1: one order differs. 2: both right. 3: they disagree. 4: both silent.
FIRST = answered("a", [[[2], [2]], [[2], [2]], [[0], [0]], [[1], [1]], [[], []]])
SECOND = answered("b", [[[2], [2]], [[2], [1]], [[0], [0]], [[2], [2]], [[], []]])

STRICT = Agreement()


def suspects(agreement=STRICT, verdicts=None, tables=(FIRST, SECOND)):
    counts = AnswerCounts()
    for predictions in tables:
        counts.add(predictions)
    return counts.rows(QUESTIONS, agreement, verdicts or {})


def test_a_key_is_suspect_where_all_agree_on_another_answer_in_all_orders():
    (row,) = suspects()
    assert (row["record_id"], row["key"], row["agreed"], row["share"]) == ("r:0", "A", "C", 1.0)
    assert (row["models"], row["orders"], row["verdict"]) == ("a b", 2, "")
    assert row["question"] == "Question 0 ?"
    assert row["options"] == "(A) Biguanides | (B) Sulfamides | (C) Gliptines | (D) Glinides"


def test_the_threshold_can_be_lower():
    rows = suspects(Agreement(min_share=0.75))
    assert [(row["record_id"], row["share"]) for row in rows] == [("r:0", 1.0), ("r:1", 0.75)]


def test_one_model_alone_accuses_no_key():
    assert suspects(tables=[FIRST]) == []
    assert [row["record_id"] for row in suspects(Agreement(min_models=1), tables=[FIRST])] == ["r:0", "r:1", "r:3"]


def test_a_verdict_stands_beside_the_suspect():
    said = read_verdicts(
        [{"record_id": "r:0", "verdict": "confirmed", "by": "A. Dupont", "date": "2026-11-30", "reason": "RCP"}],
        "e.csv",
    )
    (row,) = suspects(verdicts=said)
    assert [row[name] for name in ("verdict", "by", "date", "reason")] == [
        "confirmed",
        "A. Dupont",
        "2026-11-30",
        "RCP",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": "maybe"}, "e.csv: record r:0: verdict is 'maybe', expected confirmed or rejected"),
        ({"by": ""}, "e.csv: record r:0: by is empty"),
        ({"date": "30/11/2026"}, "e.csv: record r:0: date is '30/11/2026', expected one such as 2026-11-30"),
    ],
)
def test_verdicts_that_are_none_are_refused(changes, said):
    row = {"record_id": "r:0", "verdict": "rejected", "by": "A", "date": "2026-11-30", "reason": ""}
    with pytest.raises(InputError, match=said):
        read_verdicts([row | changes], "e.csv")
    with pytest.raises(InputError, match="r:0 has two verdicts"):
        read_verdicts([row, row], "e.csv")


HEADER = "record_id,verdict,by,date,reason\n"
LINE = "r:0,confirmed,A. Dupont,2026-11-30,HAS 2024\n"


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + LINE).encode(),
        (HEADER + LINE).replace("\n", "\r\n").encode("utf-8-sig"),
        (HEADER + LINE).replace(",", ";").encode("utf-8-sig"),
        (HEADER + LINE).replace(",", ";").replace("\n", "\r\n").encode("cp1252") + b";;;;\r\n",
        ("stand_ins," + HEADER + "," + LINE).encode(),
    ],
    ids=["as the explorer saves it", "BOM and CRLF", "semicolons and BOM", "an empty line", "a column more"],
)
def test_errata_are_read_as_spreadsheets_save_them(tmp_path, content):
    (tmp_path / "e.csv").write_bytes(content)
    assert read_errata(tmp_path / "e.csv") == {"r:0": Verdict("confirmed", "A. Dupont", "2026-11-30", "HAS 2024")}


def test_a_formula_of_errata_is_the_text_that_was_written(tmp_path):
    (tmp_path / "e.csv").write_text(f"{HEADER}r:0,rejected,A,2026-11-30,'=1 mg is the dose\n", encoding="utf-8")
    assert read_errata(tmp_path / "e.csv")["r:0"].reason == "=1 mg is the dose"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (LINE + LINE, "record r:0 has two verdicts, expected one"),
        (LINE.replace("confirmed", "vrai"), "record r:0: verdict is 'vrai', expected confirmed or rejected"),
        (LINE.replace("r:0", " "), "a verdict of A. Dupont has no record_id, expected a question's"),
        (LINE.replace("2026-11-30", "30/11/2026"), "date is '30/11/2026', expected one such as 2026-11-30"),
        (LINE.replace("HAS", "HAS, en"), "row 2: 6 cells, expected the 5 of the header"),
    ],
)
def test_a_file_of_errata_that_is_none_is_refused_with_its_name(tmp_path, lines, said):
    (tmp_path / "e.csv").write_text(HEADER + lines, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(said)) as refused:
        read_errata(tmp_path / "e.csv")
    assert str(refused.value).startswith(str(tmp_path / "e.csv"))


def test_a_file_of_errata_without_its_columns_is_refused(tmp_path):
    (tmp_path / "e.csv").write_text("record_id;verdict;date;reason\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"e\.csv: no column by; found record_id, verdict, date, reason"):
        read_errata(tmp_path / "e.csv")


def test_verdicts_on_other_questions_are_told():
    verdicts = dict.fromkeys(("r:9", "r:0", "r:8"), Verdict("rejected", "A", "2026-11-30", ""))
    said = other_questions(verdicts, ["r:0", "r:1"], "e.csv")
    assert said == "e.csv: 2 of 3 verdicts are on questions that this run does not have: r:8, ..."
    assert other_questions(verdicts, ["r:0", "r:8", "r:9"], "e.csv") == ""


def test_scores_before_and_after():
    verdicts = {"r:0": Verdict("confirmed", "A", "2026-11-30", ""), "r:1": Verdict("rejected", "A", "2026-11-30", "")}
    overall = errata_rows(slice_items(FIRST), verdicts)[0]
    assert (overall["source"], overall["n"], overall["n_left_out"]) == ("all", 5, 1)
    # One question of five is right, of four without the one whose key is wrong.
    assert (overall["exact_match_before"], overall["exact_match_after"]) == (0.2, 0.25)
    assert (overall["mark_before"], overall["mark_after"]) == (4, 5)


def test_the_program_lists_suspects(tmp_path):
    for name, predictions in (("a", FIRST), ("b", SECOND)):
        write_table(tmp_path / f"{name}.parquet", predictions)
    write_records(tmp_path / "questions.parquet", [drug_question(i, (0,)) for i in range(5)])
    command = [sys.executable, ROOT / "workflow/scripts/find_suspect_keys.py", "--errata", ROOT / "config/errata.csv"]
    command += ["--predictions", tmp_path / "a.parquet", tmp_path / "b.parquet", "--models", "a", "b"]
    command += ["--questions", tmp_path / "questions.parquet", "--output", tmp_path / "suspects.csv"]
    subprocess.run([*command, "--output-scores", tmp_path / "errata.csv"], check=True)
    with open(tmp_path / "suspects.csv", encoding="utf-8", newline="") as handle:
        assert [row["record_id"] for row in csv.DictReader(handle)] == ["r:0"]
