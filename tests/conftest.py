"""A migrated database for each test, and an application on it with scripted parts."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from shared.application import Application
from shared.database import migrations
from shared.database.engine import open_engine
from shared.policy import TenantPolicy
from tests.databases import KINDS, Databases, opened
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON


@pytest.fixture(scope="session", params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where databases can be made: each test that has one runs on all kinds."""
    with opened(request.param, tmp_path_factory.mktemp("databases")) as made:
        yield made


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file, made once, for the tests of whole programs."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_url(databases: Databases) -> str:
    """An empty migrated database, made once, to be copied."""
    url = databases.empty()
    engine = open_engine(url)
    migrations.upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture
def database_url(databases: Databases, migrated_url: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    url = databases.copy(migrated_url)
    yield url
    databases.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a database of the test's own."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """A clock at noon in New York."""
    return Clock(NOON)


@pytest.fixture
def sms() -> RecordingSms:
    """An SMS provider that takes everything."""
    return RecordingSms()


@pytest.fixture
def payments() -> RecordingPayments:
    """A payment provider that charges every card."""
    return RecordingPayments()


@pytest.fixture
def application(engine: Engine, sms: RecordingSms, payments: RecordingPayments, clock: Clock) -> Application:
    """The application with scripted parts."""
    return Application(
        engine,
        TenantPolicy(),
        ZoneInfo("UTC"),
        sms,
        clock=clock,
        payments=payments,
        monotonic=clock.monotonic,
        wait=clock.wait,
    )
