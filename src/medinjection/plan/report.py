"""Which tables and figures a run has."""

from medinjection.config.settings.run import Settings
from medinjection.plan.answers import Answers

# What each figure is: the numbers behind it, two pictures, and what stands below them.
FIGURE_FILES = (".csv", ".svg", ".png", "_caption.txt")


def table_numbers(settings: Settings, answers: Answers) -> list[int]:
    """Return the numbers of the paper's tables that are made.

    Table 3 is how well the teachers translate test sets; Table 6 needs open answers. Precomputed predictions have no
    dataset to count.
    """
    if settings.predictions:
        return [5, 6, 7] if answers.open_models else [5, 7]
    return [1, 2, 3, 5, 6, 7] if settings.translation_quality.test_sets else [1, 2, 5, 6, 7]


def figure_numbers(settings: Settings) -> list[int]:
    """Return the numbers of the paper's figures that are made.

    Figure 3 is what judges think of the synthetic items, Figure 5 what they think of long answers.
    """
    of_judges = {3: settings.quality.judges, 5: settings.judging.judges}
    return [number for number in (1, 2, 3, 4, 5, 6) if of_judges.get(number, True)]
