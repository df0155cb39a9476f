"""Reminders planned and sent, for the tests of delivery."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from shared.application import Application
from shared.runtime import run
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON

DAY = timedelta(hours=24)
TWO = timedelta(hours=2)
WAITS_FROM = datetime.fromisoformat("2026-03-03T12:30:00Z")
"""07:30 in New York: what is due at 08:00 is planned and waits for the end of quiet hours."""
NINE = datetime.fromisoformat("2026-03-03T15:00:00Z")
"""A start whose 2-hour reminder is due at the end of quiet hours."""


def remind(application: Application, job: str = "AppointmentReminders24h") -> dict:
    return run(application, job)


def plan_waiting(application: Application, clock: Clock, **columns: object) -> tuple:
    """Plan a 2-hour reminder that waits until 08:00 in New York; return the ids of its tenant and appointment."""
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        appointment = rows.appointment(connection, tenant, NINE, **columns)
    clock.now = WAITS_FROM
    result = remind(application, "AppointmentReminders2h")
    assert (result["reminders_planned"], result["reminders_sent"], result["deferred"]) == (1, 0, 1)
    clock.pass_(minutes=30)
    return tenant, appointment


def due_tomorrow(engine: Engine) -> None:
    with engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
