"""Delivery: what is due goes out once, freshly rendered, and what becomes of it is recorded."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.application import Application
from shared.database import tables
from shared.domain.records import Kind
from shared.jobs import KINDS
from shared.runtime import run
from tests import rows
from tests.delivery.reminding import DAY, NINE, TWO, WAITS_FROM, due_tomorrow, plan_waiting, remind
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON


def test_a_due_reminder_is_sent_once_and_recorded(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    result = remind(application)
    (body,) = sms.bodies
    assert body == (
        "Happy Paws reminder: visit for Bella tomorrow, Wed Mar 4, at 12:00 PM. 12 Main St. "
        "Changes? Call +12125550142. Reply STOP to opt out"
    )
    sent = rows.only(application.engine, tables.notifications)
    assert (sent.status, sent.provider_message_id, sent.body) == ("sent", "SM1", sms.bodies[0])
    assert (sent.to_phone, sent.segments, sent.attempts, sent.sent_at) == ("+12125550143", 1, 1, NOON)
    assert result["delivery"]["sent"] == {"reminder_24h": 1}


def test_a_second_run_sends_nothing(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    remind(application)
    before = rows.all_of(application.engine, tables.notifications), rows.all_of(application.engine, tables.decisions)
    assert remind(application)["reminders_planned"] == 0
    assert len(sms.sent) == 1
    assert before == (
        rows.all_of(application.engine, tables.notifications),
        rows.all_of(application.engine, tables.decisions),
    )


def test_the_message_is_good_until_its_deadline_and_ten_hours_at_most(
    application: Application, sms: RecordingSms
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, NOON + DAY)
        rows.appointment(connection, tenant, NOON + timedelta(hours=5))
    remind(application)
    assert sorted(each.validity_seconds for each in sms.sent) == [2 * 3600, 36_000]


def test_the_tenants_own_sender_is_used(application: Application, sms: RecordingSms) -> None:
    service = "MG" + "0" * 32
    with application.engine.begin() as connection:
        settings = f'{{"sms": {{"messaging_service_sid": "{service}", "from": "+12125550100"}}}}'
        rows.appointment(connection, rows.tenant(connection, settings=settings), NOON + DAY)
    remind(application)
    assert (sms.sent[0].messaging_service_sid, sms.sent[0].sender) == (service, "+12125550100")


def test_no_transaction_is_open_while_a_message_is_on_its_way(application: Application, sms: RecordingSms) -> None:
    open_connections = []
    sms.answer = lambda sent: open_connections.append(application.engine.pool.checkedout())
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    remind(application)
    assert open_connections == [0]


def test_a_two_hour_reminder_goes_before_a_24_hour_one(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    silent = replace(application, sms_enabled=False)
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, NOON + DAY)
        rows.appointment(connection, tenant, NOON + TWO)
    run(silent, "AppointmentReminders24h")
    run(silent, "AppointmentReminders2h")
    remind(application)
    assert ["tomorrow" in body for body in sms.bodies] == [False, True]


def test_switching_all_texts_on_again_is_no_blast(application: Application, sms: RecordingSms, clock: Clock) -> None:
    due_tomorrow(application.engine)
    remind(replace(application, sms_enabled=False))
    clock.now = NOON + DAY
    assert remind(application)["expired"] == 1
    assert sms.sent == []


# Read again at the moment of sending


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("appointments", {"status": "cancelled"}, "appointment_cancelled"),
        ("appointments", {"status": "in_progress"}, "appointment_started"),
        ("appointments", {"status": "completed"}, "appointment_completed"),
        ("appointments", {"status": "no_show"}, "appointment_missed"),
        ("appointments", {"deleted_at": NOON}, "appointment_deleted"),
        ("appointments", {"scheduled_start": NINE + timedelta(minutes=5)}, "rescheduled"),
        ("owners", {"sms_opted_in": False}, "opted_out"),
        ("owners", {"phone": None}, "no_phone"),
        ("owners", {"phone": "not-a-number"}, "invalid_phone"),
        ("owners", {"is_active": False}, "owner_inactive"),
        ("owners", {"deleted_at": NOON}, "owner_inactive"),
        ("pets", {"is_deceased": True}, "pet_deceased"),
        ("tenants", {"status": "suspended"}, "tenant_inactive"),
        ("tenants", {"settings": '{"reminders": {"2h": false}}'}, "kind_disabled"),
    ],
)
def test_a_reminder_that_is_no_longer_right_is_cancelled_with_the_reason(
    application: Application, sms: RecordingSms, clock: Clock, table: str, change: dict, reason: str
) -> None:
    plan_waiting(application, clock)
    with application.engine.begin() as connection:
        connection.execute(tables.metadata.tables[table].update().values(**change))
    result = remind(application)
    assert sms.sent == []
    assert result["delivery"]["cancelled"] == {"reminder_2h": 1}
    cancelled = rows.only(application.engine, tables.notifications)
    assert (cancelled.status, cancelled.reason) == ("cancelled", reason)
    decided = {each.outcome: each.reason for each in rows.all_of(application.engine, tables.decisions)}
    assert decided["cancelled"] == reason
    assert {each.decided_at for each in rows.all_of(application.engine, tables.decisions)} >= {clock.now}


def test_a_member_that_is_no_longer_right_leaves_the_message(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        pets = [rows.pet(connection, tenant, owner, name=name) for name in ("Bella", "Max")]
        gone = rows.appointment(connection, tenant, NINE, owner_id=owner, pets=pets[:1])
        rows.appointment(connection, tenant, NINE, owner_id=owner, pets=pets[1:])
    clock.now = WAITS_FROM
    remind(application, "AppointmentReminders2h")
    rows.change(application.engine, tables.appointments, gone, status="cancelled")
    clock.pass_(minutes=30)
    remind(application)
    assert [("Bella" in body, "Max" in body) for body in sms.bodies] == [(False, True)]
    outcomes = {each.subject_id: each.outcome for each in rows.all_of(application.engine, tables.decisions)}
    assert sorted(outcomes.values()) == ["cancelled", "notify"]
    assert outcomes[gone] == "cancelled"


def test_the_text_is_written_from_what_is_true_when_it_is_sent(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    plan_waiting(application, clock)
    with application.engine.begin() as connection:
        connection.execute(tables.pets.update().values(name="Luna"))
        connection.execute(tables.owners.update().values(phone="(212) 555-0199"))
    remind(application)
    assert "Luna" in sms.bodies[0]
    assert sms.sent[0].to == "+12125550199"


def test_a_row_that_came_to_refer_to_another_tenant_is_not_texted(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    _, appointment = plan_waiting(application, clock)
    with application.engine.begin() as connection:
        stranger = rows.owner(connection, rows.tenant(connection, "other"))
    rows.change(application.engine, tables.appointments, appointment, owner_id=stranger)
    remind(application)
    assert sms.sent == []
    assert rows.only(application.engine, tables.notifications).reason == "foreign_reference"


def test_what_came_to_belong_to_another_owner_is_not_texted_to_either(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    tenant, appointment = plan_waiting(application, clock)
    with application.engine.begin() as connection:
        other = rows.owner(connection, tenant, phone="+12125550177")
    rows.change(application.engine, tables.appointments, appointment, owner_id=other)
    remind(application)
    cancelled = [each.reason for each in rows.all_of(application.engine, tables.decisions) if each.reason]
    assert (sms.sent, cancelled) == ([], ["owner_changed"])


def test_one_message_that_cannot_be_written_does_not_hold_up_the_others(
    application: Application, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = KINDS[Kind.REMINDER_24H]

    def fails_for_bad(kind, served, appointments, at):
        if any(pet.name == "Bad" for each in appointments for pet in each.pets):
            raise ZeroDivisionError("bad")
        return ordinary.text(kind, served, appointments, at)

    monkeypatch.setitem(KINDS, Kind.REMINDER_24H, replace(ordinary, text=fails_for_bad))
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        for name in ("Bad", "Good"):
            owner = rows.owner(connection, tenant)
            pets = [rows.pet(connection, tenant, owner, name=name)]
            rows.appointment(connection, tenant, NOON + DAY, owner_id=owner, pets=pets)
    result = remind(application)
    assert (len(sms.sent), result["total_errors"], result["failed"]) == (1, 1, 1)
    assert sorted(each.status for each in rows.all_of(application.engine, tables.notifications)) == ["failed", "sent"]


# When it may leave


def test_what_falls_due_in_quiet_hours_leaves_at_their_end(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    plan_waiting(application, clock)
    assert sms.sent == []
    remind(application)
    assert len(sms.sent) == 1
    assert clock.now == datetime.fromisoformat("2026-03-03T13:00:00Z")  # 08:00 in New York


def test_what_was_planned_by_day_and_is_drained_in_quiet_hours_waits_for_the_morning(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    run(replace(application, sms_enabled=False), "AppointmentReminders24h")
    clock.now = datetime.fromisoformat("2026-03-04T03:00:00Z")  # 22:00 in New York
    assert remind(application)["delivery"]["deferred"] == {"reminder_24h": 1}
    waiting = rows.only(application.engine, tables.notifications)
    assert (waiting.status, waiting.attempts) == ("planned", 0)
    assert waiting.not_before == datetime.fromisoformat("2026-03-04T13:00:00Z")
    assert sms.sent == []


def test_what_would_wait_past_its_use_expires(application: Application, sms: RecordingSms, clock: Clock) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, datetime.fromisoformat("2026-03-04T03:30:00Z"))  # 22:30 in New York
    clock.now = datetime.fromisoformat("2026-03-04T01:30:00Z")
    run(replace(application, sms_enabled=False), "AppointmentReminders2h")
    clock.now = datetime.fromisoformat("2026-03-04T03:00:00Z")
    remind(application)
    expired = rows.only(application.engine, tables.notifications)
    assert (expired.status, expired.reason, sms.sent) == ("expired", "too_late", [])
    assert rows.only(application.engine, tables.decisions).outcome == "expired"


def test_what_is_no_longer_useful_expires_instead_of_being_sent(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    run(replace(application, sms_enabled=False), "AppointmentReminders24h")
    clock.now = NOON + DAY - timedelta(hours=3)
    result = remind(application)
    assert (result["expired"], sms.sent) == (1, [])


# Who may be sent to


def test_the_outbox_of_a_tenant_with_bad_settings_waits(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    tenant, _ = plan_waiting(application, clock)
    with application.engine.begin() as connection:
        rows.tenant(connection, "sound")
    rows.change(application.engine, tables.tenants, tenant, settings='{"sms": {"quiet_hour": "off"}}')
    result = remind(application)
    assert (result["total_errors"], result["tenants_processed"]) == (1, 1)
    assert result["errors"][0] == {
        "tenant": "paws",
        "subject": "settings",
        "reason": "sms.quiet_hour: unknown key; did you mean quiet_hours?",
    }
    assert rows.only(application.engine, tables.notifications).status == "planned"
    rows.change(application.engine, tables.tenants, tenant, settings=None)
    remind(application)
    assert len(sms.sent) == 1


def test_a_tenant_that_switched_texts_off_decides_and_sends_nothing(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection, settings='{"sms": {"enabled": false}}')
        rows.appointment(connection, tenant, NOON + DAY)
    result = remind(application)
    assert (result["reminders_planned"], result["reminders_sent"], result["deferred"]) == (1, 0, 1)
    clock.now = NOON + DAY
    assert remind(application)["expired"] == 1
    rows.change(application.engine, tables.tenants, tenant, settings=None)
    remind(application)
    assert sms.sent == []


def test_with_a_tenant_named_only_its_outbox_is_drained(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        for subdomain in ("one", "two"):
            tenant = rows.tenant(connection, subdomain, business_name=subdomain.title())
            rows.appointment(connection, tenant, NOON + DAY)
    run(replace(application, sms_enabled=False), "AppointmentReminders24h")
    run(application, "AppointmentReminders2h", only=["two"])
    assert [body[:3] for body in sms.bodies] == ["Two"]


def test_a_run_stops_in_good_order_when_its_time_is_up(
    application: Application, sms: RecordingSms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.delivery.claiming.LARGEST_BATCH", 2)
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        for _ in range(5):
            rows.appointment(connection, tenant, NOON + DAY)
    sms.answer = lambda sent: clock.pass_(seconds=60)
    short = replace(application, time_budget=timedelta(seconds=100))
    assert remind(short)["reminders_sent"] == 2
    assert {each.status for each in rows.all_of(application.engine, tables.notifications)} == {"planned", "sent"}
    sms.answer = lambda sent: None
    assert remind(application)["reminders_sent"] == 3
    assert len(sms.sent) == 5
