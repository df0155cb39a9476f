"""How fast one run sends: a limit per second, a limit at once, and pauses after the provider answers 429."""

import asyncio
from dataclasses import dataclass
from typing import Final

from shared.delivery.drain import Drain
from shared.domain.back_off import doubled, jittered

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""Seconds. The longest pause doubles with each round of refusals; each one is drawn below it (full jitter)."""
SLICE: Final = 1.0
"""Seconds after which a waiting sender checks whether the run has ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to send one message. `round`: the round of refusals in which it was given."""

    round: int


class Pace:
    """The pace of one run. A refusal for too much at once (429) slows all messages down, not only that one.

    Each round of refusals makes all wait and halves how many requests may be under way; each round without a refusal
    allows one more, up to the setting.
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
        """Wait until a message may be sent; None when none may any more in this run. `over` ends the turn."""
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
        """Return the seconds for which nothing may be sent."""
        until = max(self._next, self._paused_until)
        return max(0.0, until - self._drain.monotonic()) if until else 0.0

    def over(self) -> None:
        """End a turn: its message was answered, or was not sent after all."""
        self._under_way -= 1
        self._freed.set()

    def accepted(self, turn: Turn) -> None:
        """Note that the provider accepted a message."""
        if turn.round != self._round:
            return
        self._refusals = 0
        self._accepted += 1
        if self.width < self._drain.concurrency and self._accepted >= self.width:
            self.width, self._accepted = self.width + 1, 0
            self._freed.set()

    def refused(self, turn: Turn, retry_after: float | None) -> None:
        """Note that the provider answered 429. `retry_after`: seconds it asked to wait."""
        pause = retry_after or 0.0
        if turn.round == self._round:  # the others that were under way belong to the same round
            self._round += 1
            self._refusals += 1
            self._accepted = 0
            self.width = max(1, self.width // 2)
            longest = doubled(FIRST_PAUSE, self._refusals, LONGEST_PAUSE)
            pause = max(pause, jittered(longest, self._drain.dice.random()))
        self._paused_until = max(self._paused_until, self._drain.monotonic() + pause)
