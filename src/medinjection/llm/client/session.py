"""One language model during one stage: the journal is asked first, then the provider, within the budget."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial

from pydantic import BaseModel

from medinjection.llm.batch.runner import collect_batches, keys_under_way
from medinjection.llm.client.failures import Stopped
from medinjection.llm.client.keys import key_maker
from medinjection.llm.client.provider import Provider
from medinjection.llm.client.retries import Patience
from medinjection.llm.client.status import Status
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.limits.account import Account
from medinjection.records.errors import InputError

# How often a job that waits for money looks what other jobs have settled.
_LOOK_SECONDS = 1.0


class Session:
    """One language model during one stage: the journal first, then the provider, within the budget."""

    def __init__(
        self,
        llm: LanguageModel,
        journal: Journal,
        patience: Patience,
        account: Account | None,
        status: Status,
        start_server: Callable[[], str] | None,
        answer_schema: type[BaseModel] | None,
    ) -> None:
        self.llm = llm
        self._start_server = start_server
        limiter = account.rate_limiter(llm) if account else None
        self._provider = Provider(llm, patience, limiter, answer_schema, status.repeated)
        self._patience = patience
        self._answer_schema = answer_schema
        self._budget = account.budget_of(llm, journal) if account else None
        self._settled = asyncio.Event()
        self._status = status
        self._journal = journal
        self.key = key_maker(llm, answer_schema)
        self._under_way: dict[str, asyncio.Task[Entry]] = {}
        self._stopped = False

    def known(self, messages: Sequence[dict[str, str]]) -> Entry | None:
        """Return the answer that the journal has to `messages`; None where it has none."""
        if entry := self._journal.get(self.key(messages)):
            self._status.reuse()
        return entry

    def answered(self, key: str) -> Entry:
        """Return the answer that the journal has under `key`, where it surely has one."""
        entry = self._journal.get(key)
        if entry is None:
            raise InputError(f"{self._journal.path}: the answer {key} is gone: the journal was changed meanwhile")
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
                batches = collect_batches(
                    self.llm, self._journal, part, self._patience, answer_schema=self._answer_schema, progress=told
                )
                refused |= asyncio.run(batches)
            except InputError as error:
                raise InputError(f"{error}. {self._kept()}") from None
            finally:
                self._settle_batches(reserved)
            for key in part:
                if key not in refused:
                    self._status.receive(self.answered(key))
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
                self._provider.llm = self.llm.at(self._start_server())
            reply = await self._provider.call(messages)
            entry = reply.entry(key, self.llm)
            cost = entry.cost
            self._journal.append(entry)
            self._provider.correct_rate(messages, reply)
        except InputError as error:
            raise InputError(f"{str(error).removesuffix('.')}. {self._kept()}") from None
        finally:
            if self._budget:
                self._budget.settle(reserved, cost or 0.0, reserved if cost is None else 0.0)
                self._settled.set()
        self._status.receive(entry)
        return entry

    async def _reserve(self, messages: Sequence[dict[str, str]]) -> float:
        """Reserve the maximum that a request can cost, and return it; wait for requests under way where they may do."""
        if not self._budget:
            return 0.0
        maximum = self._maximum_cost(messages)
        while not (room := self._budget.reserve(maximum)):
            if room is False:
                raise InputError(f"{self._budget.refusal(maximum)}. {self._kept()}")
            self._settled.clear()
            with suppress(TimeoutError):  # other jobs settle without a word
                await asyncio.wait_for(self._settled.wait(), _LOOK_SECONDS)
            if self._stopped:
                raise Stopped
        return maximum

    def _settle_batches(self, reserved: Mapping[str, float]) -> None:
        """Settle what has ended; what a failed job leaves under way stays reserved."""
        if not self._budget:
            return
        under_way = keys_under_way(self._journal, reserved)
        for key, maximum in reserved.items():
            if entry := self._journal.get(key):
                self._budget.settle(maximum, entry.cost or 0.0, maximum if entry.cost is None else 0.0)
            elif key not in under_way:
                self._budget.settle(maximum, 0.0)

    def _affordable(
        self, wanted: Mapping[str, Sequence[dict[str, str]]], under_way: Collection[str]
    ) -> dict[str, float]:
        """Reserve money for requests under way and as many more as there is money for, and return it by key."""
        if not self._budget:
            return dict.fromkeys(wanted, 0.0)
        reserved: dict[str, float] = {}
        for key in sorted(wanted, key=lambda key: key not in under_way):
            maximum = self._maximum_cost(wanted[key])
            while (room := self._budget.reserve(maximum, sent=key in under_way)) is None and not reserved:
                time.sleep(_LOOK_SECONDS)
            if not room:
                break
            reserved[key] = maximum
        if not reserved:
            raise InputError(f"{self._budget.refusal(maximum)}. {self._kept()}")
        return reserved

    def _maximum_cost(self, messages: Sequence[dict[str, str]]) -> float:
        # Where there is a budget there are prices, and a maximum of tokens.
        return self.llm.cost(self._provider.max_prompt_tokens(messages), self.llm.max_tokens) or 0.0

    def _kept(self) -> str:
        return f"{len(self._journal)} answers are kept in {self._journal.path}: run again to go on from there"
