"""Reminders after an outage, after switching on, and of appointments booked too late: each gets its decision."""

from datetime import datetime, timedelta

import pytest

from shared.application import Application
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.tasks.appointment_reminders.steps import DAY, JOB, decided


def test_after_an_outage_what_is_still_useful_goes_out(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    clock.pass_(hours=20)
    assert run(application, JOB)["reminders_sent"] == 1


def test_what_became_useless_in_an_outage_is_recorded_as_too_late(application: Application, clock: Clock) -> None:
    run(application, JOB)
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, NOON + DAY, status="completed")
        rows.appointment(connection, tenant, NOON + DAY, status="cancelled")
        rows.appointment(connection, tenant, NOON + DAY, deleted_at=NOON)
        unwanted = rows.tenant(connection, "unwanted", settings='{"reminders": {"24h": false}}')
        rows.appointment(connection, unwanted, NOON + DAY)
    clock.pass_(hours=24)
    assert run(application, JOB)["expired"] == 1
    assert decided(application) == [("expired", "too_late")]


def test_nothing_from_before_switch_on_is_recorded_as_too_late(application: Application, clock: Clock) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON - timedelta(hours=1))
    run(application, JOB)
    clock.pass_(hours=1)
    run(application, JOB)
    assert decided(application) == []


def test_what_became_useless_more_than_two_days_ago_is_left(application: Application, clock: Clock) -> None:
    run(application, JOB)
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + timedelta(hours=4))
    clock.pass_(hours=50)
    run(application, JOB)
    assert decided(application) == []


def test_an_appointment_imported_after_its_reminder_was_due_is_not_recorded_as_too_late(
    application: Application, clock: Clock
) -> None:
    run(application, JOB)
    clock.pass_(hours=24)
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), clock.now - timedelta(hours=1), created_at=clock.now)
    clock.pass_(hours=1)
    run(application, JOB)
    assert decided(application) == []


# Every appointment ends with a decision


@pytest.mark.parametrize("job", [JOB, "AppointmentReminders2h"])
@pytest.mark.parametrize("start", ["08:10", "08:30"])
def test_what_is_booked_at_night_for_the_early_morning_is_decided(
    application: Application, clock: Clock, job: str, start: str
) -> None:
    clock.now = datetime.fromisoformat("2026-03-03T22:00-05:00")
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        starts_at = datetime.fromisoformat(f"2026-03-04T{start}-05:00")
        rows.appointment(connection, tenant, starts_at, created_at=clock.now)
    clock.pass_(minutes=30)
    assert run(application, job)["skipped"] == {"booked_inside_window": 1}
    assert decided(application) == [("skipped", "booked_inside_window")]
    for _ in range(12):
        clock.pass_(hours=1)
        assert run(application, job)["skipped"] == {}
    assert decided(application) == [("skipped", "booked_inside_window")]


def test_what_is_booked_when_it_is_too_late_for_any_reminder_is_decided_too(
    application: Application, clock: Clock
) -> None:
    jobs = (JOB, "AppointmentReminders2h")
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
    for job in jobs:
        run(application, job)
    clock.pass_(hours=4)
    with application.engine.begin() as connection:
        rows.appointment(connection, tenant, clock.now + timedelta(minutes=10), created_at=clock.now)
    for job in jobs:
        assert run(application, job)["skipped"] == {"booked_inside_window": 1}
