"""Which models a run has: their names and order, and that nothing but the mix differs between them."""

from dataclasses import replace

import pytest
import yaml

from medinjection.config.reading import check_settings, read_settings
from medinjection.plan.models import ModelPlan, planned_models
from medinjection.records.errors import InputError

MIXES = ["NAT", "TRAD", "SYN", "NAT-TRAD", "NAT-SYN", "TRAD-SYN", "ALL"]


def plans_of(root, **more):
    values = yaml.safe_load((root / "config/demo.yaml").read_text(encoding="utf-8"))
    return planned_models(check_settings(values | more, "my.yaml"))


@pytest.mark.parametrize("name", ["config.yaml", "demo.yaml", "sample.yaml"])
def test_the_dataset_is_the_only_varying_factor(root, name):
    """Paper section 4.2: one training, seven mixes."""
    plans = planned_models(read_settings(str(root / "config" / name)))
    assert list(plans) == ["base", *MIXES]
    assert plans["base"] == ModelPlan("base", "base", "base")
    first, *others = (plans[mix] for mix in MIXES)
    assert (first.origin, first.base, first.mix) == ("trained", "base", "NAT")
    assert [replace(plan, name="NAT", mix="NAT") for plan in others] == [first] * 6
    assert [(plan.name, plan.mix) for plan in others] == [(mix, mix) for mix in MIXES[1:]]


def test_the_plans_of_the_paper_have_the_papers_values(root):
    training = planned_models(read_settings(str(root / "config/config.yaml")))["ALL"].training
    assert (training.adapter, training.rank, training.alpha, training.dropout) == ("dora", 16, 16, 0.05)
    assert (
        training.epochs,
        training.per_device_batch_size,
        training.gradient_accumulation_steps,
        training.learning_rate,
    ) == (10, 12, 8, 1e-4)


def test_further_bases_and_ablations_come_after_the_papers_models(root):
    recipes = {"NAT": ["native"], "ALL": ["native", "translated", "synthetic"]}
    plans = plans_of(
        root,
        mixes={"size": 61, "recipes": recipes},
        base_models=[{"pretraining": {}}, {"name": "llama", "path": "llama-3b"}],
        ablations={
            "lora": {"mixes": ["ALL"], "training": {"adapter": "lora"}},
            "dropout0": {"mixes": ["NAT", "ALL"], "training": {"dropout": 0.0, "learning_rate": 2e-4}},
        },
    )
    further = ["llama", "NAT@llama", "ALL@llama"]
    assert list(plans) == ["base", "NAT", "ALL", *further, "ALL@lora", "NAT@dropout0", "ALL@dropout0"]
    assert {name: plan.base for name, plan in plans.items() if plan.base != "base"} == dict.fromkeys(further, "llama")
    assert [plans[name].mix for name in ("llama", "ALL@llama", "NAT@dropout0")] == [None, "ALL", "NAT"]
    assert plans["ALL@llama"].training == plans["ALL"].training
    paper = plans["ALL"].training.model_dump()
    assert plans["ALL@lora"].training.model_dump() == paper | {"adapter": "lora"}
    assert plans["NAT@dropout0"].training.model_dump() == paper | {"dropout": 0.0, "learning_rate": 2e-4}


def test_released_models_are_not_trained(root):
    released = {mix: {"path": f"models/{mix}"} for mix in MIXES}
    plans = plans_of(root, models={"origin": "released", "released": released})
    assert list(plans) == ["base", *MIXES]
    assert plans["ALL"] == ModelPlan("ALL", "released", "base", "ALL")
    assert all(plan.training is None for plan in plans.values())
    kept = plans_of(root, models={"origin": "trained", "released": {"ALL": {"path": "models/ALL"}}})
    assert kept["ALL"].origin == "trained"


def test_served_models_come_last_and_have_neither_base_nor_training(root):
    llms = {"big": {"model": "openai/big", "api_base": "http://127.0.0.1:1/v1"}}
    values = yaml.safe_load((root / "config/demo.yaml").read_text(encoding="utf-8"))
    plans = plans_of(root, llms=values["llms"] | llms, prediction=values["prediction"] | {"api_models": ["big"]})
    assert list(plans) == ["base", *MIXES, "big"]
    assert plans["big"] == ModelPlan("big", "served")


@pytest.mark.parametrize(
    ("served", "more", "said"),
    [
        (["absent"], {}, r"prediction\.api_models\[0\] is 'absent', expected one of llms: scripted, "),
        (
            ["ALL"],
            {"ALL": {"model": "openai/x"}},
            r"prediction\.api_models\[0\] is 'ALL', which is the name of a mix too",
        ),
        (
            ["base"],
            {"base": {"model": "openai/x"}},
            r"api_models\[0\] is 'base', which is the name of base_models\[0\] too",
        ),
        (["scripted", "scripted"], {}, r"prediction\.api_models\[1\] is 'scripted', which is the name of"),
        (["warm"], {"warm": {"model": "openai/x", "temperature": 0.5}}, r"llms\.warm\.temperature is 0\.5: expect"),
        (["warm"], {"warm": {"model": "openai/x", "temperature": None}}, r"llms\.warm\.temperature is null: expect"),
    ],
)
def test_a_served_model_that_cannot_be_is_refused(root, served, more, said):
    values = yaml.safe_load((root / "config/demo.yaml").read_text(encoding="utf-8"))
    with pytest.raises(InputError, match=said):
        plans_of(root, llms=values["llms"] | more, prediction=values["prediction"] | {"api_models": served})


def test_judgements_are_given_with_what_was_judged(root):
    with pytest.raises(InputError, match="judgements is 'judged', expected `predictions` too"):
        plans_of(root, judgements="judged")
