"""The language models that are asked."""

from typing import Any, Literal

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, Section, Share
from medinjection.llm.language_model import secret_name


class ServeSettings(Section):
    """A server that a job starts for itself, for an open model, and stops when it ends."""

    program: Literal["vllm", "transformers"] = Field(
        description="`vllm` (in an environment of its own, on a GPU) or `transformers` (transformers serve, anywhere)."
    )
    executable: str | None = Field(
        default=None, description="Path of the program; `vllm` on the PATH, or transformers of this environment."
    )
    model: str = Field(description="Folder of the model, or its Hugging Face id.")
    revision: str | None = Field(default=None, description="Commit of the Hugging Face id; required with one.")
    arguments: list[str] = Field(default=[], description="Further command-line arguments of the program.")
    start_timeout: float = Field(default=1800.0, gt=0, description="Seconds within which it must be ready.")


class TeacherSettings(Section):
    """One LLM, named by litellm. Keys come from the environment, never from here."""

    model: str | None = Field(
        default=None, description="litellm model name, such as openai/gpt-4o; `serve` names its own."
    )
    api_base: str | None = Field(default=None, description="Endpoint; the knowledge base file of a scripted teacher.")
    serve: ServeSettings | None = Field(
        default=None,
        description="Start a server for it inside each job that asks it, instead of `model` and `api_base`.",
    )
    mode: Literal["requests", "batch"] = Field(
        default="requests",
        description="`requests`: one by one, answered at once. `batch`: files given to the provider's batch interface, "
        "answered within a day, at a lower price.",
    )
    batch_price_factor: Share = Field(default=0.5, description="Price of a token in a batch, as a share of its price.")
    temperature: float = Field(default=0.0, ge=0, description="Sampling temperature.")
    max_tokens: Count = Field(default=4096, description="Most tokens of one answer.")
    structured: bool = Field(
        default=False,
        description="Send the JSON schema of the answer along (response_format), where the endpoint understands it.",
    )
    concurrency: Count = Field(default=16, description="Requests in flight at once, in each job.")
    requests_per_minute: Count | None = Field(
        default=None, description="Most requests a minute, over all jobs of the run together; null: no limit."
    )
    tokens_per_minute: Count | None = Field(
        default=None, description="Most tokens a minute, prompts and answers, over all jobs of the run together."
    )
    timeout: float = Field(default=120.0, gt=0, description="Seconds until a request is given up and tried again.")
    attempts: Count = Field(default=3, description="How often an answer that fails its check is asked again.")
    input_cost_per_token: float | None = Field(default=None, ge=0, description="Money per prompt token; null: unknown.")
    output_cost_per_token: float | None = Field(default=None, ge=0, description="Money per answer token.")
    extra: dict[str, Any] = Field(default_factory=dict, description="Further request parameters, sent as they are.")

    @model_validator(mode="after")
    def _one_endpoint(self) -> "TeacherSettings":
        if (self.serve is None) == (self.model is None):
            raise ValueError("expected exactly one of model and serve")
        if self.serve and self.api_base:
            raise ValueError("both serve and api_base: name the server that exists, or the one to start")
        if secret := secret_name(self.extra):
            raise ValueError(f"extra holds {secret!r}; keys are read from the environment only")
        if self.mode == "batch" and (self.model or "").startswith("scripted/"):
            raise ValueError("mode batch: a scripted teacher has no batch interface")
        if self.serve and self.mode == "batch":
            raise ValueError("mode batch with serve: a server of one's own has no batch interface")
        return self
