"""The job of the 24-hour reminders, and what it decided."""

from datetime import timedelta

from shared.application import Application
from shared.database import tables
from tests import rows

DAY = timedelta(hours=24)
JOB = "AppointmentReminders24h"


def decided(application: Application) -> list[tuple[str, str | None]]:
    """Every decision's outcome and reason, by the start it is about."""
    found = rows.all_of(application.engine, tables.decisions)
    return [(each.outcome, each.reason) for each in sorted(found, key=lambda each: each.occurs_at)]
