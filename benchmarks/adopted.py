"""What planning costs through the views of an adopted platform: hardly more than on tables of ours.

Both are in one PostgreSQL database with the same rows: ours in the schema `plain`, the platform's in `public`.
`python -m benchmarks.adopted` measures this alone.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine

from benchmarks.due import NOW, book, planning_only
from benchmarks.limits import Limit
from benchmarks.planning import BETWEEN, DUE, MANY, ROUNDS
from shared.database.engine import open_engine
from shared.runtime import run
from tests.databases import opened
from tests.platforms.copied import make_both
from tests.stored import store

_MOMENTS = [NOW + number * BETWEEN for number in range(ROUNDS)]


def fill(connection: Connection) -> None:
    """Insert what is stored, and what is due in each round."""
    store(connection, MANY, NOW)
    for number, now in enumerate(_MOMENTS):
        book(connection, number * DUE, (number + 1) * DUE, now)


def planned(engine: Engine) -> float:
    """Return the fewest seconds of a run that plans reminders of `DUE` appointments."""
    seconds = []
    for now in _MOMENTS:
        began = time.perf_counter()
        result = run(planning_only(engine, now), "AppointmentReminders24h")
        seconds.append(time.perf_counter() - began)
        assert result["reminders_planned"] == DUE, result
    return min(seconds)


def measured(kind: str) -> Iterator[Limit]:
    """What is promised of planning through views; on SQLite there are none."""
    if kind != "postgresql":
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(kind, Path(folder)) as databases:
        make_both(url := databases.empty(), fill)
        plain, adopted = open_engine(url, "plain"), open_engine(url, "petcare")
        on_tables, through_views = planned(plain), planned(adopted)
        plain.dispose()
        adopted.dispose()
    print(f"      {DUE:,} due among {MANY:,}: tables {on_tables:.2f} s, views {through_views:.2f} s", flush=True)
    yield Limit(f"{kind}: times the planning on tables, through a platform's views", through_views / on_tables, 1.3)


if __name__ == "__main__":
    for each in measured("postgresql"):
        print(each)
