"""Answers, tables and figures of a run; test sets and COMET."""

import pytest
from support.plans import plan_of

from medinjection.config.settings.evaluation.translation_quality import CometSettings
from medinjection.plan.evaluation.answers import Answers
from medinjection.plan.evaluation.leaderboard import answer_runs
from medinjection.plan.evaluation.translation_quality import comet_files, comet_flags
from medinjection.plan.models import names_of
from medinjection.plan.report import figure_numbers, files_before_answers, table_numbers
from medinjection.records.errors import InputError

SERVED = {
    "llms": {"big": {"model": "openai/big", "api_base": "http://127.0.0.1:1/v1"}},
    "prediction": {"api_models": ["big"]},
}


def test_a_run_s_answers_are_of_all_its_models():
    plan = plan_of(mixes={"recipes": {"NAT": ["native"]}}, **SERVED)
    assert not plan.precomputed
    assert plan.answers.models == plan.answers.open_models == ("base", "NAT", "big")
    assert plan.answers.prediction_files("choice")[1] == "results/demo/predictions/NAT/choice.parquet"
    assert plan.answers.references == "results/demo/evaluation/open.parquet"
    assert plan.answers.questions == "results/demo/evaluation/choice.parquet"
    assert answer_runs(plan) == [f"results/demo/predictions/{model}/run.json" for model in ("base", "NAT")]
    judges = {f"scripted-judge-{letter}": f"results/demo/judgements/scripted-judge-{letter}" for letter in "ab"}
    assert plan.answers.judgement_folders() == judges
    files = plan.answers.judgement_files()
    assert len(files) == 6 and files[-1] == "results/demo/judgements/scripted-judge-b/big.parquet"
    assert names_of(plan.models, "base", "trained") == ["base", "NAT"]
    assert names_of(plan.models, "served") == ["big"]
    before = files_before_answers(plan)
    assert before["runs"] == ["results/demo/models/base/run.json", "results/demo/models/NAT/run.json"]
    assert before["mixes"] == ["results/demo/mixes/NAT.json"]


def test_models_are_tested_against_their_own_base_or_else_the_first():
    bases = [{"pretraining": {}}, {"name": "llama", "path": "llama-3b"}]
    plan = plan_of(mixes={"recipes": {"NAT": ["native"]}}, base_models=bases, **SERVED)
    assert plan.answers.tested_pairs(plan.models) == "NAT=base NAT@llama=llama big=base"
    assert plan.answers.tested_pairs(plan.models, "open") == "NAT=base NAT@llama=llama big=base"
    found = Answers("p", ("NAT@llama", "stranger", "base"), (), None, None, None, ())
    assert found.tested_pairs(plan.models) == "stranger=base"
    assert found.tested_pairs(plan.models, "open") == ""


def test_precomputed_answers_take_the_place_of_the_run_s(tmp_path):
    for model in ("base", "other"):
        for kind in ("choice", "open"):
            (tmp_path / "predictions" / model).mkdir(parents=True, exist_ok=True)
            (tmp_path / "predictions" / model / f"{kind}.parquet").touch()
    plan = plan_of(run="unused", predictions=f"{tmp_path}/predictions")
    assert plan.precomputed
    assert plan.answers.models == ("base", "other")
    assert (table_numbers(plan), figure_numbers(plan)) == ([5, 7], [])
    assert not any(files_before_answers(plan).values())
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation/open.parquet").touch()
    plan = plan_of(run="unused", predictions=f"{tmp_path}/predictions")
    assert (table_numbers(plan), figure_numbers(plan)) == ([5, 6, 7], [6])


def test_table_3_needs_test_sets_and_figures_3_and_5_judges():
    # A demonstration that was made in this checkout has ratings.
    unrated = {"run": "unused", "demo": {"raters": []}}
    assert table_numbers(plan_of(**unrated)) == [1, 2, 3, 5, 6, 7]
    assert table_numbers(plan_of(translation_quality={"test_sets": None})) == [1, 2, 4, 5, 6, 7]
    assert figure_numbers(plan_of()) == [1, 2, 3, 4, 5, 6]
    assert figure_numbers(plan_of(quality={"judges": []})) == [1, 2, 4, 5, 6]
    assert figure_numbers(plan_of(judging={"judges": []})) == [1, 2, 3, 4, 6]


def test_open_questions_and_an_embedding_model_are_needed_for_what_is_made_of_them():
    sources = {name: None for name in plan_of().settings.sources if name not in ("frenchmedmcqa", "medqa", "morfitt")}
    plan = plan_of(sources=sources, embedding=None)
    assert plan.answers.open_models == plan.answers.judges == ()
    assert (table_numbers(plan), figure_numbers(plan)) == ([1, 2, 3, 5, 7], [1, 2, 3])


def test_a_test_set_s_files_are_rendered_or_found_with_the_given_outputs(tmp_path):
    (tmp_path / "set/inner").mkdir(parents=True)
    (tmp_path / "set/inner/b.txt").touch()
    (tmp_path / "set/a.txt").touch()
    outputs = {"other": "{data_folder}/out of it.txt"}
    wmt = {"folder": "{run_folder}/corpora/wmt", "layout": "wmt_biomedical", "outputs": outputs}
    mine = {"folder": "{data_folder}/set", "layout": "clinical_cases"}
    test_sets = {"test_sets": {"wmt": wmt, "mine": mine}}
    plan = plan_of(str(tmp_path), translation_quality=test_sets)
    rendered = ["results/demo/corpora/wmt/x.en", "results/demo/corpora/wmt_other/y.en"]
    given = f"{tmp_path}/out of it.txt"
    assert plan.test_sets.files("wmt", rendered) == [rendered[0], given]
    assert plan.test_sets.output_flags("wmt") == f"'other={given}'"
    assert plan.test_sets.files("mine", rendered) == [f"{tmp_path}/set/a.txt", f"{tmp_path}/set/inner/b.txt"]
    with pytest.raises(InputError, match="translation_quality.test_sets.mine.folder is '{data_folder}/set', but no da"):
        plan_of(translation_quality=test_sets).test_sets.files("mine")


def test_comet_is_a_model_of_the_hub_a_folder_or_a_file(tmp_path):
    hub = CometSettings()
    assert comet_files(hub) == []
    assert comet_flags(hub) == f"--model-id Unbabel/wmt22-comet-da --revision {hub.revision}"
    folder = CometSettings(path=str(tmp_path))
    assert comet_files(folder) == [f"{tmp_path}/checkpoints/model.ckpt"]
    assert comet_flags(folder) == f"--model-path {tmp_path}"
    assert comet_files(CometSettings(path=f"{tmp_path}/model.ckpt")) == [f"{tmp_path}/model.ckpt"]
