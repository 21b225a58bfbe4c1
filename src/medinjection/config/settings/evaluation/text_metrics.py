"""Text metrics of open answers (Table 6)."""

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, FilePath, Name, Section, check_origin


class BertScoreSettings(Section):
    """The model of BERTScore, from the hub, a folder or an installed Python package."""

    model_id: str | None = Field(default=None, description="Model of the Hugging Face hub to download.")
    revision: str | None = Field(default=None, description="Commit of the model id; required with it.")
    path: FilePath | None = Field(default=None, description="Local folder of the model.")
    package: str | None = Field(default=None, description="Installed Python package that ships such a folder.")
    name: str | None = Field(
        default=None, description="Name in signatures; by default the id with its commit, the folder or the package."
    )
    layer: Count = Field(
        description="Layer whose states are compared; bert_score's choice is 9 for bert-base-multilingual-cased."
    )
    baseline: Name | None = Field(
        default=None,
        description="One of bert_score's baselines for French, of the same model, by which F1 is rescaled: "
        "bert-base-multilingual-cased, xlm-roberta-base or xlm-roberta-large; null: only the raw F1 is computed.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> "BertScoreSettings":
        check_origin(self, ("model_id", "path", "package"))
        return self


class TextMetricSettings(Section):
    """Text metrics of open answers; BLEU, ROUGE and METEOR are always computed."""

    bertscore: BertScoreSettings | None = Field(
        default=None,
        description="BERTScore; null: it is not computed, and Table 6 says so. With `predictions` nothing is fetched: "
        "only a model of a folder or a package is used.",
    )
