"""Whether the providers can be asked, and our clock agrees with theirs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from shared.database import breakers
from shared.delivery.senders import queries as senders
from shared.domain.breaker import Breaker
from shared.operations.health.check import RUN, Check, ago, span_words

MOST_SKEW: Final = timedelta(minutes=2)
"""With a larger difference our clock or the provider's is wrong: texts leave early or late, and unclear ones are looked
up at the wrong time."""

_ASKS: Final = {"sms": "AppointmentReminders2h"}
"""The job that asks a provider soonest, where it is not NoShowDetector."""


def of_providers(connection: Connection, wall: datetime) -> Iterator[Check]:
    """Check each provider's breaker and clock."""
    for breaker in breakers.all_of_them(connection):
        yield _of_breaker(breaker, wall)
    for name, skew, seen_at in senders.clocks(connection):
        if abs(skew) > MOST_SKEW:
            how = "behind" if skew > timedelta() else "ahead of"
            words = f"this machine's is {span_words(abs(skew))} {how} the {name} provider's, {ago(seen_at, wall)}"
            yield Check("clock", False, f"{words}: set it by a time server", seen_at)


def _of_breaker(breaker: Breaker, wall: datetime) -> Check:
    name = f"{breaker.name} breaker"
    if breaker.is_closed:
        return Check(name, True, "closed")
    words = f"{breaker.state.replace('_', ' ')}: the provider is away (last failure: {breaker.code})"
    if breaker.until and breaker.until > wall:
        # A run before then would not ask: there is nothing to run now.
        return Check(name, False, f"{words}; the first run after {breaker.until:%H:%M} UTC asks again", breaker.since)
    command = f"{RUN} {_ASKS.get(breaker.name, 'NoShowDetector')}"
    return Check(name, False, f"{words}; the next run asks again", breaker.since, command)
