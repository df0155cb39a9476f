"""Starts count to the minute: seconds neither repeat a reminder nor hold it back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.tasks.appointment_reminders.steps import DAY, JOB, decided


def test_a_start_that_is_rewritten_by_seconds_is_reminded_of_once(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    for seconds in (0, 20, 59, 0):
        start = NOON + DAY + timedelta(seconds=seconds)
        rows.change(application.engine, tables.appointments, appointment, scheduled_start=start)
        run(application, JOB)
        clock.pass_(hours=1)
    assert len(sms.sent) == 1
    assert decided(application) == [("notify", None)]


def test_a_reminder_that_waits_is_still_right_when_its_start_moves_by_seconds(
    application: Application, sms: RecordingSms
) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    run(replace(application, sms_enabled=False), JOB)
    rows.change(
        application.engine, tables.appointments, appointment, scheduled_start=NOON + DAY + timedelta(seconds=20)
    )
    run(application, "AppointmentReminders2h")
    assert len(sms.sent) == 1


@pytest.mark.parametrize(("before", "after"), [(20, 0), (20, 20), (0, 20), (20, 40)])
@pytest.mark.parametrize(
    ("outcome", "reason", "texts"), [("notify", None, 0), ("expired", "too_late", 0), ("skipped", "no_phone", 1)]
)
def test_a_decision_that_an_older_version_took_about_a_start_with_seconds_still_counts(
    application: Application,
    sms: RecordingSms,
    before: int,
    after: int,
    outcome: str,
    reason: str | None,
    texts: int,
) -> None:
    then, start = (NOON + DAY + timedelta(seconds=seconds) for seconds in (before, after))
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        appointment = rows.appointment(connection, tenant, start)
        rows.decision(
            connection,
            tenant,
            kind="reminder_24h",
            subject_id=appointment,
            occurrence=f"{then:%Y-%m-%dT%H:%M:%S.%fZ}",
            occurs_at=then,
            outcome=outcome,
            reason=reason,
        )
    for _ in range(2):
        run(application, JOB)
    assert (len(sms.sent), len(decided(application))) == (texts, 1)
