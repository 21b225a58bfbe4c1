"""How questions are put to models: the files of the prompts, and the flags that name them."""

from medinjection.config.settings.prompts import PromptSettings
from medinjection.plan.flags import flag


def prompt_files(prompts: PromptSettings) -> list[str]:
    """Return the files that decide how a question is put."""
    return [path for path in (prompts.choice, prompts.open, prompts.system) if path is not None]


def prompt_flags(prompts: PromptSettings) -> str:
    """Return the flags that name those files to the programs that train and ask."""
    return " ".join(filter(None, (flag(f"{kind}_prompt", path) for kind, path in prompts.model_dump().items())))
