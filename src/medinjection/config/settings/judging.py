"""LLM judges of open answers."""

from pydantic import Field

from medinjection.config.settings.common import FilePath, Name, Section


class JudgingSettings(Section):
    """LLM judges of open answers (paper section 4.3.2)."""

    prompt: FilePath = Field(default="config/prompts/judge_answer.txt", description="System prompt file (Figure 14).")
    judges: list[Name] = Field(
        default_factory=list, description="Names under `llms`; Table 6 has the first one's mean score."
    )
