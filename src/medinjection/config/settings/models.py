"""Base models, and models that others have released."""

from typing import Literal

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, FilePath, Name, Section, check_origin


class PretrainingSettings(Section):
    """The tiny base model that the workflow pre-trains itself."""

    vocabulary: Count = Field(default=2048, description="Entries of the byte-level BPE vocabulary.")
    hidden: Count = Field(default=128, description="Width of the hidden states.")
    layers: Count = Field(default=4, description="Transformer layers.")
    heads: Count = Field(default=4, description="Attention heads.")
    kv_heads: Count = Field(default=2, description="Key-value heads.")
    context: Count = Field(default=1024, description="Maximum length of an input in tokens.")
    steps: Count = Field(default=600, description="Optimizer steps.")
    batch_size: Count = Field(default=16, description="Sequences per optimizer step.")
    learning_rate: float = Field(default=3e-3, gt=0, description="Peak learning rate.")


class BaseModelSettings(Section):
    """A model that every mix fine-tunes: from the hub, from a folder, or pre-trained by the workflow."""

    name: Name = Field(
        default="base",
        description="Name of the model. The first is called `base`; models fine-tuned from a further one are called "
        "`<mix>@<name>`.",
    )
    model_id: str | None = Field(default=None, description="Hugging Face model id to download.")
    revision: str | None = Field(default=None, description="Commit of the model id; required with it.")
    path: FilePath | None = Field(default=None, description="Local folder of a Hugging Face model.")
    pretraining: PretrainingSettings | None = Field(default=None, description="A tiny model to pre-train instead.")

    @model_validator(mode="after")
    def _one_origin(self) -> "BaseModelSettings":
        check_origin(self, ("model_id", "path", "pretraining"))
        return self


class ReleasedModelSettings(Section):
    """A fine-tuned model that is used as it is: a whole model, or an adapter of the first base model."""

    model_id: str | None = Field(default=None, description="Hugging Face model id to download.")
    revision: str | None = Field(default=None, description="Commit of the model id; required with it.")
    path: FilePath | None = Field(default=None, description="Local folder of the model or the adapter.")

    @model_validator(mode="after")
    def _one_origin(self) -> "ReleasedModelSettings":
        check_origin(self, ("model_id", "path"))
        return self


class ModelsSettings(Section):
    """Where the fine-tuned models come from."""

    origin: Literal["trained", "released"] = Field(
        default="trained",
        description="`trained` on the run's mixes, or `released`: those that others have published, so that the run "
        "starts at prediction.",
    )
    released: dict[Name, ReleasedModelSettings] = Field(
        default_factory=dict, description="Mix -> the model that was fine-tuned on it; used with origin `released`."
    )
