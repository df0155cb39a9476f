"""NCRONTAB as an APScheduler trigger: APScheduler's own cron counts Monday as 0 and never repeats an hour."""

from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from shared.schedules.ncrontab import Ncrontab


class NcrontabTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires on an NCRONTAB schedule in a time zone."""

    def __init__(self, ncrontab: Ncrontab, zone: ZoneInfo) -> None:
        self._ncrontab = ncrontab
        self._zone = zone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the occurrence after the previous one: from `now`, a timer that wakes early would fire twice."""
        return self._ncrontab.next_after(previous or now, self._zone)

    def __str__(self) -> str:
        return self._ncrontab.text
