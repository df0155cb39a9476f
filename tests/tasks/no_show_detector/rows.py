"""All that detection may write, to be compared before and after; local times."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from shared.database import tables
from tests import rows

WRITTEN = (
    tables.decisions,
    tables.notifications,
    tables.payments,
    tables.reputation_events,
    tables.owners,
    tables.appointments,
)


def everything(engine: Engine) -> list[list[Any]]:
    """Return every row of every table that detection writes to."""
    return [rows.all_of(engine, table) for table in WRITTEN]


def local(text: str, offset: str) -> datetime:
    """Return the UTC time of a local time with its offset."""
    return datetime.fromisoformat(f"{text}{offset}").astimezone(UTC)
