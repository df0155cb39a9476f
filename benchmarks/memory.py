"""How much more memory many messages take than few, each delivered by a process of its own."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.due import prepared
from benchmarks.limits import Limit
from benchmarks.stand_in import twilio
from benchmarks.worker import ready, work
from tests.databases import opened

FEW, MANY = 1_000, 100_000


def peak(kind: str, messages: int) -> float:
    """Return the most memory, in MB, of a process that delivers so many messages from a new database of a kind."""
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        opened(kind, Path(folder)) as databases,
        twilio(0) as url,
    ):
        database = databases.empty()
        prepared(database, messages).dispose()
        with ready(database, url, 1) as processes:
            (done,) = work(processes)
    assert done.sent == messages
    return done.peak


def measured(kind: str) -> Iterator[Limit]:
    """What is promised of memory."""
    few, many = peak(kind, FEW), peak(kind, MANY)
    print(f"      {kind}: {few:.0f} MB for {FEW:,} messages, {many:.0f} MB for {MANY:,}", flush=True)
    yield Limit(f"{kind}: MB more for {MANY:,} messages than for {FEW:,}", many - few, 60)
