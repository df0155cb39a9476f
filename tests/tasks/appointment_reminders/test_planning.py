"""Planning reminders on a database: what is found, what is decided, and what is decided again."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.tasks.appointment_reminders.steps import DAY, JOB, decided


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        ({"sms_opted_in": False}, "opted_out"),
        ({"phone": None}, "no_phone"),
        ({"phone": "  "}, "no_phone"),
        ({"phone": "not-a-number"}, "invalid_phone"),
        ({"is_active": False}, "owner_inactive"),
        ({"deleted_at": NOON}, "owner_inactive"),
    ],
)
def test_an_owner_who_cannot_be_texted_is_skipped_with_the_reason(
    application: Application, sms: RecordingSms, owner: dict, reason: str
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, NOON + DAY, owner_id=rows.owner(connection, tenant, **owner))
    assert run(application, JOB)["skipped"] == {reason: 1}
    assert decided(application) == [("skipped", reason)]
    assert sms.sent == []


def test_national_numbers_are_read_in_the_country_of_the_time_zone(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection, timezone="America/Bogota", phone="601 234 5678")
        rows.appointment(connection, tenant, NOON + DAY, owner_id=rows.owner(connection, tenant, phone="301 234 5678"))
    assert run(application, JOB)["total_errors"] == 0
    assert [each.to for each in sms.sent] == ["+573012345678"]


def test_where_nobody_knows_the_country_national_numbers_get_no_text_and_the_business_is_named_once(
    application: Application, sms: RecordingSms
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection, timezone="Etc/UTC", phone="(212) 555-0142")
        for phone in ("(212) 555-0143", "212-555-0144", "+57 301 234 5678"):
            rows.appointment(connection, tenant, NOON + DAY, owner_id=rows.owner(connection, tenant, phone=phone))
    result = run(application, JOB)
    assert (result["skipped"], [each.to for each in sms.sent]) == ({"invalid_phone": 2}, ["+573012345678"])
    (error,) = result["errors"]
    assert (error["tenant"], error["subject"]) == ("paws", "country")
    assert error["reason"].endswith('set country in its settings, like {"country": "US"}')


def test_nobody_is_asked_to_reply_to_a_name(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
        own = rows.tenant(connection, "own", settings='{"sms": {"from": "+12125550100"}}')
        rows.appointment(connection, own, NOON + DAY)
    run(replace(application, default_sender="HappyPaws"), JOB)
    assert {each.sender: "STOP" in each.body for each in sms.sent} == {None: False, "+12125550100": True}


def test_what_is_not_due_yet_is_not_decided(application: Application) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY + timedelta(minutes=31))
    assert run(application, JOB)["reminders_planned"] == 0
    assert decided(application) == []


def test_what_is_of_no_use_any_more_is_not_looked_at_and_a_dry_run_looks_at_each_day_once(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", 1)
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        for hours in (2, 4, 24):
            rows.appointment(connection, tenant, NOON + timedelta(hours=hours), owner_id=owner)
    assert run(application, JOB, is_dry=True)["total_checked"] == 2


@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled", "no_show"])
def test_only_pending_and_confirmed_appointments_are_reminded_of(application: Application, status: str) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY, status=status)
    run(application, JOB)
    assert decided(application) == []


def test_a_deleted_appointment_is_not_reminded_of(application: Application) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY, deleted_at=NOON)
    run(application, JOB)
    assert decided(application) == []


@pytest.mark.parametrize(
    "columns", [{"status": "suspended"}, {"status": "inactive"}, {"is_active": False}, {"deleted_at": NOON}]
)
def test_a_tenant_that_is_not_active_gets_nothing(application: Application, columns: dict) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection, **columns), NOON + DAY)
    assert run(application, JOB)["tenants_processed"] == 0
    assert decided(application) == []


def test_a_trial_tenant_is_served(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection, status="trial"), NOON + DAY)
    run(application, JOB)
    assert len(sms.sent) == 1


def test_a_phone_number_added_in_time_is_reminded(application: Application, sms: RecordingSms, clock: Clock) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant, phone=None)
        rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    run(application, JOB)
    rows.change(application.engine, tables.owners, owner, phone="+12125550143")
    clock.pass_(hours=1)
    assert run(application, JOB)["reminders_sent"] == 1
    assert decided(application) == [("notify", None)]


def test_a_reason_that_changed_is_recorded_and_one_that_did_not_is_left(application: Application, clock: Clock) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant, phone=None)
        rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    run(application, JOB)
    first = rows.only(application.engine, tables.decisions)
    clock.pass_(hours=1)
    assert run(application, JOB)["skipped"] == {}
    assert rows.only(application.engine, tables.decisions) == first
    rows.change(application.engine, tables.owners, owner, phone="12")
    assert run(application, JOB)["skipped"] == {"invalid_phone": 1}
    assert decided(application) == [("skipped", "invalid_phone")]


def test_a_moved_appointment_earns_a_new_reminder(application: Application, sms: RecordingSms, clock: Clock) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    run(application, JOB)
    rows.change(application.engine, tables.appointments, appointment, scheduled_start=NOON + 2 * DAY)
    clock.pass_(hours=24)
    run(application, JOB)
    assert len(sms.sent) == 2
    assert decided(application) == [("notify", None), ("notify", None)]


def test_an_appointment_moved_away_and_back_after_its_reminder_is_not_reminded_twice(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    for start in (NOON + DAY, NOON + 3 * DAY, NOON + DAY):
        rows.change(application.engine, tables.appointments, appointment, scheduled_start=start)
        run(application, JOB)
        clock.pass_(hours=1)
    assert len(sms.sent) == 1


def test_a_decision_cancelled_before_sending_is_taken_again_when_the_appointment_moves_back(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    silent = replace(application, sms_enabled=False)
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    run(silent, JOB)
    rows.change(application.engine, tables.appointments, appointment, scheduled_start=NOON + 3 * DAY)
    run(application, "AppointmentReminders2h")
    assert decided(application) == [("cancelled", "rescheduled")]
    rows.change(application.engine, tables.appointments, appointment, scheduled_start=NOON + DAY)
    clock.pass_(hours=1)
    assert run(application, JOB)["reminders_sent"] == 1
    assert decided(application) == [("notify", None)]
    assert sorted(each.status for each in rows.all_of(application.engine, tables.notifications)) == [
        "cancelled",
        "sent",
    ]


def test_the_appointments_of_a_visit_share_one_message(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        for hours, name in ((0, "Bella"), (3, "Max")):
            pets = [rows.pet(connection, tenant, owner, name=name)]
            rows.appointment(connection, tenant, NOON + DAY + timedelta(hours=hours), owner_id=owner, pets=pets)
    run(application, JOB)
    assert len(sms.sent) == 1
    assert "Bella and Max tomorrow, Wed Mar 4, at 12:00 PM and 3:00 PM" in sms.bodies[0]
    assert decided(application) == [("notify", None)] * 2
    run(application, JOB)
    assert len(sms.sent) == 1


def test_a_visit_is_one_message_even_where_a_batch_ends_in_the_middle_of_it(
    application: Application, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", 3)
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owners = [rows.owner(connection, tenant) for _ in range(5)]
        for minutes in (0, 20):
            for owner in owners:
                rows.appointment(connection, tenant, NOON + DAY + timedelta(minutes=minutes), owner_id=owner)
    for job in (JOB, "AppointmentReminders2h"):
        run(application, job)
    assert len(sms.sent) == 5


def test_two_hour_reminders_share_a_message_only_when_they_come_due_in_the_same_run(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        for minutes in (0, 20, 60):
            rows.appointment(connection, tenant, NOON + timedelta(hours=2, minutes=minutes), owner_id=owner)
    for _ in range(2):
        run(application, "AppointmentReminders2h")
        clock.pass_(hours=1)
    assert [body.count("PM") for body in sms.bodies] == [2, 1]


# Bad rows


def test_a_row_that_refers_to_another_tenant_is_named_and_never_mixed(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        ours, theirs = rows.tenant(connection), rows.tenant(connection, "other")
        bad = rows.appointment(connection, ours, NOON + DAY, owner_id=rows.owner(connection, theirs))
        rows.appointment(connection, ours, NOON + DAY)
    result = run(application, JOB)
    assert result["errors"] == [
        {"tenant": "paws", "subject": f"appointment {bad}", "reason": "its owner belongs to another business"}
    ]
    assert (len(sms.sent), result["total_errors"], result["tenants_processed"]) == (1, 1, 2)
    clock.pass_(hours=24)
    run(application, JOB)
    assert decided(application) == [("notify", None)]


def test_another_business_that_names_our_owner_does_not_stop_our_reminder(
    application: Application, sms: RecordingSms
) -> None:
    with application.engine.begin() as connection:
        ours, theirs = rows.tenant(connection), rows.tenant(connection, "theirs", timezone="America/Chicago")
        owner = rows.owner(connection, ours)
        for tenant in (ours, theirs):
            rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    result = run(application, JOB)
    assert [(each["tenant"], each["reason"]) for each in result["errors"]] == [
        ("theirs", "its owner belongs to another business")
    ]
    assert (len(sms.sent), result["tenants_processed"]) == (1, 2)


def test_an_appointment_in_the_year_9999_is_nobodys_trouble(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection, timezone="Asia/Kathmandu")
        last = datetime(9999, 12, 31, 22, 30, tzinfo=UTC)
        rows.appointment(connection, tenant, last, scheduled_end=last)
    assert run(application, JOB)["total_errors"] == 0


def test_one_tenants_failure_does_not_stop_the_others(
    application: Application, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.tasks.appointment_reminders import planning

    decide = planning.decide

    def fails_for_bad(visit, lead, served, now, run_id):
        if served.tenant.subdomain == "bad":
            raise ZeroDivisionError("bad")
        return decide(visit, lead, served, now, run_id)

    monkeypatch.setattr(planning, "decide", fails_for_bad)
    with application.engine.begin() as connection:
        for subdomain in ("bad", "good"):
            rows.appointment(connection, rows.tenant(connection, subdomain), NOON + DAY)
    result = run(application, JOB)
    assert (len(sms.sent), result["tenants_processed"], result["total_errors"]) == (1, 1, 1)


# A dry run


def test_a_dry_run_tells_everything_and_writes_nothing(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, NOON + DAY)
        rows.appointment(connection, tenant, NOON + DAY, owner_id=rows.owner(connection, tenant, phone=None))
    result = run(application, JOB, is_dry=True)
    assert [(each["action"], each["reason"], each["to"]) for each in result["would"]] == [
        ("notify", None, "+1•••••0143"),
        ("skipped", "no_phone", "no phone"),
    ]
    assert "Bella tomorrow, Wed Mar 4, at 12:00 PM" in result["would"][0]["text"]
    assert set(result["would"][0]) == {"action", "tenant", "subject", "to", "when", "text", "segments", "reason"}
    json.dumps(result)
    assert sms.sent == []
    ours = (tables.decisions, tables.notifications, tables.runs, tables.leases)
    assert [rows.all_of(application.engine, table) for table in ours] == [[]] * 4


def test_a_dry_run_tells_a_visit_once_even_where_a_batch_ends_in_the_middle_of_it(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", 3)
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owners = [rows.owner(connection, tenant) for _ in range(5)]
        for minutes in (0, 20):
            for owner in owners:
                rows.appointment(connection, tenant, NOON + DAY + timedelta(minutes=minutes), owner_id=owner)
    result = run(application, JOB, is_dry=True)
    assert (len(result["would"]), result["reminders_planned"]) == (5, 5)


def test_a_dry_run_tells_what_waits_in_the_outbox(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    run(replace(application, sms_enabled=False), JOB)
    would = run(application, "AppointmentReminders2h", is_dry=True)["would"]
    assert [(each["action"], each["to"]) for each in would] == [("sending", "+1•••••0143")]
    assert sms.sent == []
