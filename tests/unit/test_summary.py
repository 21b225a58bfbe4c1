"""The closing lines of a run: from its files alone, and right where some are missing."""

import pytest

from medinjection.pricing.ledger import COLUMNS
from medinjection.records.errors import InputError
from medinjection.reporting.summary import summary_lines

KINDS = "scripted teacher; scripted judge"
TABLE = (
    "model,mcqu_constrained_em,aggregate_constrained_em,stand_ins\n"
    f"base,12.00,6.48,{KINDS}\nNAT,37.00,21.15,{KINDS}\nALL,38.00,22.03,{KINDS}\n"
)
TESTS = (
    "model,base,decoding,test,p_holm\nALL,base,greedy,mcnemar,0.5\nALL,base,constrained,sign-flip,0.4\n"
    "NAT,base,constrained,mcnemar,0.3\nALL,base,constrained,mcnemar,3.01e-06\n"
)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def costs(*rows):
    lines = (
        f"translate_source,{model},s/1-of-1,{asked},9,9,{money},{without}" for model, asked, money, without in rows
    )
    return "\n".join([",".join(COLUMNS), *lines, ""])


@pytest.fixture
def run(tmp_path):
    """A finished run, as small as can be."""
    folder = tmp_path / "results/demo"
    write(folder / "benchmarks/count_records.tsv", "s\th:m:s\n30.0\t0:00:30\n")
    write(folder / "benchmarks/train_mix/NAT.tsv", "s\th:m:s\n60.0\t0:01:00\n")
    write(folder / "tables/table5.csv", TABLE)
    write(folder / "scores/paired.csv", TESTS)
    write(folder / "cost.csv", costs(("scripted/teacher", 1200, "", 1200), ("scripted/judge", 30, "", 30)))
    write(folder / "report.html", "<!doctype html>")
    return folder


def said(run, *arguments):
    return " ".join(" ".join(summary_lines(run, *arguments)).split())


def test_a_finished_run_says_what_ran_what_was_reached_what_it_cost_and_where_the_page_is(run):
    text = said(run, "My own note.")
    assert text.startswith("Run demo Jobs 2, 1.5 minutes")
    assert "base 6.48 %, best mix ALL 22.03 %" in text
    assert "p = 3e-06" in text, "that of the best mix, constrained, by McNemar's test"
    assert "1,230 to scripted/judge, scripted/teacher: scripted stand-ins, nothing paid" in text
    assert "Note Demonstration: scripted teacher, scripted judge. What is scripted" in text
    assert "with the paper. My own note. Tables" in text
    assert text.endswith(f"Report {run / 'report.html'}")


def test_about_ten_lines_of_at_most_a_hundred_columns(run):
    lines = summary_lines(run, "My own note. ")
    assert len(lines) <= 12
    assert all(len(line) <= 100 for line in lines if "report.html" not in line and "tables" not in line)


def test_a_path_is_on_one_line_however_long(run):
    long = run.rename(run.parent / ("a-long-name-with-spaces in-it " * 5).strip())
    assert summary_lines(long)[-1].endswith("/report.html")
    assert str(long) in summary_lines(long)[-1]


@pytest.mark.parametrize(
    ("name", "label"),
    [("benchmarks", "Jobs"), ("tables/table5.csv", "Exact match"), ("cost.csv", "Requests"), ("report.html", "Report")],
)
def test_what_a_partial_run_has_not_made_is_left_out(run, name, label):
    assert label in said(run)
    path = run / name
    path.rename(run.parent / "elsewhere")
    assert label not in said(run)


def test_without_tests_the_scores_stand_alone(run):
    (run / "scores/paired.csv").unlink()
    assert "ALL 22.03 %" in said(run)
    assert "p =" not in said(run)


def test_without_a_base_nothing_is_compared(run):
    write(run / "tables/table5.csv", TABLE.replace(f"base,12.00,6.48,{KINDS}\n", ""))
    assert "NAT 21.15 %, ALL 22.03 %" in said(run)
    assert "best mix" not in said(run) and "p =" not in said(run)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("openai/gpt-4o", 10, "1.50", 0)], "10 to openai/gpt-4o: 1.50 paid"),
        ([("openai/x", 10, "", 10)], "10 to openai/x: price unknown"),
        (
            [("openai/x", 10, "0.50", 4), ("scripted/t", 1, "", 1)],
            "11 to openai/x, scripted/t: 0.50 paid, 5 of unknown",
        ),
    ],
)
def test_costs_are_as_the_data_says(run, rows, expected):
    write(run / "cost.csv", costs(*rows))
    assert expected in said(run)


def test_a_run_that_asked_nothing_says_none(run):
    write(run / "cost.csv", costs())
    assert "Requests none" in said(run)


def test_no_such_run_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such run"):
        summary_lines(tmp_path / "results/other")


def test_a_damaged_measurement_is_named(run):
    write(run / "benchmarks/count_records.tsv", "")
    with pytest.raises(InputError, match=r"count_records\.tsv: no column s"):
        summary_lines(run)


def test_a_count_of_requests_that_is_no_number_is_named(run):
    write(run / "cost.csv", costs(("openai/x", "many", "1.5", 0)))
    with pytest.raises(InputError, match=r"cost.csv: .*openai/x: requests is 'many', expected a count"):
        summary_lines(run)
