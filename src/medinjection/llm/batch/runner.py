"""Batches: many requests given to a provider's batch interface in files, answered within a day at a lower price.

What is sent is written to the log of batches before it is created and before it is awaited, and every answer goes to
the journal: a job that is killed at any moment goes on with the batches that exist, and asks only what has no answer.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Container, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Any

from pydantic import BaseModel

from medinjection.llm.batch.interface import BatchInterface
from medinjection.llm.batch.log import BatchLog, Sent
from medinjection.llm.client.failures import Refused
from medinjection.llm.client.messages import first_line
from medinjection.llm.client.retries import Patience
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)

_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
# Codes of failed batches, in small letters without underscores: those that pass by themselves, and the one that says
# that more tokens are queued than the account may queue.
_PASSING = frozenset({"servererror", "internalerror", "internalservererror", "ratelimitexceeded", "serviceunavailable"})
_QUEUE_FULL = "tokenlimitexceeded"
# So many refusals without one answer mean that something is wrong with all requests.
_REFUSED_AT_FIRST = 20
_FIRST_POLL = 1.0
_LONGER_POLL = 1.5
# Longest wait for a full queue, in looks.
_LONGEST_QUEUE_POLL = 20.0
# A file that finds the queue full is followed by smaller ones, down to this share of the limit; one that does not, by
# larger ones.
_SMALLER, _LARGER = 4, 2
_SMALLEST_SHARE = 500


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Most requests and bytes of one file, and how long (seconds) a full queue of the provider is waited for.

    The defaults are OpenAI's (https://developers.openai.com/api/reference/resources/batches/methods/create) and the day
    within which every batch that fills a queue has ended.
    """

    lines: int = 50_000
    bytes: int = 200_000_000
    queue_seconds: float = 86_400.0


async def collect_batches(
    llm: LanguageModel,
    journal: Journal,
    wanted: Mapping[str, Sequence[dict[str, str]]],
    patience: Patience,
    poll_seconds: float = 30.0,
    progress: Callable[[int], None] | None = None,
    limits: BatchLimits = BatchLimits(),
    answer_schema: type[BaseModel] | None = None,
) -> dict[str, str]:
    """Have the model's provider answer every request in batches, and journal the answers.

    Batches of an earlier run that hold some of the requests are awaited first. What a batch leaves unanswered (it
    expired, was cancelled or failed, or the provider failed) is sent again, until `patience.tries` rounds in a row
    bring no answer. A queue that the provider calls full is waited for, with smaller files, one at a time.

    Args:
        wanted: key of the journal -> messages; those that are in the journal are not asked.
        poll_seconds: longest wait between two looks at a batch.
        progress: told how many of `wanted` have ended, by the provider's count.
        answer_schema: sent along to a model that is `structured`.

    Returns:
        key -> reason of the requests that the provider refuses; all others are in the journal.

    Raises:
        InputError: the provider has no batch interface, accepts no request (key, model name, credit) or stays out of
            reach; what was sent is kept in the log of batches, and the next run goes on from there.
    """
    interface = BatchInterface(llm, patience, answer_schema)
    try:
        return await BatchRunner(interface, journal, wanted, poll_seconds, progress, limits).collect()
    finally:
        await interface.close()


def keys_under_way(journal: Journal, wanted: Container[str]) -> set[str]:
    """Return those of the keys that batches hold which were sent and have not ended, also by other shards."""
    log = BatchLog(journal.path)
    log.adopt(wanted)
    return {key for sent in log.under_way(wanted) for key in sent.keys if key in wanted and not journal.get(key)}


class _QueueFull(Exception):
    """The provider takes no further tokens for now."""


class BatchRunner:
    """The batches of one call: sends, awaits and settles them."""

    def __init__(
        self,
        interface: BatchInterface,
        journal: Journal,
        wanted: Mapping[str, Sequence[dict[str, str]]],
        poll_seconds: float,
        progress: Callable[[int], None] | None,
        limits: BatchLimits,
    ) -> None:
        self._interface = interface
        self._journal = journal
        self._log = BatchLog(journal.path)
        self._wanted = wanted
        # Neither answered nor refused so far, in the order of `wanted`. A batch awaited for other requests may have
        # answered some in the meantime.
        self._left = dict.fromkeys(key for key in wanted if journal.get(key) is None)
        self._reasons: dict[str, str] = {}
        self._poll_seconds = poll_seconds
        self._progress = progress
        self._told = 0
        self._limits = limits
        self._lines = limits.lines
        # Whether the provider's queue was full: one batch at a time from then on.
        self._narrow = False
        # What the provider said of the last request that has to be sent again.
        self._last_fault = ""

    @property
    def _name(self) -> str:
        return self._interface.llm.name

    async def collect(self) -> dict[str, str]:
        """Send and await rounds of batches until every request has ended; return the refused ones."""
        await self._find_lost()
        patience = self._interface.patience
        fruitless = waits = 0
        progressed_at = time.monotonic()
        while self._left:
            before = len(self._left)
            try:
                queue_full = await self._round()
            except InputError as error:
                raise InputError(f"{error}{self._kept()}") from None
            if len(self._left) < before:
                fruitless = waits = 0
                progressed_at = time.monotonic()
            elif queue_full:
                if time.monotonic() - progressed_at > self._limits.queue_seconds:
                    raise InputError(
                        f"{self._name}: the provider's queue has been full for {self._limits.queue_seconds / 3600:.3g} "
                        f"hours ({queue_full}): use fewer shards at once, or mode: requests"
                    )
                waits += 1
                await asyncio.sleep(self._poll_seconds * min(2.0**waits, _LONGEST_QUEUE_POLL))
            else:
                fruitless += 1
                if fruitless >= patience.tries:
                    raise InputError(
                        f"{self._name}: {len(self._left)} requests have no answer after {fruitless} rounds of batches "
                        f"in a row without one, the last: {self._last_fault or 'no reason given'}"
                    )
                await asyncio.sleep(min(patience.first_wait * 2.0**fruitless, patience.longest_wait))
        return self._reasons

    async def _find_lost(self) -> None:
        """Learn what became of batches that a killed job, or a shard of another cut, was about to create."""
        self._log.adopt(self._left)
        lost = [sent for sent in self._log.under_way(self._left) if sent.batch is None]
        found = await self._interface.find([sent.tag for sent in lost]) if lost else {}
        for sent in lost:
            if sent.tag in found:
                _logger.info("%s: batch %s of a killed job is found again", self._name, found[sent.tag])
                self._log.created(sent, found[sent.tag])
            else:
                self._log.settled(sent, "never created")

    async def _round(self) -> str | None:
        """Send what is not under way, and await all that is; return what the provider says of a full queue, if it is.

        What is not sent because the queue is full stays for the next round, in smaller files.
        """
        under_way = self._log.under_way(self._left)
        if under_way:
            _logger.info("%s: waiting for %d batches of an earlier run", self._name, len(under_way))
        taken = {key for sent in under_way for key in sent.keys}
        wait = min(_FIRST_POLL, self._poll_seconds)
        queue_full, more = None, True
        with closing(self._files([key for key in self._left if key not in taken])) as files:
            while True:
                while more and not (self._narrow and under_way):
                    more = await self._send_next(files, under_way)
                if not under_way:
                    return queue_full
                under_way, problem = await self._look(under_way)
                if problem:
                    queue_full, more, self._narrow = problem, False, True
                    self._lines = max(1, self._limits.lines // _SMALLEST_SHARE, self._lines // _SMALLER)
                if under_way:
                    await asyncio.sleep(wait)
                    wait = min(wait * _LONGER_POLL, self._poll_seconds)

    def _files(self, keys: Iterable[str]) -> Generator[tuple[list[str], IO[bytes]]]:
        """Yield request files within the limits, each with its keys; a file is gone when the next one is asked for."""
        waiting = iter(keys)
        key = next(waiting, None)
        while key is not None:
            with tempfile.TemporaryFile(dir=self._journal.path.parent) as file:
                chosen: list[str] = []
                while key is not None and len(chosen) < self._lines:
                    line = self._interface.line(key, self._wanted[key])
                    if chosen and file.tell() + len(line) > self._limits.bytes:
                        break
                    file.write(line)
                    chosen.append(key)
                    key = next(waiting, None)
                yield chosen, file

    async def _send_next(self, files: Generator[tuple[list[str], IO[bytes]]], under_way: list[Sent]) -> bool:
        """Send the next file as a batch; return whether there was one."""
        chosen = next(files, None)
        if chosen is None:
            return False
        keys, file = chosen
        file_id = await self._interface.upload(file)
        sent = self._log.intend(self._name, keys)
        self._log.created(sent, await self._interface.create(sent.tag, file_id))
        _logger.info("%s: batch %s with %d requests is under way", self._name, sent.batch, len(keys))
        under_way.append(sent)
        return True

    async def _look(self, under_way: list[Sent]) -> tuple[list[Sent], str | None]:
        """Settle the batches that have ended; return the others, and what one says of a full queue."""
        others, completed, queue_full = [], 0, None
        for sent in under_way:
            assert sent.batch is not None, "a batch is created, or found again, before it is awaited"
            batch = await self._interface.retrieve(sent.batch)
            if batch.status not in _ENDED:
                others.append(sent)
                counts = batch.request_counts
                completed += (counts.completed or 0) + (counts.failed or 0) if counts else 0
                continue
            try:
                await self._settle(sent, batch)
            except _QueueFull as error:
                queue_full = str(error)
        self._tell(len(self._wanted) - len(self._left) + completed)
        return others, queue_full

    def _tell(self, ended: int) -> None:
        self._told = max(self._told, min(ended, len(self._wanted)))
        if self._progress:
            self._progress(self._told)

    async def _settle(self, sent: Sent, batch: Any) -> None:
        """Journal the answers of a batch that has ended, however it ended."""
        keys, strangers, fatal = frozenset(sent.keys), [], []

        def take(line: dict[str, Any]) -> None:
            if line.get("custom_id") not in keys:
                strangers.append(line.get("custom_id"))
                return
            try:
                self._take(line)
            except InputError as error:
                fatal.append(error)

        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id:
                await self._interface.read(file_id, take)
        if strangers and not sent.shared:
            _logger.warning(
                "%s: results of batch %s with an unknown custom_id are ignored: %d, the first %.80r",
                self._name,
                sent.batch,
                len(strangers),
                strangers[0],
            )
        unanswered = sum(key in self._left for key in sent.keys)
        self._log.settled(sent, batch.status)
        _logger.info("%s: batch %s %s, %d without answer", self._name, sent.batch, batch.status, unanswered)
        if fatal:
            raise fatal[0]
        if batch.status == "failed":
            self._explain_failure(sent, batch)
        self._lines = min(self._limits.lines, self._lines * _LARGER)
        if not len(self._journal) and len(self._reasons) >= _REFUSED_AT_FIRST:
            reason = next(iter(self._reasons.values()))
            raise InputError(f"{self._name}: the first {len(self._reasons)} requests all failed; {reason}")

    def _take(self, line: dict[str, Any]) -> None:
        """Journal the answer in a line of a result file, or keep the reason why there is none."""
        key = line["custom_id"]
        if key not in self._left and (key in self._wanted or self._journal.get(key)):
            return
        try:
            reply = self._interface.outcome(line)
        except Refused as refusal:
            if key in self._left:
                self._reasons[key] = str(refusal)
                del self._left[key]
            return
        if reply is None:
            self._last_fault = self._interface.fault_of(line)
            return
        self._journal.append(reply.entry(key, self._interface.llm))
        self._left.pop(key, None)

    def _explain_failure(self, sent: Sent, batch: Any) -> None:
        """Raise what a failed batch says about all of its requests; nothing where the failure passes by itself."""
        errors = (batch.errors.data if batch.errors else None) or []
        for error in errors:
            code = (error.code or "").replace("_", "").lower()
            text = first_line(f"{error.code}: {error.message}")
            if code in _PASSING:
                self._last_fault = text
                continue
            if code == _QUEUE_FULL:
                raise _QueueFull(text)
            where = f" (line {error.line} of its file)" if error.line is not None else ""
            raise InputError(f"{self._name}: the provider rejects batch {sent.batch}: {text}{where}")

    def _kept(self) -> str:
        """Say where the next run finds the batches, for the end of an error's message."""
        if not self._log.under_way(self._left):
            return ""
        return f". The batches under way are kept in {self._log.path}"
