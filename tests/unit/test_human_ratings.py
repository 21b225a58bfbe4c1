"""Ratings as pages and spreadsheets write them are read alike; what cannot be a rating of this sample is refused."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.human import TEXTS, sample_rows
from support.preloaded import run_program

from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_table
from medinjection.scoring.human.ratings import read_ratings
from medinjection.scoring.human.schema import RATINGS_SCHEMA, SAMPLE_SCHEMA
from medinjection.scoring.human.spreadsheets import guarded, read_spreadsheet, spreadsheet_text, unguarded

SAMPLE = sample_rows()
HASHES = [row["text_hash"] for row in SAMPLE]
PLAIN = f"item,rating,comment,text_hash\nitem-001,1,,{HASHES[0]}\nitem-002,0,dose erronée,{HASHES[1]}\n"


def read(tmp_path, content, encoding="utf-8"):
    path = tmp_path / "r1.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read_ratings(path, "r1", SAMPLE)


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace(",", ";").replace("\n", "\r\n"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.encode("cp1252"),
        "sep=;\r\n" + PLAIN.replace(",", ";"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", ",,\n") + ",,,,,\n\n",
        PLAIN.replace("item,rating", "Item, Rating ").replace(",1,", ',"1,00",'),
        "\n".join([PLAIN.splitlines()[i] for i in (0, 2, 1)]),
    ],
    ids=["plain", "bom", "semicolons", "utf-16 tabs", "cp1252", "sep", "cr", "empty cells", "capitals", "sorted"],
)
def test_habits_of_spreadsheets_change_nothing(tmp_path, content):
    rows = read(tmp_path, content)
    assert [(r["record_id"], r["model"], r["rater"], r["rating"], r["comment"]) for r in rows] == [
        ("src:1", "NAT", "r1", 1, ""),
        ("src:2", "ALL", "r1", 0, "dose erronée"),
    ]
    assert not any(r["simulated"] for r in rows)


def test_the_spreadsheet_with_texts_comes_back_however_it_is_saved(tmp_path):
    header = ["item", *TEXTS, "rating", "comment", "text_hash"]
    text = spreadsheet_text(
        header, [[r["item"], *(r[t] or "" for t in TEXTS), "1", "=1+1 ; «sic»", r["text_hash"]] for r in SAMPLE]
    )
    assert ";'=HYPERLINK" in text.replace('"', ""), "an answer that a spreadsheet would compute is marked as text"
    for content in (text.encode(), text.replace("\r\n", "\n").encode(), text[1:].encode("cp1252", errors="replace")):
        assert [(r["rating"], r["comment"]) for r in read(tmp_path, content)] == [(1, "=1+1 ; «sic»")] * 2


@given(st.one_of(st.text(), st.text(alphabet="'=+-@\t\r;\"\n a")))
def test_any_cell_comes_back_and_none_is_a_formula(tmp_path_factory, cell):
    path = tmp_path_factory.mktemp("cell") / "one.csv"
    path.write_text(spreadsheet_text(["a", "b"], [[cell, "x"]]), encoding="utf-8", newline="")
    [(_, cells)] = read_spreadsheet(path, ["a"])
    assert unguarded(cells["a"]) == cell.replace("\r\n", "\n").replace("\r", "\n") or "\r" in cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("item-002", "item-009", r"row 3, item-009: not an item of this sample, expected item-001 to item-002"),
        ("item-002", "item-001", r"row 3, item-001: is in row 2 already, expected each item once"),
        (HASHES[1], HASHES[0], r"row 3, item-002: text_hash is .* was the sample drawn again\?"),
        (
            ",0,",
            ",oui,",
            r"row 3, item-002: rating is 'oui', expected 1 \(equivalent\), 0 \(not equivalent\) or nothing",
        ),
        (",1,", ",2,", r"row 2, item-001: rating is '2'"),
        (f"item-002,0,dose erronée,{HASHES[1]}\n", "", r"no row of item-002 \(1 such items\), expected a row for each"),
        ("comment", "remark", r"no column comment; found item, rating, remark, text_hash"),
        ("comment", "item", r"no column comment"),
        ("text_hash", "text_hash,item", r"column item is there twice"),
        (f"{HASHES[0]}\n", f"{HASHES[0]},x\n", r"row 2: 5 cells, expected the 4 of the header"),
        (PLAIN, "", r"empty, expected a header with the columns item, text_hash, rating, comment"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, old, new, said):
    assert old in PLAIN
    with pytest.raises(InputError, match=said):
        read(tmp_path, PLAIN.replace(old, new, 1))


def test_an_empty_rating_is_an_answer_left_out(tmp_path, caplog):
    rows = read(tmp_path, PLAIN.replace(",0,", ",,"))
    assert [r["record_id"] for r in rows] == ["src:1"]
    assert "1 of 2 answers not rated" in caplog.text
    with pytest.raises(InputError, match="no answer is rated"):
        read(tmp_path, PLAIN.replace(",0,", ",,").replace(",1,", ",,"))


@pytest.mark.parametrize("column", TEXTS)
def test_texts_that_moved_to_another_row_are_refused(tmp_path, column):
    other = {"case": "Un autre cas."}.get(column, "autre chose")
    rows = [[r["item"], other if r is SAMPLE[0] else r[column] or "", "1", "", r["text_hash"]] for r in SAMPLE]
    text = spreadsheet_text(["item", column, "rating", "comment", "text_hash"], rows)
    with pytest.raises(InputError, match=rf"row 2, item-001: the text in column {column} is not the one of the sample"):
        read(tmp_path, text)


def test_a_cell_may_be_longer_than_the_csv_module_allows(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text(spreadsheet_text(["a", "b"], [["x" * 300_000, "y"]]), encoding="utf-8")
    assert read_spreadsheet(path, ["a"])[0][1]["a"] == "x" * 300_000


def test_the_program_joins_raters(root, tmp_path):
    write_table(tmp_path / "sample.parquet", pa.Table.from_pylist(SAMPLE, schema=SAMPLE_SCHEMA))
    (tmp_path / "r1.csv").write_text(PLAIN, encoding="utf-8")
    simulated = PLAIN.replace("text_hash\n", "text_hash,simulated\n").replace(f"{HASHES[0]}\n", f"{HASHES[0]},yes\n")
    (tmp_path / "bot.csv").write_text(simulated.replace(f"{HASHES[1]}\n", f"{HASHES[1]},yes\n"), encoding="utf-8")
    command = [root / "workflow/scripts/score_ratings.py", "--sample", tmp_path / "sample.parquet"]
    command += ["--output", tmp_path / "ratings.parquet", "--agreement", tmp_path / "agreement.csv"]
    pairs = [f"r1={tmp_path / 'r1.csv'}", f"bot={tmp_path / 'bot.csv'}"]
    run_program([*command, "--ratings", *pairs], check=True)
    rows = read_table(tmp_path / "ratings.parquet", RATINGS_SCHEMA).to_pylist()
    assert [(r["rater"], r["rating"], r["simulated"]) for r in rows] == [
        ("r1", 1, False),
        ("r1", 0, False),
        ("bot", 1, True),
        ("bot", 0, True),
    ]
    lines = (tmp_path / "agreement.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "statistic,raters,items,value,note,simulated,signature"
    assert [line.split(",")[:4] for line in lines[3:]] == [
        ["percent", "r1 bot", "2", "100"],
        ["cohen_kappa", "r1 bot", "2", "1"],
        ["krippendorff_alpha", "r1 bot", "2", "1"],
    ]
    broken = run_program([*command, "--ratings", f"r1={tmp_path / 'none.csv'}"])
    assert broken.returncode == 1
    assert broken.stderr.strip().endswith("none.csv: no such file")
