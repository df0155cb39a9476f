"""What planning costs as the database grows: for the same number due, much more stored may cost hardly more."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.due import NOW, book, planning_only
from benchmarks.limits import Limit
from shared.database import migrations
from shared.database.engine import open_engine
from shared.runtime import run
from tests.databases import opened
from tests.stored import store

FEW, MANY = 100_000, 1_000_000
DUE = 5_000
ROUNDS = 3
BETWEEN = timedelta(hours=2)
"""From one round to the next, each with appointments of its own that are due."""


def planned(kind: str, stored: int) -> float:
    """Return the fewest seconds of a run that plans reminders of `DUE` appointments, so many others being stored."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(kind, Path(folder)) as databases:
        engine = open_engine(databases.empty())
        migrations.upgrade(engine)
        moments = [NOW + number * BETWEEN for number in range(ROUNDS)]
        with engine.begin() as connection:
            store(connection, stored, NOW)
            for number, now in enumerate(moments):
                book(connection, number * DUE, (number + 1) * DUE, now)
        seconds = []
        for now in moments:
            began = time.perf_counter()
            result = run(planning_only(engine, now), "AppointmentReminders24h")
            seconds.append(time.perf_counter() - began)
            assert result["reminders_planned"] == DUE, result
        engine.dispose()
    return min(seconds)


def measured(kind: str) -> Iterator[Limit]:
    """What is promised of planning."""
    few, many = planned(kind, FEW), planned(kind, MANY)
    print(f"      {kind}: {DUE:,} due among {FEW:,} {few:.2f} s, among {MANY:,} {many:.2f} s", flush=True)
    yield Limit(f"{kind}: times the planning with {FEW:,} stored, with {MANY:,}", many / few, 1.3)
