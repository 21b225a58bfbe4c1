"""Which tables and figures a run has."""

from medinjection.config.settings.run import Settings
from medinjection.plan.evaluation.answers import Answers
from medinjection.plan.run import Plan
from medinjection.sources.paper_counts import PAPER_TEST_SET

# What each figure is: the numbers behind it, two pictures, and what stands below them.
FIGURE_FILES = (".csv", ".svg", ".png", "_caption.txt")


def table_numbers(settings: Settings, answers: Answers, rated: bool) -> list[int]:
    """Return the numbers of the paper's tables that are made.

    Table 3 is how well the teachers translate test sets; Table 4 needs ratings of open answers, Table 6 open answers.
    Precomputed predictions have no dataset to count.
    """
    of_dataset = not settings.predictions
    made = {
        1: of_dataset,
        2: of_dataset,
        3: of_dataset and settings.translation_quality.test_sets,
        4: rated,
        5: True,
        6: answers.open_models,
        7: True,
    }
    return [number for number, is_made in made.items() if is_made]


def figure_numbers(settings: Settings) -> list[int]:
    """Return the numbers of the paper's figures that are made.

    Figure 3 is what judges think of the synthetic items, Figure 5 what they think of long answers.
    """
    of_judges = {3: settings.quality.judges, 5: settings.judging.judges}
    return [number for number in (1, 2, 3, 4, 5, 6) if of_judges.get(number, True)]


def claimed_comet(plan: Plan, folder: str) -> list[str]:
    """Return the file of COMET by segment on which the claim about translations is tested: of the paper's test set.

    Args:
        folder: where the run scores translations.
    """
    scored = plan.settings.translation_quality.comet and not plan.precomputed
    if not scored or PAPER_TEST_SET not in plan.test_sets.chosen:
        return []
    return [f"{folder}/{PAPER_TEST_SET}/comet_segments.jsonl"]
