"""Questions put to an endpoint by the client, with waits so short that a test may have many."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Answer, Failure, Request
from medinjection.llm.client.retries import Patience
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.limits.account import Account
from support.waiting import PATIENCE_SECONDS

HASTE = Patience(tries=4, first_wait=0.01, longest_wait=0.05)
# The endpoint counts 10 prompt tokens and 5 answer tokens for each request: 0.6 each.
PRICES = {"input_cost_per_token": 0.01, "output_cost_per_token": 0.1}


def requests(count: int, start: int = 0) -> list[Request]:
    """Return the requests q<start> to q<start + count - 1>, whose subjects are their numbers."""
    return [Request(({"role": "user", "content": f"q{n}"},), n) for n in range(start, start + count)]


def teacher(endpoint: Any, **changes: Any) -> LanguageModel:
    """Return a model behind `endpoint`, four requests at a time."""
    return LanguageModel(
        **{"model": "openai/x", "api_base": endpoint.url, "timeout": PATIENCE_SECONDS, "concurrency": 4, **changes}
    )


def ask(
    endpoint: Any, path: Path, questions: Sequence[Request], account: Account | None = None, **changes: Any
) -> list[Answer | Failure]:
    """Ask with a journal at `path`; any text is an answer."""
    with Journal(path) as journal:
        client = Client(teacher(endpoint, attempts=2, **changes), journal, HASTE, account)
        return list(client.ask(questions, lambda text, subject: text))
