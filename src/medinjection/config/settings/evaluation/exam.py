"""Choice questions as a French medical examiner marks them."""

from pydantic import Field

from medinjection.config.settings.common import Count, FilePath, Name, Section, Share


class ExamSettings(Section):
    """The scale of the French medical exam (docs/exam-scale.md)."""

    marked_options: FilePath | None = Field(
        default=None,
        description="CSV of options that bring a question to nothing: `record_id`, and the letters that are "
        "`indispensable` or `unacceptable`; null where no corpus marks any.",
    )
    strong_models: list[Name] = Field(
        default_factory=list,
        description="Models whose agreement on another answer makes a key suspect; empty: every model.",
    )
    min_strong_models: Count = Field(default=2, description="Fewest models that must agree against a key.")
    min_agreement: Share = Field(
        default=1.0, description="Least share of their answers, over all orders of the options, that must be the same."
    )
    errata: FilePath = Field(
        default="config/errata.csv",
        description="CSV of persons' verdicts on suspect keys: `record_id`, `verdict` (confirmed or rejected), `by`, "
        "`date`, `reason`.",
    )
    leaderboard: FilePath = Field(
        default="results/leaderboard",
        description="Folder in which `snakemake --cores 1 shared_leaderboard` collects finished evaluations of several "
        "runs.",
    )
