"""A circuit breaker: after failures in a row nobody asks a provider any more, until one probe finds it well again.

What is here is pure. What all processes know of a breaker stands in the table `breakers`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.back_off import doubled

OPENS_AFTER: Final = 5
"""So many failures in a row are an outage: one lost answer is not, and each of the five may take a time-out."""
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=10)
"""Each probe that fails doubles the wait for the next, up to this."""
PROBE_HOLD: Final = timedelta(minutes=2)
"""How long a probe may take before another process may try: longer than any time-out."""


class BreakerState(StrEnum):
    """Closed: the provider is asked. Open: it is not. Half-open: one process asks it one thing."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of a provider. Instants: aware UTC, by the wall clock.

    `since`: when it came to its state; `until`: open, when a probe may begin; half-open, when it counts as lost.
    `openings`: how often in a row it was found away; `code`: the last failure.
    """

    name: str
    state: BreakerState = BreakerState.CLOSED
    since: datetime | None = None
    until: datetime | None = None
    openings: int = 0
    code: str | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the provider may be asked freely."""
        return self.state is BreakerState.CLOSED

    def may_probe(self, wall: datetime) -> bool:
        """Whether one process may ask the provider one thing."""
        return self.until is not None and self.until <= wall

    def opened(self, code: str, wall: datetime) -> "Breaker":
        """Return it open: the provider was found away once more."""
        openings = self.openings + 1
        return Breaker(self.name, BreakerState.OPEN, wall, wall + wait_after(openings), openings, code)

    def half_opened(self, wall: datetime) -> "Breaker":
        """Return it with a probe under way."""
        return Breaker(self.name, BreakerState.HALF_OPEN, wall, wall + PROBE_HOLD, self.openings, self.code)


def wait_after(openings: int) -> timedelta:
    """Return how long nobody asks after the provider was found away `openings` (one or more) times in a row."""
    return doubled(FIRST_WAIT, openings, LONGEST_WAIT)


class Streak:
    """The failures in a row that one process saw."""

    def __init__(self) -> None:
        self.failures = 0

    def failed(self) -> bool:
        """Count a failure; return whether they are an outage by now."""
        self.failures += 1
        return self.failures >= OPENS_AFTER

    def succeeded(self) -> None:
        """Begin to count anew: the provider answered."""
        self.failures = 0
