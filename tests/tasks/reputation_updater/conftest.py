"""A tenant on the Sunday on which the job runs."""

from uuid import UUID

import pytest

from shared.application import Application
from tests import rows
from tests.doubles import Clock
from tests.tasks.reputation_updater.steps import SUNDAY


@pytest.fixture(autouse=True)
def on_sunday(clock: Clock) -> None:
    clock.now = SUNDAY


@pytest.fixture
def tenant(application: Application) -> UUID:
    with application.engine.begin() as connection:
        return rows.tenant(connection)
