"""Workers on a real Redis."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.celery_workers.fleet import Fleet, redis_running

NOW = datetime(2025, 3, 9, 17, tzinfo=UTC)
"""A Sunday, noon in New York. In the past: a message that is to wait until then does not wait."""


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis server."""
    with redis_running(tmp_path_factory.mktemp("redis")) as address:
        yield address


@pytest.fixture
def fleet(broker: str, database_url: str, tmp_path: Path) -> Iterator[Fleet]:
    """No workers yet, on a database and a broker without messages."""
    settings = {
        "DATABASE_URL": database_url,
        "SMS_PROVIDER": "console",
        "PAYMENT_PROVIDER": "console",
        "CELERY_SHARDS": "3",
    }
    fleet = Fleet(broker, tmp_path, settings)
    fleet.it_is(NOW)
    fleet.forget()
    yield fleet
    fleet.end()
