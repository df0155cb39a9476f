"""Records to monitor, and what became of them."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from tests import rows
from tests.doubles import Clock

JOB = "VaccinationMonitor"
HOURLY = "AppointmentReminders24h"
TODAY = date(2026, 3, 3)
AT_SIX = datetime.fromisoformat("2026-03-03T06:00:00Z")
"""When the job runs: 01:00 in New York."""


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def a_pet(connection: Connection, tenant: UUID | None = None, *, owner: UUID | None = None, **columns: Any) -> tuple:
    """A pet with its tenant, for `rows.vaccination(connection, *a_pet(connection), expires_on)`."""
    tenant = tenant or rows.tenant(connection)
    return tenant, rows.pet(connection, tenant, owner or rows.owner(connection, tenant), **columns)


def plant(application: Application, *expiries: int, **columns: Any) -> list[UUID]:
    """A rabies record for a new pet of one owner for each number of days left."""
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        return [
            rows.vaccination(connection, *a_pet(connection, tenant, owner=owner), in_days(days), **columns)
            for days in expiries
        ]


def switch_on(application: Application, clock: Clock, *, days_ago: int = 40) -> None:
    """Let the first successful run lie in the past."""
    now, clock.now = clock.now, clock.now - timedelta(days=days_ago)
    run(application, JOB)
    clock.now = now


def decided(application: Application) -> dict[tuple[str, str, str | None], int]:
    """How many decisions there are by occurrence, outcome and reason."""
    found = rows.all_of(application.engine, tables.decisions)
    return dict(Counter((each.occurrence, each.outcome, each.reason) for each in found))


def vaccines_in(body: str) -> str:
    """The part of a text that tells the vaccines."""
    return body.removeprefix("Vaccination expiry notice from Happy Paws. ").split(". Questions")[0]
