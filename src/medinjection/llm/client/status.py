"""What a stage that asks a language model shows while it works, and says at its end."""

from collections import Counter
from typing import Any

from medinjection.llm.client.conversation import Answer, Failure
from medinjection.llm.journal.journal import Entry


class Status:
    """Counts what is sent, reused, repeated, failed and spent, and shows it beside a progress bar.

    Attributes:
        repeated: tries that were repeated, by kind of error.
    """

    def __init__(self, bar: Any, model: str) -> None:
        self.repeated: Counter[str] = Counter()
        self.sent = 0
        self._bar = bar
        self._model = model
        self._done = self._failed = self._reused = 0
        self._prompt_tokens = self._completion_tokens = 0
        self._spent = 0.0
        self._unpriced = 0

    def receive(self, entry: Entry) -> None:
        """Count an answer that the provider gave."""
        self.sent += 1
        self._prompt_tokens += entry.prompt_tokens or 0
        self._completion_tokens += entry.completion_tokens or 0
        if entry.cost is None:
            self._unpriced += 1
        else:
            self._spent += entry.cost

    def reuse(self) -> None:
        """Count an answer that was in the journal."""
        self._reused += 1

    def count(self, outcome: Answer | Failure) -> None:
        """Count what came of a request and move the bar."""
        self._done += 1
        self._failed += isinstance(outcome, Failure)
        self._bar.set_postfix_str(self._line(), refresh=False)
        self._bar.update()

    def wait_for_batches(self, ended: int, sent: int) -> None:
        """Show how many requests of those in batches have ended, by the provider's count."""
        self._bar.set_postfix_str(f"{ended} of {sent} requests in batches have ended")

    def summary(self) -> str:
        """Say in one line what was sent, reused, repeated and spent."""
        return (
            f"{self._done} requests, {self._failed} failed; {self.sent} answers from {self._model}, "
            f"{self._reused} from the journal, errors waited out: {self._errors() or 'none'}, tokens: "
            f"{self._prompt_tokens} in prompts, {self._completion_tokens} in answers, spent: {self._money()}"
        )

    def _line(self) -> str:
        parts = [f"{self._failed} failed"] if self._failed else []
        parts += [errors] if (errors := self._errors()) else []
        if self.sent > self._unpriced:
            parts.append(f"{self._money()} spent")
            if self._bar.total and self._done:
                # Answers that are in the journal already are taken to be as frequent among those to come.
                parts.append(f"{self._spent * self._bar.total / self._done:.4f} projected")
        return ", ".join(parts)

    def _errors(self) -> str:
        return ", ".join(f"{count} x {kind}" for kind, count in sorted(self.repeated.items()))

    def _money(self) -> str:
        if not self.sent:
            return f"{0:.4f}"
        if self._unpriced == self.sent:
            return "unknown"
        return f"{self._spent:.4f}" + (f" and {self._unpriced} answers of unknown price" if self._unpriced else "")
