"""The pipeline of one run: one batch is sent while the next is claimed and the one before is recorded.

Claiming and recording run in threads, so no transaction waits for a request and no request for a transaction.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final

from shared.delivery.claiming import claim, size_of_batch
from shared.delivery.drain import Drain
from shared.delivery.message import Answer, ReadyText
from shared.delivery.recording import record
from shared.delivery.sending import Sender

RECORDED_AT_ONCE: Final = 500
RECORDED_AFTER: Final = 5.0
"""Seconds that an answer waits at most to be recorded. A process that dies leaves so much to be settled."""
GRACE: Final = 35.0
"""Seconds that an interrupted run waits for requests under way: longer than the longest time-out of one."""


class Pipeline:
    """One round: it sends until nothing is due, time is up or the sender has to stop."""

    def __init__(self, drain: Drain, sender: Sender) -> None:
        self.drain, self.sender = drain, sender
        self.has_claimed = False
        self._size = size_of_batch(drain)
        self._queue: deque[ReadyText] = deque()
        self._answers: list[Answer] = []
        self._is_fed = self._is_over = False
        self._arrived, self._wanted, self._answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Send one round of what is due. What was claimed and not handed over is given back."""
        workers = [asyncio.create_task(self._feed())]
        workers += [asyncio.create_task(self._send()) for _ in range(self.drain.concurrency)]
        recorder = asyncio.create_task(self._record())
        recorder.add_done_callback(self._notice_recorder)
        try:
            # Waited for from outside: awaiting them would pass an interruption on and cancel the requests under way.
            await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            errors = await self._end(workers, recorder)
        for error in errors:
            raise error

    def _notice_recorder(self, _: asyncio.Task[None]) -> None:
        if not self._is_over:  # it failed: what is sent now could not be recorded
            self._halt()

    def _halt(self) -> None:
        """Hand over nothing more."""
        self.sender.is_stopped = True
        self._arrived.set()
        self._wanted.set()

    async def _end(self, workers: list[asyncio.Task[None]], recorder: asyncio.Task[None]) -> list[BaseException]:
        """Let the requests under way end and record every answer; return the errors."""
        if not all(each.done() for each in workers):
            self._halt()
            await asyncio.wait(workers, timeout=GRACE)
        for each in workers:
            each.cancel()
        self._answers += [Answer(each, None, 0) for each in self._queue]
        self._is_over = True
        self._answered.set()
        await asyncio.wait([recorder])
        ended = [each for each in (*workers, recorder) if each.done() and not each.cancelled()]
        return [error for each in ended if (error := each.exception())]

    async def _feed(self) -> None:
        """Claim batches ahead of the sending. The first is small, so that sending begins early."""
        size = min(self._size, self.drain.concurrency)
        try:
            while self.sender.may_go_on:
                batch = await asyncio.to_thread(
                    claim, self.drain, frozenset(self.sender.silent), frozenset(self.sender.crowded), size
                )
                size = self._size
                self.sender.breaker.is_open |= batch.is_provider_away
                self.sender.crowded |= batch.crowded
                batch.count(self.drain)
                self.has_claimed = self.has_claimed or batch.size > 0
                self._queue.extend(batch.prepared.ready)
                self._arrived.set()
                if batch.is_last:
                    return
                while len(self._queue) >= self._size and self.sender.may_go_on:
                    self._wanted.clear()
                    await self._wanted.wait()
        finally:
            self._is_fed = True
            self._arrived.set()

    async def _send(self) -> None:
        """Hand over one message after the other."""
        while (ready := await self._next()) is not None:
            answer = await self.sender.hand_over(ready)
            self._answers.append(answer)  # not before the await: the list may be replaced during it
            if len(self._answers) >= RECORDED_AT_ONCE:
                self._answered.set()
        self._wanted.set()

    async def _next(self) -> ReadyText | None:
        while not self._queue and not self._is_fed and self.sender.may_go_on:
            self._arrived.clear()
            await self._arrived.wait()
        if not self._queue or self.sender.is_stopped:
            return None
        ready = self._queue.popleft()
        if len(self._queue) < self._size:
            self._wanted.set()
        return ready

    async def _record(self) -> None:
        """Record answers, many at once, each a few seconds after it arrived at the latest."""
        breaker = self.sender.breaker
        while not (self._is_over and not self._answers):
            with suppress(TimeoutError):
                async with asyncio.timeout(RECORDED_AFTER):
                    await self._answered.wait()
            self._answered.clear()
            if self._is_over:
                self._answered.set()
            answers, self._answers = self._answers, []
            if breaker.is_open:
                answers = [each.in_outage() for each in answers]
            if answers:
                counted = await asyncio.to_thread(record, self.drain, answers, breaker.write)
                breaker.written()
                for name, claimed in counted.items():
                    self.drain.count(name, claimed)
