"""Local time, minute by minute: slow, and hard to get wrong. Offsets from UTC and edges of quiet hours are minutes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours `[start, end)` in a zone; without a start there are none."""

    zone: ZoneInfo
    start: time | None
    end: time | None

    def holds(self, instant: datetime) -> bool:
        if self.start is None or self.end is None:
            return False
        local = instant.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@cache
def quiet_end(quiet: Quiet, instant: datetime) -> datetime:
    """Return the instant itself, or where it is quiet the first later one at which it is not."""
    if not quiet.holds(instant):
        return instant
    minute = instant.replace(second=0, microsecond=0)
    while quiet.holds(minute):
        minute += MINUTE
    return minute


@cache
def quiet_begin(quiet: Quiet, instant: datetime) -> datetime:
    """Return the instant at which the quiet hours around `instant` began."""
    minute = instant.replace(second=0, microsecond=0)
    while quiet.holds(minute - MINUTE):
        minute -= MINUTE
    return minute


@cache
def day_begins(zone: ZoneInfo, day: date) -> datetime:
    """Return the first instant of a local day."""
    instant = datetime.combine(day, time(), UTC) - timedelta(hours=15)
    while instant.astimezone(zone).date() < day:
        instant += 15 * MINUTE  # what zones are apart, and what clocks are changed by, are quarters of an hour
    return instant
