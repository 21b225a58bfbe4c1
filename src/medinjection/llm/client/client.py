"""Put many questions to a teacher: bounded concurrency, every answer journalled, nothing asked twice."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any

from pydantic import BaseModel

from medinjection.llm.batch.runner import collect_batches, keys_under_way
from medinjection.llm.client.conversation import Answer, Conversation, Failure, Request
from medinjection.llm.client.keys import key_maker, with_schema
from medinjection.llm.client.provider import Patience, Provider, Refused, Stopped
from medinjection.llm.client.status import Status
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.llm.language_model import Teacher
from medinjection.llm.limits.account import Account
from medinjection.progress import progress_bar
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)

# So many failures without one answer mean that something is wrong with all requests.
_FAILED_AT_FIRST = 20
# How many requests may be ahead of the oldest one under way, as a multiple of those in flight.
_WINDOW = 32
# How often a job that waits for money looks what other jobs have settled.
_LOOK_SECONDS = 1.0


class Asker:
    """One teacher with its journal and its limits: what every stage that asks a language model is given.

    Args:
        attempts: how often a question is put at most before it is a Failure.
        patience: how long a failing provider is waited for.
        account: the money and the rates that the jobs of a run share; None for no such limits.
        start_server: starts the teacher's own server and returns its address; called at the first request that the
            journal does not answer.
    """

    def __init__(
        self,
        teacher: Teacher,
        journal: Journal,
        attempts: int = 3,
        patience: Patience | None = None,
        account: Account | None = None,
        start_server: Callable[[], str] | None = None,
    ) -> None:
        self.teacher = teacher
        self.journal = journal
        self._attempts = attempts
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
        """Put every request to the teacher and yield what came of each, in the order of `requests`.

        Answers in the journal are not asked again; equal requests are asked once. Rate limits, time-outs, connection
        errors and server errors are waited out. An answer that ends at the token limit, is empty, is a refusal or fails
        the check is asked again with the reason, each attempt under its own key. Requests are taken as they are needed
        and outcomes given as they come, so that memory does not grow with their number (batches hold all of them).

        Args:
            check: takes an answer's text and the request's subject, returns the parsed answer or raises InvalidAnswer.
            description: what the progress bar says.
            total: number of requests, for the progress bar, where `requests` does not tell it.
            answer_schema: sent along to a teacher that is `structured`.
            attempts: how often a question is put at most, where not as often as this asker does.
            accept_cut: whether an answer that ends at the token limit is as good, as a score of one token is.

        Raises:
            InputError: the provider rejects the key, the model's name or every request, stays out of reach, or the
                budget does not allow another request. What was under way then is still awaited and journalled.
        """
        teacher = with_schema(self.teacher, answer_schema)
        total = len(requests) if isinstance(requests, Sequence) else total

        def converse(request: Request) -> Conversation:
            return Conversation(request, check, attempts or self._attempts, accept_cut)

        with progress_bar(total, description, unit="requests") as bar:
            status = Status(bar, teacher.model, self.journal)
            caller = _Caller(teacher, self.journal, self._patience, self._account, status, self._start_server)
            way = self._in_batches if teacher.mode == "batch" else self._one_by_one
            for outcome in way(caller, map(converse, requests)):
                status.count(outcome)
                yield outcome
        _logger.info("%s: %s", description, status.summary())

    def _one_by_one(self, caller: "_Caller", conversations: Iterator[Conversation]) -> Iterator[Answer | Failure]:
        with asyncio.Runner() as runner:
            line = _Line(caller, conversations)
            # A cluster sends it some seconds before it kills a job: enough to keep what is being answered.
            with suppress(ValueError, RuntimeError):  # not in the main thread
                for number in (signal.SIGTERM, signal.SIGINT):
                    told = f"stopped by {number.name}; all answers are kept: run again to go on from there"
                    runner.get_loop().add_signal_handler(number, line.end, InputError(told))
            try:
                while outcomes := runner.run(line.next_outcomes()):
                    yield from outcomes
            finally:
                runner.run(line.close())

    def _in_batches(self, caller: "_Caller", conversations: Iterator[Conversation]) -> Iterator[Answer | Failure]:
        held = list(conversations)
        while waiting := [conversation for conversation in held if conversation.outcome is None]:
            keys = {id(conversation): caller.key(conversation.messages) for conversation in waiting}
            wanted = {
                keys[id(conversation)]: conversation.messages
                for conversation in waiting
                if self.journal.get(keys[id(conversation)]) is None
            }
            refused = caller.collect(wanted) if wanted else {}
            for conversation in waiting:
                key = keys[id(conversation)]
                if key in refused:
                    conversation.refuse(refused[key])
                else:
                    conversation.hear(self.journal.get(key))
            invalid = [conversation.problem for conversation in waiting if conversation.outcome is None]
            if len(invalid) >= _FAILED_AT_FIRST and not any(isinstance(c.outcome, Answer) for c in held):
                raise InputError(f"{caller.teacher.model}: {len(invalid)} requests all failed; {invalid[0]}")
        yield from (conversation.outcome for conversation in held)


class _Line:
    """Conversations under way: taken from an iterator by workers, their outcomes given back in order."""

    def __init__(self, caller: "_Caller", conversations: Iterator[Conversation]) -> None:
        self._caller = caller
        self._conversations = conversations
        self._taken = self._given = self._answered = self._failed = 0
        self._outcomes: dict[int, Answer | Failure] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._room = asyncio.Semaphore(_WINDOW * caller.teacher.concurrency)
        self._error: Exception | None = None

    async def next_outcomes(self) -> list[Answer | Failure]:
        """Return the next outcomes, at least one; none where all are given. Raises what ended the work."""
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(self._caller.teacher.concurrency)]
        while not (self._error or self._given in self._outcomes or all(worker.done() for worker in self._workers)):
            self._news.clear()
            await self._news.wait()
        if self._error:
            await self._wait_for_workers()
            raise self._error
        outcomes = []
        while self._given in self._outcomes:
            outcomes.append(self._outcomes.pop(self._given))
            self._given += 1
            self._room.release()
        return outcomes

    def end(self, error: Exception) -> None:
        """Take up nothing more, wait for what a provider is answering, then raise `error` (the first one given)."""
        self._error = self._error or error
        self._caller.stop()
        self._news.set()

    async def close(self) -> None:
        """End, whatever is not finished; what a provider is answering is paid for and still awaited."""
        if not all(worker.done() for worker in self._workers):
            self.end(Stopped())
            await self._wait_for_workers()
        await self._caller.close()

    async def _wait_for_workers(self) -> None:
        for _ in self._workers:
            # Those that wait for room have nothing to wait for any more.
            self._room.release()
        await asyncio.gather(*self._workers)

    async def _work(self) -> None:
        try:
            while not self._error:
                await self._room.acquire()
                if (conversation := next(self._conversations, None)) is None:
                    break
                place = self._taken
                self._taken += 1
                self._outcomes[place] = await self._finish(conversation)
                self._news.set()
        except Stopped:
            pass
        except Exception as error:
            self.end(error)
        finally:
            # Others that wait for room see that nothing is left.
            self._room.release()
            self._news.set()

    async def _finish(self, conversation: Conversation) -> Answer | Failure:
        asked = False
        while conversation.outcome is None:
            if entry := self._caller.known(conversation.messages):
                conversation.hear(entry)
                continue
            asked = True
            try:
                conversation.hear(await self._caller.entry(conversation.messages))
            except Refused as refusal:
                conversation.refuse(str(refusal))
        if asked:
            self._watch(conversation.outcome)
        return conversation.outcome

    def _watch(self, outcome: Answer | Failure) -> None:
        """Stop where nothing but failures comes of what is sent: the rest would cost as much and give as little."""
        if isinstance(outcome, Answer):
            self._answered += 1
            return
        self._failed += 1
        if not self._answered and self._failed >= _FAILED_AT_FIRST:
            model = self._caller.teacher.model
            raise InputError(f"{model}: the first {self._failed} requests all failed; {outcome.reason}")


class _Caller:
    """One teacher during one stage: the journal first, then the provider, within the budget."""

    def __init__(
        self,
        teacher: Teacher,
        journal: Journal,
        patience: Patience,
        account: Account | None,
        status: Status,
        start_server: Callable[[], str] | None,
    ) -> None:
        self.teacher = teacher
        self._start_server = start_server
        self._provider = Provider(teacher, patience, account and account.pace(teacher))
        self._provider.repeated = status.repeated
        self._patience = patience
        self._purse = account and account.purse(teacher, journal)
        self._settled = asyncio.Event()
        self._status = status
        self._journal = journal
        self.key = key_maker(teacher)
        self._under_way: dict[str, asyncio.Task[Entry]] = {}
        self._stopped = False

    def known(self, messages: Sequence[dict[str, str]]) -> Entry | None:
        """Return the answer that the journal has to `messages`; None where it has none."""
        if entry := self._journal.get(self.key(messages)):
            self._status.reuse()
        return entry

    async def entry(self, messages: Sequence[dict[str, str]]) -> Entry:
        """Return the provider's answer to `messages`, also where another request has just asked the same."""
        key = self.key(messages)
        if self._stopped:
            raise Stopped
        if key not in self._under_way:
            task = asyncio.create_task(self._send(key, list(messages)))
            task.add_done_callback(lambda _: self._under_way.pop(key))
            self._under_way[key] = task
        return await self._under_way[key]

    def collect(self, wanted: Mapping[str, Sequence[dict[str, str]]]) -> dict[str, str]:
        """Have `wanted` (key -> messages) answered in batches; return the reasons of those that were refused."""
        refused: dict[str, str] = {}
        while wanted:
            reserved = self._affordable(wanted, keys_under_way(self._journal, wanted))
            part = {key: wanted[key] for key in reserved}
            try:
                told = partial(self._status.wait_for_batches, sent=len(part))
                batches = collect_batches(self.teacher, self._journal, part, self._patience, progress=told)
                refused |= asyncio.run(batches)
            except InputError as error:
                raise InputError(f"{error}. {self._kept()}") from None
            finally:
                self._settle_batches(reserved)
            for key in part:
                if key not in refused:
                    self._status.receive(self._journal.get(key))
            wanted = {key: messages for key, messages in wanted.items() if key not in part}
        return refused

    def stop(self) -> None:
        """Send nothing more; what waits is given up, what a provider is answering goes on."""
        self._stopped = True
        self._settled.set()
        self._provider.stop()

    async def close(self) -> None:
        """Close the provider's connections."""
        await self._provider.close()

    async def _send(self, key: str, messages: list[dict[str, str]]) -> Entry:
        reserved = await self._reserve(messages)
        cost: float | None = 0.0
        try:
            if self._start_server:
                self._provider.teacher = replace(self.teacher, api_base=self._start_server())
            reply = await self._provider.call(messages)
            entry = reply.entry(key, self.teacher)
            cost = entry.cost
            self._journal.append(entry)
            self._provider.correct_pace(messages, reply)
        except InputError as error:
            raise InputError(f"{error}. {self._kept()}") from None
        finally:
            if self._purse:
                self._purse.settle(reserved, cost or 0.0, reserved if cost is None else 0.0)
                self._settled.set()
        self._status.receive(entry)
        return entry

    async def _reserve(self, messages: Sequence[dict[str, str]]) -> float:
        """Reserve the most that a request can cost, and return it; wait for requests under way where they may do."""
        if not self._purse:
            return 0.0
        most = self._most(messages)
        while not (room := self._purse.reserve(most)):
            if room is False:
                raise InputError(f"{self._purse.refusal(most)}. {self._kept()}")
            self._settled.clear()
            with suppress(TimeoutError):  # other jobs settle without a word
                await asyncio.wait_for(self._settled.wait(), _LOOK_SECONDS)
            if self._stopped:
                raise Stopped
        return most

    def _settle_batches(self, reserved: Mapping[str, float]) -> None:
        """Settle what has ended; what a failed job leaves under way stays reserved."""
        if not self._purse:
            return
        under_way = keys_under_way(self._journal, reserved)
        for key, most in reserved.items():
            if entry := self._journal.get(key):
                self._purse.settle(most, entry.cost or 0.0, most if entry.cost is None else 0.0)
            elif key not in under_way:
                self._purse.settle(most, 0.0)

    def _affordable(
        self, wanted: Mapping[str, Sequence[dict[str, str]]], under_way: Collection[str]
    ) -> dict[str, float]:
        """Reserve money for requests under way and as many more as there is money for, and return it by key."""
        if not self._purse:
            return dict.fromkeys(wanted, 0.0)
        reserved = {}
        for key in sorted(wanted, key=lambda key: key not in under_way):
            most = self._most(wanted[key])
            while (room := self._purse.reserve(most, sent=key in under_way)) is None and not reserved:
                time.sleep(_LOOK_SECONDS)
            if not room:
                break
            reserved[key] = most
        if not reserved:
            raise InputError(f"{self._purse.refusal(most)}. {self._kept()}")
        return reserved

    def _most(self, messages: Sequence[dict[str, str]]) -> float:
        return self.teacher.cost(self._provider.prompt_tokens_at_most(messages), self.teacher.max_tokens)

    def _kept(self) -> str:
        return f"{len(self._journal)} answers are kept in {self._journal.path}: run again to go on from there"
