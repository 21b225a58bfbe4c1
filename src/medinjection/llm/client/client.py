"""Put many questions to a language model: bounded concurrency, every answer journalled, nothing asked twice."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from pydantic import BaseModel

from medinjection.llm.client.conversation import Answer, Conversation, Failure, Request
from medinjection.llm.client.request_queue import FAILED_AT_FIRST, RequestQueue
from medinjection.llm.client.retries import Patience
from medinjection.llm.client.session import Session
from medinjection.llm.client.status import Status
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.limits.account import Account
from medinjection.progress import progress_bar
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)


class Client:
    """One language model with its journal and its limits: what every stage that asks one is given.

    Args:
        patience: how long a failing provider is waited for.
        account: the money and the rates that the jobs of a run share; None for no such limits.
        start_server: starts the model's own server and returns its address; called at the first request that the
            journal does not answer.
    """

    def __init__(
        self,
        llm: LanguageModel,
        journal: Journal,
        patience: Patience | None = None,
        account: Account | None = None,
        start_server: Callable[[], str] | None = None,
    ) -> None:
        self.llm = llm
        self.journal = journal
        self._patience = patience or Patience()
        self._account = account
        self._start_server = start_server and cache(start_server)

    def ask(
        self,
        requests: Iterable[Request],
        check: Callable[[str, Any], Any],
        description: str = "asking",
        total: int | None = None,
        answer_schema: type[BaseModel] | None = None,
        attempts: int | None = None,
        accept_cut: bool = False,
    ) -> Iterator[Answer | Failure]:
        """Put every request to the model and yield what came of each, in the order of `requests`.

        Answers in the journal are not asked again; equal requests are asked once. Rate limits, time-outs, connection
        errors and server errors are waited out. An answer that ends at the token limit, is empty, is a refusal or fails
        the check is asked again with the reason, each attempt under its own key. Requests are taken as they are needed
        and outcomes given as they come, so that memory does not grow with their number (batches hold all of them).

        Args:
            check: takes an answer's text and the request's subject, returns the parsed answer or raises InvalidAnswer.
            description: what the progress bar says.
            total: number of requests, for the progress bar, where `requests` does not tell it.
            answer_schema: sent along to a model that is `structured`.
            attempts: maximum number of times that a question is put, where not the model's own `attempts`.
            accept_cut: whether an answer that ends at the token limit is as good, as a score of one token is.

        Raises:
            InputError: the provider rejects the key, the model's name or every request, stays out of reach, or the
                budget does not allow another request. What was under way then is still awaited and journalled.
        """
        total = len(requests) if isinstance(requests, Sequence) else total

        def converse(request: Request) -> Conversation:
            return Conversation(request, check, attempts or self.llm.attempts, accept_cut)

        with progress_bar(total, description, unit="requests") as bar:
            status = Status(bar, self.llm.name)
            session = Session(
                self.llm, self.journal, self._patience, self._account, status, self._start_server, answer_schema
            )
            way = self._in_batches if self.llm.mode == "batch" else self._one_by_one
            for outcome in way(session, map(converse, requests)):
                status.count(outcome)
                yield outcome
        _logger.info("%s: %s", description, status.summary())

    def with_max_tokens(self, limit: int) -> "Client":
        """Return a client that asks the same model for answers of another maximum of tokens."""
        return Client(self.llm.with_max_tokens(limit), self.journal, self._patience, self._account, self._start_server)

    def _one_by_one(self, session: Session, conversations: Iterator[Conversation]) -> Iterator[Answer | Failure]:
        with asyncio.Runner() as runner:
            queue = RequestQueue(session, conversations)
            # A cluster sends it some seconds before it kills a job: enough to keep what is being answered.
            with suppress(ValueError, RuntimeError):  # not in the main thread
                for number in (signal.SIGTERM, signal.SIGINT):
                    told = f"stopped by {number.name}; all answers are kept: run again to go on from there"
                    runner.get_loop().add_signal_handler(number, queue.end, InputError(told))
            try:
                while outcomes := runner.run(queue.next_outcomes()):
                    yield from outcomes
            finally:
                runner.run(queue.close())

    def _in_batches(self, session: Session, conversations: Iterator[Conversation]) -> Iterator[Answer | Failure]:
        held = list(conversations)
        while waiting := [conversation for conversation in held if conversation.outcome is None]:
            keys = {id(conversation): session.key(conversation.messages) for conversation in waiting}
            wanted = {
                keys[id(conversation)]: conversation.messages
                for conversation in waiting
                if self.journal.get(keys[id(conversation)]) is None
            }
            refused = session.collect(wanted) if wanted else {}
            for conversation in waiting:
                key = keys[id(conversation)]
                if key in refused:
                    conversation.refuse(refused[key])
                else:
                    conversation.hear(session.answered(key))
            asked = [conversation for conversation in waiting if keys[id(conversation)] in wanted]
            problems = [
                _problem(conversation) for conversation in asked if not isinstance(conversation.outcome, Answer)
            ]
            if len(problems) >= FAILED_AT_FIRST and not any(isinstance(c.outcome, Answer) for c in held):
                raise InputError(f"{session.llm.name}: {len(problems)} requests all failed; {problems[0]}")
        yield from (conversation.outcome for conversation in held if conversation.outcome)


def _problem(conversation: Conversation) -> str | None:
    """Return why a request has no answer, for the last time or so far."""
    return conversation.outcome.reason if isinstance(conversation.outcome, Failure) else conversation.problem
