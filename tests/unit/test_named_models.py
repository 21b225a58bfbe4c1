"""Names of models that are evaluated as they are: what each stands for, and what is said of one that is none."""

import json

import pytest
from support.plans import plan_of

from medinjection.config.reading import check_settings
from medinjection.plan.evaluation.named_models import COMPLETION_TEMPLATE, Origin, unpinned_warnings
from medinjection.plan.training import thinking_flags
from medinjection.records.errors import InputError

COMMIT = "cdbee75f17c01a7cc42f958dc650907174af0554"


def plan_with(model, **more):
    return plan_of(model=model, base_models=[], demo={"raters": []}, **more)


def folder_of(path, **files):
    """Make a model's folder of empty or JSON files."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(json.dumps(content))
    return str(path)


def test_each_form_of_a_name_is_understood_without_a_network(tmp_path):
    whole = folder_of(tmp_path / "my model", config__json={})
    names = [
        f"Qwen/Qwen3-4B-Instruct-2507@{COMMIT}",
        whole,
        "http://127.0.0.1:8000/v1#org/served-32b",
        "openai/gpt-4o",
        "openai/gpt-oss-20b@main",
        "scripted",
    ]
    plan = plan_with(names)
    assert list(plan.named) == ["Qwen3-4B-Instruct-2507", "my-model", "served-32b", "gpt-4o", "gpt-oss-20b", "scripted"]
    origins = [one.origin for one in plan.named.values()]
    assert origins[:2] == [Origin("Qwen/Qwen3-4B-Instruct-2507", COMMIT), Origin(path=whole)]
    assert origins[2:4] + origins[5:] == [None] * 3
    assert origins[4] == Origin("openai/gpt-oss-20b", "main")
    served = plan.settings.llms["served-32b"]
    assert (served.name, served.api_base) == ("hosted_vllm/org/served-32b", "http://127.0.0.1:8000/v1")
    assert plan.settings.llms["gpt-4o"].name == "openai/gpt-4o"
    assert plan.settings.prediction.api_models == ["served-32b", "gpt-4o", "scripted"]
    # Whole models are their own base; nothing is trained, and what is asked comes last.
    bases = {name: model.base for name, model in plan.models.items()}
    whole_ones = ["Qwen3-4B-Instruct-2507", "my-model", "gpt-oss-20b"]
    assert bases == {**{name: name for name in whole_ones}, **dict.fromkeys(["served-32b", "gpt-4o", "scripted"])}
    assert not plan.is_compared and [plan.kind_of_model(name) for name in whole_ones] == ["evaluated"] * 3


def test_commas_and_what_holds_for_all_models():
    plan = plan_with("a/one@x, b/two", thinking=True, reasoning_tokens=64)
    assert list(plan.named) == ["one-thinking", "two-thinking"]
    assert thinking_flags(plan.named["one-thinking"]) == "--thinking auto --reasoning-tokens 64"
    plan = plan_with([{"model": "a/one", "thinking": False}, "a/one"], thinking="headings")
    assert list(plan.named) == ["one", "one-thinking"]
    assert thinking_flags(plan.named["one"]) == ""
    assert thinking_flags(plan.named["one-thinking"]) == "--thinking headings --reasoning-tokens 2048"
    plan = plan_with("a/base-model", template="completion")
    assert plan.template_of_model("base-model-completion") == COMPLETION_TEMPLATE
    with pytest.raises(InputError, match="template completion with thinking"):
        plan_with("a/one", template="completion", thinking=True)


def test_a_model_that_may_change_is_told():
    assert unpinned_warnings(plan_with(f"a/one@{COMMIT}").named) == []
    (said,) = unpinned_warnings(plan_with("a/one").named)
    assert "a/one is named without a commit, so that the newest one of its main branch is taken" in said


def test_an_adapter_stands_on_the_base_that_it_names(tmp_path):
    config = {"base_model_name_or_path": "Qwen/Qwen3-4B", "revision": COMMIT}
    files = {"adapter_model__safetensors": {}}
    first = folder_of(tmp_path / "first", adapter_config__json=config, **files)
    second = folder_of(tmp_path / "second", adapter_config__json=config, **files)
    plan = plan_with([first, second])
    assert {name: model.base for name, model in plan.models.items()} == dict.fromkeys(
        ["first", "second"], "Qwen--Qwen3-4B.base"
    )
    assert plan.fetched_models["Qwen--Qwen3-4B.base"] == Origin("Qwen/Qwen3-4B", COMMIT)
    assert [plan.kind_of_model(name) for name in ("first", "Qwen--Qwen3-4B.base")] == ["released", "evaluated"]
    base = folder_of(tmp_path / "base", config__json={})
    plan = plan_with([{"model": first, "base": base}])
    assert plan.fetched_models["first.base"] == Origin(path=base)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "qwen",
            "model.0. is 'qwen': no such folder, and none of the other forms; expected a Hub id .org/name@revision",
        ),
        ("/nowhere/model", "model.0. is '/nowhere/model': no such folder, expected that of a model or of an adapter"),
        ("http://127.0.0.1:1/v1", "an endpoint without a model: expected http://HOST:PORT/v1#MODEL"),
        ([{"model": "openai/gpt-4o", "template": "completion"}], "template: openai/gpt-4o is asked over an endpoint"),
        (
            [{"model": "a/b", "template": "no.jinja"}],
            "template is 'no.jinja': no such file, expected a Jinja chat template",
        ),
        (["a/one", "b/one"], "model.1. is 'b/one', and another model of the run is called one too; give it a name"),
        ([{"model": "a/b", "base": "c"}], "model.0..base is 'c': no such folder, and no Hub id"),
    ],
)
def test_a_name_that_stands_for_nothing_is_refused_in_one_sentence(model, said):
    with pytest.raises(InputError, match=said):
        plan_with(model)


def test_folders_that_hold_no_model_or_an_adapter_without_its_base_are_refused(tmp_path):
    empty = folder_of(tmp_path / "empty")
    with pytest.raises(InputError, match="empty has neither config.json nor adapter_config.json, expected"):
        plan_with([empty])
    for base in ("/gone/base", "results/gone", None):
        adapter = folder_of(tmp_path / "adapter", adapter_config__json={"base_model_name_or_path": base})
        expected = "is an adapter, and the base that its adapter_config.json names is"
        if base == "results/gone":
            # It reads like a Hub id: whether there is one shows when it is fetched.
            assert plan_with([adapter]).fetched_models["results--gone.base"] == Origin("results/gone")
            continue
        with pytest.raises(
            InputError, match=f"{expected} {base!r}, which is no folder here and no Hub id; name the base"
        ):
            plan_with([adapter])
    whole = folder_of(tmp_path / "whole", config__json={})
    with pytest.raises(InputError, match="whole holds a whole model, expected no base"):
        plan_with([{"model": whole, "base": whole}])


def test_a_source_is_taken_out_by_null(root):
    values = {"run": "x", "sources": {"mediqal": {}, "kqa": None}, "registry": str(root / "config/sources.yaml")}
    assert list(check_settings(values, "my.yaml").sources) == ["mediqal"]
