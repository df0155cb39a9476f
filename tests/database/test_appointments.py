"""Which appointments the reminder jobs and the texts about missed visits find."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from shared.database.appointments import Starts, missed_appointments
from shared.domain.records import Kind
from shared.tasks.appointment_reminders.queries import appointments_to_remind, appointments_without_decision
from tests import rows
from tests.rows import NOON

AFTER, START, UNTIL = NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2)
STARTS = Starts(after=AFTER, until=UNTIL)
INSTANT = datetime.resolution


@pytest.fixture
def tenant(engine: Engine) -> UUID:
    with engine.begin() as connection:
        return rows.tenant(connection)


def is_found(engine: Engine, tenant: UUID) -> tuple[bool, bool]:
    """Whether an appointment is found to be reminded of by 24 hours, and as one that no run has decided about."""
    with engine.connect() as connection:
        due = appointments_to_remind(connection, Kind.REMINDER_24H, [tenant], STARTS, limit=5)
        missed = appointments_without_decision(connection, Kind.REMINDER_24H, [tenant], STARTS, limit=5)
    return bool(due), bool(missed)


@pytest.mark.parametrize(
    ("starts_at", "expected"), [(AFTER, False), (AFTER + INSTANT, True), (UNTIL, True), (UNTIL + INSTANT, False)]
)
def test_a_range_of_starts_includes_its_end_and_not_its_beginning(
    engine: Engine, tenant: UUID, starts_at: datetime, expected: bool
) -> None:
    with engine.begin() as connection:
        rows.appointment(connection, tenant, starts_at)
    assert is_found(engine, tenant) == (expected, expected)


@pytest.mark.parametrize(
    ("decided", "found"),
    [
        ({"outcome": "notify"}, (False, False)),
        ({"outcome": "expired", "reason": "too_late"}, (False, False)),
        ({"outcome": "skipped", "reason": "no_phone"}, (True, False)),
        ({"outcome": "cancelled", "reason": "rescheduled"}, (True, False)),
        ({"outcome": "notify", "kind": "reminder_2h"}, (True, True)),
        ({"outcome": "notify", "occurs_at": START - timedelta(days=1)}, (True, True)),
    ],
    ids=str,
)
def test_what_is_found_again_depends_on_what_was_decided_about_this_reminder_of_this_start(
    engine: Engine, tenant: UUID, decided: dict[str, Any], found: tuple[bool, bool]
) -> None:
    with engine.begin() as connection:
        its = {"kind": "reminder_24h", "subject_id": rows.appointment(connection, tenant, START), "occurs_at": START}
        rows.decision(connection, tenant, occurrence="then", **its | decided)
    assert is_found(engine, tenant) == found


@pytest.mark.parametrize(
    ("columns", "counts"),
    [
        ({"status": "no_show"}, True),
        ({"status": "no_show", "deleted_at": NOON}, False),
        ({"status": "completed"}, False),
        ({"status": "confirmed"}, False),
    ],
    ids=str,
)
def test_what_counts_as_missed_is_marked_and_not_deleted(
    engine: Engine, tenant: UUID, columns: dict[str, Any], counts: bool
) -> None:
    with engine.begin() as connection:
        owner = rows.owner(connection, tenant)
        rows.appointment(connection, tenant, START, owner_id=owner, **columns)
        assert bool(missed_appointments(connection, [owner], STARTS)) is counts
