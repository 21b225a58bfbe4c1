"""Configuration: unknown keys refused, errors that say what to change, generated files in step."""

import json
import re
from dataclasses import asdict

import pytest
import yaml

from medinjection.config.documentation import reference_page, schema_json
from medinjection.config.reading import check_settings, read_settings
from medinjection.config.renamed import RENAMED, new_name
from medinjection.config.settings.models import PretrainingSettings
from medinjection.config.settings.training import TrainingSettings
from medinjection.demo.model.pretraining import Pretraining
from medinjection.models.training.hyperparameters import Hyperparameters
from medinjection.records.errors import InputError

CONFIGS = ["config.yaml", "demo.yaml", "sample.yaml"]


@pytest.fixture
def demo_values(root):
    return yaml.safe_load((root / "config/demo.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CONFIGS)
def test_shipped_configs_are_valid(root, name):
    assert read_settings(str(root / "config" / name)).run


def test_the_paper_configuration_has_the_papers_values(root):
    settings = read_settings(str(root / "config/config.yaml"))
    assert settings.mixes.size == "smallest"
    assert settings.prediction.permutations == 3
    training = settings.training
    assert (training.rank, training.alpha, training.dropout) == (16, 16, 0.05)
    assert (training.epochs, training.per_device_batch_size, training.gradient_accumulation_steps) == (10, 12, 8)
    assert (training.learning_rate, training.schedule, training.warmup_ratio) == (1e-4, "cosine", 0.05)


@pytest.mark.parametrize(("section", "twin"), [(TrainingSettings, Hyperparameters), (PretrainingSettings, Pretraining)])
def test_a_script_run_by_hand_has_the_configurations_defaults(section, twin):
    # How many processes train is for the launcher to know, not for the script.
    configured, by_hand = (
        section().model_dump(mode="json", exclude={"processes", "nodes"}),
        json.loads(json.dumps(asdict(twin()))),
    )
    assert {key: by_hand[key] for key in configured} == configured


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("mixes.sise", 3, r"mixes.sise: unknown key \(value 3\), expected one of: size, seed, validation_size,"),
        ("mixes.size", "many", r"mixes.size: found 'many': expected a whole number of at least 1, or smallest"),
        ("mixes.size", 0, r"mixes.size: found 0: expected a whole number of at least 1, or smallest"),
        ("mixes.recipes", {"NAT": ["natve"]}, r"mixes.recipes.NAT.parts\[0\].component: found 'natve': .*'native'"),
        ("mixes.recipes", {"base": ["native"]}, r"a mix cannot be called 'base'"),
        ("mixes.recipes", {"NAT": ["native", "native"]}, r"two parts of the component native may hold the same record"),
        ("mixes.recipes", {"NAT": {"parts": [{"component": "native", "share": 0.5}]}}, r"shares add up to 0.5"),
        ("mixes.recipes", {"NAT": {"parts": [{"component": "native", "sorces": []}]}}, r"sorces: unknown key"),
        ("sources.kqa.pth", "x", r"sources.kqa.pth: unknown key \(value 'x'\), expected one of: path, limit"),
        ("sources.kqa.teacher", "nobody", r"sources.kqa.teacher is 'nobody', expected one of llms: scripted"),
        ("sources.kqa.split_shares", {"train": 0.5, "validation": 0.1, "test": 0.1}, "add up to 0.7, expected 1"),
        ("judging.judges", ["nobody"], r"judging.judges\[0\] is 'nobody'"),
        ("base_models", [{"model_id": "a/b"}], r"base_models\[0\]: found .*: model_id without revision"),
        ("base_models", [{}], "expected exactly one of model_id, path and pretraining, found none"),
        ("base_models", [{"path": "a", "pretraining": {}}], "and pretraining, found path, pretraining"),
        ("base_models", [{"path": "a", "name": "llama"}], r"base_models\[0\].name is 'llama', expected 'base'"),
        (
            "base_models",
            [{"path": "a"}, {"path": "b"}],
            r"base_models\[1\].name is 'base', which is the name of base_m",
        ),
        ("base_models", [{"path": "a"}, {"path": "b", "name": "ALL"}], r"is 'ALL', which is the name of a mix too"),
        ("base_models", [{"path": "a"}, {"path": "b", "name": "embedder"}], "the name of the embedding model too"),
        ("base_models", [{"path": "a"}, {"path": "b", "name": "a@b"}], r"base_models\[1\].name: found 'a@b'"),
        (
            "comparable",
            False,
            r"comparable: this key is gone: whether a run can be compared with the paper is found",
        ),
        ("base_model", {"path": "a"}, r"base_model: this key is called base_models now"),
        ("training.batch_size", 12, r"training.batch_size: this key is called training.per_device_batch_size now"),
        (
            "ablations",
            {"x": {"mixes": ["ALL"], "training": {"warmup": 0.1}}},
            "ablations.x.training.warmup: this key is called ablations.x.training.warmup_ratio now",
        ),
        ("mixes.recipes", {"embedder": ["native"]}, "a mix cannot be called 'embedder'"),
        ("mixes.recipes", {"bertscore": ["native"]}, "a mix cannot be called 'bertscore'"),
        ("text_metrics", {"bertscore": {"model_id": "a/b", "layer": 1}}, "model_id without revision: name the commit"),
        ("ablations", {"lora": {"mixes": [], "training": {"rank": 8}}}, r"ablations.lora.mixes: found \[\]"),
        ("ablations", {"lora": {"mixes": ["ALL"]}}, "ablations.lora.training: missing"),
        (
            "ablations",
            {"x": {"mixes": ["ALLE"], "training": {"rank": 8}}},
            r"ablations.x.mixes\[0\] is 'ALLE', expected on",
        ),
        (
            "ablations",
            {"x": {"mixes": ["ALL"] * 2, "training": {"rank": 8}}},
            r"ablations.x.mixes\[1\] is 'ALL' once more",
        ),
        (
            "ablations",
            {"x": {"mixes": ["ALL"], "training": {"rnk": 8}}},
            r"ablations.x.training.rnk: unknown key \(value 8",
        ),
        (
            "ablations",
            {"x": {"mixes": ["ALL"], "training": {"rank": 0}}},
            "ablations.x.training.rank: found 0: .*greater",
        ),
        ("ablations", {"x": {"mixes": ["ALL"], "training": {"rank": 16}}}, "ablations.x.training: changes nothing"),
        (
            "ablations",
            {"ALL": {"mixes": ["ALL"], "training": {"rank": 8}}},
            "ablations.ALL is 'ALL', which is the name of",
        ),
        (
            "ablations",
            {"base": {"mixes": ["ALL"], "training": {"rank": 8}}},
            "is 'base', which is the name of base_mod",
        ),
        ("models.origin", "hub", "models.origin: found 'hub': .*'trained' or 'released'"),
        ("models.origin", "released", "models.released.NAT: missing, expected a model for every mix"),
        (
            "models.released",
            {"NATIVE": {"path": "a"}},
            "models.released.NATIVE: no such mix, expected one of: NAT, TRAD",
        ),
        ("models.released", {"NAT": {"model_id": "a/b"}}, "models.released.NAT: .*model_id without revision"),
        ("models.released", {"NAT": {}}, "expected exactly one of model_id and path, found none"),
        ("training.adapter", "qlora", r"training.adapter: found 'qlora': .*'dora' or 'lora'"),
        ("run", "../elsewhere", r"run: found '../elsewhere'"),
    ],
)
def test_each_fault_names_file_key_value_and_expectation(demo_values, key, value, expected):
    *sections, last = key.split(".")
    section = demo_values
    for name in sections:
        section = section.setdefault(name, {})
    section[last] = value
    with pytest.raises(InputError) as caught:
        check_settings(demo_values, "my.yaml")
    assert str(caught.value).startswith("my.yaml: the configuration has 1 fault(s)\n")
    assert re.search(expected, str(caught.value))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"ablations": {"lora": {"mixes": ["NAT"], "training": {"adapter": "lora"}}}}, "ablations with models.origin"),
        (
            {"base_models": [{"path": "a"}, {"path": "b", "name": "b"}]},
            r"base_models\[1\] with models.origin 'released'",
        ),
    ],
)
def test_released_models_leave_nothing_to_train(demo_values, more, expected):
    demo_values["mixes"]["recipes"] = {"NAT": ["native"]}
    demo_values["models"] = {"origin": "released", "released": {"NAT": {"path": "a"}}}
    assert check_settings(demo_values, "my.yaml").models.origin == "released"
    with pytest.raises(InputError, match=expected):
        check_settings(demo_values | more, "my.yaml")


def test_a_missing_key_and_several_faults_at_once(demo_values):
    del demo_values["run"]
    demo_values["colour"] = "red"
    with pytest.raises(InputError) as caught:
        check_settings(demo_values, "my.yaml")
    assert "2 fault(s)" in str(caught.value)
    assert "run: missing" in str(caught.value)
    assert "colour: unknown key" in str(caught.value)


@pytest.mark.parametrize("content", [b"run: [unclosed", b"run: \xe9t\xe9", b"- a list", b""])
def test_files_that_are_no_mapping_are_named(tmp_path, content):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad.yaml: "):
        read_settings(str(path))
    with pytest.raises(InputError, match=r"none.yaml: "):
        read_settings(str(tmp_path / "none.yaml"))


def test_generated_files_are_in_step(root):
    assert (root / "config/schema.json").read_text(encoding="utf-8") == schema_json(), "run: make schema"
    assert (root / "docs/configuration.md").read_text(encoding="utf-8") == reference_page(), "run: make schema"


def test_a_renamed_key_keeps_the_names_that_the_user_chose(monkeypatch):
    monkeypatch.setitem(RENAMED, "sources.*.old", "sources.*.new")
    assert new_name("sources.kqa.old") == "sources.kqa.new"
    assert new_name("sources.old") is None
    assert new_name("sources.kqa.older") is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, r"llms\.mine \(used by judging\.judges\[0\]\) needs both input_cost_per_token and output"),
        (
            {"input_cost_per_token": 0, "output_cost_per_token": 0, "max_tokens": None},
            r"llms\.mine \(used by judging\.judges\[0\]\) has no max_tokens: else what an answer may cost",
        ),
    ],
)
def test_a_budget_needs_to_know_what_an_answer_may_cost(root, changes, said):
    values = yaml.safe_load((root / "config/demo.yaml").read_text(encoding="utf-8"))
    free = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    values["llms"] = {name: llm | free for name, llm in values["llms"].items()}
    values["llms"]["mine"] = {"model": "openai/x", **changes}
    values |= {"budget": 3, "judging": {"judges": ["mine"]}}
    with pytest.raises(InputError, match=said):
        check_settings(values, "my.yaml")


def test_a_run_is_not_the_leaderboard_that_runs_share(demo_values):
    with pytest.raises(InputError, match="run is 'leaderboard', but its folder is exam.leaderboard"):
        check_settings({**demo_values, "run": "leaderboard"}, "my.yaml")
    elsewhere = {"leaderboard": "boards/french"}
    assert check_settings({**demo_values, "run": "leaderboard", "exam": elsewhere}, "my.yaml").run == "leaderboard"
