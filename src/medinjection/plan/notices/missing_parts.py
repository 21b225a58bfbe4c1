"""What a configuration names and is not there, or does not name at all: told before a run starts."""

from pathlib import Path

from medinjection.plan.run import Plan


def missing_folder_warnings(plan: Plan) -> list[str]:
    """Return a sentence for each folder of a source or of a base model that is not there.

    It is no error: what was made of it may be there already. A folder of the run itself may still be made.
    """
    if plan.precomputed:
        return []
    named = {f"sources.{name}.path": plan.sources.folder(name) for name in plan.sources.used}
    named |= {f"base_models[{place}].path": base.path for place, base in enumerate(plan.settings.base_models)}
    return [
        f"{key} is {folder!r}: no such folder; the job that reads it will fail."
        for key, folder in named.items()
        if folder and not folder.startswith(f"{plan.folders.run}/") and not Path(folder).is_dir()
    ]


def no_model_warnings(plan: Plan) -> list[str]:
    """Return a sentence where a run has no model, and so neither answers nor a report."""
    if plan.precomputed or plan.answers.models:
        return []
    return ["No model is named: no question is answered and no report written. To evaluate one: --config model=NAME."]
