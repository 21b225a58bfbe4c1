"""Tables from precomputed predictions are those of their run, and no other job is planned; models behind an API."""

import shutil

import pytest
from support.checkout import SMALL_RUN

pytestmark = pytest.mark.workflow

CHOICE = {"score_choice": 1, "report_choice_tables": 1, "report_audit": 1, "report_claims": 1}
OPEN = {"score_bertscore": 1, "score_open": 1, "score_judgements": 1, "score_lengths": 1, "report_open_table": 1}
BOARD = {"score_exam": 1, "score_leaderboard": 1, "report_leaderboard": 1}


@pytest.fixture
def reviewer(finished, fresh):
    """A checkout without results, and what a run gives away, in the folder `given`."""
    checkout = fresh(*finished.configfiles)
    for name in ("predictions", "judgements", "evaluation"):
        shutil.copytree(finished.folder / SMALL_RUN / name, checkout.folder / "given" / name)
    return checkout


def asked(judgements=True):
    more = ["judgements=given/judgements"] if judgements else []
    return ["--config", "run=again", "predictions=given/predictions", *more]


def test_the_tables_of_precomputed_predictions_are_those_of_the_run(finished, reviewer):
    planned = reviewer.planned("tables", *asked())
    assert planned.pop("tables") == 1
    assert planned == {**CHOICE, **OPEN}
    reviewer.run("tables", "results/again/figures/fig6.csv", *asked())
    again = reviewer.folder / "results/again"
    for number in (5, 6, 7):
        for suffix in ("csv", "md", "tex"):
            name = f"tables/table{number}.{suffix}"
            assert (again / name).read_bytes() == (finished.folder / SMALL_RUN / name).read_bytes(), name
    ours = (again / "audit.csv").read_text().splitlines()
    whole = (finished.folder / SMALL_RUN / "audit.csv").read_text().splitlines()
    assert ours == [line for line in whole if line.startswith(("table,", "table5,", "table6,", "table7,"))]
    made = {path.name for path in again.iterdir()}
    assert made == {"scores", "tables", "figures", "audit.csv", "logs", "benchmarks"}
    for number in (5, 6):
        name = f"figures/fig{number}.csv"
        assert (again / name).read_bytes() == (finished.folder / SMALL_RUN / name).read_bytes()
    rest = reviewer.planned(*asked())
    assert rest == {**BOARD, "score_slices": 1, "score_faithfulness": 1, "report_page": 1}


def test_single_questions_are_looked_at_without_a_model(reviewer):
    assert reviewer.planned("explorer", *asked()) == {"find_suspect_keys": 1, "report_explorer": 1, "explorer": 1}
    reviewer.run("explorer", *asked())
    page = (reviewer.folder / "results/again/explorer/index.html").read_text(encoding="utf-8")
    assert "Demonstration: scripted teacher, scripted judge" in page and "report.html" not in page


def test_the_paper_s_configuration_needs_no_more_than_the_predictions(reviewer):
    """Nothing but the literal command; that a demonstration made them is told by the predictions, not by it."""
    paper = type(reviewer)(reviewer.folder, ("config/config.yaml",))
    paper.run("tables", "--config", "predictions=given/predictions")
    for number in (5, 6, 7):
        text = (reviewer.folder / f"results/paper/tables/table{number}.tex").read_text()
        assert "Demonstration: scripted teacher, base model pre-trained" in text
    audit = (reviewer.folder / "results/paper/audit.csv").read_text()
    assert "not run: scripted teacher" in audit and "CI" not in audit


def test_the_tables_of_a_run_are_not_replaced_by_those_of_other_predictions(reviewer):
    own = reviewer.folder / SMALL_RUN / "predictions"
    own.mkdir(parents=True)
    done = reviewer.snakemake("-n", "tables", "--config", "predictions=given/predictions")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"the run 'small' has predictions of its own in {SMALL_RUN}/predictions" in said
    assert "--config run=NAME" in said and "Traceback" not in said
    assert reviewer.planned("tables", *asked())["score_choice"] == 1


def test_what_is_not_given_is_not_made(reviewer):
    shutil.rmtree(reviewer.folder / "given/evaluation")
    # Any configuration will do, one whose corpora are elsewhere too.
    other = type(reviewer)(reviewer.folder, ("config/sample.yaml",))
    assert other.planned(*asked(judgements=False)) == {**CHOICE, **BOARD, "report_page": 1}


def test_a_judge_s_column_is_empty_without_judgements(reviewer):
    shutil.rmtree(reviewer.folder / "given/predictions/ALL")
    reviewer.run("results/again/tables/table6.csv", *asked(judgements=False))
    header, *lines = (reviewer.folder / "results/again/tables/table6.csv").read_text().splitlines()
    judged = header.split(",").index("llm_judge")
    assert [line.split(",")[judged] for line in lines if line.startswith(("base,", "NAT,"))] == ["", ""]


def test_a_folder_that_holds_no_predictions_is_named(reviewer):
    done = reviewer.snakemake("-n", "tables", "--config", "predictions=given")
    assert done.returncode != 0
    assert "given/judgements holds no answers; expected <model>/choice.parquet" in done.stdout + done.stderr
    assert "did you mean given/predictions?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_served_model_is_asked_beside_those_that_are_loaded(fresh):
    checkout = fresh("config/demo.yaml", "served.yaml")
    (checkout.folder / "served.yaml").write_text(
        "prediction: {api_models: [big]}\nllms: {big: {model: openai/big, api_base: 'http://127.0.0.1:1/v1'}}\n"
    )
    planned = checkout.planned()
    assert (planned["predict_answers"], planned["predict_served"], planned["judge_answers"]) == (8, 1, 2)
    assert planned["report_page"] == 1
    assert "predict_served" not in checkout.planned("cost_estimate")
