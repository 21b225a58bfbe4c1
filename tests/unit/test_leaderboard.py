"""The leaderboard of a run, and the one that several runs and machines share."""

import csv
import shutil
from pathlib import Path

import pytest
import yaml
from huggingface_hub.repocard_data import model_index_to_eval_results
from support.choice_predictions import answered, prediction, table
from support.evaluations import BAD, GOOD, write_evaluation
from support.preloaded import run_program

from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of
from medinjection.scoring.leaderboard.board import board_rows, compare_models
from medinjection.scoring.leaderboard.store import add_evaluation, entries_of, evaluations_in
from medinjection.scoring.slices.scores import slice_items

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow/scripts"


def test_the_board_by_hand():
    (row,) = board_rows(BAD, slice_items(BAD), seed=1)
    # Two of twenty questions are right in one of two orders.
    assert (row["n"], row["orders"]) == (20, 2)
    assert (row["exact_match"], row["mark"]) == (pytest.approx(0.05), pytest.approx(1.0))
    assert row["chance_mark"] == pytest.approx(4)
    assert row["parse_rate"] == 1


def test_stability_is_over_both_tasks():
    orders = ((0, 1, 2, 3, 4), (4, 3, 2, 1, 0))
    rows = [prediction(1, [0], [0], order=k, task="mcqu", shown=orders[k]) for k in (0, 1)]
    rows += [prediction(i, [i if k else 0], [0], order=k, shown=orders[k]) for i in (2, 3) for k in (0, 1)]
    (row,) = board_rows(table(rows), slice_items(table(rows)), seed=1)
    assert row["stable_share"] == pytest.approx(1 / 3)


def test_the_best_model_and_whether_others_differ():
    first, second = compare_models([BAD, GOOD], seed=1).board
    assert (first["model"], first["best"], first["difference_to_best"]) == ("good", "good", None)
    assert (second["model"], second["best"], second["difference_to_best"]) == ("bad", "good", pytest.approx(-0.85))
    assert second["p_holm_to_best"] < 0.001


@pytest.fixture
def machine(tmp_path):
    """A function that writes the folder of a model's finished answers on a machine, and returns the folder."""
    return lambda place, predictions, **changes: write_evaluation(tmp_path / place, predictions, **changes)


def add(store, folder):
    return [add_evaluation(store, evaluation) for evaluation in evaluations_in(folder)]


def test_evaluations_of_two_machines_add_up(tmp_path, machine):
    first, second = machine("a", GOOD), machine("b", BAD)
    store = tmp_path / "store"
    assert add(store, first) == [f"{first}: good is added"]
    assert add(store, second.parent) == [f"{second}: bad is added"]
    assert [entry.name for entry in entries_of(store)] == ["bad", "good"]
    # The other machine's whole leaderboard merges, and what is there already is said.
    other = tmp_path / "other"
    add(other, second)
    assert add(store, other) == [f"{other}/entries/bad: the answers of bad are there already; nothing is added"]
    before = {path: sha256_of(path) for path in store.rglob("*") if path.is_file()}
    add(store, first)
    assert {path: sha256_of(path) for path in store.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"choice_sha256": "other"}, "other questions;"),
        ({"prompts_sha256": "other"}, "other prompts;"),
        ({"seed": 7}, "other orders of the options;"),
        ({"code": "other"}, "other code that changes answers;"),
        ({"code": "other", "prompts_sha256": "other"}, "other prompts and code that changes answers;"),
    ],
)
def test_what_was_asked_otherwise_is_refused(tmp_path, machine, changes, said):
    add(tmp_path / "store", machine("a", GOOD))
    with pytest.raises(InputError, match=f"bad was asked otherwise than good, which is in the store: {said}"):
        add(tmp_path / "store", machine("b", BAD, **changes))
    assert [entry.name for entry in entries_of(tmp_path / "store")] == ["good"]


def test_the_same_model_is_a_duplicate_under_any_name(tmp_path, machine):
    add(tmp_path / "store", machine("a", GOOD))
    again = table(answered("again", [[1, 1]] * 20, (0, 1)))
    (said,) = add(tmp_path / "store", machine("b", again, model_sha256={"model.safetensors": "good"}))
    assert "again is a duplicate of good: the same weights in the same number format" in said
    with pytest.raises(InputError, match="other answers under the name 'good', of the same weights"):
        add(tmp_path / "store", machine("c", table(answered("good", [[1, 1]] * 20, (0, 1)))))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "started"}, "status is 'started', expected finished"),
        ({"model": "x"}, "answers of .'good'., but run.json is of 'x'"),
        ({"choice": {"records": 19}}, "answers to 20 questions, but run.json says 19"),
        ({"permutations": 3}, "orders .0, 1., but run.json says 3 beside the published one"),
    ],
)
def test_a_folder_that_is_not_what_it_says_is_refused(machine, changes, said):
    with pytest.raises(InputError, match=said):
        evaluations_in(machine("a", GOOD, **changes))


def test_a_folder_without_run_json_or_answers_is_refused(tmp_path, machine):
    folder = machine("a", GOOD)
    (folder / "run.json").unlink()
    with pytest.raises(InputError, match="nobody knows on which questions and how good was asked"):
        evaluations_in(folder)
    with pytest.raises(InputError, match="holds no choice.parquet"):
        evaluations_in(tmp_path / "nowhere")


def run(*command):
    return run_program(command, cwd=ROOT)


def test_the_program_adds_lays_out_and_says_what_it_refuses(tmp_path, machine):
    good, bad = machine("a", GOOD), machine("b", BAD, code="other")
    store = tmp_path / "store"
    done = run(SCRIPTS / "add_to_leaderboard.py", "--store", store, "--add", good, bad)
    assert done.returncode == 1
    assert "other code that changes answers" in done.stderr and "Traceback" not in done.stderr
    shutil.rmtree(bad)
    done = run(SCRIPTS / "add_to_leaderboard.py", "--store", store, "--add", machine("b", BAD))
    assert done.returncode == 0, done.stderr
    with open(store / "board/leaderboard.csv", encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert [(line["model"], line["mark"], line["seconds"]) for line in lines] == [
        ("good", "18", "12.5"),
        ("bad", "1", "12.5"),
    ]
    assert lines[0]["stand_ins"] == "base model pre-trained by the workflow"
    page = (store / "index.html").read_text(encoding="utf-8")
    assert "Demonstration: base model pre-trained by the workflow." in page
    names = {path.relative_to(store): sha256_of(path) for path in store.rglob("*") if path.is_file()}
    assert run(SCRIPTS / "add_to_leaderboard.py", "--store", store, "--add", good).returncode == 0
    assert {path.relative_to(store): sha256_of(path) for path in store.rglob("*") if path.is_file()} == names


def test_an_empty_leaderboard_is_an_error(tmp_path):
    done = run(SCRIPTS / "add_to_leaderboard.py", "--store", tmp_path / "store")
    assert done.returncode == 1 and "the leaderboard is empty" in done.stderr


def test_the_leaderboard_of_a_run(tmp_path, machine):
    folders = [machine("a", GOOD), machine("a", BAD)]
    predictions = [folder / "choice.parquet" for folder in folders]
    scores = tmp_path / "scores"
    board, pairs, exam = (scores / f"{name}.csv" for name in ("leaderboard", "paired_all", "exam"))
    for command in (
        ["score_choice.py", "--output-folder", scores],
        ["score_leaderboard.py", "--pairs", pairs, "--output", board],
        ["score_exam.py", "--output", exam],
    ):
        done = run(SCRIPTS / command[0], "--predictions", *predictions, "--models", "good", "bad", *command[1:])
        assert done.returncode == 0, done.stderr
    done = run(
        *(SCRIPTS / "report_leaderboard.py", "--title", "Board", "--board", board, "--pairs", pairs, "--exam", exam),
        *("--published", ROOT / "resources/published/others.csv", "--registry", ROOT / "config/sources.yaml"),
        *("--runs", *(folder / "run.json" for folder in folders), "--note", "My <note>."),
        *("--page", tmp_path / "leaderboard.html", "--output-folder", tmp_path / "board"),
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "leaderboard.html").read_text(encoding="utf-8")
    assert "My &lt;note&gt;." in page and "Which differences are significant" in page
    assert "LIMICS@DEFT&#39;24" in page and "evaluation/choice.parquet" in page
    text = (tmp_path / "board/leaderboard.md").read_text(encoding="utf-8")
    assert "| good  | greedy   |        20 |      2 |    18.00 |" in text
    block = (tmp_path / "board/good.model-index.md").read_text(encoding="utf-8")
    metadata = yaml.safe_load(block.strip().strip("-"))
    name, results = model_index_to_eval_results(metadata["model-index"])
    assert name == "good"
    found = {(result.metric_type, result.dataset_name): result.metric_value for result in results}
    assert found["exam_mark", "src"] == 18
    assert found["exact_match", "All sources"] == 90
