"""What `explain` says: every decision in words, oldest first, and what comes next."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.application import Application
from shared.database import tables
from shared.database.engine import reading
from shared.domain.policy.models import TenantPolicy
from shared.domain.reasons import SENTENCES, Reason
from shared.domain.records import ConsentSource, Kind, NotificationStatus, Outcome
from shared.operations.explain import SUBJECTS, Explanation, explain
from shared.operations.words import KIND_WORDS, OUTCOME_WORDS, SOURCE_WORDS, STATUS_WORDS
from shared.runtime import run
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON

DAY = timedelta(hours=24)
JOB = "AppointmentReminders24h"


def explained(application: Application, what: str, id_: UUID) -> Explanation:
    with reading(application.engine) as connection:
        found = explain(connection, what, id_, TenantPolicy(), ZoneInfo("UTC"))
    assert found is not None
    return found


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence(reason: Reason) -> None:
    assert SENTENCES[reason].endswith(".")
    assert SENTENCES[reason][0].isupper()


def test_every_kind_outcome_and_status_has_its_words() -> None:
    assert set(KIND_WORDS) == set(Kind)
    assert set(OUTCOME_WORDS) == set(Outcome) - {Outcome.NOTIFY}
    assert set(STATUS_WORDS) == set(NotificationStatus) - {NotificationStatus.PLANNED, NotificationStatus.SENT}
    assert set(SOURCE_WORDS) == set(ConsentSource)


def test_what_is_not_there_is_not_explained(application: Application) -> None:
    with reading(application.engine) as connection:
        for what in SUBJECTS:
            assert explain(connection, what, uuid4(), TenantPolicy(), ZoneInfo("UTC")) is None


def test_a_reminder_that_was_sent_is_told_with_its_text_and_without_the_number(application: Application) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    run(application, JOB)
    (moment,) = explained(application, "appointment", appointment).timeline
    assert moment.at == NOON
    assert moment.what.startswith(
        "24-hour reminder sent to +1•••••0143, 1 segment: Happy Paws reminder: visit for Bella"
    )


def test_one_sms_about_two_appointments_is_one_line(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        for hours in (0, 2):
            rows.appointment(connection, tenant, NOON + DAY + timedelta(hours=hours), owner_id=owner)
    run(application, JOB)
    assert len(rows.all_of(application.engine, tables.decisions)) == 2
    (line,) = explained(application, "owner", owner).timeline
    assert line.what.startswith("24-hour reminder sent to ")


def test_a_reminder_that_was_not_sent_is_told_with_the_reason(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant, phone=None)
        appointment = rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    run(application, JOB)
    for what, id_ in (("appointment", appointment), ("owner", owner)):
        (moment,) = explained(application, what, id_).timeline
        assert (moment.what, moment.code) == ("24-hour reminder not sent: The owner has no phone number.", "no_phone")


@pytest.mark.parametrize(
    ("columns", "code", "sentence"),
    [
        ({"is_deceased": True}, "pet_deceased", "Every pet of the appointment has died."),
        ({}, "came_that_day", "The owner came to another appointment of that day."),
    ],
)
def test_why_an_appointment_was_not_missed_is_told(
    application: Application, columns: dict[str, bool], code: str, sentence: str
) -> None:
    start = NOON - timedelta(hours=3)
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        pet = rows.pet(connection, tenant, owner, **columns)
        appointment = rows.appointment(connection, tenant, start, owner_id=owner, pets=[pet])
        if not columns:
            rows.appointment(connection, tenant, start, owner_id=owner, status="completed")
    run(application, "NoShowDetector")
    (moment,) = explained(application, "appointment", appointment).timeline
    assert (moment.what, moment.code) == (f"no-show not counted: {sentence}", code)


def test_an_owners_consent_is_told_as_a_history(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        its = {"tenant_id": tenant, "owner_id": owner, "phone_hash": "0" * 64}
        for hours, given, source in ((0, False, "receipt"), (1, True, "platform")):
            at = NOON + timedelta(hours=hours)
            rows.insert(connection, tables.consent_events, **its, given=given, source=source, happened_at=at)
    assert [(each.at, each.what) for each in explained(application, "owner", owner).timeline] == [
        (NOON, "consent to texts withdrawn: by the receipt of a text handed over then"),
        (NOON + timedelta(hours=1), "consent to texts given: changed outside the scheduler"),
    ]


def test_a_reminder_that_waits_says_until_when(application: Application) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    run(replace(application, sms_enabled=False), JOB)
    (moment,) = explained(application, "appointment", appointment).timeline
    assert moment.what == "24-hour reminder planned; it waits until Tue 03 Mar 2026 12:00 EST"


def test_a_cancelled_reminder_is_told_at_the_time_it_was_cancelled(application: Application, clock: Clock) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    run(replace(application, sms_enabled=False), JOB)
    rows.change(application.engine, tables.appointments, appointment, status="cancelled")
    clock.pass_(minutes=30)
    run(application, "AppointmentReminders2h")
    (moment,) = explained(application, "appointment", appointment).timeline
    assert (moment.at, moment.code) == (clock.now, "appointment_cancelled")
    assert moment.what == "24-hour reminder not sent after all: The appointment was cancelled."


def test_bad_settings_of_the_tenant_are_what_stands_in_the_way(application: Application) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(
            connection, rows.tenant(connection, settings='{"sms": {"x": 1}}'), NOON + 2 * DAY
        )
    (upcoming,) = explained(application, "appointment", appointment).next
    assert upcoming.what.startswith("nothing, until the settings of paws are mended: sms.x: unknown key")


def test_a_business_that_is_not_served_keeps_its_own_time_and_promises_nothing_about_what_is_over(
    application: Application,
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection, settings='{"sms": {"x": 1}}', timezone="America/Denver")
        over = rows.appointment(connection, tenant, NOON - DAY, status="completed")
        ahead = rows.appointment(connection, tenant, NOON + DAY)
    found = explained(application, "appointment", over)
    assert (found.zone.key, found.next) == ("America/Denver", ())
    assert len(explained(application, "appointment", ahead).next) == 1
