"""How questions are put to the models of a run."""

from pydantic import Field

from medinjection.config.settings.common import Section


class PromptSettings(Section):
    """How questions are put to the models, in training and in evaluation: docs/training.md says what a file may hold.

    A released record that brings its own prompt is asked in that.
    """

    choice: str = Field(
        default="config/prompts/question_choice.txt", description="Template file of choice questions (Jinja2)."
    )
    open: str = Field(
        default="config/prompts/question_open.txt", description="Template file of open questions (Jinja2)."
    )
    english_choice: str = Field(
        default="config/prompts/question_choice_english.txt",
        description="Template file of the English originals of choice questions (`prediction.english_originals`).",
    )
    system: str | None = Field(default=None, description="File of the system prompt, plain text; null: none.")
