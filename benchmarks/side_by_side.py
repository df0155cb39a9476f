"""Eight processes drain one outbox: nothing is shared, and together they send as eight.

Each answer takes 50 ms. A process sends 4 at once, 80 in a second at most: so one is limited by its waiting, and
eight, 640 in a second, not by the two cores that they share with the database and the stand-in for Twilio.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.due import prepared
from benchmarks.limits import Limit
from benchmarks.stand_in import accepted, twilio
from benchmarks.worker import ready, work
from tests.databases import Databases, opened

PROCESSES = 8
MANY = 20_000
LATENCY = 0.05
CONCURRENCY = 4


def drained(databases: Databases, messages: int, processes: int) -> tuple[float, list[Limit]]:
    """Return how many messages so many processes send in a second, and what else is promised of it."""
    at = f"{processes} processes, {messages:,} messages, 50 ms"
    database = databases.empty()
    prepared(database, messages).dispose()
    with twilio(LATENCY) as url:
        with ready(database, url, processes, CONCURRENCY) as workers:
            began = time.perf_counter()
            done = work(workers)
            seconds = time.perf_counter() - began
        times = accepted(url)
    databases.drop(database)
    print(f"{at}: {seconds:.1f} s; sent by each: {', '.join(str(each.sent) for each in done)}", flush=True)
    return messages / seconds, [
        Limit(f"{at}: numbers texted", len(times), messages, is_least=True),
        Limit(f"{at}: most texts to a number", max(times.values()), 1),
        Limit(f"{at}: fewest texts sent by one", min(each.sent for each in done), 1, is_least=True),
    ]


def measured(kind: str) -> Iterator[Limit]:
    """What is promised of processes side by side."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(kind, Path(folder)) as databases:
        one, _ = drained(databases, MANY // PROCESSES, 1)
        eight, limits = drained(databases, MANY, PROCESSES)
    yield from limits
    yield Limit(f"{kind}, 50 ms, {PROCESSES} processes: times the rate of one", eight / one, 3, is_least=True)
