"""Human review of open answers."""

from typing import Literal

from pydantic import Field

from medinjection.config.settings.common import Count, FilePath, Name, Section, Share


class HumanReviewSettings(Section):
    """The sample of open answers that physicians rate, and where their ratings are (paper section 4.3.2)."""

    size: Count = Field(default=100, description="Maximum number of answers drawn, of all models together.")
    seed: int | None = Field(default=None, description="Seed of the draw; null: the run's seed.")
    models: list[Name] = Field(
        default_factory=list, description="Models whose answers are drawn; empty: every model with open answers."
    )
    draw: Literal["stratified", "disagreement"] = Field(
        default="stratified",
        description="`stratified`: in proportion to sources, evenly over models, as for Table 4; `disagreement`: the "
        "likelier the more the judges disagree about an answer, for accuracy from few ratings (docs/human-review.md).",
    )
    share_of_translations: Share | None = Field(
        default=None, description="Share of the sample that asks for a translation; null: the share of all answers."
    )
    translation_sources: list[Name] = Field(
        default=["wmt_biomedical"], description="Sources whose open questions ask for a translation."
    )
    ratings: list[FilePath] = Field(
        default=["{run_folder}/human/ratings"],
        description="What raters sent back: files `<rater>.csv`, or folders of them.",
    )
