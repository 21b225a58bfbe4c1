"""The components of the dataset."""

from typing import Annotated, Literal

from pydantic import Field

from medinjection.config.settings.common import Section


class ComponentSettings(Section):
    """The three components of the dataset (paper section 3)."""

    origin: Literal["rebuilt", "released"] = Field(
        default="rebuilt",
        description="`rebuilt` from the upstream sources, or `released`: the files that the authors published, read by "
        "the sources of that kind.",
    )
    decontamination: bool = Field(
        default=True,
        description="Set aside training records that are too close to a validation or test record. The paper does not.",
    )
    near_duplicate_similarity: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.8,
        description="Minimum Jaccard similarity of the word trigrams of two near duplicates.",
    )
