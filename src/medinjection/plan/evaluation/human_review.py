"""Human review: whose answers are drawn, and which raters sent ratings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.config.settings.evaluation.human_review import HumanReviewSettings
from medinjection.plan.evaluation.answers import Answers
from medinjection.plan.folders import Folders
from medinjection.records.errors import InputError

_RATER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class HumanReviewPlan:
    """Who is rated and who rates.

    Attributes:
        models: those whose open answers are drawn.
        raters: rater -> file of the rater's ratings, by name; simulated ones too.
        simulated: raters that are programs of this run.
        judges: judge -> folder of judgements, of the judges by whose disagreement answers are drawn; else none.
    """

    models: tuple[str, ...]
    raters: dict[str, str]
    simulated: tuple[str, ...]
    judges: dict[str, str]

    @property
    def judgement_files(self) -> list[str]:
        """The judgements by which answers are drawn."""
        return [f"{folder}/{model}.parquet" for folder in self.judges.values() for model in self.models]


def plan_human_review(
    settings: HumanReviewSettings, simulated: Sequence[str], folders: Folders, answers: Answers
) -> HumanReviewPlan:
    """Work out who is rated and who rates.

    Args:
        simulated: raters whose ratings the run makes itself; they lie in its folder `human/ratings`.

    Raises:
        InputError: a model has no open answers, there are no two judges to disagree, a file or folder of ratings is
            not there, a file is not called after a rater, or two files are of one rater.
    """
    for i, model in enumerate(settings.models):
        if model not in answers.open_models:
            known = ", ".join(answers.open_models) or "none"
            raise InputError(
                f"human_review.models[{i}] is {model!r}, which has no open answers; models that do: {known}"
            )
    models = tuple(settings.models) or answers.open_models
    judges = answers.judgement_folders() if models and settings.draw == "disagreement" else {}
    if models and settings.draw == "disagreement" and len(judges) < 2:
        found = ", ".join(judges) or "none"
        raise InputError(
            f"human_review.draw is 'disagreement', expected two or more judges of open answers, found {found}"
        )
    raters = {rater: f"{folders.run}/human/ratings/{rater}.csv" for rater in simulated}
    for i, path in enumerate(settings.ratings):
        key = f"human_review.ratings[{i}]"
        for file in _rating_files(folders.filled(path, key), folders.run, key):
            rater = Path(file).stem
            if not _RATER.fullmatch(rater):
                raise InputError(f"{key}: {file}: expected <rater>.csv, a name of letters, digits and . _ -")
            if raters.setdefault(rater, file) != file:
                raise InputError(f"{key}: {file}: rater {rater} has {raters[rater]} too, expected one file per rater")
    return HumanReviewPlan(models, dict(sorted(raters.items())) if models else {}, tuple(simulated), judges)


def _rating_files(path: str, run_folder: str, key: str) -> list[str]:
    if path.lower().endswith(".csv"):
        if not Path(path).is_file():
            raise InputError(f"{key}: {path}: no such file")
        return [path]
    # The run's own folder is there only once somebody has put ratings in it.
    if not Path(path).is_dir() and not path.startswith(f"{run_folder}/"):
        raise InputError(f"{key}: {path}: no such folder")
    files = Path(path).glob("*.[cC][sS][vV]")
    return sorted(str(file) for file in files if file.is_file() and not file.name.startswith("."))
