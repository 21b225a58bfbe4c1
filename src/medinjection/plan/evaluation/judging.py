"""Judging of open answers: which judges are asked again, and where it is kept what they said."""

from medinjection.config.settings.run import Settings
from medinjection.plan.evaluation.answers import Answers


def consistency_files(settings: Settings, run_folder: str, answers: Answers) -> dict[str, str]:
    """Return judge -> file of what the judge said when it was asked again.

    There are none where the configuration switches it off, nor of precomputed predictions: nobody is asked then.
    """
    if settings.predictions or not settings.judging.consistency_size:
        return {}
    return {judge: f"{run_folder}/judge_consistency/{judge}.parquet" for judge in answers.judges}
