"""Real Snakemake: the page for raters from given predictions, then their ratings; simulated raters of a run."""

import csv
import re

import pyarrow as pa
import pytest
from support.checkout import SMALL_RUN, assert_reruns, assert_untouched
from support.choice_predictions import answered, table
from support.records import open_record

from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.files import read_table, write_records, write_table
from medinjection.scoring.human.schema import RATINGS_SCHEMA, SAMPLE_SCHEMA
from medinjection.scoring.human.spreadsheets import read_spreadsheet

pytestmark = pytest.mark.workflow

MODELS = ("base", "NAT")
GIVEN = ("--config", "run=review", "predictions=given/predictions")


def answer(model, record):
    texts = {"model": model, "record_id": record.id, "source": record.source, "output": f"Réponse de {record.id}"}
    return {**texts, "output_tokens": 4, "reference_tokens": 4, "finished": True}


@pytest.fixture
def given(fresh):
    """A checkout with the predictions of two models, 60 open answers each."""
    checkout = fresh("config/config.yaml")
    records = [open_record(n, split="test") for n in range(60)]
    folder = checkout.folder / "given"
    write_records(folder / "evaluation/open.parquet", records)
    for model in MODELS:
        rows = [answer(model, record) for record in records]
        write_table(folder / f"predictions/{model}/open.parquet", pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))
        write_table(folder / f"predictions/{model}/choice.parquet", table(answered(model, [[1], [0]])))
    return checkout


def test_the_page_is_made_ratings_are_checked_and_a_new_rater_reruns_the_scores_only(given):
    assert given.planned("human_review", *GIVEN) == {"human_review": 1, "sample_answers": 1, "report_review": 1}
    given.run("human_review", *GIVEN)
    human = given.folder / "results/review/human"
    sample = read_table(human / "sample.parquet", SAMPLE_SCHEMA).to_pylist()
    assert len(sample) == 100
    assert {model: sum(row["model"] == model for row in sample) for model in MODELS} == dict.fromkeys(MODELS, 50)
    assert (human / "review.html").read_text(encoding="utf-8").count("item-100") == 1

    sheet = (human / "review.csv").read_text(encoding="utf-8-sig")
    filled = sheet.replace(";;;t", ";1;;t")
    (human / "ratings").mkdir()
    (human / "ratings/dr-a.csv").write_text(filled.replace(";1;;t", ";0;;t", 30), encoding="utf-8-sig", newline="")
    assert given.planned("human_review", *GIVEN) == {"human_review": 1, "score_ratings": 1}
    given.run("human_review", *GIVEN)
    ratings = read_table(human / "ratings.parquet", RATINGS_SCHEMA).to_pylist()
    assert [row["rating"] for row in ratings] == [0] * 30 + [1] * 70
    assert [(r["model"], r["record_id"]) for r in ratings] == [(r["model"], r["record_id"]) for r in sample]

    broken = re.sub("(item-007;.*)(;t[0-9a-f]{16})", r"\1;t0000000000000000", filled)
    (human / "ratings/dr-b.csv").write_text(broken, encoding="utf-8-sig", newline="")
    done = given.snakemake("--cores", "1", "--show-failed-logs", "human_review", *GIVEN)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "human/ratings/dr-b.csv: row 8, item-007: text_hash is 't0000000000000000'" in said
    assert "Traceback" not in said
    assert (human / "ratings/dr-b.csv").is_file(), "a rater's work is never removed"


def test_simulated_raters_of_the_demonstration_say_so_wherever_they_are_shown(finished):
    run = finished.folder / SMALL_RUN
    files = sorted((run / "human/ratings").iterdir())
    assert [file.name for file in files] == ["simulated-a.csv", "simulated-b.csv"]
    for file in files:
        assert {cells["simulated"] for _, cells in read_spreadsheet(file, ["simulated"])} == {"yes"}
    ratings = read_table(run / "human/ratings.parquet", RATINGS_SCHEMA).to_pylist()
    assert ratings and all(row["simulated"] for row in ratings)
    with open(run / "scores/human_agreement.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["simulated"] for row in rows] == ["yes"] * 5
    assert all(row["note"].startswith("simulated ratings, made up by a program") for row in rows)
    assert "Simulated raters: a program made up the ratings" in (run / "report.html").read_text(encoding="utf-8")
    assert "simulated-a, simulated-b" in (run / "human/review.html").read_text(encoding="utf-8")


def test_another_seed_of_the_draw_reruns_the_review_only(changeable):
    planned = changeable.planned("--config", "human_review={seed: 7}")
    assert_reruns(planned, sample_answers=1, report_review=1, simulate_ratings=1, score_ratings=1, report_page=1)
    assert_reruns(planned, score_correlations=1, report_correlation_table=1)
    assert_untouched(planned, "predict_answers", "judge_answers", "score_open", "score_bertscore", "report_open_table")
