"""The sources of a run: what becomes of each, and where their files are."""

import pytest
from support.plans import plan_of, settings_of

from medinjection.config.reading import read_settings
from medinjection.config.settings.evaluation.evaluated import EvaluatedModel
from medinjection.demo.corpora.rendering import RENDERED_FILES
from medinjection.plan.folders import Folders
from medinjection.plan.report import figure_numbers, left_out, table_numbers
from medinjection.plan.run import plan_run
from medinjection.plan.sources import HELD_OUT, near_duplicates_scope, shards
from medinjection.records.errors import InputError
from medinjection.records.schema import COMPONENTS

RENDERED = [f"results/demo/corpora/{name}" for name in RENDERED_FILES]


def test_each_source_is_finished_closed_english_or_documents():
    sources = plan_of().sources
    assert sources.closed == ["frbmedqa"]
    assert sources.documents == ["deft2021", "diamed", "morfitt"]
    assert sources.english == ["medqa", "pubmedqa", "medmcqa", "mmlu", "kqa", "mmlu_pro", "medxpertqa"]
    assert {*sources.asked} == {*sources.closed, *sources.documents, *sources.english}
    assert sorted(sources.asked + sources.french) == sorted(sources.used)
    assert "wmt_biomedical" in sources.french
    assert sources.of_component("synthetic") == sources.documents


def test_the_authors_release_takes_the_place_of_all_other_sources():
    sources = plan_of(components={"origin": "released"}).sources
    assert sources.used == sources.french == ["released_native", "released_translated", "released_synthetic"]
    assert sources.of_component("translated") == ["released_translated"]
    assert not any(name.startswith("released_") for name in plan_of().sources.used)


def test_their_one_set_of_all_components_is_each_of_them():
    sources = plan_of(components={"origin": "released_all"}).sources
    assert sources.used == sources.french == ["released_all"]
    assert [sources.of_component(component) for component in COMPONENTS] == [["released_all"]] * 3
    run = sources.folders.run
    assert sources.evaluated_files() == [f"{run}/records/{name}/released_all.parquet" for name in HELD_OUT]
    assert sources.reject_files()[:3] == [f"{run}/records/{name}/released_all.rejects.parquet" for name in COMPONENTS]
    assert "--component synthetic" in sources.normalising_flags("released_all", "synthetic")
    assert "--component" not in sources.normalising_flags("kqa", "translated")
    assert "--component" not in sources.normalising_flags("kqa")


@pytest.mark.parametrize(
    ("name", "chosen", "said"),
    [
        ("pubmed", {}, "sources.pubmed: not in .*sources.yaml, expected one of: frenchmedmcqa, "),
        ("kqa", {"path": "x"}, "sources.kqa.teacher: missing, expected one of llms: scripted, "),
        ("frbmedqa", {"path": "x"}, "sources.frbmedqa.teacher: missing"),
        ("morfitt", {"teacher": "scripted"}, "sources.morfitt.prompts: missing, expected the prompt files `choice` a"),
    ],
)
def test_a_source_that_lacks_what_its_kind_needs_is_refused(name, chosen, said):
    with pytest.raises(InputError, match=said):
        plan_of(sources={name: chosen})


def test_a_run_has_the_components_that_its_sources_give():
    all_of_them = plan_of()
    assert all_of_them.has_dataset and left_out(all_of_them) == ""
    # A demonstration that was made in this checkout has ratings.
    plan = plan_of(run="unused", sources=dict.fromkeys(("deft2021", "diamed", "morfitt")), demo={"raters": []})
    assert plan.sources.components == plan.sources.held_out == ("native", "translated")
    assert list(plan.settings.mixes.recipes) == ["NAT", "TRAD", "NAT-TRAD"]
    assert (table_numbers(plan), figure_numbers(plan)) == ([3, 5, 6, 7], [5, 6])
    said = left_out(plan)
    assert "No source is of the component synthetic; left out: Tables 1 and 2" in said and "Figure 3, of synth" in said
    assert not any("synthetic" in file for file in plan.sources.reject_files())
    with pytest.raises(
        InputError, match="mixes.recipes.SYN takes records of the component synthetic, of which the run"
    ):
        plan_of(sources=dict.fromkeys(("deft2021", "diamed", "morfitt")), mixes={"recipes": {"SYN": ["synthetic"]}})


def test_a_run_without_questions_to_evaluate_is_refused():
    kept = ("deft2021", "diamed", "morfitt")
    others = [name for name in plan_of().settings.sources if name not in kept]
    with pytest.raises(
        InputError, match="sources: none has questions that models can be evaluated on, native or trans"
    ):
        plan_of(sources=dict.fromkeys(others))


def test_what_is_evaluated_only_is_finished_and_used_with_any_origin():
    chosen = {"sources": {"mmmlu_fr": {}}}
    for origin in ("rebuilt", "released"):
        sources = plan_of(components={"origin": origin}, **chosen).sources
        assert "mmmlu_fr" in sources.french and "mmmlu_fr" in sources.of_component("translated")
        assert f"{sources.folders.run}/records/translated/mmmlu_fr.parquet" in sources.evaluated_files()


def test_of_what_is_downloaded_for_an_evaluation_alone_its_split_is_enough(root):
    settings = read_settings(str(root / "config/evaluate.yaml"))
    named = settings.model_copy(update={"model": [EvaluatedModel(model="owner/model")]})
    sources = plan_run(named, None).sources
    assert [sources.fetching_flags(name) for name in sources.used] == ["--split test"] * 4
    assert plan_of().sources.fetching_flags("mediqal") == "--path results/demo/corpora/mediqal"


def test_the_paper_s_frbmedqa_is_limited_all_train_and_without_its_passage(root):
    settings = read_settings(str(root / "config/config.yaml"))
    flags = plan_run(settings, None).sources.normalising_flags("frbmedqa")
    assert "--limit 19836 --split-shares train=1.0,validation=0.0,test=0.0" in flags
    assert not settings.conversion.keep_context
    assert settings_of().conversion.keep_context


def test_what_is_generated_has_the_task_of_the_registry():
    sources = plan_of().sources
    assert sources.generating_flags("morfitt", "choice") == "--form choice --task mcq"
    assert sources.generating_flags("morfitt", "open") == "--form open"


def test_rendered_files_are_fetched_from_the_run_s_own_folder():
    sources = plan_of().sources
    assert sources.upstream_files("kqa", RENDERED) == ["results/demo/corpora/k-qa/questions_w_answers.jsonl"]
    assert sources.upstream_files("morfitt", RENDERED) == [
        f"results/demo/corpora/morfitt/{split}.tsv" for split in ("train", "dev", "test")
    ]
    assert sources.upstream_files("kqa") == []


def test_other_folders_are_looked_into(tmp_path):
    for name in ("train.tsv", "test.tsv", "notes.txt"):
        (tmp_path / "morfitt" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "morfitt" / name).touch()
    chosen = {"teacher": "scripted", "prompts": {"choice": "c.txt", "open": "o.txt"}}
    path = "{data_folder}/morfitt"
    sources = plan_of(str(tmp_path), sources={"morfitt": {**chosen, "path": path}}).sources
    folder = f"{tmp_path}/morfitt"
    assert sources.folder("morfitt") == folder
    assert sources.upstream_files("morfitt", RENDERED) == [f"{folder}/test.tsv", f"{folder}/train.tsv"]
    downloaded = plan_of(sources={"morfitt": chosen}).sources
    assert (downloaded.folder("morfitt"), downloaded.upstream_files("morfitt")) == (None, [])
    with pytest.raises(InputError, match="sources.morfitt.path is '{data_folder}/morfitt', but no data folder is giv"):
        plan_of(sources={"morfitt": {**chosen, "path": path}}).sources.upstream_files("morfitt")
    with pytest.raises(InputError, match="sources.morfitt.path is in the data folder, which is '/nowhere' .*no such"):
        plan_of("/nowhere", sources={"morfitt": {**chosen, "path": path}}).sources.upstream_files("morfitt")


def test_the_configuration_s_data_folder_comes_before_the_user_s():
    assert plan_of("users").folders == Folders("results/demo", "users")
    assert plan_of("users", data_folder="named").folders == Folders("results/demo", "named")


def test_a_teacher_s_work_is_in_shards():
    prompts = {"choice": "c.txt", "open": "o.txt"}
    sources = plan_of(sources={"morfitt": {"teacher": "scripted", "prompts": prompts, "shards": 2}}).sources
    assert shards(3) == ["1-of-3", "2-of-3", "3-of-3"]
    assert sources.teacher_files("frbmedqa") == ["results/demo/converted/frbmedqa/1-of-1.parquet"]
    assert sources.teacher_files("medmcqa") == [
        f"results/demo/translated/medmcqa/{number}-of-2.parquet" for number in (1, 2)
    ]
    generated = "results/demo/generated/morfitt"
    assert sources.teacher_files("morfitt") == [
        f"{generated}/{form}/{number}-of-2.parquet" for form in ("choice", "open") for number in (1, 2)
    ]


def test_normalising_is_told_what_is_kept():
    shares = {"train": 0.5, "validation": 0.25, "test": 0.25}
    sources = plan_of(sources={"mediqal": {"limit": 5, "split_shares": shares}}).sources
    always = "--seed 42 --max-reject-share 0.15"
    assert sources.normalising_flags("kqa") == always
    assert sources.normalising_flags("mediqal") == (
        f"{always} --limit 5 --split-shares train=0.5,validation=0.25,test=0.25"
    )


def test_the_evaluation_is_selected_from_what_needs_no_converted_or_generated_record():
    files = plan_of().sources.evaluated_files()
    assert "results/demo/records/native/mediqal.parquet" in files
    assert "results/demo/normalised/medqa.parquet" in files
    assert not any("frbmedqa" in file or "morfitt" in file for file in files)


def test_every_stage_s_rejects_are_reported_once():
    sources = plan_of().sources
    files = sources.reject_files()
    assert len(files) == len({*files}) == len(sources.used) + len(sources.asked) + 6
    assert "results/demo/records/native/frbmedqa.rejects.parquet" in files
    assert "results/demo/normalised/frbmedqa.rejects.parquet" in files
    assert files[-1] == "results/demo/components/synthetic.rejects.parquet"


def test_only_components_that_are_evaluated_have_near_duplicates_of_their_own():
    scopes = [near_duplicates_scope(component) for component in ("native", "translated", "synthetic")]
    assert scopes == ["evaluated", "evaluated", "all"]


def test_only_a_run_with_folders_or_a_base_of_its_own_needs_the_demonstration():
    plan = plan_of()
    assert plan.makes_its_own_corpora and plan.pretrained_bases == ["base"]
    paths = {name: chosen.model_dump() | {"path": None} for name, chosen in plan.settings.sources.items()}
    no_tables = {"test_sets": {}}
    bases = [{"path": "models/llama"}]
    other = plan_of(sources=paths, translation_quality=no_tables, base_models=bases)
    assert not other.makes_its_own_corpora and other.pretrained_bases == []
    assert plan_of(sources=paths, base_models=bases).makes_its_own_corpora, "of a test set"
