"""How long a report takes of a year and the year before it, with a million visits in them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from benchmarks.due import NOW
from benchmarks.limits import Limit
from shared.database import migrations
from shared.database.engine import open_engine, reading
from shared.operations.report.figures import Report
from shared.operations.report.gathering import report
from shared.operations.report.page import render
from tests.databases import opened
from tests.stored import store

STORED = 1_600_000
"""Visits of three years; two of them hold a million."""
DAYS = 366
UNTIL = (NOW - timedelta(days=71)).date()
"""The last day of which visits are stored."""


def reported(engine: Engine) -> tuple[Report, float]:
    """Return a report of all businesses, and the seconds that it and its page took."""
    began = time.perf_counter()
    with reading(engine) as connection:
        found = report(connection, days=DAYS, now=datetime.now(UTC), default=ZoneInfo("UTC"), until=UNTIL)
    page = render(found)
    seconds = time.perf_counter() - began
    assert len(page) > 10_000
    return found, seconds


def measured(kind: str) -> Iterator[Limit]:
    """What is promised of a report."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(kind, Path(folder)) as databases:
        engine = open_engine(databases.empty())
        migrations.upgrade(engine)
        with engine.begin() as connection:
            store(connection, STORED, NOW)
        found, seconds = reported(engine)
        engine.dispose()
    visits = found.visits.total.now.whole + found.visits.total.before.whole
    yield Limit(f"{kind}: visits in a report", visits, 1_000_000, is_least=True)
    yield Limit(f"{kind}: seconds of that report", seconds, 60)


if __name__ == "__main__":
    import sys

    for each in sys.argv[1:]:
        for limit in measured(each):
            print(limit, flush=True)
