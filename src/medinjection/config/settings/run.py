"""All keys of one run's configuration. Unknown keys are refused.

`config/schema.json` and `docs/configuration.md` are generated from these settings (`make schema`).
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from medinjection.config.renamed import new_name
from medinjection.config.settings.common import Count, FilePath, Name, Section, Share
from medinjection.config.settings.components import ComponentSettings
from medinjection.config.settings.cross_checks import CROSS_CHECKS
from medinjection.config.settings.demo import DemoSettings
from medinjection.config.settings.embedding import EmbeddingSettings
from medinjection.config.settings.evaluation.evaluated import SHARED, EvaluatedModel, listed
from medinjection.config.settings.evaluation.exam import ExamSettings
from medinjection.config.settings.evaluation.human_review import HumanReviewSettings
from medinjection.config.settings.evaluation.judging import JudgingSettings
from medinjection.config.settings.evaluation.prediction import PredictionSettings
from medinjection.config.settings.evaluation.text_metrics import TextMetricSettings
from medinjection.config.settings.evaluation.translation_quality import TranslationQualitySettings
from medinjection.config.settings.mixes import MixSettings
from medinjection.config.settings.models import BaseModelSettings, ModelsSettings
from medinjection.config.settings.prompts import PromptSettings
from medinjection.config.settings.quality import QualitySettings
from medinjection.config.settings.resources import ResourceSettings
from medinjection.config.settings.sources import SourceSettings
from medinjection.config.settings.training import AblationSettings, TrainingSettings
from medinjection.config.settings.translation import ConversionSettings, TranslationSettings
from medinjection.llm.language_model import LanguageModel
from medinjection.prediction.thinking.forms import ThinkingForm


class Settings(Section):
    """One run of the workflow."""

    run: Name = Field(description="Name of the run: everything goes to `results/<run>/`.")
    note: str = Field(
        default="",
        description="Your own sentence for captions, page and cards. That a run is a demonstration, or differs from "
        "the paper's, is found out from what it uses and needs none.",
    )
    seed: int = Field(default=42, description="Seed of all random choices that have no seed of their own.")
    data_folder: FilePath | None = Field(
        default=None,
        description="Folder of original upstream files, for `{data_folder}` in `sources.<name>.path`; by default the "
        "folder that the environment variable MEDINJECTION_DATA names.",
    )
    predictions: FilePath | None = Field(
        default=None,
        description="Folder of precomputed predictions, `<model>/choice.parquet` and `<model>/open.parquet`: Tables "
        "5, 6 and 7 are made from them, and nothing is fetched, trained, predicted or asked.",
    )
    judgements: FilePath | None = Field(
        default=None,
        description="Folder of precomputed judgements, `<judge>/<model>.parquet`; only with `predictions`.",
    )
    registry: FilePath = Field(default="config/sources.yaml", description="The source registry.")
    specialties: FilePath = Field(
        default="config/specialties.yaml", description="Mapping of upstream's labels to fourteen specialties."
    )
    max_reject_share: Share = Field(
        default=0.05, description="Maximum share of the rows of a stage that are rejected as defective."
    )
    sources: dict[Name, SourceSettings] = Field(
        description="The sources this run uses; null takes a source out that an earlier configuration file names."
    )
    demo: DemoSettings = Field(default_factory=DemoSettings, description="Corpora and raters of the demonstration.")
    llms: dict[Name, LanguageModel] = Field(
        default_factory=dict, description="The LLMs that translate, generate, judge or are evaluated."
    )
    budget: float | None = Field(
        default=None,
        ge=0,
        description="Maximum cost of all LLMs of the run together, in the currency of their prices, which must be "
        "known; null: no limit.",
    )
    translation: TranslationSettings = Field(default_factory=TranslationSettings, description="Translation.")
    conversion: ConversionSettings = Field(
        default_factory=ConversionSettings, description="Conversion of closed questions."
    )
    translation_quality: TranslationQualitySettings = Field(
        default_factory=TranslationQualitySettings, description="Quality of the translations (Table 3)."
    )
    quality: QualitySettings = Field(
        default_factory=QualitySettings, description="Quality of the synthetic items (Figure 3)."
    )
    components: ComponentSettings = Field(
        default_factory=ComponentSettings, description="The components of the dataset."
    )
    embedding: EmbeddingSettings | None = Field(
        default=None, description="The model behind Figure 4; null: that figure is left out."
    )
    mixes: MixSettings = Field(default_factory=MixSettings, description="Training mixes.")
    base_models: list[BaseModelSettings] = Field(
        default_factory=list,
        description="The models that are fine-tuned on every mix. The first is the first line of the tables. Empty: "
        "nothing is trained.",
    )
    model: list[EvaluatedModel] = Field(
        default_factory=list,
        description="Models that are evaluated as they are: names with commas between them, or a list of names and "
        "sections. A name is a Hub id (`org/name@revision`), a folder of a model or an adapter, an OpenAI-compatible "
        "endpoint (`http://HOST:PORT/v1#MODEL`), a litellm name (`openai/gpt-4o`) or one under `llms`.",
    )
    template: FilePath | None = Field(default=None, description="`template` of every `model` that has none of its own.")
    thinking: bool | ThinkingForm | None = Field(
        default=None, description="`thinking` of every `model` that does not say it itself."
    )
    reasoning_tokens: Count | None = Field(
        default=None, description="`reasoning_tokens` of every `model` that does not say it itself."
    )
    models: ModelsSettings = Field(default_factory=ModelsSettings, description="Origin of the fine-tuned models.")
    prompts: PromptSettings = Field(default_factory=PromptSettings, description="How questions are put to the models.")
    training: TrainingSettings = Field(default_factory=TrainingSettings, description="Fine-tuning.")
    ablations: dict[Name, AblationSettings] = Field(
        default_factory=dict, description="Trainings that differ from `training` in some values."
    )
    prediction: PredictionSettings = Field(default_factory=PredictionSettings, description="Prediction.")
    exam: ExamSettings = Field(default_factory=ExamSettings, description="The scale of the French medical exam.")
    text_metrics: TextMetricSettings = Field(
        default_factory=TextMetricSettings, description="Text metrics of open answers (Table 6)."
    )
    judging: JudgingSettings = Field(default_factory=JudgingSettings, description="Judging of open answers.")
    human_review: HumanReviewSettings = Field(
        default_factory=HumanReviewSettings, description="Human review of open answers."
    )

    resources: ResourceSettings = Field(
        default_factory=ResourceSettings,
        description="What jobs ask of a cluster, and how long they are expected to take.",
    )

    @field_validator("sources", mode="before")
    @classmethod
    def _without_null(cls, sources: Any) -> Any:
        if not isinstance(sources, Mapping):
            return sources
        return {name: chosen for name, chosen in sources.items() if chosen is not None}

    @model_validator(mode="before")
    @classmethod
    def _with_shared(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or values.get("model") is None:
            return values
        shared = {key: values[key] for key in SHARED if values.get(key) is not None}
        return {**values, "model": listed(values["model"], shared)}

    @model_validator(mode="after")
    def _sections_agree(self) -> "Settings":
        for check in CROSS_CHECKS:
            check(self)
        return self

    def training_of(self, ablation: str) -> TrainingSettings:
        """Return the training block with the values that differ in an ablation.

        Raises:
            ValueError: a key is unknown, or a value is not what it should be.
        """
        given = self.ablations[ablation].training
        try:
            return TrainingSettings.model_validate(self.training.model_dump() | given)
        except ValidationError as error:
            place = f"ablations.{ablation}.training"
            raise ValueError("; ".join(_difference_fault(place, fault) for fault in error.errors())) from None


def _difference_fault(place: str, fault: Mapping[str, Any]) -> str:
    """Return what is wrong with one value of an ablation, whose keys are at `place`."""
    key = ".".join([place, *map(str, fault["loc"])])
    if fault["type"] == "extra_forbidden":
        if renamed := new_name(key):
            return f"{key}: this key is called {renamed} now"
        known = ", ".join(TrainingSettings.model_fields)
        return f"{key}: unknown key (value {fault['input']!r}), expected one of: {known}"
    return f"{key}: found {fault['input']!r}: {fault['msg'].removeprefix('Value error, ')}"
