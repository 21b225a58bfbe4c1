"""Quality of the synthetic items (Figure 3)."""

from pydantic import Field

from medinjection.config.settings.common import Count, FilePath, Name, Section


class QualitySettings(Section):
    """Judging of the synthetic items (paper section 3.4, Figure 3, Figures 12 and 13)."""

    judges: list[Name] = Field(default_factory=list, description="Names under `llms`; empty: no judging.")
    choice_prompt: FilePath = Field(
        default="config/prompts/judge_choice_quality.txt", description="System prompt for choice items (Figure 13)."
    )
    open_prompt: FilePath = Field(
        default="config/prompts/judge_open_quality.txt", description="System prompt for open items (Figure 12)."
    )
    limit: Count | None = Field(
        default=None, description="Maximum number of items per kind that are judged, chosen by a keyed hash; null: all."
    )
    shards: Count = Field(default=1, description="Number of jobs that share each judge's work.")
