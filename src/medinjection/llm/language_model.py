"""What a language model is and how it is asked: one description for configuration, scripts and client."""

import datetime
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from medinjection.llm.local_server.served_model import ServedModel
from medinjection.records.errors import InputError

# Fixed by the client, or described by a field of their own.
_RESERVED = frozenset(
    {
        "api_base",
        "max_retries",
        "max_tokens",
        "messages",
        "model",
        "n",
        "num_retries",
        "response_format",
        "stream",
        "temperature",
        "timeout",
    }
)
_SECRETS = ("key", "token", "secret", "password", "credentials", "authorization")
_NO_SECRETS = frozenset({"prompt_cache_key"})

# Fields that decide how fast and at what price answers come, but not what they say.
LIMITS = frozenset(
    {
        "mode",
        "batch_price_factor",
        "concurrency",
        "requests_per_minute",
        "tokens_per_minute",
        "timeout",
        "input_cost_per_token",
        "output_cost_per_token",
    }
)

# Fields that a run is planned with, and no request depends on.
FORECASTS = frozenset({"reasoning_tokens", "switch_off"})


class SwitchOff(BaseModel):
    """The end of a model that its provider has announced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: datetime.date = Field(description="First day on which the model no longer answers.")
    successor: str = Field(description="litellm name of the model that the provider recommends in its place.")


class LanguageModel(BaseModel):
    """One LLM, named by litellm. Keys come from the environment, never from here."""

    # What was found may be a secret, so pydantic must not repeat it.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    model: str | None = Field(
        default=None, description="litellm model name, such as openai/gpt-4o; `serve` names its own."
    )
    api_base: str | None = Field(
        default=None,
        description="Endpoint, where it is not the provider's own; the knowledge base file of the scripted teacher.",
    )
    provider: str | None = Field(
        default=None,
        pattern=r"^\w+(\.\w+)*:\w+$",
        description="Import path `package.module:Class` of what answers for this model: a litellm CustomLLM, or a "
        "script such as the demonstration's teacher; null: a provider that litellm knows.",
    )
    serve: ServedModel | None = Field(
        default=None,
        description="Start a server for it inside each job that asks it, instead of `model` and `api_base`.",
    )
    mode: Literal["requests", "batch"] = Field(
        default="requests",
        description="`requests`: one by one, answered at once. `batch`: files given to the provider's batch interface, "
        "answered within a day, at a lower price.",
    )
    batch_price_factor: float = Field(
        default=0.5, ge=0, le=1, description="Price of a token in a batch, as a share of its price."
    )
    temperature: float | None = Field(
        default=0.0,
        ge=0,
        description="Sampling temperature; null: none is sent, for models that refuse one, such as GPT-5.",
    )
    max_tokens: int | None = Field(
        default=4096,
        ge=1,
        description="Maximum number of tokens of one answer, reasoning included; null: none is sent, and a budget or a "
        "limit of tokens per minute is not possible.",
    )
    reasoning_tokens: int = Field(
        default=0,
        ge=0,
        description="Tokens of an answer that a model which reasons first spends on that, for cost estimates.",
    )
    switch_off: SwitchOff | None = Field(
        default=None, description="When its provider switches it off, said by every run that would ask it."
    )
    structured: bool = Field(
        default=False,
        description="Send the JSON schema of the answer along (response_format), where the endpoint understands it.",
    )
    concurrency: int = Field(default=16, ge=1, description="Requests in flight at once, in each job.")
    requests_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="Maximum requests per minute, over all jobs of the run together; null: no limit.",
    )
    tokens_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="Maximum tokens per minute, prompts and answers, over all jobs of the run together.",
    )
    timeout: float = Field(default=120.0, gt=0, description="Seconds until a request is given up and tried again.")
    attempts: int = Field(
        default=3, ge=1, description="How often a question is put in all, while its answer fails its check."
    )
    input_cost_per_token: float | None = Field(default=None, ge=0, description="Money per prompt token; null: unknown.")
    output_cost_per_token: float | None = Field(default=None, ge=0, description="Money per answer token.")
    extra: dict[str, Any] = Field(default_factory=dict, description="Further request parameters, sent as they are.")

    @field_validator("extra")
    @classmethod
    def _is_free(cls, extra: dict[str, Any]) -> dict[str, Any]:
        if secret := secret_name(extra):
            raise ValueError(f"holds {secret!r}; keys are read from the environment only")
        if reserved := sorted(_RESERVED & set(extra)):
            raise ValueError(f"holds {reserved[0]!r}, which has a key of its own or is fixed")
        return extra

    @model_validator(mode="after")
    def _one_endpoint(self) -> "LanguageModel":
        if (self.serve is None) == (self.model is None):
            raise ValueError("expected exactly one of model and serve")
        if self.serve and self.api_base:
            raise ValueError("both serve and api_base: name the server that exists, or the one to start")
        if self.serve and self.provider:
            raise ValueError("both serve and provider: expected one of them, for both would answer")
        if self.mode == "batch" and self.provider:
            raise ValueError("mode batch with provider: a provider of one's own has no batch interface")
        if self.serve and self.mode == "batch":
            raise ValueError("mode batch with serve: a server of one's own has no batch interface")
        if self.tokens_per_minute is not None and self.max_tokens is None:
            raise ValueError("tokens_per_minute without max_tokens: what an answer may take could not be told")
        return self

    @property
    def name(self) -> str:
        """What litellm, journals and records call the model."""
        if self.serve:
            return self.serve.litellm_model
        return str(self.model)

    @property
    def has_prices(self) -> bool:
        """Whether the price of an answer can be told."""
        return self.input_cost_per_token is not None and self.output_cost_per_token is not None

    def parameters(self, answer: type[BaseModel] | None = None) -> dict[str, Any]:
        """Return what is sent beside the messages, without what is null.

        A `structured` model is sent the JSON schema of `answer` along.
        """
        schema: dict[str, Any] = {}
        if answer is not None and self.structured:
            described = {"name": answer.__name__, "schema": answer.model_json_schema()}
            schema = {"response_format": {"type": "json_schema", "json_schema": described}}
        sent = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        return {name: value for name, value in sent.items() if value is not None} | schema | self.extra

    def cost(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """Return what an answer of so many tokens costs, None where a price or a count is unknown."""
        if self.input_cost_per_token is None or self.output_cost_per_token is None:
            return None
        if prompt_tokens is None or completion_tokens is None:
            return None
        cost = self.input_cost_per_token * prompt_tokens + self.output_cost_per_token * completion_tokens
        return cost * (self.batch_price_factor if self.mode == "batch" else 1)

    def with_max_tokens(self, limit: int | None) -> "LanguageModel":
        """Return the model with another maximum of tokens per answer."""
        return self.model_copy(update={"max_tokens": limit})

    def at(self, address: str) -> "LanguageModel":
        """Return the model behind the server that was started for it; what it is called does not change."""
        return self.model_copy(update={"api_base": address})


def language_model(values: Mapping[str, Any], origin: str) -> LanguageModel:
    """Return the model that `values` describe.

    Args:
        origin: where they came from, for messages, such as a flag.

    Raises:
        InputError: they describe none; the message names the key, never a value.
    """
    try:
        return LanguageModel.model_validate(dict(values))
    except ValidationError as error:
        raise InputError("; ".join(f"{origin}{_fault(one)}" for one in error.errors())) from None


def _fault(fault: Any) -> str:
    place = "".join(f".{part}" for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message}"


def secret_name(value: Any) -> str | None:
    """Return the first key anywhere in `value` that names a secret."""
    if isinstance(value, dict):
        for name, inner in value.items():
            plain = str(name).lower().replace("-", "_")
            if plain.endswith(_SECRETS) and plain not in _NO_SECRETS:
                return str(name)
            if found := secret_name(inner):
                return found
    if isinstance(value, list):
        return next((found for inner in value if (found := secret_name(inner))), None)
    return None
