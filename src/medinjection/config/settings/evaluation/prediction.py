"""Predictions of every model."""

from functools import partial
from typing import Literal

from pydantic import Field

from medinjection.config.settings.common import Count, Name, Section, Share, field_of
from medinjection.models.device import Device, Precision
from medinjection.prediction.run import Prediction

_key = partial(field_of, Prediction)


class PredictionSettings(Section):
    """Answers of every model to the evaluation records (paper section 4.3)."""

    split: Literal["validation", "test"] = Field(default="test", description="Split that is evaluated.")
    limit_choice: Count | None = Field(default=None, description="Maximum number of choice questions per source.")
    limit_open: Count | None = Field(default=None, description="Maximum number of open questions per source.")
    permutations: int = _key("permutations", ge=0, le=100)
    batch_size: Count = _key("batch_size")
    max_new_tokens: Count = _key("max_new_tokens")
    api_models: list[Name] = Field(
        default=[],
        description="Names under `llms` of models that answer too, greedily, over their endpoint, beside the models of "
        "this run; tables call them by that name.",
    )
    english_originals: bool = Field(
        default=False,
        description="Whether every model is also asked the English originals of the translated choice questions; "
        "`scores/languages.csv` then compares both languages.",
    )
    device: Device = _key("device")
    precision: Precision = _key("precision")
    max_over_length_share: Share = _key("max_over_length_share")
