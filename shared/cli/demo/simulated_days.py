"""Simulated days: the jobs run on their schedules while owners and staff act, as `demo` and `host --demo` show."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from shared.application import Application, utc_now
from shared.database.engine import writing
from shared.domain.ids import TenantId
from shared.errors import UsageError
from shared.operations import reports
from shared.runtime import run
from shared.sample import life
from shared.schedules.function_json import read_schedules

UTC_ZONE = ZoneInfo("UTC")


@dataclass
class SimulatedClock:
    """A clock that stands at `now` (aware); the real time when that is None."""

    now: datetime | None

    def __call__(self) -> datetime:
        return self.now or utc_now()


@dataclass(frozen=True, slots=True)
class SimulatedDays:
    """What simulated days need. `clock`: the application's; `dice`: which owners come."""

    application: Application
    clock: SimulatedClock
    dice: Random = field(default_factory=lambda: Random(1))

    def play(
        self, hour: datetime, until: datetime | None = None, closed: Collection[TenantId] = ()
    ) -> Iterator[dict[str, Any]]:
        """Let owners keep or miss the visits of the hour before `hour`, then run the jobs due in the hour after it.

        Yield each run's result. `until`: no run later than this; `closed`: tenants whose staff check nobody in.
        """
        with writing(self.application.engine) as connection:
            life.keep_visits(connection, hour - timedelta(hours=1), hour, self.dice, closed)
        for job, minute in due_jobs(hour):
            at = hour + timedelta(minutes=minute)
            if until is None or at <= until:
                self.clock.now = at
                yield run(self.application, job)


def due_jobs(hour: datetime) -> list[tuple[str, int]]:
    """Return the jobs that are due in the hour from `hour` (UTC) on, each with its minute, in order."""
    due = []
    for job, schedule in read_schedules().items():
        at = schedule.ncrontab.next_after(hour - timedelta(seconds=1), UTC_ZONE)
        if at is not None and at < hour + timedelta(hours=1):
            due.append((job, at.minute))
    return sorted(due, key=lambda each: each[1])


def owners_act(engine: Engine, now: datetime) -> None:
    """At some hours let one owner cancel, one move a visit and one opt out, all while their reminders wait."""
    if now.hour != 15:  # at 15:00 UTC quiet hours in Los Angeles are about to end
        return
    with writing(engine) as connection:
        waiting = reports.appointments_waiting(connection, limit=4)
        changes = (life.cancel, life.move, life.opt_out) if len(waiting) == 4 else ()
        for change, appointment_id in zip(changes, waiting, strict=False):
            change(connection, appointment_id, now)


def fresh_file(file: Path, instead: str) -> str:
    """Remove an SQLite database with its companions and return its URL; UsageError, with what to do, if that fails."""
    try:
        for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{file} cannot be made anew ({error.strerror}); {instead}") from error
    return f"sqlite:///{file}"
