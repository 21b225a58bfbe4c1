"""A change reruns what depends on it, and nothing else: counted by dry runs after a finished run."""

import csv

import pytest
from support.checkout import SMALL_RUN, assert_reruns, assert_untouched

from medinjection.records.files import read_records

pytestmark = pytest.mark.workflow
MODULE = """
module study:
    snakefile: "{folder}/workflow/Snakefile"
    config: config
use rule * from study as study_*
rule all:
    input: rules.study_all.input
"""

UPSTREAM = ("render_corpora", "fetch_source", "normalise_french", "normalise_other")
ASKED = ("translate_source", "convert_source", "translate_test_set", "generate_items")
COMPONENTS = ("join_records", "join_sources", "find_near_duplicates", "build_component")
DATASET = (
    "count_records",
    "report_dataset_tables",
    "report_ledger",
    "report_figure_examples",
    "report_figure_specialties",
    "embed_instructions",
    "report_figure_map",
    "report_data_card",
)
QUALITY = ("judge_quality", "join_quality", "score_quality", "report_figure_quality")
MODELS = ("pretrain_base", "mix_records", "draw_validation", "train_mix", "report_model_cards", "report_training")
PREDICTIONS = ("select_evaluation", "predict_answers")
TRANSLATIONS = ("score_translations", "report_translation_table")
BOARD = ("score_exam", "score_slices", "score_leaderboard", "report_leaderboard")
CHOICE_SCORES = ("score_choice", "report_choice_tables", *BOARD)
OPEN_SCORES = ("score_bertscore", "score_open", "score_faithfulness", "report_open_table")
CORRELATIONS = ("score_correlations", "report_correlation_table")
LENGTHS = ("score_lengths", "report_figures_length")
REPORT = ("report_audit", "report_page")
# Each of the two judges is one job for all models, and one more in which it is asked again.
JUDGES = {"judge_answers": 2, "judge_consistency": 2}
# Of the two mixes one holds records of every component.
ONE_MODEL = {"mix_records": 1, "train_mix": 1, "report_model_cards": 1, "predict_answers": 1, **JUDGES}
TWO_MODELS = {"mix_records": 2, "train_mix": 2, "report_model_cards": 1, "predict_answers": 2, **JUDGES}


def test_both_snakefiles_and_a_module_of_them_are_one_workflow(finished, tmp_path):
    """Nothing is left to do: each file, setting and fingerprint is that of the run by the other Snakefile."""
    (tmp_path / "module.smk").write_text(MODULE.format(folder=finished.folder))
    assert finished.planned() == {}
    assert finished.planned("--snakefile", "workflow/Snakefile") == {}
    assert finished.planned("--snakefile", str(tmp_path / "module.smk")) == {}


def once(*rules):
    return dict.fromkeys(rules, 1)


def test_a_generation_prompt_reruns_the_mixes_with_synthetic_records(changeable):
    changeable.edit("config/prompts/generate_morfitt_choice.txt", "Generate 5", "Please generate 5")
    planned = changeable.planned()
    assert_reruns(planned, **once("generate_items", "join_records", "join_sources", "build_component", *DATASET))
    # Those between all components; those of the evaluated ones have no synthetic record.
    assert_reruns(planned, find_near_duplicates=1)
    assert_reruns(planned, judge_quality=2, join_quality=2, score_quality=1, report_figure_quality=1)
    assert_reruns(planned, **ONE_MODEL)
    assert_reruns(planned, **once("report_training", "report_cost", *CHOICE_SCORES, *OPEN_SCORES, *LENGTHS))
    assert_reruns(planned, **once("score_judgements", *REPORT))
    assert_untouched(planned, *UPSTREAM, "translate_source", "convert_source", "translate_test_set", *TRANSLATIONS)
    assert_untouched(planned, "pretrain_base", "select_evaluation")


def test_the_wording_of_questions_reruns_training_and_prediction_alone(changeable):
    changeable.edit("config/prompts/question_choice.txt", "Choix de réponses :", "Propositions :")
    planned = changeable.planned()
    assert_reruns(planned, train_mix=2, report_model_cards=1, predict_answers=3, **JUDGES)
    assert_reruns(
        planned, **once("report_training", "report_cost", *CHOICE_SCORES, *OPEN_SCORES, "score_judgements", *REPORT)
    )
    assert_untouched(planned, *UPSTREAM, *ASKED, *COMPONENTS, *DATASET, *QUALITY, *TRANSLATIONS)
    assert_untouched(planned, "pretrain_base", "mix_records", "draw_validation", "select_evaluation")


def test_the_mix_seed_reruns_mixes_and_models_not_the_base(changeable):
    changeable.edit("tests/workflow/small.yaml", "size: 61", "size: 61\n  seed: 43")
    planned = changeable.planned()
    assert_reruns(planned, **TWO_MODELS, draw_validation=1)
    assert_reruns(planned, **once("report_training", "report_cost", *CHOICE_SCORES, *OPEN_SCORES, *LENGTHS))
    assert_reruns(planned, **once("score_judgements", *REPORT))
    assert_untouched(planned, *UPSTREAM, *ASKED, *COMPONENTS, *DATASET, *QUALITY, *TRANSLATIONS)
    assert_untouched(planned, "pretrain_base", "select_evaluation")


def test_a_mix_more_is_drawn_and_trained_alone(changeable):
    new = "    EXAMS: {size: 20, parts: [{component: native, sources: [frenchmedmcqa, mediqal]}]}\n"
    changeable.edit("tests/workflow/small.yaml", "    NAT: [native]\n", f"    NAT: [native]\n{new}")
    planned = changeable.planned()
    assert_reruns(planned, **ONE_MODEL)
    assert_untouched(planned, *UPSTREAM, *ASKED, *COMPONENTS, *DATASET, *QUALITY, "pretrain_base", "select_evaluation")
    changeable.run(f"{SMALL_RUN}/mixes/EXAMS.parquet")
    drawn = read_records(changeable.folder / SMALL_RUN / "mixes/EXAMS.parquet")
    assert len(drawn) == 20 and {record.source for record in drawn} == {"frenchmedmcqa", "mediqal"}


def test_decontamination_reruns_from_the_components_on(changeable):
    changeable.edit("tests/workflow/small.yaml", "run: small", "run: small\ncomponents: {decontamination: false}")
    planned = changeable.planned()
    assert_reruns(planned, build_component=3)
    assert_untouched(planned, *UPSTREAM, *ASKED, "join_records", "join_sources", "find_near_duplicates")


def test_one_judge_reruns_its_judgements_and_the_open_table(changeable):
    changeable.edit("config/demo.yaml", "scripted/judge-b", "scripted/judge-c")
    planned = changeable.planned()
    assert_reruns(planned, judge_answers=1, judge_consistency=1, judge_quality=1)
    assert_reruns(planned, **once("join_quality", "score_quality", "report_figure_quality", "report_cost", *REPORT))
    assert_reruns(planned, **once("score_judgements", "report_open_table", *LENGTHS))
    assert_untouched(
        planned, *UPSTREAM, *ASKED, *COMPONENTS, *DATASET, *MODELS, *PREDICTIONS, *TRANSLATIONS, *CHOICE_SCORES
    )
    assert_untouched(planned, "score_bertscore", "score_open")


def test_limits_prices_and_a_budget_rerun_nothing(changeable):
    prices = "input_cost_per_token: 1.0e-6, output_cost_per_token: 1.0e-6"
    names = ("scripted", "scripted-judge-a", "scripted-judge-b")
    llms = "".join(f"  {name}: {{concurrency: 3, timeout: 99, {prices}}}\n" for name in names)
    changeable.edit("tests/workflow/small.yaml", "run: small\n", f"run: small\nbudget: 9\nllms:\n{llms}")
    assert changeable.planned() == {}


def test_work_cut_into_other_shards_asks_nothing_again_and_gives_the_same_bytes(changeable):
    run = changeable.folder / SMALL_RUN
    joined = [run / f"records/translated/medmcqa{suffix}" for suffix in (".parquet", ".rejects.parquet")]
    before = [path.read_bytes() for path in joined]
    changeable.edit("config/demo.yaml", "shards: 2", "shards: 3")
    changeable.run(f"{SMALL_RUN}/records/translated/medmcqa.parquet")
    assert [path.read_bytes() for path in joined] == before
    journals = run / "journals/translate_source/medmcqa"
    assert all((journals / f"{number}-of-2.jsonl").stat().st_size > 0 for number in (1, 2))
    assert all((journals / f"{number}-of-3.jsonl").stat().st_size == 0 for number in (1, 2, 3))


def test_a_library_edit_reruns_exactly_its_users(changeable):
    changeable.edit("src/medinjection/scoring/open/text.py", "BLEU(effective", "BLEU(lowercase=False, effective")
    planned = changeable.planned()
    assert_reruns(planned, **once("score_open", "report_open_table", *CORRELATIONS, *TRANSLATIONS, *REPORT))
    assert_untouched(planned, *UPSTREAM, *ASKED, *COMPONENTS, *DATASET, *QUALITY, *MODELS, *PREDICTIONS, *CHOICE_SCORES)
    assert_untouched(planned, "score_bertscore", "judge_answers", "report_cost", *LENGTHS)


def test_the_report_reruns_no_training(changeable):
    changeable.append("src/medinjection/reporting/page/page.html.j2", "\n<!-- more -->\n")
    planned = changeable.planned()
    assert_reruns(planned, report_page=1)
    assert_untouched(planned, *UPSTREAM, *ASKED, *COMPONENTS, *DATASET, *QUALITY, *MODELS, *PREDICTIONS, *TRANSLATIONS)
    assert_untouched(planned, *CHOICE_SCORES, *OPEN_SCORES, *LENGTHS, "judge_answers", "report_cost", "report_audit")


def test_a_comment_a_docstring_or_a_touch_reruns_nothing(changeable):
    path = changeable.folder / "src/medinjection/records/schema.py"
    text = path.read_text()
    assert '"""The record:' in text
    path.write_text("# a comment\n" + text.replace('"""The record:', '"""What a record is:'))
    (changeable.folder / "workflow/scripts/train_mix.py").touch()
    assert changeable.planned() == {}


def test_one_source_s_file_reruns_what_comes_from_it(changeable):
    questions = changeable.folder / SMALL_RUN / "corpora/k-qa/questions_w_answers.jsonl"
    questions.write_text(questions.read_text() + "\n")
    planned = changeable.planned()
    assert_reruns(planned, **once("fetch_source", "normalise_other", "translate_source"))
    assert_untouched(
        planned, "render_corpora", "normalise_french", "generate_items", "convert_source", "translate_test_set"
    )


def test_what_is_paid_is_not_priced_again(changeable):
    changeable.run("cost_estimate")
    with open(changeable.folder / SMALL_RUN / "cost_estimate.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {"translate_source", "convert_source", "generate_items", "judge_quality", "judge_answers"} <= {
        row["stage"] for row in rows
    }
    assert all(row["requests"] == row["answered"] for row in rows)
    # A scripted teacher has no price, and an unknown price is not a price of nothing.
    assert {row["money"] for row in rows} == {""}
    with open(changeable.folder / SMALL_RUN / "cost.csv", encoding="utf-8", newline="") as handle:
        asked = list(csv.DictReader(handle))
    assert {row["money"] for row in asked} == {""}
    assert {row["shard"] for row in asked if row["stage"] == "translate_source"} >= {"medmcqa/1-of-2", "medmcqa/2-of-2"}
