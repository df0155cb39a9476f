"""The script of a simulated world: what changes on the platform, and when the jobs run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from .platform import Change

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHARE_OF_RUNS_MISSING: Final = 0.05
OUTAGE: Final = (timedelta(hours=9, minutes=40), timedelta(hours=16, minutes=50))
"""When the outage of the middle day begins and ends: it holds the end of quiet hours in North America."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a job runs: first so long after midnight UTC, then step by step. `weekday`: on that one only (Monday: 0)."""

    after_midnight: timedelta
    step: timedelta = DAY
    weekday: int | None = None

    def instants(self, first: datetime, last: datetime) -> Iterator[datetime]:
        at = first + self.after_midnight
        while at < last:
            if self.weekday in (None, at.weekday()):
                yield at
            at += self.step


TIMETABLES: Final = {
    "AppointmentReminders24h": Timetable(timedelta(0), HOUR),
    "ReputationUpdater": Timetable(timedelta(0), weekday=6),
    "VaccinationMonitor": Timetable(6 * HOUR),
    "AppointmentReminders2h": Timetable(HOUR / 2, HOUR),
    "NoShowDetector": Timetable(6.5 * HOUR),
}
"""Each job's. Of the runs of one instant the first named comes first."""


@dataclass(frozen=True, slots=True)
class Run:
    now: datetime
    job: str
    accepted: frozenset[tuple[str, date]] = frozenset()
    """Subdomains and days whose missed visits an operator believes."""


@dataclass(slots=True)
class World:
    """All that happens between `first` and `last`.

    `scheduled`: all runs as they should be; `runs`: those that took place. `changes` are in order of time, and none
    falls on a run. `e164`: every usable number as its owner wrote it, and as it is dialled.
    """

    first: datetime
    last: datetime
    changes: list[Change] = field(default_factory=list)
    scheduled: list[Run] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    e164: dict[str, str] = field(default_factory=dict)

    def timeline(self) -> Iterator[tuple[list[Change], Run]]:
        """Yield each run that took place, with the changes since the one before it."""
        position = 0
        for run in self.runs:
            begin = position
            while position < len(self.changes) and self.changes[position].at < run.now:
                position += 1
            yield self.changes[begin:position], run


def schedule(world: World, rng: Random, jobs: Iterable[str]) -> None:
    """Fill in the runs of some jobs: all, but of all that run daily or oftener a random twentieth, and one long outage.

    The same seed leaves out the same runs whichever jobs there are. `first` is a midnight.
    """
    middle = world.first + (world.last - world.first) // (2 * DAY) * DAY
    begin, end = middle + OUTAGE[0], middle + OUTAGE[1]
    for job, timetable in TIMETABLES.items():
        for now in timetable.instants(world.first, world.last):
            is_lost = rng.random() < SHARE_OF_RUNS_MISSING and timetable.weekday is None
            if job in jobs:
                world.scheduled.append(Run(now, job))
                if not is_lost and not begin < now < end:
                    world.runs.append(Run(now, job))
    world.scheduled.sort(key=lambda run: run.now)
    world.runs.sort(key=lambda run: run.now)
