"""A change reruns what depends on it, and nothing else: counted by dry runs after a finished run."""

import csv

import pytest

from medinjection.records.files import read_records

pytestmark = pytest.mark.workflow

SEVEN = {
    "NAT": "[native]",
    "TRAD": "[translated]",
    "SYN": "[synthetic]",
    "NAT-TRAD": "[native, translated]",
    "NAT-SYN": "[native, synthetic]",
    "TRAD-SYN": "[translated, synthetic]",
    "ALL": "[native, translated, synthetic]",
}

REPORT = {"report_audit": 1, "report_page": 1}
OPEN_REPORT = {"report_open_table": 1, **REPORT}
# A component that changes is described anew.
DATASET = {
    "count_records": 1,
    "report_dataset_tables": 1,
    "report_figure_examples": 1,
    "report_figure_specialties": 1,
    "embed_instructions": 1,
    "report_figure_map": 1,
    "report_data_card": 1,
}
# A trained model that changes changes all scores: its predictions, two judges' scores, the tables.
SCORES = {"score_choice": 1, "score_open": 1, "report_choice_tables": 1, **OPEN_REPORT}
# Two judges look at the synthetic items.
QUALITY = {"judge_quality": 2, "join_quality": 2, "report_figure_quality": 1}


def test_a_generation_prompt_reruns_the_mixes_with_synthetic_records(changeable):
    changeable.edit("config/prompts/generate_morfitt_choice.txt", "Generate 5", "Please generate 5")
    assert changeable.planned() == {
        "generate_items": 1,
        "join_records": 1,
        "join_sources": 1,
        "find_near_duplicates": 1,  # between all components; that of the evaluated ones has no synthetic record
        "build_component": 1,
        **DATASET,
        **QUALITY,
        "mix_records": 4,
        "train_mix": 4,
        "report_model_card": 4,
        "report_training": 1,
        "predict_answers": 4,
        "judge_answers": 8,
        "report_cost": 1,
        **SCORES,
    }


def test_the_mix_seed_reruns_mixes_and_models_not_the_base(changeable):
    changeable.edit("tests/workflow/small.yaml", "size: 61", "size: 61\n  seed: 43")
    assert changeable.planned() == {
        "mix_records": 7,
        "train_mix": 7,
        "report_model_card": 7,
        "report_training": 1,
        "predict_answers": 7,
        "judge_answers": 14,
        "report_cost": 1,
        **SCORES,
    }


def test_a_mix_more_is_drawn_and_trained_alone(changeable):
    recipes = "".join(f"    {mix}: {parts}\n" for mix, parts in SEVEN.items())
    new = "    EXAMS: {size: 20, parts: [{component: native, sources: [frenchmedmcqa, mediqal]}]}\n"
    changeable.edit("tests/workflow/small.yaml", "size: 61\n", f"size: 61\n  recipes:\n{recipes}{new}")
    planned = changeable.planned()
    assert {rule: planned[rule] for rule in ("mix_records", "train_mix", "predict_answers", "judge_answers")} == {
        "mix_records": 1,
        "train_mix": 1,
        "predict_answers": 1,
        "judge_answers": 2,
    }
    assert not {"build_component", "pretrain_base", "report_data_card"} & set(planned)
    changeable.run("results/small/mixes/EXAMS.parquet")
    drawn = read_records(changeable.folder / "results/small/mixes/EXAMS.parquet")
    assert len(drawn) == 20 and {record.source for record in drawn} == {"frenchmedmcqa", "mediqal"}


def test_decontamination_reruns_from_the_components_on(changeable):
    changeable.edit("tests/workflow/small.yaml", "run: small", "run: small\ncomponents: {decontamination: false}")
    planned = changeable.planned()
    assert planned["build_component"] == 3
    assert not {"join_sources", "find_near_duplicates", "translate_source", "generate_items"} & set(planned)


def test_one_judge_reruns_its_judgements_and_the_open_table(changeable):
    changeable.edit("config/demo.yaml", "scripted/judge-b", "scripted/judge-c")
    assert changeable.planned() == {
        "judge_answers": 8,
        "judge_quality": 1,
        "join_quality": 1,
        "report_figure_quality": 1,
        "report_cost": 1,
        **OPEN_REPORT,
    }


def test_limits_prices_and_a_budget_rerun_nothing(changeable):
    prices = "input_cost_per_token: 1.0e-6, output_cost_per_token: 1.0e-6"
    names = ("scripted", "scripted-judge-a", "scripted-judge-b")
    llms = "".join(f"  {name}: {{concurrency: 3, timeout: 99, {prices}}}\n" for name in names)
    changeable.edit("tests/workflow/small.yaml", "run: small\n", f"run: small\nbudget: 9\nllms:\n{llms}")
    assert changeable.planned() == {}


def test_work_cut_into_other_shards_asks_nothing_again_and_gives_the_same_bytes(changeable):
    run = changeable.folder / "results/small"
    joined = [run / f"records/translated/medmcqa{suffix}" for suffix in (".parquet", ".rejects.parquet")]
    before = [path.read_bytes() for path in joined]
    changeable.edit("config/demo.yaml", "shards: 2", "shards: 3")
    changeable.run("results/small/records/translated/medmcqa.parquet")
    assert [path.read_bytes() for path in joined] == before
    journals = run / "journals/translate_source/medmcqa"
    assert all((journals / f"{number}-of-2.jsonl").stat().st_size > 0 for number in (1, 2))
    assert all((journals / f"{number}-of-3.jsonl").stat().st_size == 0 for number in (1, 2, 3))


def test_a_library_edit_reruns_exactly_its_users(changeable):
    path = "src/medinjection/scoring/open/text.py"
    (changeable.folder / path).write_text((changeable.folder / path).read_text() + "\nADDED = 1\n")
    assert changeable.planned() == {
        "score_open": 1,
        "score_translations": 1,
        "report_translation_table": 1,
        **OPEN_REPORT,
    }


def test_the_report_reruns_no_training(changeable):
    path = "src/medinjection/reporting/page.html.j2"
    (changeable.folder / path).write_text((changeable.folder / path).read_text() + "\n<!-- more -->\n")
    assert changeable.planned() == {"report_page": 1}


def test_a_comment_a_docstring_or_a_touch_reruns_nothing(changeable):
    path = changeable.folder / "src/medinjection/records/schema.py"
    text = path.read_text()
    assert '"""The record:' in text
    path.write_text("# a comment\n" + text.replace('"""The record:', '"""What a record is:'))
    (changeable.folder / "workflow/scripts/train_mix.py").touch()
    assert changeable.planned() == {}


def test_one_source_s_file_reruns_what_comes_from_it(changeable):
    questions = changeable.folder / "results/small/corpora/k-qa/questions_w_answers.jsonl"
    questions.write_text(questions.read_text() + "\n")
    planned = changeable.planned()
    assert planned["fetch_source"] == planned["normalise_other"] == planned["translate_source"] == 1
    assert "normalise_french" not in planned
    assert "generate_items" not in planned


def test_what_is_paid_is_not_priced_again(changeable):
    changeable.run("cost_estimate")
    with open(changeable.folder / "results/small/cost_estimate.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {"translate_source", "convert_source", "generate_items", "judge_quality", "judge_answers"} <= {
        row["stage"] for row in rows
    }
    assert all(row["requests"] == row["answered"] for row in rows)
    # A scripted teacher has no price, and an unknown price is not a price of nothing.
    assert {row["money"] for row in rows} == {""}
    with open(changeable.folder / "results/small/cost.csv", encoding="utf-8", newline="") as handle:
        asked = list(csv.DictReader(handle))
    assert {row["money"] for row in asked} == {""}
    assert {row["shard"] for row in asked if row["stage"] == "translate_source"} >= {"medmcqa/1-of-2", "medmcqa/2-of-2"}
