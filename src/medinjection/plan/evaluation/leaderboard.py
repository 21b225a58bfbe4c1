"""Which models say of their answers how they were made, and where."""

from pathlib import Path

from medinjection.plan.run import Plan


def answer_runs(plan: Plan) -> list[str]:
    """Return the run.json beside the choice answers of each model that was loaded; of precomputed ones, those there."""
    files = {model: f"{plan.answers.predictions}/{model}/run.json" for model in plan.answers.choice_models}
    if plan.precomputed:
        return [path for path in files.values() if Path(path).is_file()]
    return [path for model, path in files.items() if plan.models[model].origin != "served"]
