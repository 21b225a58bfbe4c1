"""Everything that a run consists of, worked out once from its configuration."""

from dataclasses import dataclass

from medinjection.config.settings.models import BaseModelSettings, ReleasedModelSettings
from medinjection.config.settings.run import Settings
from medinjection.models.base.fetching import Kind
from medinjection.plan.evaluation.answers import Answers, answers_of_run
from medinjection.plan.evaluation.human_review import HumanReviewPlan, plan_human_review
from medinjection.plan.evaluation.named_models import NamedModel, Origin, named_models, with_endpoints
from medinjection.plan.evaluation.precomputed import check_run, precomputed_answers
from medinjection.plan.evaluation.translation_quality import TestSetPlan
from medinjection.plan.folders import Folders
from medinjection.plan.mixes import mixes_of
from medinjection.plan.models import ModelPlan, planned_models
from medinjection.plan.prompts import in_english
from medinjection.plan.sources import SourcePlan
from medinjection.records.errors import InputError
from medinjection.records.question_prompts import read_question_prompts
from medinjection.records.schema import COMPONENTS
from medinjection.sources.registry import load_registry

# What the base of an adapter counts as: it is fetched like a model that is evaluated, and not asked itself.
_BASE_OF_ADAPTER = ModelPlan("", "evaluated")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run consists of, by subject.

    Attributes:
        settings: as configured, with the endpoints of `model` under `llms` and `prediction.api_models`.
        models: every model by name: the bases, those trained here, those that others released, those that are evaluated
            as they are and those that are asked.
        named: of the models that are evaluated as they are, what the configuration says.
        answers: from which tables are made; files of the run, or precomputed ones.
    """

    settings: Settings
    folders: Folders
    sources: SourcePlan
    test_sets: TestSetPlan
    models: dict[str, ModelPlan]
    named: dict[str, NamedModel]
    answers: Answers
    human_review: HumanReviewPlan

    @property
    def precomputed(self) -> bool:
        """Whether predictions are there already: only scores and tables are made."""
        return bool(self.settings.predictions)

    @property
    def has_dataset(self) -> bool:
        """Whether the run has all components of the dataset."""
        return not self.precomputed and self.sources.components == COMPONENTS

    @property
    def quality_judges(self) -> list[str]:
        """The language models that judge the synthetic items, where there are some."""
        return self.settings.quality.judges if "synthetic" in self.sources.components else []

    @property
    def is_compared(self) -> bool:
        """Whether the run has models of the paper, so that its tables can be compared with the published ones."""
        return self.precomputed or any(model.mix for model in self.models.values())

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

    def kind_of_model(self, name: str) -> Kind:
        """Return as what a fetched model is checked."""
        if name in self.bases:
            return "base"
        is_whole = name not in self.named or self.named[name].base is None
        return "evaluated" if self.models.get(name, _BASE_OF_ADAPTER).origin == "evaluated" and is_whole else "released"

    def template_of_model(self, name: str) -> str | None:
        """Return the chat template that takes the place of a fetched model's own, None where it keeps that."""
        return next((one.template_file for one in self.named.values() if one.base_name == name), None)

    @property
    def fetched_models(self) -> dict[str, BaseModelSettings | ReleasedModelSettings | Origin]:
        """Models and adapters that come from the hub or from a folder, by name."""
        fetched: dict[str, BaseModelSettings | ReleasedModelSettings | Origin] = {
            name: base for name, base in self.bases.items() if not base.pretraining
        }
        for one in self.named.values():
            origins = {one.base_name: one.base, one.name: one.origin}
            fetched |= {name: origin for name, origin in origins.items() if origin is not None}
        released = self.settings.models.released
        return fetched | {name: released[p.mix] for name, p in self.models.items() if p.origin == "released" and p.mix}


def plan_run(settings: Settings, data_folder: str | None) -> Plan:
    """Work out what a run consists of.

    Args:
        data_folder: folder of upstream files, where the configuration names none.

    Raises:
        InputError: the registry cannot be read or lacks a source, a source lacks what its kind needs, a prompt cannot
            put a question, English originals are asked for and no source has them, or precomputed predictions are not
            what they should be.
    """
    folders = Folders(f"results/{settings.run}", settings.data_folder or data_folder)
    named = named_models(settings)
    settings = with_endpoints(settings, named)
    sources = SourcePlan(settings, load_registry(settings.registry), folders)
    if settings.models.origin == "trained" and not settings.predictions:
        settings = settings.model_copy(update={"mixes": mixes_of(settings.mixes, sources.components)})
    if settings.prediction.english_originals and not (sources.english or settings.predictions):
        raise InputError(
            "prediction.english_originals: no source of the run is translated from English, expected one under sources"
        )
    models = planned_models(settings, {one.name: one.base_name for one in named.values() if one.origin})
    answers = answers_of_run(folders.run, list(models), settings.judging.judges, sources.may_have_open_questions)
    asked = [settings.prompts, *([in_english(settings.prompts)] if settings.prediction.english_originals else [])]
    for prompts in asked:
        read_question_prompts(prompts.choice, prompts.open, prompts.system)
    if settings.predictions:
        answers = precomputed_answers(settings.predictions, settings.judgements, list(models), settings.judging.judges)
        check_run(settings.run, folders.run, answers.predictions)
    test_sets = TestSetPlan(settings.translation_quality.test_sets, folders)
    # Nothing is made up where predictions are given.
    simulated = [] if settings.predictions else settings.demo.raters
    human_review = plan_human_review(settings.human_review, simulated, folders, answers)
    return Plan(settings, folders, sources, test_sets, models, named, answers, human_review)
