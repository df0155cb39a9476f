"""The script of a simulated world: what changes on the platform, and when the jobs run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from .platform import Change

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHARE_OF_RUNS_MISSING: Final = 0.05
OUTAGE: Final = (timedelta(hours=9, minutes=40), timedelta(hours=16, minutes=50))
"""When the outage of the middle day begins and ends: it holds the end of quiet hours in North America."""

JOBS: Final = {"AppointmentReminders24h": timedelta(0), "AppointmentReminders2h": timedelta(minutes=30)}
"""Each job and how long after the full hour it runs."""


@dataclass(frozen=True, slots=True)
class Run:
    now: datetime
    job: str


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


def schedule(world: World, rng: Random) -> None:
    """Fill in the runs: every hour's, without a random twentieth and one long outage."""
    hours = int((world.last - world.first) / HOUR)
    middle = world.first + hours // 48 * DAY
    begin, end = middle + OUTAGE[0], middle + OUTAGE[1]
    full_hours = [world.first + hour * HOUR for hour in range(hours)]
    world.scheduled = [Run(hour + late, job) for hour in full_hours for job, late in JOBS.items()]
    world.runs = [run for run in world.scheduled if rng.random() >= SHARE_OF_RUNS_MISSING and not begin < run.now < end]
