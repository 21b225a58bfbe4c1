"""What a teacher is: a language model that translates, generates or judges, and how to ask it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from medinjection.records.errors import InputError

# Fixed by the client, or set by a flag of their own.
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


@dataclass(frozen=True, slots=True)
class Teacher:
    """A language model and how to ask it.

    Attributes:
        model: litellm's name, such as `openai/gpt-4o`.
        api_base: endpoint, None for the provider's own; for `scripted/...` models the knowledge base file.
        endpoint_name: what stands for the endpoint in the journal's keys where its address does not last: the program
            and the model of a server that the job starts for itself.
        mode: `requests` one by one, or `batch`: files given to the provider's batch interface.
        structured: whether the JSON schema of an answer is sent along.
        response_format: that schema, as it is sent; the stage that asks sets it.
        concurrency: requests in flight at once, in one process.
        requests_per_minute, tokens_per_minute: limits over all processes of a run; None for no limit.
        timeout: seconds until a request is given up and tried again.
        extra: further request parameters, sent as they are.
        input_cost_per_token: money per prompt token, None where unknown.
        output_cost_per_token: money per answer token, None where unknown.
        batch_price_factor: what a token costs in a batch, as a share of its price.

    Raises:
        InputError: `extra` holds a secret, or a parameter that has a setting of its own.
    """

    model: str
    api_base: str | None = None
    endpoint_name: str | None = None
    mode: Literal["requests", "batch"] = "requests"
    structured: bool = False
    response_format: dict[str, Any] | None = None
    temperature: float = 0.0
    max_tokens: int = 4096
    concurrency: int = 16
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout: float = 120.0
    extra: dict[str, Any] = field(default_factory=dict)
    input_cost_per_token: float | None = None
    output_cost_per_token: float | None = None
    batch_price_factor: float = 0.5

    def __post_init__(self) -> None:
        if reserved := sorted(_RESERVED & set(self.extra)):
            raise InputError(f"{self.model}: extra holds {reserved[0]!r}, which has a setting of its own or is fixed")
        if secret := secret_name(self.extra):
            raise InputError(f"{self.model}: extra holds {secret!r}; keys are read from the environment only")

    @property
    def parameters(self) -> dict[str, Any]:
        """What is sent beside the messages."""
        form = {"response_format": self.response_format} if self.response_format else {}
        return {"temperature": self.temperature, "max_tokens": self.max_tokens, **form, **self.extra}

    @property
    def has_prices(self) -> bool:
        """Whether the price of an answer can be told."""
        return self.input_cost_per_token is not None and self.output_cost_per_token is not None

    def cost(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """Return what an answer of so many tokens costs, None where a price or a count is unknown."""
        if not self.has_prices or prompt_tokens is None or completion_tokens is None:
            return None
        cost = self.input_cost_per_token * prompt_tokens + self.output_cost_per_token * completion_tokens
        return cost * (self.batch_price_factor if self.mode == "batch" else 1)


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
