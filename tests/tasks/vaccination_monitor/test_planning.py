"""The vaccination monitor on a database: which records are alerted, and when they no longer are."""

import json
from datetime import date
from typing import Any

import pytest

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from shared.stages import Stage
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.stages import do
from tests.tasks.vaccination_monitor.rows import (
    AT_SIX,
    HOURLY,
    JOB,
    TODAY,
    a_pet,
    decided,
    in_days,
    plant,
    switch_on,
    vaccines_in,
)

# Tiers


@pytest.mark.parametrize(
    ("left", "tier"), [(31, None), (30, 30), (15, 30), (14, 14), (8, 14), (7, 7), (1, 7), (0, 7), (-1, None)]
)
def test_the_tier_in_force_is_alerted_once(
    application: Application, sms: RecordingSms, clock: Clock, left: int, tier: int | None
) -> None:
    switch_on(application, clock)
    plant(application, left)
    assert run(application, JOB)["total_alerts_sent"] == (1 if tier else 0)
    run(application, JOB)
    assert len(sms.sent) == (1 if tier else 0)
    told = {occurrence: outcome for occurrence, outcome, _ in decided(application) if outcome == "notify"}
    assert told == ({f"{in_days(left)}:{tier}": "notify"} if tier else {})


def test_day_by_day_a_record_is_alerted_three_times(application: Application, sms: RecordingSms, clock: Clock) -> None:
    switch_on(application, clock)
    plant(application, 32)
    told = []
    for _ in range(40):
        do(application, JOB, Stage.PLAN, Stage.DELIVER)
        told += [vaccines_in(body) for body in sms.bodies[len(told) :]]
        clock.pass_(days=1)
    assert told == [
        "Bella: rabies (Sat, Apr 4, 30 days left)",
        "Bella: rabies (Sat, Apr 4, 14 days left)",
        "Bella: rabies (Sat, Apr 4, 7 days left)",
    ]
    assert {outcome for _, outcome, _ in decided(application)} == {"notify"}


def test_a_tenant_chooses_its_tiers(application: Application, sms: RecordingSms) -> None:
    settings = json.dumps({"vaccination": {"thresholds": [60, 3]}})
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection, settings=settings)
        for days in (60, 7, 3):
            rows.vaccination(connection, *a_pet(connection, tenant), in_days(days))
    run(application, JOB)
    assert set(decided(application)) == {(f"{in_days(60)}:60", "notify", None), (f"{in_days(3)}:3", "notify", None)}


def test_a_record_without_expiry_or_deleted_is_not_alerted(application: Application, sms: RecordingSms) -> None:
    plant(application, 7, deleted_at=NOON)
    with application.engine.begin() as connection:
        rows.vaccination(connection, *a_pet(connection, rows.tenant(connection, "other")), None)
    run(application, JOB)
    assert (decided(application), sms.sent) == ({}, [])


def test_a_new_expiry_date_earns_new_alerts(application: Application, sms: RecordingSms) -> None:
    (record,) = plant(application, 7)
    run(application, JOB)
    rows.change(application.engine, tables.vaccination_records, record, expiry_date=in_days(6))
    run(application, JOB)
    run(application, JOB)
    assert [vaccines_in(body) for body in sms.bodies] == [
        "Bella: rabies (Tue, Mar 10, 7 days left)",
        "Bella: rabies (Mon, Mar 9, 6 days left)",
    ]


# What came later: switch-on, imports and boosters


def test_switching_on_alerts_the_tiers_that_begin_that_day_and_the_last(
    application: Application, sms: RecordingSms
) -> None:
    plant(application, 30, 29, 14, 13, 7, 3)
    result = run(application, JOB)
    assert (result["total_checked"], result["alerts_planned"], len(sms.sent)) == (4, 1, 1)
    assert set(decided(application)) == {
        (f"{in_days(left)}:{tier}", "notify", None) for left, tier in ((30, 30), (14, 14), (7, 7), (3, 7))
    }


def test_an_import_of_5000_records_is_one_text_per_owner_about_the_last_tier_only(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    switch_on(application, clock)
    clock.pass_(hours=1)
    with application.engine.begin() as connection:
        with rows.all_at_once(connection) as draft:
            tenant = rows.tenant(draft)
            for _ in range(500):
                owner = rows.owner(draft, tenant)
                for left in (29, 20, 15, 13, 8, 5, 6, 100, -3, 400):
                    rows.vaccination(draft, *a_pet(draft, tenant, owner=owner), in_days(left), created_at=NOON)
        connection.exec_driver_sql("ANALYZE")  # as after any import; else PostgreSQL takes the tables for empty
    result = run(application, JOB)
    assert (result["total_checked"], result["alerts_planned"]) == (3500, 500)
    assert {vaccines_in(body) for body in sms.bodies} == {
        "Bella: rabies (Sun, Mar 8, 5 days left); Bella: rabies (Mon, Mar 9, 6 days left)"
    }
    assert len(sms.sent) == 500
    assert {occurrence.split(":")[1] for occurrence, _, _ in decided(application)} == {"7"}


def test_a_booster_due_three_weeks_after_it_was_entered_is_alerted_from_the_next_tier(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    switch_on(application, clock)
    plant(application, 21, created_at=NOON)
    for _ in range(22):
        do(application, JOB, Stage.PLAN, Stage.DELIVER)
        clock.pass_(days=1)
    assert [vaccines_in(body).rpartition(", ")[2] for body in sms.bodies] == ["14 days left)", "7 days left)"]


# Superseding


@pytest.mark.parametrize(
    ("old", "new", "alerted"),
    [
        ({"type": "rabies"}, {"type": "rabies"}, False),
        ({"type": "rabies"}, {"type": "lyme"}, True),
        ({"type": "distemper"}, {"type": "dhpp"}, False),
        ({"type": "parvo"}, {"type": "dhpp"}, False),
        ({"type": "dhpp"}, {"type": "distemper"}, True),
        ({"type": "dhpp"}, {"type": "parvo"}, True),
        ({"type": "other", "name": "Giardia"}, {"type": "other", "name": " giar DIA"}, False),
        ({"type": "other", "name": "Giardia"}, {"type": "other", "name": "Toxoid"}, True),
        ({"type": "rabies", "name": "3 years"}, {"type": "rabies", "name": "1 year"}, False),
        ({"type": "rabies"}, {"type": "rabies", "deleted_at": NOON}, True),
        ({"type": "rabies"}, {"type": "rabies", "expiry_date": None}, True),
        ({"type": "rabies"}, {"type": "rabies", "administered_date": None}, True),
    ],
)
def test_only_the_newest_record_of_a_vaccine_is_alerted(
    application: Application, sms: RecordingSms, old: dict[str, Any], new: dict[str, Any], alerted: bool
) -> None:
    with application.engine.begin() as connection:
        tenant, pet = a_pet(connection)
        rows.vaccination(connection, tenant, pet, in_days(7), **{"administered_date": in_days(-358)} | old)
        newer = {"administered_date": in_days(-7), "expiry_date": in_days(358)} | new
        rows.vaccination(connection, tenant, pet, None, **newer)
    result = run(application, JOB)
    assert (result["total_alerts_sent"], result["skipped"]) == ((1, {}) if alerted else (0, {"superseded": 1}))


def test_a_renewal_between_planning_and_sending_stops_its_part_of_the_text(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    clock.now = AT_SIX
    first, _ = plant(application, 7, 6)
    assert run(application, JOB)["deferred"] == 1
    old = next(each for each in rows.all_of(application.engine, tables.vaccination_records) if each.id == first)
    with application.engine.begin() as connection:
        rows.vaccination(connection, old.tenant_id, old.pet_id, in_days(365), administered_date=TODAY)
    clock.pass_(hours=7)
    run(application, HOURLY)
    assert [vaccines_in(body) for body in sms.bodies] == ["Bella: rabies (Mon, Mar 9, 6 days left)"]
    assert (f"{in_days(7)}:7", "cancelled", "superseded") in decided(application)
    assert run(application, JOB)["skipped"] == {}  # what the ledger says already is not said again
    assert (f"{in_days(7)}:7", "cancelled", "superseded") in decided(application)


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("vaccination_records", {"deleted_at": NOON}, "record_deleted"),
        ("vaccination_records", {"expiry_date": date(2027, 1, 1)}, "expiry_changed"),
        ("vaccination_records", {"expiry_date": None}, "expiry_changed"),
        ("pets", {"is_deceased": True}, "pet_deceased"),
        ("pets", {"is_active": False}, "pet_inactive"),
        ("owners", {"sms_opted_in": False}, "opted_out"),
        ("tenants", {"status": "suspended"}, "tenant_inactive"),
    ],
)
def test_what_is_no_longer_right_in_the_morning_is_cancelled(
    application: Application, sms: RecordingSms, clock: Clock, table: str, change: dict[str, Any], reason: str
) -> None:
    clock.now = AT_SIX
    plant(application, 7)
    run(application, JOB)
    changed = tables.metadata.tables[table]
    rows.change(application.engine, changed, rows.only(application.engine, changed).id, **change)
    clock.pass_(hours=7)
    run(application, HOURLY)
    assert sms.sent == []
    assert rows.only(application.engine, tables.notifications).status == "cancelled"
    assert list(decided(application)) == [(f"{in_days(7)}:7", "cancelled", reason)]
