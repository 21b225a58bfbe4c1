"""One question to a language model and what came of it: put again, with the reason, while its answer cannot be used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from medinjection.llm.journal.journal import Entry
from medinjection.records.text import is_blank

_NOT_WHOLE = {
    "length": "the answer was cut off at the token limit",
    "content_filter": "the answer was withheld by the provider's content filter",
    "refusal": "the model refuses to answer",
}
# What to do where reasoning takes all tokens of an answer.
NO_TOKEN_LEFT = (
    "A model that reasons before it answers has no token left for a letter. Switch that off "
    "(`extra: {extra_body: {chat_template_kwargs: {enable_thinking: false}}}`)"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One question: its chat messages, and what the check of its answer needs to know (a record, a document)."""

    messages: tuple[dict[str, str], ...]
    subject: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that passed its check: the raw text, what the check made of it, and the key of its journal entry."""

    text: str
    parsed: Any
    journal_key: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A request without a usable answer: why, and the last raw text (empty where there was none)."""

    reason: str
    text: str


class InvalidAnswer(ValueError):
    """An answer that is not what was asked for; the message is shown to the model when it is asked again."""


class Conversation:
    """A request with the answers heard so far.

    Attributes:
        messages: what is to be sent next.
        outcome: what came of it; None while it is to be asked (again).
        problem: what is wrong with the last answer; None before the first.
    """

    def __init__(
        self, request: Request, check: Callable[[str, Any], Any], attempts: int, accept_cut: bool = False
    ) -> None:
        self.messages = list(request.messages)
        self.outcome: Answer | Failure | None = None
        self.problem: str | None = None
        self._subject = request.subject
        self._check = check
        self._left = attempts
        self._accept_cut = accept_cut
        self._text = ""

    def hear(self, entry: Entry) -> None:
        """Take an answer to `messages`: it becomes the outcome, or the question is put again with the reason."""
        self._left -= 1
        self._text = entry.text
        try:
            self._require_whole(entry)
            self.outcome = Answer(entry.text, self._check(entry.text, self._subject), entry.key)
        except InvalidAnswer as invalid:
            self.problem = str(invalid)
            if not self._left:
                self.outcome = Failure(self.problem, entry.text)
                return
            correction = f"This answer cannot be used: {self.problem}. Answer the request again, in full."
            self.messages.append({"role": "assistant", "content": entry.text.strip() or "(no text)"})
            self.messages.append({"role": "user", "content": correction})

    def refuse(self, reason: str) -> None:
        """Take the provider's refusal to answer `messages` at all."""
        self.outcome = Failure(reason, self._text)

    def _require_whole(self, entry: Entry) -> None:
        reason = _NOT_WHOLE.get(entry.finish_reason or "")
        if reason and not (self._accept_cut and entry.finish_reason == "length"):
            raise InvalidAnswer(reason)
        if is_blank(entry.text):
            at_limit = f". {NO_TOKEN_LEFT}" if entry.finish_reason == "length" else ""
            raise InvalidAnswer(f"the answer is empty (finish reason: {entry.finish_reason}){at_limit}")
