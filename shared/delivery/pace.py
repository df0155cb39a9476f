"""How fast one run sends: so many a second, so many at once, and nothing while the provider asks for a pause."""

import asyncio
from dataclasses import dataclass
from typing import Final

from shared.delivery.drain import Drain
from shared.domain.back_off import doubled, jittered

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""Seconds. The longest pause after a refusal doubles with each round of refusals; its length is drawn (full jitter)."""
SLICE: Final = 1.0
"""Seconds after which one who waits looks whether the run has ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to send one message. `round`: what the sender knew of the provider's pace when it was given."""

    round: int


class Pace:
    """The pace of one run. A refusal for too much at once (429) slows the whole sender down, not only that message.

    Each round of refusals makes everybody wait and halves how many requests may be under way; each round of answers
    without one allows one more, up to the setting.
    """

    def __init__(self, drain: Drain) -> None:
        self.width = drain.concurrency
        self._drain = drain
        self._under_way = 0
        self._next = 0.0
        self._paused_until = 0.0
        self._round = 0
        self._refusals = 0
        self._accepted = 0
        self._freed = asyncio.Event()

    async def turn(self) -> Turn | None:
        """Wait until a message may leave; None when none may any more in this run. `over` ends it."""
        while (wait := self._wait()) or self._under_way >= self.width:
            if wait >= self._drain.time_left().total_seconds():
                return None
            if wait:
                await self._drain.wait(min(wait, SLICE))
            else:
                self._freed.clear()
                await self._freed.wait()
        self._under_way += 1
        if self._drain.max_per_second:
            self._next = max(self._next, self._drain.monotonic()) + 1 / self._drain.max_per_second
        return Turn(self._round)

    def _wait(self) -> float:
        """Return the seconds for which nothing may leave."""
        until = max(self._next, self._paused_until)
        return max(0.0, until - self._drain.monotonic()) if until else 0.0

    def over(self) -> None:
        """A message that had its turn was answered, or was not sent after all."""
        self._under_way -= 1
        self._freed.set()

    def accepted(self, turn: Turn) -> None:
        """The provider took a message."""
        if turn.round != self._round:
            return
        self._refusals = 0
        self._accepted += 1
        if self.width < self._drain.concurrency and self._accepted >= self.width:
            self.width, self._accepted = self.width + 1, 0
            self._freed.set()

    def refused(self, turn: Turn, retry_after: float | None) -> None:
        """The provider had too much to do. `retry_after`: seconds it asked to wait."""
        pause = retry_after or 0.0
        if turn.round == self._round:  # the others that were under way then belong to the same round
            self._round += 1
            self._refusals += 1
            self._accepted = 0
            self.width = max(1, self.width // 2)
            longest = doubled(FIRST_PAUSE, self._refusals, LONGEST_PAUSE)
            pause = max(pause, jittered(longest, self._drain.dice.random()))
        self._paused_until = max(self._paused_until, self._drain.monotonic() + pause)
