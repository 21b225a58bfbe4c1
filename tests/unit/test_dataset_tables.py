import csv
import subprocess
import sys
from pathlib import Path

import pytest
from support.records import open_record

from medinjection.components.statistics import RecordCount, counts_text
from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_text
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.dataset_tables import (
    TABLE_1,
    TABLE_2,
    count_caption,
    count_csv,
    count_grid,
    read_count_table,
    read_counts,
    read_published_counts,
    table_1,
    table_2,
    write_count_table,
)

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"
SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
COUNTS = [
    RecordCount("native", "s", "train", "mcq", "cardiology", False, 50_000),
    RecordCount("native", "s", "train", "oeq", "", True, 7_563),
    RecordCount("native", "r", "test", "mcqu", "", False, 10),
    RecordCount("translated", "t", "validation", "mcqu", "", True, 5),
]


def published(layout):
    return read_published_counts(PUBLISHED / f"published_table{layout.number}.csv", layout)


def test_table_1_by_hand():
    rows = {row.name: row for row in table_1(COUNTS, published(TABLE_1)).rows}
    assert list(rows) == ["native", "synthetic", "translated", "total"]
    assert rows["native"].ours == {"train": 57_563, "validation": 0, "test": 10, "total": 57_573}
    assert rows["total"].ours == {"train": 57_563, "validation": 5, "test": 10, "total": 57_578}
    assert rows["native"].difference("train") == 0
    assert rows["native"].difference("test") == 10 - 14_629
    assert rows["synthetic"].difference("test") is None


def test_table_2_by_hand():
    rows = {row.name: row for row in table_2(COUNTS, published(TABLE_2)).rows}
    assert rows["oeq"].ours == {"count": 7_563, "with_context": 7_563}
    assert rows["mcqu"].ours == {"count": 15, "with_context": 5}
    assert rows["mcq"].difference("count") == 50_000 - 59_592


def test_captions_say_where_the_published_counts_do_not_add_up():
    first = count_caption(table_1(COUNTS, published(TABLE_1)), Remark(note="A note."))
    assert "of column test add up to 27,922, not to 27,931" in first
    assert "of column total add up to 571,427, not to 571,436" in first
    assert first.count("add up to") == 2
    assert first.endswith(" A note.")
    second = count_caption(table_2(COUNTS, published(TABLE_2)), NO_REMARK)
    assert "add up to 571,436" in second
    assert "577,577" in second
    # the numbers of the project page, as a check of what the sentence says
    assert 63_267 + 59_597 + 454_713 == 577_577


def test_the_csv_has_the_published_columns_first_and_reads_back(tmp_path):
    for layout, table in (
        (TABLE_1, table_1(COUNTS, published(TABLE_1))),
        (TABLE_2, table_2(COUNTS, published(TABLE_2))),
    ):
        write_count_table(table, tmp_path, Remark(note="A note with 100 % & more_."))
        path = tmp_path / f"table{layout.number}.csv"
        with (
            open(path, newline="") as ours,
            open(PUBLISHED / f"published_table{layout.number}.csv", newline="") as theirs,
        ):
            mine, paper = list(csv.DictReader(ours)), list(csv.DictReader(theirs))
        assert list(mine[0])[: len(paper[0])] == list(paper[0])
        assert [[row[f"{key}_published"] for key in layout.columns] for row in mine] == [
            [row[key] for key in layout.columns] for row in paper
        ]
        assert read_count_table(path, layout) == table
        assert count_csv(table) == path.read_text(encoding="utf-8")


def test_markdown_and_latex_print_every_cell(tmp_path):
    table = table_1(COUNTS, published(TABLE_1))
    write_count_table(table, tmp_path, Remark(note="100 % & more_"))
    grid = count_grid(table, NO_REMARK)
    markdown = (tmp_path / "table1.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown[2:]]
    assert cells[0] == list(grid.header)
    assert cells[2:] == list(map(list, grid.lines))
    assert cells[3] == ["synthetic", "0", "76,506", "-76,506", "0", "–", "–", "0", "–", "–", "0", "76,506", "-76,506"]
    latex = (tmp_path / "table1.tex").read_text(encoding="utf-8")
    assert r"synthetic & 0 & 76,506 & -76,506 & 0 & -- & -- & 0 & -- & -- & 0 & 76,506 & -76,506 \\" in latex
    assert r"100 \% \& more\_" in latex
    assert latex.count(" & ") == 12 * (1 + len(grid.lines))


def test_counts_read_back(tmp_path):
    write_text(tmp_path / "counts.csv", counts_text(COUNTS))
    assert read_counts(tmp_path / "counts.csv") == COUNTS


def test_wrong_files_are_named(tmp_path):
    text = counts_text(COUNTS)
    write_text(tmp_path / "counts.csv", text.replace("true,7563", "yes,7563"))
    with pytest.raises(InputError, match=r"counts\.csv: line 3: found has_context 'yes' and records '7563'"):
        read_counts(tmp_path / "counts.csv")
    write_text(tmp_path / "published.csv", "task,count\noeq,1\nmcq,2\n")
    with pytest.raises(InputError, match="published table 2: no line mcqu"):
        table_2(COUNTS, read_published_counts(tmp_path / "published.csv", TABLE_2))
    write_text(tmp_path / "twice.csv", "task,count\noeq,1\noeq,2\n")
    with pytest.raises(InputError, match="task oeq occurs twice"):
        read_published_counts(tmp_path / "twice.csv", TABLE_2)
    table = count_csv(table_2(COUNTS, published(TABLE_2))).replace("7563,7563", ",7563")
    write_text(tmp_path / "table2.csv", table)
    with pytest.raises(InputError, match="oeq, count: empty, expected a count"):
        read_count_table(tmp_path / "table2.csv", TABLE_2)


def run(script, *arguments):
    command = [sys.executable, str(SCRIPTS / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_programs_lead_from_records_to_tables(tmp_path):
    records = [open_record(i, source="s") for i in range(3)]
    write_records(tmp_path / "native.parquet", records)
    counted = run("count_records.py", "--components", tmp_path / "native.parquet", "--output", tmp_path / "counts.csv")
    assert (counted.returncode, counted.stderr) == (0, "")
    published = [part for n in (1, 2) for part in (f"--published-{n}", PUBLISHED / f"published_table{n}.csv")]
    told = run("report_dataset_tables.py", "--counts", tmp_path / "counts.csv", *published, "--output-folder", tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert read_count_table(tmp_path / "table2.csv", TABLE_2).rows[0].ours["count"] == 3
    failed = run("count_records.py", "--components", tmp_path / "absent.parquet", "--output", tmp_path / "counts.csv")
    assert failed.returncode == 1
    assert failed.stderr == f"error: {tmp_path / 'absent.parquet'}: no such file\n"


def test_a_demonstration_is_marked_and_has_no_differences(tmp_path):
    table = table_1(COUNTS, published(TABLE_1))
    write_count_table(table, tmp_path, Remark((StandIn.CORPORA, StandIn.JUDGE)))
    rows = read_rows(tmp_path / "table1.csv", ["component"])
    assert {row["stand_ins"] for row in rows} == {"scripted judge; corpora rendered from a small knowledge base"}
    assert {row["train_difference"] for row in rows} == {""} and rows[0]["train_published"]
    assert read_count_table(tmp_path / "table1.csv", TABLE_1) == table
    for suffix in ("md", "tex"):
        text = (tmp_path / f"table1.{suffix}").read_text()
        assert "Demonstration: scripted judge, corpora rendered" in text and "+" not in text
