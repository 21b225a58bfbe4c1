import csv
import io
import runpy
import sys

from medinjection.llm.journal.journal import Entry, Journal
from medinjection.pricing.ledger import COLUMNS, costs_csv, read_costs
from medinjection.reporting.reading import COST_COLUMNS


def write(path, *answers):
    with Journal(path) as journal:
        for number, (model, prompt, completion, cost) in enumerate(answers):
            journal.append(Entry(f"{path}{number}", model, None, "x", "stop", prompt, completion, cost))


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_each_stage_model_and_shard_has_a_line_in_a_fixed_order(tmp_path):
    write(tmp_path / "translate_source/medqa/2-of-2.jsonl", ("m", 7, 1, 0.5))
    write(tmp_path / "translate_source/medqa/1-of-2.jsonl", ("n", 1, 1, 0.25), ("m", 10, 5, 0.5), ("m", 20, 6, 0.125))
    write(tmp_path / "judge_answers/a/NAT.jsonl", ("n", 3, 1, 0.0))
    found = [tuple(row.values()) for row in rows(costs_csv(read_costs(tmp_path)))]
    assert found == [
        ("judge_answers", "n", "a/NAT", "1", "3", "1", "0.00000000", "0"),
        ("translate_source", "m", "medqa/1-of-2", "2", "30", "11", "0.62500000", "0"),
        ("translate_source", "m", "medqa/2-of-2", "1", "7", "1", "0.50000000", "0"),
        ("translate_source", "n", "medqa/1-of-2", "1", "1", "1", "0.25000000", "0"),
    ]


def test_an_unknown_price_is_empty_and_never_nothing(tmp_path):
    write(tmp_path / "s/unknown.jsonl", ("m", 1, 1, None), ("m", 1, 1, None))
    write(tmp_path / "s/mixed.jsonl", ("m", 1, 1, None), ("m", 1, 1, 0.5))
    write(tmp_path / "s/free.jsonl", ("m", 1, 1, 0.0))
    money = {
        row["shard"]: (row["money"], row["requests_without_price"]) for row in rows(costs_csv(read_costs(tmp_path)))
    }
    assert money == {"unknown": ("", "2"), "mixed": ("0.50000000", "1"), "free": ("0.00000000", "0")}


def test_the_order_in_which_answers_came_does_not_show(tmp_path):
    prices = [0.1, 0.2, 0.3, 1e-7, 3.3e-6, 0.7]
    write(tmp_path / "one/s/j.jsonl", *(("m", 1, 1, price) for price in prices))
    write(tmp_path / "two/s/j.jsonl", *(("m", 1, 1, price) for price in reversed(prices)))
    assert costs_csv(read_costs(tmp_path / "one")) == costs_csv(read_costs(tmp_path / "two"))


def test_damaged_lines_are_left_out_and_said(tmp_path, caplog):
    write(tmp_path / "s/j.jsonl", ("m", 1, 1, 0.5))
    with open(tmp_path / "s/j.jsonl", "a") as file:
        file.write('not a line\n{"key": "unfinished')
    (cost,) = read_costs(tmp_path)
    assert (cost.requests, cost.money) == (1, 0.5)
    assert "j.jsonl: 2 damaged lines are left out" in caplog.text


def test_missing_token_counts_count_as_none(tmp_path):
    write(tmp_path / "s/j.jsonl", ("m", None, None, None), ("m", 5, 2, None))
    (cost,) = read_costs(tmp_path)
    assert (cost.requests, cost.prompt_tokens, cost.completion_tokens) == (2, 5, 2)


def test_a_run_that_asks_nobody_has_an_empty_ledger(tmp_path, monkeypatch):
    arguments = ["report_cost.py", "--journals", str(tmp_path / "none"), "--output", str(tmp_path / "cost.csv")]
    monkeypatch.setattr(sys, "argv", arguments)
    runpy.run_path("workflow/scripts/report_cost.py", run_name="__main__")
    assert (tmp_path / "cost.csv").read_text() == ",".join(COLUMNS) + "\n"


def test_logs_of_batches_are_no_journals(tmp_path):
    write(tmp_path / "s/j.jsonl", ("m", 1, 1, 0.5))
    (tmp_path / "s/j.jsonl.batches.jsonl").write_text('{"tag": "t", "status": "completed"}\n')
    assert len(read_costs(tmp_path)) == 1


def test_the_page_reads_the_columns_that_the_ledger_has():
    assert COST_COLUMNS == COLUMNS
