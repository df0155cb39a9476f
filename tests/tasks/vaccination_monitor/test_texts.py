"""The vaccination monitor on a database: who is told, in one text, and by which clock."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.tasks.vaccination_monitor.rows import AT_SIX, HOURLY, JOB, TODAY, a_pet, decided, in_days, plant, vaccines_in

# To whom


@pytest.mark.parametrize(
    ("owner", "pet", "reason"),
    [
        ({"sms_opted_in": False}, {}, "opted_out"),
        ({"phone": None}, {}, "no_phone"),
        ({"phone": "12"}, {}, "invalid_phone"),
        ({"is_active": False}, {}, "owner_inactive"),
        ({"deleted_at": NOON}, {}, "owner_inactive"),
        ({}, {"is_deceased": True}, "pet_deceased"),
        ({}, {"is_active": False}, "pet_inactive"),
        ({}, {"deleted_at": NOON}, "pet_inactive"),
    ],
)
def test_who_is_not_told_is_skipped_with_the_reason(
    application: Application, sms: RecordingSms, owner: dict[str, Any], pet: dict[str, Any], reason: str
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        its_owner = rows.owner(connection, tenant, **owner)
        rows.vaccination(connection, *a_pet(connection, tenant, owner=its_owner, **pet), in_days(7))
    assert run(application, JOB)["skipped"] == {reason: 1}
    assert list(decided(application)) == [(f"{in_days(7)}:7", "skipped", reason)]
    assert run(application, JOB)["skipped"] == {}
    assert sms.sent == []


def test_a_phone_number_added_in_time_is_told(application: Application, sms: RecordingSms, clock: Clock) -> None:
    plant(application, 7)
    owner = rows.only(application.engine, tables.owners).id
    rows.change(application.engine, tables.owners, owner, phone=None)
    run(application, JOB)
    rows.change(application.engine, tables.owners, owner, phone="+12125550143")
    clock.pass_(days=1)
    assert run(application, JOB)["total_alerts_sent"] == 1
    assert list(decided(application)) == [(f"{in_days(7)}:7", "notify", None)]


def test_an_owner_gets_one_text_naming_pets_and_vaccines(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        for name in ("Ana", "Bob"):
            owner = rows.owner(connection, tenant, first_name=name)
            for pet_name, vaccines in (("Bella", ("rabies", "dhpp")), ("Max", ("lyme",))):
                pet = rows.pet(connection, tenant, owner, name=pet_name)
                for vaccine in vaccines:
                    rows.vaccination(connection, tenant, pet, in_days(5 if vaccine == "rabies" else 7), type=vaccine)
    assert run(application, JOB)["alerts_planned"] == 2
    assert {vaccines_in(body) for body in sms.bodies} == {
        "Bella: rabies (Sun, Mar 8, 5 days left), DHPP (Tue, Mar 10, 7 days left); Max: Lyme (Tue, Mar 10, 7 days left)"
    }


@pytest.mark.parametrize("is_dry", [False, True])
def test_an_owner_gets_one_text_where_a_batch_ends_between_the_records(
    application: Application, monkeypatch: pytest.MonkeyPatch, is_dry: bool
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", 2)
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owners = [rows.owner(connection, tenant) for _ in range(3)]
        for days in (7, 14, 30, 5, 3):
            for owner in owners:
                rows.vaccination(connection, *a_pet(connection, tenant, owner=owner), in_days(days))
    result = run(application, JOB, is_dry=is_dry)
    assert (result["total_checked"], result["alerts_planned"]) == (15, 3)
    assert len(result["would"] if is_dry else rows.all_of(application.engine, tables.notifications)) == 3 + is_dry


# The clock


def test_at_night_it_waits_for_the_end_of_quiet_hours_and_leaves_with_an_hourly_job(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    clock.now = AT_SIX
    plant(application, 7)
    result = run(application, JOB)
    assert (result["alerts_planned"], result["total_alerts_sent"], result["deferred"]) == (1, 0, 1)
    clock.pass_(hours=6)
    run(application, HOURLY)
    assert sms.sent == []
    clock.pass_(hours=1)
    assert run(application, HOURLY)["delivery"]["sent"] == {"vaccination_expiring": 1}
    assert rows.only(application.engine, tables.notifications).sent_at == AT_SIX + timedelta(hours=7)


def test_the_days_left_are_those_of_the_day_of_sending(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    plant(application, 7)
    run(replace(application, sms_enabled=False), JOB)
    clock.pass_(days=3)
    run(application, HOURLY)
    assert [vaccines_in(body) for body in sms.bodies] == ["Bella: rabies (Tue, Mar 10, 4 days left)"]


@pytest.mark.parametrize(("hours", "sent"), [(8, 1), (12, 0)])
def test_on_the_expiry_day_it_is_useful_until_midnight(
    application: Application, sms: RecordingSms, clock: Clock, hours: int, sent: int
) -> None:
    plant(application, 0)
    run(replace(application, sms_enabled=False), JOB)
    clock.pass_(hours=hours)  # to 20:00, and to midnight
    assert run(application, HOURLY)["delivery"]["sent"].get("vaccination_expiring", 0) == sent
    assert [vaccines_in(body) for body in sms.bodies] == ["Bella: rabies (Tue, Mar 3, last day)"] * sent
    assert {outcome for _, outcome, _ in decided(application)} == ({"notify"} if sent else {"expired"})


def test_each_business_has_its_own_today(application: Application, sms: RecordingSms, clock: Clock) -> None:
    clock.now = datetime.fromisoformat("2026-03-03T10:30:00Z")  # 3 March; on Kiritimati 4 March, in Honolulu still 3
    zones = {"Pacific/Kiritimati": 8, "Pacific/Honolulu": 7, "America/New_York": 7}
    with application.engine.begin() as connection:
        for zone, left in zones.items():
            tenant = rows.tenant(connection, zone, timezone=zone, settings='{"sms": {"quiet_hours": "off"}}')
            for days in (left, left + 1):
                rows.vaccination(connection, *a_pet(connection, tenant), in_days(days))
    run(application, JOB)
    assert set(decided(application)) == {(f"{in_days(8)}:7", "notify", None), (f"{in_days(7)}:7", "notify", None)}
    assert len(sms.sent) == 3
    records = rows.all_of(application.engine, tables.vaccination_records)
    assert {each.status for each in records} == {"expiring_soon"}


def test_a_status_turns_with_the_local_day(application: Application, clock: Clock) -> None:
    clock.now = datetime.fromisoformat("2026-03-03T10:30:00Z")
    with application.engine.begin() as connection:
        for zone in ("Pacific/Kiritimati", "Pacific/Honolulu"):
            tenant = rows.tenant(connection, zone, timezone=zone)
            rows.vaccination(connection, *a_pet(connection, tenant), TODAY)
    run(application, JOB)
    assert sorted(each.vaccination_status for each in rows.all_of(application.engine, tables.pets)) == [
        "expired",
        "expiring_soon",
    ]
