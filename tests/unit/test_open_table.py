"""Table 6: judges' scores and text metrics of open answers."""

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.records import open_record
from support.result_tables import PUBLISHED, published

from medinjection.records.errors import InputError
from medinjection.records.files import write_records
from medinjection.reporting.reading import read_published, read_rows
from medinjection.reporting.tables.layouts import TABLE_6
from medinjection.reporting.tables.open_table import read_judgements, read_open_scores, table_6
from medinjection.reporting.tables.table import (
    csv_header,
    extra_column,
)
from medinjection.reporting.tables.writing import write_result

OPEN = (
    "model,source,metric,variant,value,n,signature\n"
    "base,all,bleu,default,12.5,4,sig\nbase,kqa,bleu,default,99,4,sig\nbase,all,rouge2,default,20.25,4,sig\n"
    "base,all,rouge2,fr,30.5,4,sig\n"
)


def judgements(folder, scores, model="base"):
    folder.mkdir(exist_ok=True)
    columns = {"record_id": [str(i) for i in range(len(scores))], "score": pa.array(scores, pa.int8())}
    pq.write_table(pa.table(columns), folder / f"{model}.parquet")
    return folder


def test_table_6_by_hand(tmp_path):
    (tmp_path / "open.csv").write_text(OPEN)
    judges = {
        name: read_judgements(judgements(tmp_path / name, scores), ["base"], set("0123"), name)
        for name, scores in (("first", [1, 0, None, 1]), ("second", [None] * 4))
    }
    table = table_6(read_open_scores(tmp_path / "open.csv"), judges, published(6), ["base"])
    write_result(table, tmp_path, note="Tiny.")
    row = read_rows(tmp_path / "table6.csv", ["model"])[0]
    assert list(row)[:6] == ["model", "bleu", "rouge2", "meteor", "bertscore_f1", "llm_judge"]
    assert (row["bleu"], row["rouge2"], row["rouge2_fr"]) == ("12.50", "20.25", "30.50")
    assert (row["meteor"], row["bertscore_f1"]) == ("", "")
    assert (row["llm_judge"], row["judge_parse_rate"]) == ("0.67", "75.00")
    assert (row["judge_second"], row["judge_second_parse_rate"]) == ("", "0.00")
    assert (row["bleu_published"], row["meteor_published"], row["llm_judge_published"]) == ("12.08", "30.78", "0.36")
    assert "Tiny." in (tmp_path / "table6.tex").read_text()


def test_table_6_without_a_judge(tmp_path):
    (tmp_path / "open.csv").write_text(OPEN)
    table = table_6(read_open_scores(tmp_path / "open.csv"), {}, published(6), ["base"])
    assert table.rows[0].ours["bleu"] == 12.5
    assert "judge_parse_rate" not in csv_header(table)
    with pytest.raises(InputError, match="no row of model 'NAT'"):
        table_6(read_open_scores(tmp_path / "open.csv"), {}, published(6), ["base", "NAT"])


def test_judgements_are_checked(tmp_path):
    with pytest.raises(InputError, match=r"NAT\.parquet: no such file"):
        read_judgements(judgements(tmp_path / "first", [1]), ["NAT"], {"0"}, "first")
    with pytest.raises(InputError, match="a score is 5, expected 0 to 1"):
        read_judgements(judgements(tmp_path / "first", [1, 5]), ["base"], {"0", "1"}, "first")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (2, "2 judgements, expected one for each of the 3 answers that are scored; none of record 2 (1 such records)"),
        (4, "4 judgements, expected one for each of the 3 answers that are scored; record 3 is none of these (1 such"),
    ],
)
def test_judgements_of_other_answers_than_those_scored_are_refused(tmp_path, count, said):
    with pytest.raises(InputError) as refused:
        read_judgements(judgements(tmp_path / "j", [1] * count), ["base"], {"0", "1", "2"}, "strict")
    assert f"base.parquet: judge strict, model base: {said}" in str(refused.value)


def test_the_program_of_table_6_refuses_partial_judgements(tmp_path):
    (tmp_path / "open.csv").write_text(OPEN)
    records = [open_record(id=str(i), source="kqa", split="test") for i in range(4)]
    write_records(tmp_path / "open.parquet", records)

    def run(scores):
        judgements(tmp_path / "first", scores)
        flags = {"scores": "open.csv", "references": "open.parquet", "judgements": "first=first", "models": "base"}
        flags |= {"published-6": PUBLISHED / "published_table6.csv", "output-folder": "tables"}
        words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
        script = PUBLISHED.parents[1] / "workflow/scripts/report_open_table.py"
        return subprocess.run([sys.executable, script, *words], cwd=tmp_path, capture_output=True, text=True)

    partial = run([1, 1])
    assert partial.returncode == 1 and "judge first, model base: 2 judgements, expected one" in partial.stderr
    assert not (tmp_path / "tables").exists()
    whole = run([1, 1, 0, None])
    assert whole.returncode == 0, whole.stderr
    assert read_rows(tmp_path / "tables/table6.csv", ["model"])[0]["judge_parse_rate"] == "75.00"


def test_extra_columns_have_headers():
    assert extra_column("judge_parse_rate").headers == ("", "Judge", "parsed, %")
    assert extra_column("judge_second_parse_rate").headers == ("", "Judge second", "parsed, %")
    assert not extra_column("judge_second_parse_rate").ranked
    assert extra_column("judge_second").headers == ("", "Judge second", "mean")


def test_published_files_are_checked(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("model,bleu,rouge2,meteor,bertscore_f1,llm_judge\nbase,12.08,x,1,1,1\n")
    with pytest.raises(InputError, match=r"base, rouge2: found 'x'"):
        read_published(path, TABLE_6.published_keys)
    path.write_text("model,bleu\nbase,1\nbase,2\n")
    with pytest.raises(InputError, match="base occurs twice"):
        read_published(path, ["bleu"])
    path.write_text("model,bleu\nbase\n")
    with pytest.raises(InputError, match="line 2 has 1 cells, expected 2"):
        read_published(path, ["bleu"])
