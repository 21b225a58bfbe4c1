"""LLM judges of open answers."""

from pydantic import Field

from medinjection.config.settings.common import FilePath, Name, Section


class JudgingSettings(Section):
    """LLM judges of open answers (paper section 4.3.2)."""

    prompt: FilePath = Field(default="config/prompts/judge_answer.txt", description="System prompt file (Figure 14).")
    judges: list[Name] = Field(
        default_factory=list, description="Names under `llms`; Table 6 has the first one's mean score."
    )
    consistency_size: int = Field(
        default=100,
        ge=0,
        description="Number of answers about which each judge is asked twice more: under `paraphrase`, and with "
        "reference and candidate in the other order; 0: none.",
    )
    paraphrase: FilePath = Field(
        default="config/prompts/judge_answer_paraphrased.txt",
        description="The system prompt in other words, for asking again; not the paper's.",
    )
