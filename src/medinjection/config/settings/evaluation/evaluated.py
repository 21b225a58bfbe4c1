"""Models that are evaluated as they are: neither trained by the run nor made from its mixes."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, FilePath, Name, Section
from medinjection.prediction.thinking.forms import ThinkingForm

# What `template` says of a model that continues plain text.
COMPLETION = "completion"
# Keys of the configuration that hold for every model which does not say otherwise.
SHARED = ("template", "thinking", "reasoning_tokens")


class EvaluatedModel(Section):
    """A model that is evaluated as it is; a plain name stands for a section with nothing but `model`."""

    model: str = Field(
        min_length=1,
        description="A Hub id (`org/name@revision`), a folder of a model or of an adapter, an endpoint "
        "(`http://HOST:PORT/v1#MODEL`), a litellm name (`openai/gpt-4o`), or one under `llms`.",
    )
    name: Name | None = Field(
        default=None,
        description="What files and tables call it; null: the last part of `model`, and behind it `thinking` or the "
        "name of the template, where they are set.",
    )
    base: FilePath | None = Field(
        default=None,
        description="Base model of an adapter: a Hub id or a folder; null: the one that its adapter_config.json names.",
    )
    template: FilePath | None = Field(
        default=None,
        description="Chat template that takes the place of the model's own: a Jinja file, or `completion` for plain "
        "text that the model continues, as base models need it; null: its own, and a model without one is refused.",
    )
    thinking: bool | ThinkingForm = Field(
        default=False,
        description="Let the model reason before it answers; true finds the form of its reasoning in its vocabulary, "
        "`tags` (`<think>`), `channels` (gpt-oss) and `headings` (HuatuoGPT-o1) name it.",
    )
    reasoning_tokens: Count = Field(
        default=2048, description="Maximum number of tokens of the reasoning before an answer, with `thinking`."
    )

    @model_validator(mode="after")
    def _sound(self) -> "EvaluatedModel":
        if self.template == COMPLETION and self.thinking:
            raise ValueError("template completion with thinking: plain text has no place for reasoning")
        return self


def listed(given: Any, shared: Mapping[str, Any]) -> Any:
    """Return the models that a configuration or a command line names, one section each.

    Args:
        given: names with commas between them, a section, or a list of names and sections.
        shared: keys of a section, for those that do not have them.
    """
    if isinstance(given, str):
        given = [name.strip() for name in given.split(",")]
    if isinstance(given, Mapping):
        given = [given]
    if not isinstance(given, list):
        return given
    sections = [{"model": one} if isinstance(one, str) else one for one in given]
    return [{**shared, **one} if isinstance(one, Mapping) else one for one in sections]
