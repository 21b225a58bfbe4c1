"""Models evaluated as they are: the embedded default to its end, a second model, and one that is asked."""

import csv
import shutil

import pytest
from support.checkout import assert_reruns, assert_untouched, jobs_planned
from support.endpoint import serving

from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.files import read_table

pytestmark = pytest.mark.workflow

EVALUATION = ("config/evaluate.yaml", "config/evaluate_demo.yaml", "tests/workflow/small_evaluate.yaml")
RUN = "results/evaluate-demo"
OF_THE_FIRST = (
    "render_corpora",
    "fetch_source",
    "normalise_french",
    "join_sources",
    "pretrain_base",
    "select_evaluation",
)


def models_of(table):
    with open(table, encoding="utf-8") as file:
        return [row["model"] for row in csv.DictReader(file)]


def test_the_embedded_default_and_a_second_model_beside_it(fresh):
    checkout = fresh(*EVALUATION)
    said = checkout.run()
    run = checkout.folder / RUN
    assert "No source is of the components translated and synthetic; left out: Tables 1 and 2" in said
    assert models_of(run / "tables/table5.csv") == ["base"]
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "No source is of the components translated and synthetic" in page and 'id="audit"' not in page
    assert not (run / "tables/table1.csv").exists() and not (run / "audit.csv").exists()

    second = checkout.folder / "second"
    shutil.copytree(run / "models/base", second)
    planned = checkout.planned("--config", "model=second")
    assert_reruns(planned, fetch_model=1, predict_answers=1, score_choice=1)
    assert_untouched(planned, *OF_THE_FIRST)

    with serving(lambda *_: "B") as endpoint:
        model = f"model={endpoint.url}#org/asked"
        checkout.run("--config", model)
        asked = endpoint.requests
        answers = read_table(run / "predictions/asked/open.parquet", OPEN_SCHEMA)
        shutil.rmtree(run / "predictions/asked")
        checkout.run("--config", model)
    assert endpoint.requests == asked > 12, "what the journal holds is not asked again"
    assert set(answers["output"].to_pylist()) == {"B"}
    assert models_of(run / "tables/table5.csv") == ["base", "asked"]


def test_one_model_named_on_the_command_line_is_planned_without_key_or_network(fresh):
    checkout = fresh("config/evaluate.yaml")
    done = checkout.snakemake("--dry-run", "--config", "model=Qwen/Qwen3-4B-Instruct-2507,openai/gpt-4o")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    assert "Qwen/Qwen3-4B-Instruct-2507 is named without a commit" in said
    planned = jobs_planned(said)
    assert_reruns(planned, fetch_source=4, fetch_model=1, predict_answers=1, predict_served=1)
    assert_untouched(planned, "train_mix", "mix_records", "report_audit", "translate_source", "report_ledger")
    done = checkout.snakemake("--dry-run", "--config", "model=qwen")
    assert done.returncode != 0 and "none of the other forms; expected a Hub id" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
