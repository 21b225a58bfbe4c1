"""Which tables and figures a run has."""

from medinjection.plan.models import WITH_WEIGHTS, names_of
from medinjection.plan.run import Plan
from medinjection.records.schema import COMPONENTS
from medinjection.sources.paper_counts import PAPER_TEST_SET

# What each figure is: the numbers behind it, two pictures, and what stands below them.
FIGURE_FILES = (".csv", ".svg", ".png", "_caption.txt")


def table_numbers(plan: Plan) -> list[int]:
    """Return the numbers of the paper's tables that are made.

    Tables 1 and 2 count the dataset, which precomputed predictions have not, nor runs without one of its components.
    Table 3 is how well the teachers translate test sets; Table 4 needs ratings of open answers, Table 6 open answers.
    """
    made = {
        1: plan.has_dataset,
        2: plan.has_dataset,
        3: not plan.precomputed and plan.settings.translation_quality.test_sets,
        4: plan.human_review.raters,
        5: plan.answers.choice_models,
        6: plan.answers.open_models,
        7: plan.answers.choice_models,
    }
    return [number for number, is_made in made.items() if is_made]


def figure_numbers(plan: Plan) -> list[int]:
    """Return the numbers of the paper's figures that are made.

    Figures 1, 2 and 4 show the dataset. Figure 3 is what judges think of the synthetic items, Figure 5 what they think
    of long answers.
    """
    settings, answers = plan.settings, plan.answers
    made = {
        1: plan.has_dataset,
        2: plan.has_dataset,
        3: plan.quality_judges and not plan.precomputed,
        4: plan.has_dataset and settings.embedding,
        5: answers.judges,
        6: answers.open_models,
    }
    return [number for number, is_made in made.items() if is_made]


def files_before_answers(plan: Plan) -> dict[str, list[str]]:
    """Return the files in which a run says how its answers came about, by kind; none of answers that are given."""
    run, models = plan.folders.run, plan.models
    trained = names_of(models, "trained")
    files = {
        "components": [f"{run}/components/{component}.parquet" for component in plan.sources.components],
        "rejects": plan.sources.reject_files(),
        "near_duplicates": [f"{run}/components/near_duplicates/all.parquet"],
        "mixes": [f"{run}/mixes/{mix}.json" for mix in dict.fromkeys(models[name].mix for name in trained)],
        "runs": [f"{run}/models/{model}/run.json" for model in names_of(models, *WITH_WEIGHTS)],
        "trainings": [f"{run}/models/{model}/training.parquet" for model in trained],
        "training_figure": [f"{run}/figures/training{suffix}" for suffix in FIGURE_FILES if trained],
        "cards": [f"{run}/models/{model}/README.md" for model in trained],
    }
    return {kind: [] for kind in files} if plan.precomputed else files


def left_out(plan: Plan) -> str:
    """Say in one sentence what is not made, and why; nothing where all is.

    A run may lack components, and answers that are given say nothing of what was before them.
    """
    if plan.precomputed:
        return "The answers were given: their data, teachers and trainings are not known here, and left out."
    missing = [component for component in COMPONENTS if component not in plan.sources.components]
    if not missing:
        return ""
    left = "Tables 1 and 2, the ledger, Figures 1, 2 and 4 and the card of the dataset, which describe all three"
    if plan.settings.quality.judges and not plan.quality_judges:
        left += ", and Figure 3, of synthetic items"
    return f"No source is of the component{'s' if len(missing) > 1 else ''} {' and '.join(missing)}; left out: {left}."


def claimed_comet(plan: Plan, folder: str) -> list[str]:
    """Return the file of COMET by segment on which the claim about translations is tested: of the paper's test set.

    Args:
        folder: where the run scores translations.
    """
    scored = plan.settings.translation_quality.comet and not plan.precomputed
    if not scored or PAPER_TEST_SET not in plan.test_sets.chosen:
        return []
    return [f"{folder}/{PAPER_TEST_SET}/comet_segments.jsonl"]
