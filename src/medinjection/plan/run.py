"""Everything that a run consists of, worked out once from its configuration."""

from dataclasses import dataclass

from medinjection.config.settings.models import BaseModelSettings, ReleasedModelSettings
from medinjection.config.settings.run import Settings
from medinjection.plan.evaluation.answers import Answers, answers_of_run
from medinjection.plan.evaluation.human_review import HumanReviewPlan, plan_human_review
from medinjection.plan.evaluation.precomputed import check_run, precomputed_answers
from medinjection.plan.evaluation.translation_quality import TestSetPlan
from medinjection.plan.folders import Folders
from medinjection.plan.models import ModelPlan, planned_models
from medinjection.plan.sources import SourcePlan
from medinjection.records.question_prompts import read_question_prompts
from medinjection.sources.registry import load_registry


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run consists of, by subject.

    Attributes:
        models: every model by name: the bases, those trained here, those that others released and those that are asked.
        answers: from which tables are made; files of the run, or precomputed ones.
    """

    settings: Settings
    folders: Folders
    sources: SourcePlan
    test_sets: TestSetPlan
    models: dict[str, ModelPlan]
    answers: Answers
    human_review: HumanReviewPlan

    @property
    def precomputed(self) -> bool:
        """Whether predictions are there already: only scores and tables are made."""
        return bool(self.settings.predictions)

    @property
    def bases(self) -> dict[str, BaseModelSettings]:
        """The base models by name."""
        return {base.name: base for base in self.settings.base_models}

    @property
    def makes_its_own_corpora(self) -> bool:
        """Whether the folder of a source or of a test set is one in which the run renders corpora."""
        paths = [source.path for source in self.settings.sources.values() if source.path]
        paths += [test_set.folder for test_set in self.test_sets.chosen.values()]
        return any(
            path.replace("{run_folder}", self.folders.run).startswith(f"{self.folders.run}/corpora/") for path in paths
        )

    @property
    def pretrained_bases(self) -> list[str]:
        """Names of the base models that the run pre-trains itself."""
        return [name for name, base in self.bases.items() if base.pretraining]

    @property
    def fetched_models(self) -> dict[str, BaseModelSettings | ReleasedModelSettings]:
        """Base models and released models that come from the hub or from a folder, by name."""
        fetched: dict[str, BaseModelSettings | ReleasedModelSettings] = {
            name: base for name, base in self.bases.items() if not base.pretraining
        }
        released = self.settings.models.released
        return fetched | {name: released[p.mix] for name, p in self.models.items() if p.origin == "released" and p.mix}


def plan_run(settings: Settings, data_folder: str | None) -> Plan:
    """Work out what a run consists of.

    Args:
        data_folder: folder of upstream files, where the configuration names none.

    Raises:
        InputError: the registry cannot be read or lacks a source, a source lacks what its kind needs, a prompt cannot
            put a question, or precomputed predictions are not what they should be.
    """
    folders = Folders(f"results/{settings.run}", settings.data_folder or data_folder)
    models = planned_models(settings)
    answers = answers_of_run(folders.run, list(models), settings.judging.judges)
    sources = SourcePlan(settings, load_registry(settings.registry), folders)
    read_question_prompts(settings.prompts.choice, settings.prompts.open, settings.prompts.system)
    if settings.predictions:
        answers = precomputed_answers(settings.predictions, settings.judgements, list(models), settings.judging.judges)
        check_run(settings.run, folders.run, answers.predictions)
    test_sets = TestSetPlan(settings.translation_quality.test_sets, folders)
    # Nothing is made up where predictions are given.
    simulated = [] if settings.predictions else settings.demo.raters
    human_review = plan_human_review(settings.human_review, simulated, folders, answers)
    return Plan(settings, folders, sources, test_sets, models, answers, human_review)
