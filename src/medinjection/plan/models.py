"""Which models a run has: what each is called, which base and mix it is made of, and how it is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from medinjection.config.settings.run import Settings
from medinjection.config.settings.training import TrainingSettings

# Origins of models whose weights are files of the run.
WITH_WEIGHTS = ("base", "trained", "released", "evaluated")


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """One model of a run.

    Attributes:
        name: what files and tables call it: a base's name, a mix, `<mix>@<base>`, `<mix>@<ablation>` or an LLM's.
        origin: "base", "trained", "released" by others, "evaluated" as it is, or "served" by an endpoint that is asked.
        base: name of the base model that it is, or that it is made from; None where it is served.
        mix: what it has learnt; None for a base model.
        training: how it is trained; None where it is not.
    """

    name: str
    origin: Literal["base", "trained", "released", "evaluated", "served"]
    base: str | None = None
    mix: str | None = None
    training: TrainingSettings | None = None


def planned_models(settings: Settings, evaluated: Mapping[str, str] | None = None) -> dict[str, ModelPlan]:
    """Return name -> plan of every model.

    In this order: the first base and its mixes, further bases and theirs, ablations, evaluated as they are, served.

    Args:
        evaluated: name -> name of the base of the models that are evaluated as they are; whole ones are their own.
    """
    plans = []
    for base in (base.name for base in settings.base_models):
        plans.append(ModelPlan(base, "base", base))
        for mix in settings.mixes.recipes:
            if settings.models.origin == "released":
                plans.append(ModelPlan(mix, "released", base, mix))
            else:
                name = mix if base == "base" else f"{mix}@{base}"
                plans.append(ModelPlan(name, "trained", base, mix, settings.training))
    for name, ablation in settings.ablations.items():
        training = settings.training_of(name)
        plans += [ModelPlan(f"{mix}@{name}", "trained", "base", mix, training) for mix in ablation.mixes]
    plans += [ModelPlan(name, "evaluated", base) for name, base in (evaluated or {}).items()]
    plans += [ModelPlan(name, "served") for name in settings.prediction.api_models]
    return {plan.name: plan for plan in plans}


def names_of(plans: Mapping[str, ModelPlan], *origins: str) -> list[str]:
    """Return the names of the models that come from one of `origins`, in the order of the plan."""
    return [name for name, plan in plans.items() if plan.origin in origins]
