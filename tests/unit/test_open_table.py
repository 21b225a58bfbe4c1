import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.result_tables import OPEN, judgements, published

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.reporting.reading import read_published
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.layouts import TABLE_6
from medinjection.reporting.tables.open_groups import read_groups, write_groups
from medinjection.reporting.tables.open_table import read_judge_scores, read_open_scores, table_6
from medinjection.reporting.tables.table import (
    caption,
    csv_header,
    extra_column,
    read_result,
)
from medinjection.reporting.tables.writing import write_result
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS, judge_rows
from medinjection.scoring.rows import write_rows


def test_table_6_by_hand(tmp_path):
    (tmp_path / "open.csv").write_text(OPEN)
    rows = [
        row
        for name, scores in (("first", [1, 0, None, 1]), ("second", [None] * 4))
        for row in judge_rows(name, judgements(tmp_path / name, scores), ["base"], set("0123"))
    ]
    write_rows(tmp_path / "judges.csv", JUDGE_COLUMNS, rows)
    judges = read_judge_scores(tmp_path / "judges.csv")
    table = table_6(read_open_scores(tmp_path / "open.csv"), judges, published(6), ["base"])
    write_result(table, tmp_path, remark=Remark(note="Tiny."))
    row = read_rows(tmp_path / "table6.csv", ["model"])[0]
    assert list(row)[:6] == ["model", "bleu", "rouge2", "meteor", "bertscore_f1", "llm_judge"]
    assert (row["bleu"], row["rouge2"], row["rouge2_fr"]) == ("12.50", "20.25", "30.50")
    assert (row["meteor"], row["bertscore_f1"], row["bertscore_f1_raw"]) == ("25.00", "27.22", "71.00")
    # What the run did not compute has no column.
    assert not {"bleu_fr", "meteor_fr", "bertscore_f1_fr"} & row.keys()
    assert (row["llm_judge"], row["judge_parse_rate"]) == ("0.67", "75.00")
    assert (row["judge_second"], row["judge_second_parse_rate"]) == ("", "0.00")
    assert (row["bleu_published"], row["meteor_published"], row["llm_judge_published"]) == ("12.08", "30.78", "0.36")
    assert "Tiny." in (tmp_path / "table6.tex").read_text()


def test_both_readings_of_the_judges_texts_are_in_table_6(tmp_path):
    (tmp_path / "open.csv").write_text(OPEN + OPEN.replace("base,", "NAT,").split("\n", 1)[1])
    texts = {"base": ["1", "0", "Score: 1", "?"], "NAT": ["1", "1", "0", "0"]}
    for model, said in texts.items():
        judgements(tmp_path / "wordy", [{"0": 0, "1": 1}.get(text) for text in said], model, said)
        judgements(tmp_path / "terse", [1, 1, 1, 0], model)
    rows = [row for name in ("wordy", "terse") for row in judge_rows(name, tmp_path / name, list(texts), set("0123"))]
    assert rows[0] == dict(zip(JUDGE_COLUMNS, ("wordy", "base", 4, 2, 0.5, 0.5, 3, 2 / 3, 0.75), strict=True))
    write_rows(tmp_path / "judges.csv", JUDGE_COLUMNS, rows)
    judges = read_judge_scores(tmp_path / "judges.csv")
    table = table_6(read_open_scores(tmp_path / "open.csv"), judges, published(6), list(texts))
    write_result(table, tmp_path)
    row = read_rows(tmp_path / "table6.csv", ["model"])[0]
    assert (row["llm_judge"], row["judge_parse_rate"]) == ("0.50", "50.00")
    assert (row["llm_judge_released"], row["judge_parse_rate_released"]) == ("0.67", "75.00")
    assert (row["judge_terse_released"], row["judge_terse_parse_rate_released"]) == ("0.75", "100.00")
    # Columns beside the table's own: a reader of the table is told in its notes.
    assert not any("released" in column.key for column in table.columns)
    said = "the means that differ are: LLM judge: base 0.67 (75.00 % parsed); judge terse: the same."
    assert said in caption(table, "", NO_REMARK)
    assert caption(read_result(tmp_path / "table6.csv", TABLE_6), "", NO_REMARK) == caption(table, "", NO_REMARK)


def test_table_6_without_a_judge(tmp_path):
    (tmp_path / "open.csv").write_text(OPEN)
    table = table_6(read_open_scores(tmp_path / "open.csv"), {}, published(6), ["base"])
    assert table.rows[0].ours["bleu"] == 12.5
    assert "judge_parse_rate" not in csv_header(table)
    with pytest.raises(InputError, match="no row of model 'NAT'"):
        table_6(read_open_scores(tmp_path / "open.csv"), {}, published(6), ["base", "NAT"])


def test_groups_of_table_6_by_hand(tmp_path):
    (tmp_path / "open.csv").write_text(OPEN)
    groups = read_groups(tmp_path / "open.csv")
    write_groups(groups, ["base"], tmp_path, remark=Remark(note="Tiny."))
    rows = read_rows(tmp_path / "table6_groups.csv", ["model", "answers", "average", "n"])
    assert [(row["answers"], row["average"], row["n"]) for row in rows] == [
        ("all", "corpus", "4"),
        ("all", "answers", "4"),
        ("all", "sources", "4"),
        ("translations", "corpus", "1"),
    ]
    assert [row["bleu"] for row in rows] == ["12.50", "9.50", "", ""]
    assert [row["rouge2"] for row in rows] == ["", "20.25", "21.00", ""]
    assert rows[3]["bleu_fr"] == "40.12"
    # Answers cut at the limit of new tokens: of the group, on each of its lines.
    assert [row["unfinished"] for row in rows] == ["3", "3", "3", "0"]
    markdown = (tmp_path / "table6_groups.md").read_text()
    lines = [line for line in markdown.splitlines() if "base, " in line]
    assert [[cell.strip() for cell in line.split("|")][2:4] for line in lines] == [["4", "3"]] * 3 + [["1", "0"]]
    assert "base, translations, corpus" in markdown and "Tiny." in markdown
    with pytest.raises(InputError, match="no row of model 'NAT'"):
        write_groups(groups, ["base", "NAT"], tmp_path)
    uncounted = [line for line in OPEN.splitlines(keepends=True) if "unfinished" not in line]
    (tmp_path / "open.csv").write_text("".join(uncounted))
    assert [values.get("unfinished") for values in read_groups(tmp_path / "open.csv").values()] == [None] * 4
    (tmp_path / "open.csv").write_text(OPEN + "base,all,unfinished_outputs,-,-,3,4,count\n")
    with pytest.raises(InputError, match="base, all, unfinished_outputs, -, - occurs twice"):
        read_groups(tmp_path / "open.csv")
    (tmp_path / "open.csv").write_text(OPEN + "base,all,bleu,default,corpus,12.5,4,sig\n")
    with pytest.raises(InputError, match="base, all, bleu, default, corpus occurs twice"):
        read_groups(tmp_path / "open.csv")


def test_judgements_are_checked(tmp_path):
    with pytest.raises(InputError, match=r"NAT\.parquet: no such file"):
        judge_rows("first", judgements(tmp_path / "first", [1]), ["NAT"], {"0"})
    with pytest.raises(InputError, match="a score is 5, expected 0 to 1"):
        judge_rows("first", judgements(tmp_path / "first", [1, 5]), ["base"], {"0", "1"})
    pq.write_table(pa.table({"record_id": ["0"]}), tmp_path / "first" / "base.parquet")
    with pytest.raises(InputError, match="no column score"):
        judge_rows("first", tmp_path / "first", ["base"], {"0"})
    (tmp_path / "judges.csv").write_text(",".join(JUDGE_COLUMNS) + "\n" + "first,base,4,3,0.5,0.75,4,0.5,1\n" * 2)
    with pytest.raises(InputError, match="first, base occurs twice"):
        read_judge_scores(tmp_path / "judges.csv")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (2, "2 judgements, expected one for each of the 3 answers that are scored; none of record 2 (1 such records)"),
        (4, "4 judgements, expected one for each of the 3 answers that are scored; record 3 is none of these (1 such"),
    ],
)
def test_judgements_of_other_answers_than_those_scored_are_refused(tmp_path, count, said):
    with pytest.raises(InputError) as refused:
        judge_rows("strict", judgements(tmp_path / "j", [1] * count), ["base"], {"0", "1", "2"})
    assert f"base.parquet: judge strict, model base: {said}" in str(refused.value)


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
