"""What a run asks of language models, as it is priced before anything is spent."""

import json
import shlex

import pytest
from support.plans import plan_of

from medinjection.plan.priced_jobs import answered_files, job_files, job_flags, journals_size, priced_jobs
from medinjection.pricing.jobs import read_job

API_MODEL = {
    "llms": {"big": {"model": "openai/big", "api_base": "http://127.0.0.1:1/v1"}},
    "prediction": {"api_models": ["big"], "limit_choice": 7},
}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty folder to work in, and a function that makes files in it."""
    monkeypatch.chdir(tmp_path)

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("12345")

    return make


def jobs_of(stage, **changes):
    return [job for job in priced_jobs(plan_of(**changes)) if job.stage == stage]


def test_every_stage_has_its_jobs_in_the_order_of_the_data():
    jobs = priced_jobs(plan_of(**API_MODEL))
    stages = list(dict.fromkeys(job.stage for job in jobs))
    assert stages == [
        "convert_source",
        "translate_source",
        "generate_items",
        "translate_test_set",
        "judge_quality",
        "predict_served",
        "judge_answers",
        "judge_consistency",
    ]
    (converted,) = (job for job in jobs if job.stage == "convert_source")
    assert (converted.source, converted.llm_name) == ("frbmedqa", "scripted")
    assert converted.records == "results/demo/normalised/frbmedqa.parquet"
    assert converted.journals == "results/demo/journals/convert_source/frbmedqa"
    generated = [(job.source, job.form, job.prompt) for job in jobs if job.stage == "generate_items"][:2]
    assert generated == [
        ("deft2021/choice", "choice", "config/prompts/generate_case_choice.txt"),
        ("deft2021/open", "open", "config/prompts/generate_deft_open.txt"),
    ]
    (test_set,) = (job for job in jobs if job.stage == "translate_test_set")
    assert test_set.journals == "results/demo/journals/translate_test_set/wmt.scripted"


def test_items_and_answers_are_expected_until_they_are_there(place):
    (judge, _), (answers, _) = jobs_of("judge_quality"), jobs_of("judge_answers")
    assert (judge.items, len(judge.generation), judge.limit) == (None, 3, 150)
    assert (answers.predictions, answers.absent, answers.evaluation.open) == ({}, 8, None)
    place("results/demo/joined/synthetic.parquet", "results/demo/evaluation/open.parquet")
    place("results/demo/predictions/NAT/open.parquet")
    (judge, _), (answers, _) = jobs_of("judge_quality"), jobs_of("judge_answers")
    assert judge.items == "results/demo/joined/synthetic.parquet"
    assert answers.predictions == {"NAT": "results/demo/predictions/NAT/open.parquet"}
    assert (answers.absent, answers.evaluation.open) == (7, "results/demo/evaluation/open.parquet")


def test_judges_are_asked_again_where_the_configuration_wants_it(place):
    (first, _), (answers, _) = jobs_of("judge_consistency"), jobs_of("judge_answers")
    assert (first.size, first.seed, first.absent) == (100, 42, 8) and first.prompt == answers.prompt
    assert first.paraphrase == "config/prompts/judge_answer_paraphrased.txt" and first.paraphrase in first.files
    assert jobs_of("judge_consistency", judging={"judges": ["scripted-judge-a"], "consistency_size": 0}) == []
    place("results/demo/predictions/NAT/open.parquet", "results/demo/evaluation/open.parquet")
    assert jobs_of("judge_consistency")[0].predictions == jobs_of("judge_answers")[0].predictions != {}


def test_answers_without_the_questions_are_not_read(place):
    place("results/demo/predictions/NAT/open.parquet")
    assert jobs_of("judge_answers")[0].absent == 8


def test_an_evaluation_is_selected_only_with_both_of_its_files(place):
    place("results/demo/evaluation/open.parquet")
    (asked,) = jobs_of("predict_served", **API_MODEL)
    assert (asked.evaluation.choice, asked.evaluation.open, asked.evaluation.limit_choice) == (None, None, 7)
    assert "results/demo/normalised/medqa.parquet" in asked.evaluation.candidates
    assert asked.choice_prompt.endswith("question_choice.txt") and asked.open_prompt in asked.files
    place("results/demo/evaluation/choice.parquet")
    (asked,) = jobs_of("predict_served", **API_MODEL)
    assert asked.evaluation.choice == "results/demo/evaluation/choice.parquet"


def test_jobs_are_handed_over_whole():
    jobs = priced_jobs(plan_of(**API_MODEL))
    words = shlex.split(job_flags(jobs))
    assert words[::2] == ["--job"] * len(jobs)
    assert [read_job(text) for text in words[1::2]] == jobs
    assert json.loads(words[1])["llm"]["model"] == "scripted/teacher"


def test_what_pricing_reads_needs_no_language_model(place):
    plan = plan_of(**API_MODEL)
    files = job_files(plan, priced_jobs(plan))
    assert len(files) == len({*files})
    made_by_llms = ("/translated/", "/generated/", "/converted/", "/joined/", "/components/", "/predictions/")
    assert not any(part in file for file in files for part in made_by_llms)
    assert {"config/prompts/translate.txt", "results/demo/normalised/morfitt.parquet"} <= {*files}
    # Items that this run generates are no inputs, even where they are there; released ones always are.
    items = "results/demo/joined/synthetic.parquet"
    place(items)
    assert items not in job_files(plan, priced_jobs(plan))
    released = plan_of(components={"origin": "released"})
    assert items in job_files(released, priced_jobs(released))


def test_the_run_has_its_costs_when_all_were_asked():
    files = answered_files(plan_of(**API_MODEL))
    assert len(files) == len({*files}) == 11 + 1 + 2 + 1 + 2 * 9 + 2
    assert "results/demo/predictions/big/choice.parquet" in files
    assert "results/demo/records/native/frbmedqa.parquet" in files


def test_all_journals_are_measured(place):
    assert journals_size("results/demo") == 0
    place("results/demo/journals/a/1-of-1.jsonl", "results/demo/journals/b/c/d.jsonl", "results/demo/journals/x.log")
    assert journals_size("results/demo") == 10
