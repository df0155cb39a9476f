"""The schedules of the function folders as schedules for Celery beat. Only Celery loads this module."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from celery.schedules import BaseSchedule, schedstate

from shared.schedules.ncrontab import Ncrontab

NEVER = timedelta(days=1)
"""How long beat waits before it checks a schedule without further occurrences again."""


class Timetable(BaseSchedule):  # type: ignore[misc]  # Celery has no types
    """An NCRONTAB schedule in a time zone. Occurrences missed while beat was down are made up for by one run."""

    def __init__(self, ncrontab: Ncrontab, zone: ZoneInfo, **more: Any) -> None:
        super().__init__(**more)
        self.ncrontab, self.zone = ncrontab, zone

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        """Return the time from now to the first occurrence after the last run; negative if that is past."""
        following = self.ncrontab.next_after(last_run_at, self.zone)
        return following - self.now() if following else NEVER

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Return whether an occurrence has passed since the last run, and the seconds to the next one."""
        remaining = self.remaining_estimate(last_run_at)
        if remaining > timedelta():
            return schedstate(is_due=False, next=remaining.total_seconds())
        return schedstate(is_due=True, next=self.remaining_estimate(self.now()).total_seconds())

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the constructor's arguments: beat stores its entries in a file."""
        return type(self), (self.ncrontab, self.zone)

    def __eq__(self, other: object) -> bool:
        """Compare by value: beat reloads its entries when a schedule has changed."""
        if not isinstance(other, Timetable):
            return NotImplemented
        return (self.ncrontab, self.zone) == (other.ncrontab, other.zone)

    __hash__ = None  # type: ignore[assignment]  # as Celery's own schedules

    def __repr__(self) -> str:
        """Return the schedule for beat's log."""
        return f"<{self.ncrontab.text} {self.zone}>"
