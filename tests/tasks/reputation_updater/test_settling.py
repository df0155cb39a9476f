"""Settling: which visits and cancellations change a score, once, and since when."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.application import Application
from shared.database import reputation, tables
from shared.database.engine import writing
from shared.domain.records import visit_id
from shared.errors import RunFailed
from shared.platform import writes
from shared.runtime import run
from shared.tasks.reputation_updater import planning as reputation_updater
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON
from tests.tasks.reputation_updater.steps import (
    DAY,
    JOB,
    MONDAY,
    SUNDAY,
    cancelled,
    detect,
    events,
    new_owner,
    score_of,
    settle,
    visit,
)


def test_a_kept_visit_on_monday_and_a_no_show_on_tuesday_settled_on_sunday_leave_eighty(
    application: Application, tenant: UUID
) -> None:
    owner = new_owner(application, tenant)
    visit(application, tenant, owner, MONDAY, "completed", arrived_at=MONDAY)
    visit(application, tenant, owner, MONDAY + DAY, "no_show")
    assert settle(application)["events_settled"] == 3
    assert score_of(application, owner) == 80


def test_a_visit_settled_after_a_detected_no_show_that_followed_it_changes_nothing(
    application: Application, tenant: UUID
) -> None:
    owner = new_owner(application, tenant)
    visit(application, tenant, owner, MONDAY, "completed", arrived_at=MONDAY)
    detect(application, tenant, owner, MONDAY + DAY)
    assert settle(application)["events_settled"] == 2
    assert score_of(application, owner) == 80


def test_a_visit_kept_after_a_no_show_counts(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant)
    detect(application, tenant, owner, MONDAY)
    visit(application, tenant, owner, MONDAY + DAY, "completed", arrived_at=MONDAY + DAY)
    settle(application)
    assert score_of(application, owner) == 87


def test_an_owner_who_arrived_after_the_grace_period_was_not_on_time(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant, 50)
    visit(application, tenant, owner, MONDAY, "completed", arrived_at=MONDAY + timedelta(minutes=16))
    settle(application)
    assert events(application) == [("completed", 2)]
    assert score_of(application, owner) == 52


@pytest.mark.parametrize(
    ("hours", "by", "expected"),
    [
        (2, "owner", [("late_cancellation", -10)]),
        (2, "staff", []),
        (2, "system", []),
        (2, None, []),
        (25, "owner", []),
        (24, "owner", []),
    ],
)
def test_only_an_owner_who_cancels_less_than_24_hours_before_pays_with_reputation(
    application: Application, tenant: UUID, hours: float, by: str | None, expected: list[tuple[str, int]]
) -> None:
    owner = new_owner(application, tenant)
    cancelled(application, tenant, owner, hours, by)
    settle(application)
    assert events(application) == expected
    assert score_of(application, owner) == 100 + sum(points for _, points in expected)


def test_an_appointment_cancelled_at_an_unknown_time_costs_nothing(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant)
    visit(application, tenant, owner, MONDAY, "cancelled", cancelled_by="owner")
    assert settle(application)["total_errors"] == 0
    assert events(application) == []


def test_two_appointments_of_one_day_that_staff_marked_are_one_no_show(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant)
    for hours in (3, 0):
        visit(application, tenant, owner, MONDAY + timedelta(hours=hours), "no_show")
    assert settle(application)["events_settled"] == 1
    (missed,) = (each for each in rows.all_of(application.engine, tables.reputation_events) if each.kind == "no_show")
    assert (missed.occurred_at, missed.subject_id) == (MONDAY, visit_id(tenant, owner, MONDAY.date()))
    assert score_of(application, owner) == 80


def test_a_no_show_that_staff_marked_on_a_day_that_detection_charged_is_not_charged_again(
    application: Application, tenant: UUID
) -> None:
    owner = new_owner(application, tenant)
    detect(application, tenant, owner, MONDAY)
    visit(application, tenant, owner, MONDAY + timedelta(hours=3), "no_show")
    assert settle(application)["events_settled"] == 0
    assert score_of(application, owner) == 80


def test_a_no_show_that_staff_marked_is_settled_once_its_day_is_not_closed_any_more(
    application: Application, tenant: UUID
) -> None:
    closed = json.dumps({"no_show": {"closed_on": [str(MONDAY.date())]}})
    rows.change(application.engine, tables.tenants, tenant, settings=closed)
    missed = visit(application, tenant, new_owner(application, tenant), MONDAY, "confirmed")
    assert run(application, "NoShowDetector", at=MONDAY + DAY / 2)["skipped"] == {"closed_day": 1}
    rows.change(application.engine, tables.appointments, missed, status="no_show")
    assert run(application, JOB)["events_settled"] == 0
    rows.change(application.engine, tables.tenants, tenant, settings=None)
    assert run(application, JOB)["events_settled"] == 1


@pytest.mark.parametrize(("kind", "settled"), [("no_show", 0), ("reminder_24h", 1)])
def test_a_no_show_that_was_detected_is_not_settled_but_one_that_was_reminded_of_is(
    application: Application, tenant: UUID, kind: str, settled: int
) -> None:
    owner = new_owner(application, tenant)
    missed = visit(application, tenant, owner, MONDAY, "no_show")
    with application.engine.begin() as connection:
        rows.decision(connection, tenant, kind=kind, subject_id=missed, occurrence="1", outcome="notify")
    assert settle(application)["events_settled"] == settled
    assert events(application) == [("no_show", -20)] * settled


def test_an_appointment_that_has_its_event_is_not_settled_as_something_else_later(
    application: Application, tenant: UUID, clock: Clock
) -> None:
    owner = new_owner(application, tenant)
    appointment = cancelled(application, tenant, owner, 2)
    run(application, JOB)
    rows.change(application.engine, tables.appointments, appointment, status="completed", arrived_at=MONDAY)
    clock.pass_(days=7)
    assert settle(application)["events_settled"] == 0
    assert events(application) == [("late_cancellation", -10)]


def test_a_reversed_no_show_is_not_settled_again(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant, 10)
    missed = detect(application, tenant, owner, MONDAY)
    with writing(application.engine) as connection:
        reputation.reverse_events(connection, [missed.id], "waived", SUNDAY)
        writes.rescore(connection, [owner], SUNDAY)
    visit(application, tenant, owner, MONDAY, "no_show")
    settle(application)
    assert score_of(application, owner) == 10


@pytest.mark.parametrize("status", ["pending", "confirmed", "in_progress"])
def test_an_appointment_that_did_not_end_is_not_settled(application: Application, tenant: UUID, status: str) -> None:
    visit(application, tenant, new_owner(application, tenant), MONDAY, status)
    assert settle(application)["events_settled"] == 0


def test_deleted_appointments_and_deleted_owners_are_not_settled(application: Application, tenant: UUID) -> None:
    visit(application, tenant, new_owner(application, tenant), MONDAY, "completed", deleted_at=MONDAY)
    visit(application, tenant, new_owner(application, tenant, deleted_at=MONDAY), MONDAY, "completed")
    assert settle(application)["events_settled"] == 0


@pytest.mark.parametrize(
    ("ago", "settled"), [(0, 1), (13, 1), (14, 0), (-0.01, 0)], ids=["now", "13 days", "14 days", "in 15 minutes"]
)
def test_the_first_run_settles_fourteen_days(application: Application, tenant: UUID, ago: float, settled: int) -> None:
    visit(application, tenant, new_owner(application, tenant), SUNDAY - ago * DAY, "completed")
    assert settle(application)["events_settled"] == settled


def test_after_an_outage_all_since_the_last_successful_run_is_settled(
    application: Application, tenant: UUID, clock: Clock
) -> None:
    owner = new_owner(application, tenant)
    run(application, JOB)
    clock.pass_(days=60)
    visit(application, tenant, owner, SUNDAY - DAY / 2, "completed")
    visit(application, tenant, owner, SUNDAY + DAY, "completed")
    assert settle(application)["events_settled"] == 1


def test_what_lies_before_the_latest_of_several_successful_runs_is_over(
    application: Application, tenant: UUID, clock: Clock
) -> None:
    for days in (60, 30):
        run(application, JOB, at=SUNDAY - days * DAY)
    owner = new_owner(application, tenant)
    for days in (45, 20):
        visit(application, tenant, owner, SUNDAY - days * DAY, "completed")
    assert run(application, JOB)["events_settled"] == 1


def test_a_run_that_failed_settles_nothing_for_good(
    application: Application, tenant: UUID, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(application, tenant, new_owner(application, tenant), MONDAY, "completed")
    run(application, JOB, at=SUNDAY - 30 * DAY)
    clock.pass_(days=30)
    with monkeypatch.context() as patch:
        patch.setattr(reputation_updater, "events_of", lambda *_: 1 / 0)
        with pytest.raises(RunFailed):
            run(application, JOB)
    assert run(application, JOB)["events_settled"] == 1


@pytest.mark.parametrize("why", ["for another tenant", "out of time", "this tenant failed"])
def test_a_run_that_left_a_tenant_out_settles_nothing_of_it_for_good(
    application: Application, tenant: UUID, clock: Clock, why: str
) -> None:
    with application.engine.begin() as connection:
        rows.tenant(connection, "other")
    visit(application, tenant, new_owner(application, tenant), MONDAY, "completed")
    run(application, JOB, at=MONDAY - DAY)
    clock.now = MONDAY + 10 * DAY
    if why == "for another tenant":
        run(application, JOB, only=["other"])
    elif why == "out of time":
        run(replace(application, is_stopping=lambda: True), JOB)
    else:
        rows.change(application.engine, tables.tenants, tenant, settings="{")
        assert run(application, JOB)["total_errors"] == 1
        rows.change(application.engine, tables.tenants, tenant, settings=None)
    clock.now = MONDAY + 20 * DAY
    assert run(application, JOB)["events_settled"] == 1


def test_what_staff_complete_a_week_later_is_settled_then(application: Application, tenant: UUID, clock: Clock) -> None:
    appointment = visit(application, tenant, new_owner(application, tenant), MONDAY, "confirmed")
    run(application, JOB)
    rows.change(application.engine, tables.appointments, appointment, status="completed")
    clock.pass_(days=7)
    assert settle(application)["events_settled"] == 1


@pytest.mark.parametrize("columns", [{"status": "suspended"}, {"is_active": False}, {"deleted_at": NOON}])
def test_a_tenant_that_is_not_active_is_left_alone(application: Application, columns: dict[str, Any]) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection, **columns)
    owner = new_owner(application, tenant, 50, last_reputation_update=SUNDAY - 200 * DAY)
    visit(application, tenant, owner, MONDAY, "completed")
    settle(application)
    assert (events(application), score_of(application, owner)) == ([], 50)
