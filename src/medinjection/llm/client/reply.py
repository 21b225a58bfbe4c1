"""What a language model answered, as the journal keeps it."""

from dataclasses import dataclass

from medinjection.llm.journal.journal import Entry
from medinjection.llm.language_model import LanguageModel


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider returned: its id of the request, the text, why the text ended, and the tokens it counted.

    Attributes:
        reasoning: what the model reasoned, where the provider gives that apart from the text.
    """

    provider_request_id: str | None
    text: str
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    reasoning: str | None = None

    def entry(self, key: str, llm: LanguageModel) -> Entry:
        """Return what the journal keeps of it, with what it cost."""
        return Entry(
            key=key,
            model=llm.name,
            provider_request_id=self.provider_request_id,
            text=self.text,
            finish_reason=self.finish_reason,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cost=llm.cost(self.prompt_tokens, self.completion_tokens),
            reasoning=self.reasoning,
        )
