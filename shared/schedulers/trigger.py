"""NCRONTAB as a trigger of APScheduler, whose own cron counts Monday as 0 and knows no second occurrence of an hour."""

from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from shared.schedules.ncrontab import Ncrontab


class NcrontabTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires when a schedule says, on the clocks of a zone."""

    def __init__(self, ncrontab: Ncrontab, zone: ZoneInfo) -> None:
        self._ncrontab = ncrontab
        self._zone = zone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the occurrence after the one before it, so that a clock that is a moment early fires none twice."""
        return self._ncrontab.next_after(previous or now, self._zone)

    def __str__(self) -> str:
        return self._ncrontab.text
