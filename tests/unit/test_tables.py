import csv
import math

import pytest
from support.preloaded import run_program
from support.records import open_record
from support.result_tables import (
    OPEN,
    PUBLISHED,
    extras_file,
    judgements,
    lines_of,
    published,
    score,
    spreads,
    spreads_file,
)

from medinjection.prediction.schema import DECODINGS
from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.files import write_records
from medinjection.reporting.reading import check_models
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.choice_details import read_details, write_details
from medinjection.reporting.tables.choice_tables import (
    Interval,
    models_of,
    read_intervals,
    read_spreads,
    table_5,
    table_7,
)
from medinjection.reporting.tables.layouts import TABLE_5, TABLE_7
from medinjection.reporting.tables.table import (
    caption,
    read_result,
    table_csv,
)
from medinjection.reporting.tables.writing import result_markdown, write_result


def test_table_5_averages_over_records_and_the_macro_table_over_sources():
    scores = [score("s1", n=30, em=0.2), score("s2", n=10, em=0.6), score("s1", "mcq", n=5, em=0.4, hamming=0.7)]
    micro = table_5(spreads(scores), {}, {}, ["base"]).rows[0].ours
    assert micro["mcqu_greedy_em"] == pytest.approx(30.0)  # (30 x 0.2 + 10 x 0.6) / 40
    assert micro["mcq_greedy_hamming"] == pytest.approx(70.0)
    assert micro["aggregate_greedy_em"] == pytest.approx(35.0)  # (30 + 40) / 2
    assert micro["mcqu_constrained_em"] is None
    macro = table_5(spreads(scores), {}, {}, ["base"], "macro").rows[0].ours
    assert macro["mcqu_greedy_em"] == pytest.approx(40.0)  # (20 + 60) / 2
    assert macro["aggregate_greedy_em"] == pytest.approx(40.0)


def test_table_5_uses_the_published_order_only_and_table_7_the_others_only():
    scores = [score(order=0, em=0.9), score(order=1, em=0.1), score(order=2, em=0.3)]
    assert table_5(spreads(scores), {}, {}, ["base"]).rows[0].ours["mcqu_greedy_em"] == pytest.approx(90.0)
    assert table_7(spreads(scores), {}, {}, ["base"]).rows[0].ours["mcqu_greedy_em"] == pytest.approx(20.0)


def test_table_7_spreads_by_hand():
    values = {("s1", 1): 0.1, ("s1", 2): 0.3, ("s1", 3): 0.2, ("s2", 1): 0.5, ("s2", 2): 0.5, ("s2", 3): 0.8}
    scores = [
        score(source, order=order, em=em, n=7 if source == "s1" else 70) for (source, order), em in values.items()
    ]
    scores += [score("s1", "mcq", order=order, em=em) for order, em in ((1, 0.1), (2, 0.2), (3, 0.3))]
    scores += [score("s2", "mcq", order=order, em=em) for order, em in ((1, 0.3), (2, 0.4), (3, 0.5))]
    ours = table_7(spreads(scores), {}, {}, ["base"]).rows[0].ours
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
    found = spreads([score("s1", order=1, em=0.1), score("s2", order=1, em=0.3)])
    one_order = table_7(found, {}, {}, ["base"]).rows[0].ours
    assert one_order["mcqu_greedy_em_sd"] is None
    assert one_order["mcqu_greedy_em_sd_sources"] == pytest.approx(math.sqrt(200))
    one_source = table_7(spreads([score(order=1, em=0.1), score(order=2, em=0.3)]), {}, {}, ["base"]).rows[0].ours
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
        table_7(spreads(scores), {}, {}, ["base"])


def test_a_task_without_records_leaves_empty_cells_and_dashes(tmp_path):
    table = table_7(spreads([score(order=1), score(order=2)]), {}, published(7), ["base"])
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
    write_result(table_5(spreads(scores), {}, published(5), ["base", "served"]), tmp_path)
    write_result(table_7(spreads(scores), {}, published(7), ["base", "served"]), tmp_path)
    fifth, seventh = (read_rows(tmp_path / f"table{number}.csv", ["model"])[1] for number in (5, 7))
    assert (fifth["aggregate_greedy_em"], fifth["aggregate_constrained_em"]) == ("50.00", "")
    assert seventh.pop("n_orders") == "0"
    assert {value for name, value in seventh.items() if name != "model"} == {""}
    assert "–: not defined for the model" in (tmp_path / "table7.md").read_text()
    complete = result_markdown(table_5(spreads(full), {}, {}, ["base"]), "", "")
    assert "–: not" not in complete


def test_unlike_numbers_of_orders_are_said(tmp_path):
    def said(**orders):
        scores = [score(model=name, order=k) for name, count in orders.items() for k in range(count + 1)]
        write_result(table_7(spreads(scores), {}, published(7), list(orders)), tmp_path)
        read = read_result(tmp_path / "table7.csv", TABLE_7)
        assert [row["n_orders"] for row in read_rows(tmp_path / "table7.csv", ["n_orders"])] == [
            str(count) for count in orders.values()
        ]
        assert caption(read, "", NO_REMARK) in (tmp_path / "table7.md").read_text().replace("\\", "")
        return caption(read, "", NO_REMARK)

    assert "not over equally many permutations: base 1, NAT 3." in said(base=1, NAT=3)
    assert "equally many" not in said(base=2, NAT=2)


def test_intervals_stand_beside_their_score():
    intervals = {
        ("base", "mcqu", "greedy", "exact_match"): Interval(0.5, 0.41, 0.59),
        ("base", "aggregate", "greedy", "exact_match"): Interval(0.5, 0.4, 0.6),
    }
    table = table_5(spreads([score(), score(task="mcq")]), intervals, {}, ["base"])
    ours = table.rows[0].ours
    assert (ours["mcqu_greedy_em_ci_low"], ours["mcqu_greedy_em_ci_high"]) == pytest.approx((41.0, 59.0))
    assert ours["aggregate_greedy_em_ci_high"] == pytest.approx(60.0)
    texts = [cell.text for cell in lines_of(table, "interval")[0].cells]
    assert texts == ["", "", "", "", "[41.00, 59.00]", "", "[40.00, 60.00]", ""]


def test_intervals_of_another_run_are_refused():
    intervals = {("base", "mcqu", "greedy", "exact_match"): Interval(0.6, 0.5, 0.7)}
    with pytest.raises(InputError, match=r"60\.000 %, but the scores give 50\.000 %"):
        table_5(spreads([score()]), intervals, {}, ["base"])


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
    ours = table_7(spreads(scores), intervals, {}, ["base"]).rows[0].ours
    assert (ours["mcqu_greedy_em_ci_low"], ours["mcqu_greedy_em_ci_high"]) == pytest.approx((11.0, 29.0))
    with pytest.raises(InputError, match=r"20\.000 %, but the scores give 30\.000 %"):
        table_7(spreads([score(order=1, em=0.3)]), intervals, {}, ["base"])


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
    table = build(spreads(scores), {}, published(number), models)
    write_result(table, tmp_path)
    with open(tmp_path / f"table{number}.csv", newline="") as handle:
        ours = list(csv.reader(handle))
    width = len(paper[0])
    assert ours[0][:width] == paper[0]
    assert ours[0][-(width - 1) :] == [f"{name}_published" for name in paper[0][1:]]
    assert [line[0] for line in ours[1:]] == models
    assert [line[-(width - 1) :] for line in ours[1:]] == [line[1:] for line in paper[1:]]


def test_a_model_that_the_paper_lacks_has_no_published_line():
    table = table_5(spreads([score(model="MINE")]), {}, published(5), ["MINE"])
    assert lines_of(table, "published") == []
    assert table_csv(table).splitlines()[1].endswith("," * len(TABLE_5.published_keys))


def test_spreads_are_read_with_errors_that_name_the_place(tmp_path):
    path = spreads_file(tmp_path / "choice_spread.csv", [score(n=4)])
    found = read_spreads(path)
    assert found["base", "mcqu", "greedy", "published", "exact_match"].micro == 0.5
    with pytest.raises(InputError, match=r"no row of model 'NAT'; found: base"):
        check_models(["base", "NAT"], models_of(found), path)
    whole = path.read_text()
    path.write_text(whole + whole.splitlines()[1] + "\n")
    with pytest.raises(InputError, match="base, mcqu, greedy, published, exact_match occurs twice"):
        read_spreads(path)
    path.write_text(whole.replace("0.5", "half", 1))
    with pytest.raises(InputError, match=r"spread\.csv: base, mcqu, greedy, published, exact_match: micro: found 'h"):
        read_spreads(path)
    path.write_text(whole.replace("0.5", "", 1))
    with pytest.raises(InputError, match=r"base, mcqu, greedy, published, exact_match: micro is empty, expected a num"):
        read_spreads(path)
    path.write_text(whole.replace("mcqu", "oeq"))
    with pytest.raises(InputError, match="base, oeq, greedy, published, exact_match: expected a task of"):
        read_spreads(path)
    path.write_text("model,source\n")
    with pytest.raises(InputError, match="no column task"):
        read_spreads(path)
    with pytest.raises(InputError, match="no such file"):
        read_spreads(tmp_path / "absent.csv")


def test_details_have_a_line_for_what_is_missing_too(tmp_path):
    path = extras_file(tmp_path, exact_match=[0.5, 0.25, 0.125], chance_exact_match=[0.2] * 3, rstd=[0.123, "", ""])
    write_details(read_details(path), ["a|b", "base"], tmp_path, "Qwen_3", Remark(note="Tiny."))
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


def test_the_programs_of_table_6_refuse_partial_judgements(tmp_path):
    (tmp_path / "open.csv").write_text(OPEN)
    records = [open_record(id=str(i), source="kqa", split="test") for i in range(4)]
    write_records(tmp_path / "open.parquet", records)

    def run(name, flags):
        words = [word for flag, value in flags.items() for word in (f"--{flag}", str(value))]
        script = PUBLISHED.parents[1] / "workflow" / "scripts" / f"{name}.py"
        return run_program([script, *words], cwd=tmp_path)

    def averaged(scores):
        judgements(tmp_path / "first", scores)
        flags = {"references": "open.parquet", "judgements": "first=first", "models": "base", "output-folder": "."}
        return run("score_judgements", flags)

    partial = averaged([1, 1])
    assert partial.returncode == 1 and "judge first, model base: 2 judgements, expected one" in partial.stderr
    assert not (tmp_path / "judges.csv").exists()
    whole = averaged([1, 1, 0, None])
    assert whole.returncode == 0, whole.stderr
    flags = {"scores": "open.csv", "judges": "judges.csv", "models": "base", "output-folder": "tables"}
    table = run("report_open_table", flags | {"published-6": PUBLISHED / "published_table6.csv"})
    assert table.returncode == 0, table.stderr
    row = read_rows(tmp_path / "tables/table6.csv", ["model"])[0]
    assert (row["llm_judge"], row["judge_parse_rate"]) == ("0.67", "75.00")
