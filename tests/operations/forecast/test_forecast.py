"""What is foretold of the next run is what it does; and foretelling changes nothing."""

import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, event

from shared.application import Application
from shared.database import tables
from shared.database.engine import reading
from shared.database.tenants import active_tenants
from shared.errors import RunFailed
from shared.operations.forecast import Event, Occurrence, Step, forecast, occurrences
from shared.runtime import run
from shared.sample import build, insert, life
from shared.schedules.function_json import read_schedules
from tests import rows
from tests.crash.test_jobs import state
from tests.deeds import Snapshot, counted, deeds, held
from tests.doubles import Clock
from tests.rows import NOON
from tests.salon import Salon, salon

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 5, 6, 0, 1, tzinfo=UTC)
NEXT = "AppointmentReminders2h"
PAGES_EMPTY, PAGES_COPIED = 74, 150
"""Room for the tables of a copy, and for 200 appointments in them, but not for what a run writes about those."""
SUNDAY = Occurrence(NOON + 5 * DAY, "ReputationUpdater")


def foretold(application: Application, *runs: Occurrence) -> list[Event]:
    with reading(application.engine) as connection:
        tenants = active_tenants(connection)
    return list(forecast(application, tenants, runs).events)


def deed(application: Application, job: str, at: datetime) -> Counter[Event]:
    before = Snapshot.of(application.engine)
    days = run(application, job).get("held", ())
    return counted([*deeds(before, Snapshot.of(application.engine), at), *held(application.engine, days, at)])


@pytest.mark.parametrize("stock", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_for_a_day_and_a_half_of_a_platforms_life_what_is_foretold_of_each_run_is_what_it_does(
    application: Application, clock: Clock
) -> None:
    dice, compared = Random(3), 0
    clock.now = START
    with application.engine.begin() as connection:
        insert(connection, build(START).rows)
    for coming in occurrences(read_schedules(), application.zone, START, START + 1.5 * DAY):
        if coming.at.minute == 0:
            with application.engine.begin() as connection:
                life.keep_visits(connection, coming.at - HOUR, coming.at, dice, ())
        # In the hour of the daily jobs and in some others: to foretell a run takes as long as the run.
        is_compared = coming.at.hour in (0, 6, 13, 21)
        clock.now = coming.at - timedelta(seconds=1)
        expected = foretold(application, coming) if is_compared else []
        clock.now = coming.at + timedelta(microseconds=1)  # what the forecast writes of the next run is at the instant
        done = deed(application, coming.job, coming.at)
        if is_compared:
            assert done == counted(expected), coming
            compared += 1
    assert compared > 12


def test_several_runs_are_played_one_after_the_other(paws: Salon, clock: Clock) -> None:
    paws.add_missed(NOON - 3 * HOUR)
    coming = list(occurrences(read_schedules(), paws.application.zone, clock.now, NOON + 3 * DAY))
    events = foretold(paws.application, *coming)
    about = [each for each in events if each.kind in ("no_show", "no_show_notice", "fee", "fee_receipt")]
    assert [(each.step, each.kind) for each in about] == [
        (Step.MISSED, "no_show"),
        (Step.FEE, "fee"),
        (Step.SCORE, "no_show"),
        (Step.TEXT, "no_show_notice"),
        (Step.CHARGED, "fee"),
        (Step.TEXT, "fee_receipt"),
    ]
    missed, _, score, notice, charged, receipt = about
    assert score.score == 80
    seconds = [each.at.replace(microsecond=0) for each in (missed, notice, charged, receipt)]
    assert seconds == [coming_day(1, 6, 30), coming_day(1, 13, 0), coming_day(2, 6, 30), coming_day(2, 13, 0)]
    assert (charged.amount, charged.currency) == (2500, "USD")


def test_a_settled_visit_that_passed_to_another_owner_is_not_foretold_to_be_settled_again(paws: Salon) -> None:
    visit = paws.add_missed(NOON - 3 * DAY, owner_id=paws.add_owner(), status="completed")
    settled = foretold(paws.application, SUNDAY)
    run(paws.application, SUNDAY.job)
    paws.change(visit, owner_id=paws.add_owner())
    assert [each.kind for each in settled] == ["completed"]
    assert foretold(paws.application, SUNDAY) == []
    assert run(paws.application, SUNDAY.job)["events_settled"] == 0


@pytest.mark.parametrize("has_card", [True, False])
def test_a_fee_that_only_passes_to_another_owner_is_not_foretold_to_be_charged_or_given_up_again(
    paws: Salon, clock: Clock, has_card: bool
) -> None:
    missed = paws.add_due_fee(clock, has_payment_method=has_card)
    paws.collect()
    paws.change(missed, owner_id=paws.add_owner())
    clock.pass_(days=1)
    steps = {each.step for each in foretold(paws.application, Occurrence(clock.now, "NoShowDetector"))}
    before = paws.fee()
    paws.run()
    assert (paws.fee().status, paws.fee().updated_at) == (before.status, clock.now)
    assert not steps & {Step.CHARGED, Step.NOT_CHARGED}


def test_a_visit_that_only_begins_with_the_run_is_not_foretold_to_excuse_another(paws: Salon, clock: Clock) -> None:
    owner, detector = paws.add_owner(), Occurrence(NOON + HOUR, "NoShowDetector")
    paws.add_missed(NOON - 3 * HOUR, owner_id=owner)
    paws.add_missed(detector.at, owner_id=owner)
    steps = [each.step for each in foretold(paws.application, detector)]
    clock.now = detector.at
    assert (Step.MISSED in steps, paws.run()["total_detected"]) == (True, 1)


@pytest.mark.parametrize("days", [3, 30])
def test_of_two_fees_of_one_day_whose_owners_became_one_it_is_foretold_which_is_given_back(
    paws: Salon, clock: Clock, days: int
) -> None:
    first, second = paws.add_owner(), paws.add_owner()
    earlier = paws.add_missed(NOON - 4 * HOUR, owner_id=first)
    paws.add_missed(owner_id=second)
    paws.run()
    clock.pass_(days=1)
    paws.run()
    paws.change(earlier, owner_id=second)
    clock.pass_(days=days)
    found = foretold(paws.application, Occurrence(clock.now, "NoShowDetector"))
    closed = [each.subject_ids for each in found if each.step is Step.CLOSED]
    paws.run()
    assert closed == [(each.id,) for each in paws.fees() if each.status == "needs_refund"]
    assert len(closed) == 1


def test_after_an_outage_the_visits_since_the_last_complete_run_are_foretold_to_be_settled(
    paws: Salon, clock: Clock
) -> None:
    run(paws.application, SUNDAY.job)
    paws.add_missed(NOON + DAY, status="completed")
    clock.pass_(days=40)
    late = Occurrence(clock.now + HOUR, SUNDAY.job)
    assert [each.kind for each in foretold(paws.application, late)] == ["completed"]
    assert run(paws.application, SUNDAY.job)["events_settled"] == 1


def coming_day(days: int, hour: int, minute: int) -> datetime:
    return (NOON + days * DAY).replace(hour=hour, minute=minute)


def test_foretelling_writes_nothing(paws: Salon, database_url: str) -> None:
    paws.add_missed()
    before = state(database_url)
    coming = list(occurrences(read_schedules(), paws.application.zone, NOON, NOON + 2 * DAY))
    assert foretold(paws.application, *coming)
    assert state(database_url) == before


def test_a_row_with_a_bad_value_is_bad_in_the_forecast_too(paws: Salon) -> None:
    if paws.engine.dialect.name != "sqlite":
        return  # the other databases refuse such a value
    with paws.engine.begin() as connection:
        pet = rows.pet(connection, paws.tenant_id, rows.owner(connection, paws.tenant_id))
        rows.vaccination(connection, paws.tenant_id, pet, date(2026, 3, 8))
        connection.exec_driver_sql(f"UPDATE pets SET is_deceased = 'perhaps' WHERE id = '{pet.hex}'")
    monitor = Occurrence(NOON + HOUR, "VaccinationMonitor")
    assert foretold(paws.application, monitor) == []
    with paws.engine.begin() as connection:
        connection.execute(tables.pets.update().values(is_deceased=False))
    assert [each.step for each in foretold(paws.application, monitor)] == [Step.TEXT]


def test_other_businesses_are_left_out(application: Application, clock: Clock) -> None:
    ours, other = salon(application, subdomain="ours"), salon(application, subdomain="other")
    for each in (ours, other):
        with application.engine.begin() as connection:
            rows.appointment(connection, each.tenant_id, NOON + 2 * HOUR + HOUR / 2, created_at=NOON - 5 * DAY)
    with reading(application.engine) as connection:
        (its,) = (each for each in active_tenants(connection) if each.subdomain == "ours")
    found = forecast(application, [its], [Occurrence(NOON + HOUR / 2, NEXT)])
    assert {each.tenant_id for each in found.events} == {ours.tenant_id}
    (subject,) = found.subjects.values()
    assert subject.owner is not None


@pytest.mark.parametrize("pages", [PAGES_EMPTY, PAGES_COPIED])
def test_a_copy_without_room_is_named_and_nothing_is_foretold_of_a_part(application: Application, pages: int) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        for _ in range(200):
            rows.appointment(connection, tenant, NOON + DAY)
    rooms: list[int] = []

    def limit(raw: Any, _record: Any) -> None:
        if isinstance(raw, sqlite3.Connection) and "forecast.db" in str(raw.execute("PRAGMA database_list").fetchall()):
            raw.execute(f"PRAGMA max_page_count = {pages}")
            rooms.append(pages)

    event.listen(Engine, "connect", limit)
    try:
        with pytest.raises(RunFailed, match=r"a forecast runs on a copy in .* \(no room is left\); set TMPDIR"):
            foretold(application, Occurrence(NOON, "AppointmentReminders24h"))
    finally:
        event.remove(Engine, "connect", limit)
    assert rooms
