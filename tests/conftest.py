"""A migrated database for each test, and an application on it with scripted parts."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from shared.application import Application
from shared.database import migrations
from shared.database.engine import open_engine
from shared.policy import TenantPolicy
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file, made once."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def database_file(migrated_file: Path, tmp_path: Path) -> Path:
    """A migrated SQLite file of the test's own."""
    return Path(shutil.copy(migrated_file, tmp_path / "petcare.db"))


@pytest.fixture
def engine(database_file: Path) -> Iterator[Engine]:
    """An engine on a database of the test's own."""
    engine = open_engine(f"sqlite:///{database_file}")
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
