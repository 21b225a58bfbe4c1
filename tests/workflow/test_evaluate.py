"""Models evaluated as they are: the embedded default, a second model, and one behind an endpoint that dies."""

import csv
import re
import shutil

import pytest
from support.checkout import assert_reruns, assert_untouched, jobs_planned
from support.mortal_endpoint import mortal_endpoint

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


def test_the_embedded_default_and_a_second_model_beside_it(fresh, tmp_path):
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

    check_an_endpoint_that_dies(checkout, tmp_path)
    assert models_of(run / "tables/table5.csv") == ["base", "asked"]


def check_an_endpoint_that_dies(checkout, folder):
    """An evaluation of a model behind an endpoint that dies ends with a sentence, and then goes on where it was."""
    give_up_soon(checkout)
    # When it is asked for the twentieth time, four of the sixteen questions at once have been answered.
    with mortal_endpoint(folder / "first", dies_at=20) as first:
        command = ["--profile", "profiles/local", "--config", f"model={first.url}#org/asked"]
        done = checkout.snakemake(*command)
        assert first.died()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    told = re.search(
        rf"no connection to {first.url} in 3 tries \(Connection refused\). (\d+) answers are kept in "
        rf"({RUN}/journals/\S+): run again to go on from there",
        said,
    )
    assert told, said[-3000:]
    kept, journal = int(told[1]), checkout.folder / told[2]
    assert 4 <= kept < len(first.asked())
    with mortal_endpoint(folder / "second", first.port) as second:
        checkout.run(*command[2:])
        rest = second.asked()
        questions = len(journal.read_text("utf-8").splitlines())
        assert len(rest) == len(set(rest)) == questions - kept > 0
        assert len({*first.asked(), *rest}) == questions
        shutil.rmtree(checkout.folder / RUN / "predictions/asked")
        checkout.run(f"{RUN}/predictions/asked/open.parquet", *command[2:])
        assert second.asked() == rest, "what the journal holds is not asked again"
    answers = read_table(checkout.folder / RUN / "predictions/asked/open.parquet", OPEN_SCHEMA)
    assert set(answers["output"].to_pylist()) == {"B"}


def give_up_soon(checkout):
    """Have the checkout's jobs wait for an endpoint as long as a test may, not for minutes."""
    retries = "src/medinjection/llm/client/retries.py"
    checkout.edit(retries, "tries: int = 10", "tries: int = 3")
    checkout.edit(retries, "first_wait: float = 1.0", "first_wait: float = 0.01")


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
