"""The questions of one stage while they are put one by one: several at once, their outcomes in order."""

import asyncio
from collections.abc import Iterator

from medinjection.llm.client.conversation import Answer, Conversation, Failure
from medinjection.llm.client.failures import Refused, Stopped
from medinjection.llm.client.session import Session
from medinjection.records.errors import InputError

# So many failures without one answer mean that something is wrong with all requests.
FAILED_AT_FIRST = 20
# How many requests may be ahead of the oldest one under way, as a multiple of those in flight.
_WINDOW = 32


class RequestQueue:
    """Conversations under way: taken from an iterator by workers, their outcomes given back in order."""

    def __init__(self, session: Session, conversations: Iterator[Conversation]) -> None:
        self._session = session
        self._conversations = conversations
        self._taken = self._given = self._answered = self._failed = 0
        self._outcomes: dict[int, Answer | Failure] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._room = asyncio.Semaphore(_WINDOW * session.llm.concurrency)
        self._error: Exception | None = None

    async def next_outcomes(self) -> list[Answer | Failure]:
        """Return the next outcomes, at least one; none where all are given. Raises what ended the work."""
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(self._session.llm.concurrency)]
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
        self._session.stop()
        self._news.set()

    async def close(self) -> None:
        """End, whatever is not finished; what a provider is answering is paid for and still awaited."""
        if not all(worker.done() for worker in self._workers):
            self.end(Stopped())
            await self._wait_for_workers()
        await self._session.close()

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
            if entry := self._session.known(conversation.messages):
                conversation.hear(entry)
                continue
            asked = True
            try:
                conversation.hear(await self._session.entry(conversation.messages))
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
        if not self._answered and self._failed >= FAILED_AT_FIRST:
            model = self._session.llm.name
            raise InputError(f"{model}: the first {self._failed} requests all failed; {outcome.reason}")
