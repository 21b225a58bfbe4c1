"""How questions are put to models: the files of the prompts, and the flags that name them."""

from medinjection.config.settings.prompts import PromptSettings
from medinjection.plan.flags import flag

_ASKED = ("choice", "open", "system")


def prompt_files(prompts: PromptSettings) -> list[str]:
    """Return the files that decide how a question is put."""
    return [path for kind in _ASKED if (path := getattr(prompts, kind)) is not None]


def prompt_flags(prompts: PromptSettings) -> str:
    """Return the flags that name those files to the programs that train and ask."""
    return " ".join(filter(None, (flag(f"{kind}_prompt", getattr(prompts, kind)) for kind in _ASKED)))


def in_english(prompts: PromptSettings) -> PromptSettings:
    """Return the prompts with which the English originals of choice questions are put; the system prompt stays."""
    return prompts.model_copy(update={"choice": prompts.english_choice})
