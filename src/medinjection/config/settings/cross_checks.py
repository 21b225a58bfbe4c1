"""Checks that concern several sections of the configuration.

Each raises a ValueError whose message names the key, what was found and what was expected.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medinjection.config.settings.run import Settings


def check_llms_exist(settings: "Settings") -> None:
    """Refuse a name that stands for no language model, and one of unknown cost where there is a budget."""
    users = [(f"sources.{name}.teacher", s.teacher) for name, s in settings.sources.items() if s.teacher]
    lists = {
        "judging.judges": settings.judging.judges,
        "prediction.api_models": settings.prediction.api_models,
        "quality.judges": settings.quality.judges,
        "translation_quality.teachers": settings.translation_quality.teachers,
    }
    users += [(f"{key}[{i}]", name) for key, names in lists.items() for i, name in enumerate(names)]
    for key, name in users:
        if name not in settings.llms:
            raise ValueError(f"{key} is {name!r}, expected one of llms: {', '.join(settings.llms)}")
        llm = settings.llms[name]
        if settings.budget is not None and not llm.has_prices:
            raise ValueError(
                f"budget is {settings.budget:g}, but llms.{name} (used by {key}) needs both input_cost_per_token "
                "and output_cost_per_token: else what it spends could not be told"
            )
        if settings.budget is not None and llm.max_tokens is None:
            raise ValueError(
                f"budget is {settings.budget:g}, but llms.{name} (used by {key}) has no max_tokens: else what an "
                "answer may cost could not be told"
            )


def check_models_have_names(settings: "Settings") -> None:
    """Refuse two models of one name, and names of other folders beside the models'."""
    names = [base.name for base in settings.base_models]
    if names and names[0] != "base":
        raise ValueError(f"base_models[0].name is {names[0]!r}, expected 'base': the tables' first line")
    taken = {"embedder": "the embedding model", "bertscore": "the model of BERTScore"}
    taken |= dict.fromkeys(settings.mixes.recipes, "a mix")
    users = [(f"base_models[{i}].name", name) for i, name in enumerate(names)]
    users += [(f"ablations.{name}", name) for name in settings.ablations]
    users += [(f"prediction.api_models[{i}]", name) for i, name in enumerate(settings.prediction.api_models)]
    for key, name in users:
        if name in taken:
            raise ValueError(f"{key} is {name!r}, which is the name of {taken[name]} too; expected another name")
        taken[name] = key.removesuffix(".name")
    for key, name in [*users, *((f"mixes.recipes.{mix}", mix) for mix in settings.mixes.recipes)]:
        if name.endswith((".checkpoints", ".chunks")):
            raise ValueError(f"{key} is {name!r}: that ending is of folders beside the models'")
    for name, model in (("embedder", "the embedding model's"), ("bertscore", "that of BERTScore's model")):
        if name in settings.mixes.recipes:
            raise ValueError(f"a mix cannot be called {name!r}: that name is {model}")


def check_served_answers_are_greedy(settings: "Settings") -> None:
    """Refuse any temperature but 0 of a model whose answers are evaluated, the provider's own one too."""
    for i, name in enumerate(settings.prediction.api_models):
        if (temperature := settings.llms[name].temperature) != 0:
            found = "null" if temperature is None else f"{temperature:g}"
            raise ValueError(
                f"prediction.api_models[{i}] is {name!r}, but llms.{name}.temperature is {found}: "
                "expected 0, for answers are greedy"
            )


def check_judgements_are_of_predictions(settings: "Settings") -> None:
    """Refuse judgements without the predictions that were judged."""
    if settings.judgements is not None and settings.predictions is None:
        raise ValueError(f"judgements is {settings.judgements!r}, expected `predictions` too: what was judged")


def check_ablations_differ(settings: "Settings") -> None:
    """Refuse ablations of unknown mixes, and those that change nothing."""
    for name, ablation in settings.ablations.items():
        for i, mix in enumerate(ablation.mixes):
            if mix not in settings.mixes.recipes:
                raise ValueError(
                    f"ablations.{name}.mixes[{i}] is {mix!r}, expected one of: {', '.join(settings.mixes.recipes)}"
                )
            if mix in ablation.mixes[:i]:
                raise ValueError(f"ablations.{name}.mixes[{i}] is {mix!r} once more, expected each mix once")
        if settings.training_of(name) == settings.training:
            raise ValueError(f"ablations.{name}.training: changes nothing, expected a value unlike that of training")


def check_released_models_are_complete(settings: "Settings") -> None:
    """Refuse released models of unknown mixes, and mixes without one where all models are released."""
    recipes, released = settings.mixes.recipes, settings.models.released
    for mix in released:
        if mix not in recipes:
            raise ValueError(f"models.released.{mix}: no such mix, expected one of: {', '.join(recipes)}")
    if settings.models.origin == "trained":
        return
    if missing := [mix for mix in recipes if mix not in released]:
        raise ValueError(f"models.released.{missing[0]}: missing, expected a model for every mix, or its removal")
    if settings.ablations or len(settings.base_models) > 1:
        key = "ablations" if settings.ablations else "base_models[1]"
        raise ValueError(f"{key} with models.origin 'released': nothing is trained, expected origin 'trained'")


def check_leaderboard_is_no_run(settings: "Settings") -> None:
    """Refuse a run whose folder is the leaderboard that runs share."""
    if settings.exam.leaderboard.rstrip("/") == f"results/{settings.run}":
        raise ValueError(
            f"run is {settings.run!r}, but its folder is exam.leaderboard, which several runs share: rename one of them"
        )


CROSS_CHECKS = (
    check_llms_exist,
    check_models_have_names,
    check_served_answers_are_greedy,
    check_judgements_are_of_predictions,
    check_ablations_differ,
    check_released_models_are_complete,
    check_leaderboard_is_no_run,
)
