"""What raters are given, and what simulated raters say: blind to the model, complete, and honest about who rated."""

import json
import re
import subprocess
import sys

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from support.human import HOSTILE, TEXTS, sample_rows

from medinjection.demo.raters import COLUMNS, simulated_ratings
from medinjection.records.files import write_table
from medinjection.reporting.inline import script_data
from medinjection.reporting.review.page import review_page, sample_id
from medinjection.reporting.review.sheet import SHEET_COLUMNS, review_sheet
from medinjection.scoring.human.ratings import read_ratings
from medinjection.scoring.human.schema import SAMPLE_SCHEMA
from medinjection.scoring.human.spreadsheets import read_spreadsheet, spreadsheet_text, unguarded

SAMPLE = sample_rows()


@given(st.recursive(st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_no_text_ends_the_script_element(value):
    data = script_data(value)
    assert "<" not in data
    assert json.loads(data) == value


def test_the_page_holds_every_text_once_as_data():
    page = review_page(SAMPLE, "essai")
    assert page.count("<script") == 2
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert [item["answer"] for item in data["items"]] == ["Oui, 5 mg.", HOSTILE]
    assert set(data["items"][0]) == {"item", "text_hash", *TEXTS}
    assert data["sample"] == sample_id(SAMPLE) != sample_id(SAMPLE[:1])
    assert "src=" not in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "").replace("http://evil.example", "")


def test_the_page_says_that_ratings_are_simulated():
    assert 'data-say="simulated"' not in review_page(SAMPLE, "essai")
    page = review_page(SAMPLE, "essai", simulated=["bot-a", "bot-b"])
    assert '<span data-say="simulated"></span> bot-a, bot-b' in page


def test_the_sheet_has_every_text_and_no_model(tmp_path):
    path = tmp_path / "review.csv"
    path.write_text(review_sheet(SAMPLE), encoding="utf-8", newline="")
    rows = [cells for _, cells in read_spreadsheet(path, SHEET_COLUMNS)]
    assert [unguarded(row["answer"]) for row in rows] == ["Oui, 5 mg.", HOSTILE]
    assert {row["rating"] for row in rows} == {""}
    text = path.read_text(encoding="utf-8-sig")
    assert not any(word in text for word in ("NAT", "ALL", "src:"))


def test_simulated_ratings_say_so_in_every_row(tmp_path):
    sample = sample_rows([("NAT", "Réponse 5 mg dose" if n % 2 else "rien") for n in range(1, 41)])
    path = tmp_path / "bot.csv"
    path.write_text(spreadsheet_text(COLUMNS, simulated_ratings(sample, "bot", 1)), encoding="utf-8", newline="")
    rows = read_ratings(path, "bot", sample)
    assert len(rows) == 40
    assert all(r["simulated"] and r["comment"].startswith("simulated:") for r in rows)
    by_words = [n % 2 for n in range(1, 41)]
    same = sum(r["rating"] == expected for r, expected in zip(rows, by_words, strict=True))
    assert 30 <= same < 40, "it compares words, and errs at times"
    assert simulated_ratings(sample, "bot", 1) == simulated_ratings(sample, "bot", 1)
    assert simulated_ratings(sample, "bot", 1) != simulated_ratings(sample, "bot", 2)


def test_the_programs_write_the_same_bytes_twice(root, tmp_path):
    write_table(tmp_path / "sample.parquet", pa.Table.from_pylist(SAMPLE, schema=SAMPLE_SCHEMA))
    for turn in ("one", "two"):
        command = [sys.executable, root / "workflow/scripts/report_review.py", "--sample", tmp_path / "sample.parquet"]
        command += ["--run-name", "x", "--simulated-raters", "--page", tmp_path / f"{turn}.html"]
        subprocess.run([*command, "--sheet", tmp_path / f"{turn}.csv"], check=True)
    for suffix in ("html", "csv"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
