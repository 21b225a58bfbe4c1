"""The components of the dataset."""

from typing import Annotated, Literal

from pydantic import Field

from medinjection.config.settings.common import Section


class ComponentSettings(Section):
    """The three components of the dataset (paper section 3)."""

    origin: Literal["rebuilt", "released", "released_all"] = Field(
        default="rebuilt",
        description="`rebuilt` from the upstream sources, or the files that the authors published: `released`, their "
        "set of each component (`sources` of that kind), or `released_all`, their one set of all components.",
    )
    decontamination: bool = Field(
        default=True,
        description="Set aside training records that are too close to a validation or test record. The paper does not.",
    )
    near_duplicate_similarity: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.8,
        description="Minimum Jaccard similarity of the word trigrams of two near duplicates.",
    )
