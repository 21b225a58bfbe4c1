import csv
import math
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.records import open_record

from medinjection.records.errors import InputError
from medinjection.records.files import write_records
from medinjection.reporting.reading import read_published, read_rows
from medinjection.reporting.tables.choice_details import DETAILS, read_details, write_details
from medinjection.reporting.tables.choice_tables import (
    DECODINGS,
    ChoiceScore,
    Interval,
    check_choice_models,
    parse_rates,
    read_choice_scores,
    read_intervals,
    table_5,
    table_5_macro,
    table_7,
)
from medinjection.reporting.tables.layouts import LAYOUTS, TABLE_5, TABLE_6, TABLE_7
from medinjection.reporting.tables.open_table import read_judgements, read_open_scores, table_6
from medinjection.reporting.tables.table import (
    Line,
    ResultTable,
    Row,
    caption,
    csv_header,
    csv_text,
    extra_column,
    marks,
    printed,
    printed_lines,
    read_result,
)
from medinjection.reporting.tables.writing import latex_escape, latex_text, markdown_text, spans, write_result

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"


def score(source="s1", task="mcqu", order=0, decoding="greedy", n=10, em=0.5, hamming=0.5, parsed=1.0, model="base"):
    return ChoiceScore(model, source, task, order, decoding, n, em, hamming, parsed)


def published(number):
    return read_published(PUBLISHED / f"published_table{number}.csv", LAYOUTS[number].published_keys)


def lines_of(table: ResultTable, kind: str) -> list[Line]:
    return [line for line in printed_lines(table) if line.kind == kind]


def test_table_5_averages_over_records_and_the_macro_table_over_sources():
    scores = [score("s1", n=30, em=0.2), score("s2", n=10, em=0.6), score("s1", "mcq", n=5, em=0.4, hamming=0.7)]
    micro = table_5(scores, {}, {}, ["base"]).rows[0].ours
    assert micro["mcqu_greedy_em"] == pytest.approx(30.0)  # (30 x 0.2 + 10 x 0.6) / 40
    assert micro["mcq_greedy_hamming"] == pytest.approx(70.0)
    assert micro["aggregate_greedy_em"] == pytest.approx(35.0)  # (30 + 40) / 2
    assert micro["mcqu_constrained_em"] is None
    macro = table_5_macro(scores, {}, {}, ["base"]).rows[0].ours
    assert macro["mcqu_greedy_em"] == pytest.approx(40.0)  # (20 + 60) / 2
    assert macro["aggregate_greedy_em"] == pytest.approx(40.0)


def test_table_5_uses_the_published_order_only_and_table_7_the_others_only():
    scores = [score(order=0, em=0.9), score(order=1, em=0.1), score(order=2, em=0.3)]
    assert table_5(scores, {}, {}, ["base"]).rows[0].ours["mcqu_greedy_em"] == pytest.approx(90.0)
    assert table_7(scores, {}, {}, ["base"]).rows[0].ours["mcqu_greedy_em"] == pytest.approx(20.0)


def test_table_7_spreads_by_hand():
    values = {("s1", 1): 0.1, ("s1", 2): 0.3, ("s1", 3): 0.2, ("s2", 1): 0.5, ("s2", 2): 0.5, ("s2", 3): 0.8}
    scores = [
        score(source, order=order, em=em, n=7 if source == "s1" else 70) for (source, order), em in values.items()
    ]
    scores += [score("s1", "mcq", order=order, em=em) for order, em in ((1, 0.1), (2, 0.2), (3, 0.3))]
    scores += [score("s2", "mcq", order=order, em=em) for order, em in ((1, 0.3), (2, 0.4), (3, 0.5))]
    ours = table_7(scores, {}, {}, ["base"]).rows[0].ours
    # means over the sources by order: 30, 40, 50; means over the orders by source: 20 and 60
    assert ours["mcqu_greedy_em"] == pytest.approx(40.0)
    assert ours["mcqu_greedy_em_sd"] == pytest.approx(10.0)
    assert ours["mcqu_greedy_em_sd_sources"] == pytest.approx(math.sqrt(800))
    # mcq by order: 20, 30, 40; by source: 20 and 40
    assert ours["mcq_greedy_em"] == pytest.approx(30.0)
    assert ours["aggregate_greedy_em"] == pytest.approx(35.0)
    assert ours["aggregate_greedy_em_sd"] == pytest.approx(10.0)  # sqrt((10^2 + 10^2) / 2)
    assert ours["aggregate_greedy_em_sd_sources"] == pytest.approx(math.sqrt((800 + 200) / 2))


def test_one_order_has_no_spread_across_orders_and_one_source_none_across_sources():
    one_order = table_7([score("s1", order=1, em=0.1), score("s2", order=1, em=0.3)], {}, {}, ["base"]).rows[0].ours
    assert one_order["mcqu_greedy_em_sd"] is None
    assert one_order["mcqu_greedy_em_sd_sources"] == pytest.approx(math.sqrt(200))
    one_source = table_7([score(order=1, em=0.1), score(order=2, em=0.3)], {}, {}, ["base"]).rows[0].ours
    assert one_source["mcqu_greedy_em_sd"] == pytest.approx(math.sqrt(200))
    assert one_source["mcqu_greedy_em_sd_sources"] is None


def test_the_published_aggregates_follow_the_formulas_used_here():
    for row in published(7).values():
        for decoding in ("greedy", "constrained"):
            parts = [float(row[f"{task}_{decoding}_em_sd"]) for task in ("mcq", "mcqu")]
            joined = math.sqrt((parts[0] ** 2 + parts[1] ** 2) / 2)
            assert joined == pytest.approx(float(row[f"aggregate_{decoding}_em_sd"]), abs=0.011)
    for row in published(5).values():
        for decoding in ("greedy", "constrained"):
            mean = (float(row[f"mcq_{decoding}_em"]) + float(row[f"mcqu_{decoding}_em"])) / 2
            assert mean == pytest.approx(float(row[f"aggregate_{decoding}_em"]), abs=0.011)


def test_a_source_that_lacks_an_order_is_an_error():
    scores = [score("s1", order=1), score("s1", order=2), score("s2", order=1)]
    with pytest.raises(InputError, match=r"s2, mcqu, greedy: no line of order 2"):
        table_7(scores, {}, {}, ["base"])


def test_a_task_without_records_leaves_empty_cells_and_dashes(tmp_path):
    table = table_7([score(order=1), score(order=2)], {}, published(7), ["base"])
    write_result(table, tmp_path)
    row = read_rows(tmp_path / "table7.csv", ["model"])[0]
    assert row["mcqu_greedy_em"] == "50.00"
    for key in ("mcq_greedy_em", "mcq_greedy_em_sd", "aggregate_greedy_em", "aggregate_greedy_em_sd_sources"):
        assert row[key] == ""
    first = next(line for line in (tmp_path / "table7.md").read_text().splitlines() if line.startswith("| base"))
    assert [cell.strip() for cell in first.split("|")[2:5]] == ["–", "–", "–"]
    assert "base & -- & --" in (tmp_path / "table7.tex").read_text()


def test_a_model_with_greedy_answers_in_the_published_order_only(tmp_path):
    full = [score(task=task, order=k, decoding=d) for task in ("mcq", "mcqu") for k in range(3) for d in DECODINGS]
    scores = [*full, score(model="served"), score(task="mcq", model="served")]
    write_result(table_5(scores, {}, published(5), ["base", "served"]), tmp_path)
    write_result(table_7(scores, {}, published(7), ["base", "served"]), tmp_path)
    fifth, seventh = (read_rows(tmp_path / f"table{number}.csv", ["model"])[1] for number in (5, 7))
    assert (fifth["aggregate_greedy_em"], fifth["aggregate_constrained_em"]) == ("50.00", "")
    assert seventh.pop("n_orders") == "0"
    assert {value for name, value in seventh.items() if name != "model"} == {""}
    assert "–: not defined for the model" in (tmp_path / "table7.md").read_text()
    complete = markdown_text(table_5(full, {}, {}, ["base"]), "", "")
    assert "–: not" not in complete


def test_unlike_numbers_of_orders_are_said(tmp_path):
    def said(**orders):
        scores = [score(model=name, order=k) for name, count in orders.items() for k in range(count + 1)]
        write_result(table_7(scores, {}, published(7), list(orders)), tmp_path)
        read = read_result(tmp_path / "table7.csv", TABLE_7)
        assert [row["n_orders"] for row in read_rows(tmp_path / "table7.csv", ["n_orders"])] == [
            str(count) for count in orders.values()
        ]
        assert caption(read, "", "") in (tmp_path / "table7.md").read_text().replace("\\", "")
        return caption(read, "", "")

    assert "not over equally many random orders: base 1, NAT 3." in said(base=1, NAT=3)
    assert "equally many" not in said(base=2, NAT=2)


def test_intervals_stand_beside_their_score():
    intervals = {
        ("base", "mcqu", "greedy", "exact_match"): Interval(0.5, 0.41, 0.59),
        ("base", "aggregate", "greedy", "exact_match"): Interval(0.5, 0.4, 0.6),
    }
    table = table_5([score(), score(task="mcq")], intervals, {}, ["base"])
    ours = table.rows[0].ours
    assert (ours["mcqu_greedy_em_ci_low"], ours["mcqu_greedy_em_ci_high"]) == pytest.approx((41.0, 59.0))
    assert ours["aggregate_greedy_em_ci_high"] == pytest.approx(60.0)
    texts = [cell.text for cell in lines_of(table, "interval")[0].cells]
    assert texts == ["", "", "", "", "[41.00, 59.00]", "", "[40.00, 60.00]", ""]


def test_intervals_of_another_run_are_refused():
    intervals = {("base", "mcqu", "greedy", "exact_match"): Interval(0.6, 0.5, 0.7)}
    with pytest.raises(InputError, match=r"60\.000 %, but the scores give 50\.000 %"):
        table_5([score()], intervals, {}, ["base"])


def test_intervals_are_read_for_one_kind_of_orders_and_average(tmp_path):
    path = tmp_path / "intervals.csv"
    path.write_text(
        "model,task,decoding,orders,average,metric,value,ci_low,ci_high,n\n"
        "base,mcqu,greedy,permuted,macro,exact_match,0.1,0,0.2,9\n"
        "base,mcqu,greedy,published,micro,exact_match,0.5,0.4,0.6,9\n"
    )
    key = ("base", "mcqu", "greedy", "exact_match")
    assert read_intervals(path) == {key: Interval(0.5, 0.4, 0.6)}
    assert read_intervals(path, "permuted", "macro") == {key: Interval(0.1, 0.0, 0.2)}
    assert read_intervals(path, "permuted") == {}


def test_table_7_has_the_intervals_of_its_means():
    intervals = {("base", "mcqu", "greedy", "exact_match"): Interval(0.2, 0.11, 0.29)}
    scores = [score(order=1, em=0.1), score(order=2, em=0.3)]
    ours = table_7(scores, intervals, {}, ["base"]).rows[0].ours
    assert (ours["mcqu_greedy_em_ci_low"], ours["mcqu_greedy_em_ci_high"]) == pytest.approx((11.0, 29.0))
    with pytest.raises(InputError, match=r"20\.000 %, but the scores give 30\.000 %"):
        table_7([score(order=1, em=0.3)], intervals, {}, ["base"])


@pytest.mark.parametrize(("number", "build"), [(5, table_5), (7, table_7)])
def test_columns_and_published_values_are_those_of_the_published_file(tmp_path, number, build):
    with open(PUBLISHED / f"published_table{number}.csv", newline="") as handle:
        paper = list(csv.reader(handle))
    models = [line[0] for line in paper[1:]]
    scores = [
        score("s1", task, order, decoding, model=model)
        for model in models
        for task in ("mcq", "mcqu")
        for order in range(4)
        for decoding in ("greedy", "constrained")
    ]
    table = build(scores, {}, published(number), models)
    write_result(table, tmp_path)
    with open(tmp_path / f"table{number}.csv", newline="") as handle:
        ours = list(csv.reader(handle))
    width = len(paper[0])
    assert ours[0][:width] == paper[0]
    assert ours[0][-(width - 1) :] == [f"{name}_published" for name in paper[0][1:]]
    assert [line[0] for line in ours[1:]] == models
    assert [line[-(width - 1) :] for line in ours[1:]] == [line[1:] for line in paper[1:]]


def test_a_model_that_the_paper_lacks_has_no_published_line():
    table = table_5([score(model="MINE")], {}, published(5), ["MINE"])
    assert lines_of(table, "published") == []
    assert csv_text(table).splitlines()[1].endswith("," * len(TABLE_5.published_keys))


def test_marks_with_ties_and_gaps():
    assert marks([1.0, 3.0, 2.0]) == ["", "best", "second"]
    assert marks([3.0, 3.0, 2.0, 2.0, 1.0]) == ["best", "best", "second", "second", ""]
    assert marks([2.001, 2.0, None, 1.0]) == ["best", "best", "", "second"]  # equal as printed
    assert marks([5.0, 5.0]) == ["best", "best"]
    assert marks([None, None]) == ["", ""]


def test_published_marks_are_those_of_the_paper():
    models = list(published(5))
    rows = tuple(Row(model, {}, published(5)[model]) for model in models)
    shown = dict(zip(models, lines_of(ResultTable(TABLE_5, rows), "published"), strict=True))
    keys = TABLE_5.published_keys
    second = {key: [m for m in models if shown[m].cells[place].mark == "second"] for place, key in enumerate(keys)}
    assert second == {
        "mcq_greedy_em": ["ALL"],
        "mcq_greedy_hamming": ["NAT-TRAD"],
        "mcq_constrained_em": ["ALL"],
        "mcq_constrained_hamming": ["NAT-TRAD"],
        "mcqu_greedy_em": ["ALL"],
        "mcqu_constrained_em": ["base"],
        "aggregate_greedy_em": ["ALL"],
        "aggregate_constrained_em": ["ALL"],
    }
    best = [m for m in models if shown[m].cells[0].mark == "best"]
    assert best == ["NAT"]


def test_markdown_marks_best_and_second_best_and_escapes():
    scores = [score(model="a|b", em=0.5), score(model="c*", em=0.25)]
    text = markdown_text(table_5(scores, {}, {}, ["a|b", "c*"]), "Qwen_3", "a <b> note")
    assert r"| a\|b " in text
    assert "**50.00**" in text
    assert r"25.00\*" in text
    assert r"Base model: Qwen\_3." in text
    assert r"a \<b\> note" in text
    widths = {len(re.sub(r"\\\|", "__", line)) for line in text.splitlines() if line.startswith("| ")}
    assert len(widths) == 1


def test_captions_say_what_hamming_is_and_carry_the_note():
    for text in (
        markdown_text(table_5([score()], {}, {}, ["base"]), "", "A demonstration."),
        latex_text(table_7([score(order=1)], {}, {}, ["base"]), "", "A demonstration."),
    ):
        assert "intersection over union" in text
        assert "A demonstration." in text


def test_latex_escapes_every_special():
    assert latex_escape(r"50% & a_b #1 $x$ {y} ~ ^ \z") == (
        r"50\% \& a\_b \#1 \$x\$ \{y\} \textasciitilde{} \textasciicircum{} \textbackslash{}z"
    )
    text = latex_text(table_5([score(model="a_b&c")], {}, {}, ["a_b&c"]), "", "100 % _tiny_")
    assert r"a\_b\&c & " in text
    assert r"100 \% \_tiny\_" in text
    assert not re.search(r"(?<!\\)%(?! needs)", text)


def test_latex_cells_of_a_line_are_as_many_as_columns():
    text = latex_text(table_7([score(order=1), score(order=2)], {}, published(7), ["base"]), "", "")
    columns = len(re.search(r"\\begin\{tabular\}\{(\w+)\}", text).group(1))
    body = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    assert len(body) == 2
    assert {line.count(" & ") + 1 for line in body} == {columns}
    assert r"\textit{\textbf{10.76}\textsuperscript{4.43}}" in text


def test_header_spans():
    names = [column.headers[:2] for column in TABLE_5.columns]
    assert spans([name[:1] for name in names]) == [("MCQ", 4), ("MCQU", 2), ("Aggregate", 2)]
    assert [count for _, count in spans(names)] == [2, 2, 1, 1, 1, 1]


def test_printed_has_no_negative_zero():
    assert printed(-1e-9) == "0.00"
    assert printed(None) == ""


def test_a_result_read_back_is_the_same(tmp_path):
    table = table_7([score(order=1, em=0.25), score(order=2, em=0.5)], {}, published(7), ["base"])
    write_result(table, tmp_path)
    back = read_result(tmp_path / "table7.csv", TABLE_7)
    assert csv_header(back) == csv_header(table)
    assert csv_text(back) == csv_text(table)
    assert printed_lines(back) == printed_lines(table)


def test_scores_are_read_with_errors_that_name_the_place(tmp_path):
    path = tmp_path / "choice.csv"
    header = "model,source,task,order,decoding,n,exact_match,hamming,parse_rate\n"
    path.write_text(header + "base,s1,mcqu,0,greedy,4,0.5,0.5,1\nbase,s1,mcq,0,greedy,0,,,\n")
    scores = read_choice_scores(path)
    assert scores == [score(n=4)]
    with pytest.raises(InputError, match=r"no row of model 'NAT'; found: base"):
        check_choice_models(scores, ["base", "NAT"], path)
    with pytest.raises(InputError, match="occurs twice"):
        check_choice_models(scores * 2, ["base"], path)
    path.write_text(header + "base,s1,mcqu,0,greedy,4,half,0.5,1\n")
    with pytest.raises(InputError, match=r"choice\.csv: base, s1, mcqu, order 0, greedy: exact_match: found 'half'"):
        read_choice_scores(path)
    path.write_text("model,source\n")
    with pytest.raises(InputError, match="no column task"):
        read_choice_scores(path)
    with pytest.raises(InputError, match="no such file"):
        read_choice_scores(tmp_path / "absent.csv")


def test_parse_rates_are_weighted_by_answers():
    rates = parse_rates([score("s1", n=30, parsed=1.0), score("s2", n=10, parsed=0.5), score("s2", order=1, n=0)])
    assert rates == [("base", "mcqu", "greedy", 40, pytest.approx(87.5))]


def extras_file(folder, **columns):
    header = ["model", "task", "decoding", *(column.key for column in DETAILS.columns)]
    lines = [["base", "mcqu", "greedy"], ["base", "mcqu", "constrained"], ["a|b", "mcqu", "greedy"]]
    for line, place in zip(lines, range(3), strict=True):
        line += [str(columns[name][place]) if name in columns else "" for name in header[3:]]
    path = folder / "choice_extras.csv"
    path.write_text("\n".join(",".join(line) for line in [header, *lines]) + "\n")
    return path


def test_details_have_a_line_for_what_is_missing_too(tmp_path):
    path = extras_file(tmp_path, exact_match=[0.5, 0.25, 0.125], chance_exact_match=[0.2] * 3, rstd=[0.123, "", ""])
    write_details(read_details(path), ["a|b", "base"], tmp_path, "Qwen_3", "Tiny.")
    rows = read_rows(tmp_path / "table5_details.csv", ["model"])
    assert [(row["model"], row["task"], row["decoding"], row["exact_match"], row["rstd"]) for row in rows] == [
        ("a|b", "mcqu", "greedy", "12.50", ""),
        ("a|b", "mcqu", "constrained", "", ""),
        ("base", "mcqu", "greedy", "50.00", "12.30"),
        ("base", "mcqu", "constrained", "25.00", ""),
    ]
    markdown = (tmp_path / "table5_details.md").read_text()
    assert markdown.startswith("**Table 5, details.** ") and "the paper has no such table" in markdown
    assert "Bold:" not in markdown and "intersection over union" in markdown and "Tiny." in markdown
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert [line.split("|")[1].strip() for line in lines[1:]][-1] == "base, MCQU, constrained"
    assert all(cell.strip() == "–" for cell in lines[3].replace("\\|", "").split("|")[2:-1])
    latex = (tmp_path / "table5_details.tex").read_text()
    assert r"\label{tab:table5_details}" in latex and "Model, task, decoding & " in latex


def test_details_are_checked(tmp_path):
    path = extras_file(tmp_path)
    with pytest.raises(InputError, match="no row of model 'NAT'"):
        write_details(read_details(path), ["NAT"], tmp_path)
    path.write_text(path.read_text().replace("constrained", "greedy"))
    with pytest.raises(InputError, match="base, mcqu, greedy occurs twice"):
        read_details(path)
    path.write_text(path.read_text().replace("mcqu", "oeq"))
    with pytest.raises(InputError, match="base, oeq, greedy: expected a task"):
        read_details(path)


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
