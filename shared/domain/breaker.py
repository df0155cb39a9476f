"""A circuit breaker: after several failures in a row nobody asks a provider until a probe is answered.

Everything here is pure. The table `breakers` holds what all processes know of a breaker.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.back_off import doubled

OPENS_AFTER: Final = 5
"""This many failures in a row open the breaker. Fewer may be chance; each further one would cost a time-out."""
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=10)
"""Each failed probe doubles the wait for the next, up to this."""
PROBE_HOLD: Final = timedelta(minutes=2)
"""How long a probe may take until another process may probe: longer than any time-out."""


class BreakerState(StrEnum):
    """Closed: the provider is asked. Open: it is not. Half-open: one process asks it one thing."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of a provider. Instants: aware UTC, by the wall clock.

    `since`: when it entered its state; `until`: if open, when a probe may begin; if half-open, when the probe counts as
    lost. `openings`: how many times in a row it opened; `code`: the last failure.
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
        """Return the breaker opened once more."""
        openings = self.openings + 1
        return Breaker(self.name, BreakerState.OPEN, wall, wall + wait_after(openings), openings, code)

    def half_opened(self, wall: datetime) -> "Breaker":
        """Return the breaker with a probe under way."""
        return Breaker(self.name, BreakerState.HALF_OPEN, wall, wall + PROBE_HOLD, self.openings, self.code)


def wait_after(openings: int) -> timedelta:
    """Return how long nobody asks after the breaker opened so many times (one or more) in a row."""
    return doubled(FIRST_WAIT, openings, LONGEST_WAIT)


class Streak:
    """The failures in a row that one process saw."""

    def __init__(self) -> None:
        self.failures = 0

    def failed(self) -> bool:
        """Count a failure; return whether there are enough to open the breaker."""
        self.failures += 1
        return self.failures >= OPENS_AFTER

    def succeeded(self) -> None:
        """Start counting from zero: the provider answered."""
        self.failures = 0
