"""Predictions of every model."""

from typing import Annotated, Literal

from pydantic import Field

from medinjection.config.settings.common import Count, Name, Section, Share


class PredictionSettings(Section):
    """Answers of every model to the evaluation records (paper section 4.3)."""

    split: Literal["validation", "test"] = Field(default="test", description="Split that is evaluated.")
    limit_choice: Count | None = Field(default=None, description="At most this many choice questions a source.")
    limit_open: Count | None = Field(default=None, description="At most this many open questions a source.")
    orders: Annotated[int, Field(ge=0, le=100)] = Field(
        default=3, description="Random orders of the options besides the published one."
    )
    batch_size: Count = Field(default=32, description="Prompts a forward pass.")
    max_new_tokens: Count = Field(default=512, description="Most tokens of an open answer.")
    api_models: list[Name] = Field(
        default=[],
        description="Names under `llms` of models that answer too, greedily, over their endpoint, beside the models of "
        "this run; tables call them by that name.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="Where the models run.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(default="auto", description="Number format.")
    max_unasked_share: Share = Field(
        default=0.0,
        description="Share of the records that may be too long for a model's context: they count as unanswered. "
        "More is an error.",
    )
