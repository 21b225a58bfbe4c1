"""Translation and conversion by a teacher."""

from pydantic import Field

from medinjection.config.settings.common import FilePath, Section


class TranslationSettings(Section):
    """Translation of the English sources (paper section 3.3)."""

    prompt: FilePath = Field(default="config/prompts/translate.txt", description="System prompt file.")
    check_language: bool = Field(default=True, description="Reject translations that are not recognised as French.")


class ConversionSettings(Section):
    """Conversion of closed questions to multiple choice (paper section 3.2, FrBMedQA)."""

    prompt: FilePath = Field(default="config/prompts/convert_choice.txt", description="System prompt file.")
    keep_context: bool = Field(
        default=True,
        description="Keep the passage as the context of the question; without it the question must stand alone.",
    )
