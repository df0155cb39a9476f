"""Settling what visits did to scores, and mending them, on a database."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from shared.application import Application
from shared.database import reputation, tables
from shared.database.engine import reading, writing
from shared.database.tenants import active_tenants
from shared.domain.records import EventKind, visit_id
from shared.domain.reputation import NewEvent
from shared.domain.tally import Tally
from shared.errors import RunFailed
from shared.jobs import KINDS
from shared.planning.context import Context
from shared.planning.tenants import serve
from shared.runtime import run
from shared.stages import Stage
from shared.tasks.reputation_updater import planning as reputation_updater
from shared.tasks.reputation_updater.planning import Book
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON
from tests.stages import do

DAY = timedelta(days=1)
SUNDAY = datetime.fromisoformat("2026-03-08T00:00Z")
MONDAY = datetime.fromisoformat("2026-03-02T15:00Z")
JOB = "ReputationUpdater"


@pytest.fixture(autouse=True)
def on_sunday(clock: Clock) -> None:
    clock.now = SUNDAY


@pytest.fixture
def tenant(application: Application) -> UUID:
    with application.engine.begin() as connection:
        return rows.tenant(connection)


def new_owner(application: Application, tenant: UUID, score: int = 100, **columns: Any) -> UUID:
    ordinary = {"reputation_score": score, "last_reputation_update": SUNDAY - DAY}
    with application.engine.begin() as connection:
        return rows.owner(connection, tenant, **ordinary | columns)


def visit(
    application: Application, tenant: UUID, owner: UUID, starts_at: datetime, status: str, **columns: Any
) -> UUID:
    with application.engine.begin() as connection:
        return rows.appointment(connection, tenant, starts_at, owner_id=owner, status=status, **columns)


def cancelled(application: Application, tenant: UUID, owner: UUID, hours: float, by: str | None = "owner") -> UUID:
    """An appointment on Monday, cancelled so many hours before it."""
    at = MONDAY - timedelta(hours=hours)
    return visit(application, tenant, owner, MONDAY, "cancelled", cancelled_at=at, cancelled_by=by)


def score_of(application: Application, owner: UUID) -> int:
    (found,) = (each for each in rows.all_of(application.engine, tables.owners) if each.id == owner)
    return int(found.reputation_score)


def events(application: Application) -> list[tuple[str, int]]:
    """Kind and points of every event but the openings, in order of time."""
    found = sorted(
        rows.all_of(application.engine, tables.reputation_events), key=lambda each: (each.occurred_at, each.kind)
    )
    return [(each.kind, each.points) for each in found if each.kind != "opening"]


def detect(application: Application, tenant: UUID, owner: UUID, starts_at: datetime) -> NewEvent:
    """Write the event of a missed visit, as detection does."""
    visit = visit_id(tenant, owner, starts_at.date())
    missed = NewEvent(tenant, owner, EventKind.NO_SHOW, -20, visit, starts_at)
    with writing(application.engine) as connection:
        reputation.add_events(connection, [missed], starts_at)
        reputation.rescore(connection, [owner], starts_at)
    return missed


def settle(application: Application) -> dict[str, Any]:
    """Do the job's own work; no run is noted."""
    return do(application, JOB, Stage.PLAN)


# Settling


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
        reputation.rescore(connection, [owner], SUNDAY)
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


# Recovery


def test_ninety_good_days_earn_five_points(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 90 * DAY)
    result = settle(application)
    assert (result["total_checked"], result["total_improved"]) == (1, 1)
    assert score_of(application, owner) == 65


def test_eighty_nine_do_not(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 89 * DAY)
    result = settle(application)
    assert (result["total_checked"], result["total_improved"]) == (1, 0)
    assert score_of(application, owner) == 60


def test_a_score_that_was_never_dated_counts_from_the_owners_creation(application: Application, tenant: UUID) -> None:
    undated: dict[str, Any] = {"last_reputation_update": None}
    old = new_owner(application, tenant, 60, **undated, created_at=SUNDAY - 91 * DAY)
    new = new_owner(application, tenant, 60, **undated, created_at=SUNDAY - 9 * DAY)
    settle(application)
    assert (score_of(application, old), score_of(application, new)) == (65, 60)


def test_a_year_of_good_sundays_brings_a_step_every_ninety_days(
    application: Application, tenant: UUID, clock: Clock
) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY)
    steps = []
    for week in range(1, 53):
        clock.now = SUNDAY + week * 7 * DAY
        if settle(application)["total_improved"]:
            steps.append(week)
    assert steps == [13, 26, 39, 52]
    assert score_of(application, owner) == 80


def test_an_owner_who_keeps_coming_recovers_as_fast_as_one_who_stays_away(
    application: Application, tenant: UUID, clock: Clock
) -> None:
    owner = new_owner(application, tenant, 10, last_reputation_update=SUNDAY)
    for week in range(1, 14):
        clock.now = SUNDAY + week * 7 * DAY
        visit(application, tenant, owner, clock.now - DAY, "completed")
        settle(application)
    assert score_of(application, owner) == 10 + 13 * 2 + 5


def test_a_negative_event_resets_the_clock(application: Application, tenant: UUID, clock: Clock) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 89 * DAY)
    cancelled(application, tenant, owner, 2)
    run(application, JOB)
    clock.now = MONDAY + 89 * DAY
    assert settle(application)["total_improved"] == 0
    clock.now = MONDAY + 90 * DAY
    assert settle(application)["total_improved"] == 1
    assert score_of(application, owner) == 55


def test_a_negative_event_that_was_reversed_does_not(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 90 * DAY)
    missed = detect(application, tenant, owner, MONDAY)
    with writing(application.engine) as connection:
        reputation.reverse_events(connection, [missed.id], "waived", SUNDAY)
        reputation.rescore(connection, [owner], SUNDAY)
    settle(application)
    assert score_of(application, owner) == 65


def test_a_late_cancellation_settled_in_the_same_run_stops_the_recovery(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 100 * DAY)
    cancelled(application, tenant, owner, 2)
    assert settle(application)["total_improved"] == 0
    assert score_of(application, owner) == 50


def test_after_an_outage_of_a_year_one_step_is_given(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 365 * DAY)
    for _ in range(2):
        run(application, JOB)
    assert score_of(application, owner) == 65


def test_a_score_does_not_pass_a_hundred(application: Application, tenant: UUID) -> None:
    owner = new_owner(application, tenant, 98, last_reputation_update=SUNDAY - 90 * DAY)
    run(application, JOB)
    assert score_of(application, owner) == 100
    assert settle(application)["total_checked"] == 0


def test_days_and_points_are_each_tenants_own(application: Application) -> None:
    found = {}
    for subdomain, own in {
        "quick": {"recovery_days": 7, "recovery_points": 9},
        "never": {"recovery_days": 7, "recovery_points": 0},
        "plain": {},
    }.items():
        with application.engine.begin() as connection:
            tenant = rows.tenant(connection, subdomain, settings=json.dumps({"reputation": own}))
        found[subdomain] = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 8 * DAY)
    old = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 98 * DAY)
    result = settle(application)
    assert {name: score_of(application, owner) for name, owner in found.items()} == {
        "quick": 69,
        "never": 60,
        "plain": 60,
    }
    assert score_of(application, old) == 65
    assert result["tenant_results"]["quick"]["total_improved"] == 1
    assert sorted(events(application)) == [("recovery", 5), ("recovery", 9)]


def test_a_step_up_to_a_score_that_was_raised_by_hand_since_is_no_improvement(
    application: Application, tenant: UUID
) -> None:
    owner = new_owner(application, tenant)
    detect(application, tenant, owner, SUNDAY - 100 * DAY)
    rows.change(application.engine, tables.owners, owner, reputation_score=95)
    assert settle(application)["total_improved"] == 0
    assert (score_of(application, owner), events(application)) == (85, [("no_show", -20), ("recovery", 5)])


def test_a_deleted_owner_does_not_recover(application: Application, tenant: UUID) -> None:
    long_ago = SUNDAY - 365 * DAY
    gone = new_owner(application, tenant, 60, last_reputation_update=long_ago, deleted_at=SUNDAY - DAY)
    assert settle(application)["total_checked"] == 0
    assert score_of(application, gone) == 60


# The booking threshold


def test_owners_who_cross_the_threshold_are_counted(application: Application, tenant: UUID) -> None:
    for score in (100, 39, 40, 29):  # 29 was below before
        cancelled(application, tenant, new_owner(application, tenant, score), 2)
    for score in (25, 24):
        new_owner(application, tenant, score, last_reputation_update=SUNDAY - 90 * DAY)
    visit(application, tenant, new_owner(application, tenant, 28), MONDAY, "completed")
    result = settle(application)
    assert (result["total_restricted"], result["total_unrestricted"]) == (1, 2)
    assert result["tenant_results"]["paws"]["total_restricted"] == 1


@pytest.mark.parametrize("is_dry", [False, True])
def test_an_owner_who_crosses_and_crosses_back_in_one_run_is_not_counted(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch, is_dry: bool
) -> None:
    monkeypatch.setattr(reputation_updater, "BATCH", 1)
    owner = new_owner(application, tenant, 35)
    cancelled(application, tenant, owner, 2)
    visit(application, tenant, owner, MONDAY + DAY, "completed", arrived_at=MONDAY + DAY)
    result = run(application, JOB, is_dry=is_dry)
    assert (result["events_settled"], result["total_restricted"], result["total_unrestricted"]) == (3, 0, 0)


# Once, whoever runs


def everything(application: Application, tenant: UUID) -> list[UUID]:
    """One owner of each fate."""
    kept, late, missed, recovering = (new_owner(application, tenant, 60) for _ in range(4))
    visit(application, tenant, kept, MONDAY, "completed", arrived_at=MONDAY)
    cancelled(application, tenant, late, 2)
    for hours in (0, 2):
        visit(application, tenant, missed, MONDAY + timedelta(hours=hours), "no_show")
    rows.change(application.engine, tables.owners, recovering, last_reputation_update=SUNDAY - 90 * DAY)
    return [kept, late, missed, recovering]


def state(application: Application) -> list[Any]:
    return [rows.all_of(application.engine, table) for table in (tables.owners, tables.reputation_events)]


def test_running_twice_changes_nothing(application: Application, tenant: UUID) -> None:
    owners = everything(application, tenant)
    run(application, JOB)
    before = state(application)
    assert [score_of(application, owner) for owner in owners] == [67, 50, 40, 65]
    again = settle(application)
    assert state(application) == before
    assert [again[key] for key in ("events_settled", "total_improved", "total_restricted")] == [0, 0, 0]


def a_book(application: Application) -> Book:
    with reading(application.engine) as connection:
        tenants = active_tenants(connection)
    tally = Tally()
    served, _ = serve(tenants, application.defaults, application.zone, tally)
    context = Context(application.engine, uuid4(), SUNDAY, SUNDAY, served, KINDS, tally, False, lambda: False)
    return Book(context, {each.tenant.id: each for each in served})


def test_two_processes_that_found_the_same_work_do_it_once(application: Application, tenant: UUID) -> None:
    owners = everything(application, tenant)
    one, other = a_book(application), a_book(application)
    to_settle = [list(reputation_updater._pages_to_settle(book)) for book in (one, other)]
    to_mend = [list(reputation_updater._pages_to_mend(book)) for book in (one, other)]
    for book, pages in zip((one, other), to_settle, strict=True):
        for page in pages:
            reputation_updater._settle(book, page)
    for book, standings in zip((one, other), to_mend, strict=True):
        for found in standings:
            reputation_updater._mend(book, found)
    assert [score_of(application, owner) for owner in owners] == [67, 50, 40, 65]
    settled = [book.context.tally.total("events_settled") for book in (one, other)]
    improved = [book.context.tally.total("total_improved") for book in (one, other)]
    assert (settled, improved) == ([4, 0], [1, 0])


def test_a_no_show_written_after_the_owners_were_read_stops_the_recovery(
    application: Application, tenant: UUID
) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 90 * DAY)
    book = a_book(application)
    (page,) = reputation_updater._pages_to_mend(book)
    detect(application, tenant, owner, SUNDAY)
    reputation_updater._mend(book, page)
    assert score_of(application, owner) == 40


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_pages_of_any_size_settle_and_mend_everything(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(reputation_updater, "BATCH", batch)
    owners = everything(application, tenant)
    assert settle(application)["total_checked"] == 4
    assert [score_of(application, owner) for owner in owners] == [67, 50, 40, 65]


def test_a_run_out_of_time_leaves_the_rest_to_the_next(application: Application, tenant: UUID) -> None:
    owners = everything(application, tenant)
    result = run(replace(application, time_budget=timedelta(seconds=-1)), JOB)
    assert (result["events_settled"], result["total_checked"]) == (0, 0)
    run(application, JOB)
    assert [score_of(application, owner) for owner in owners] == [67, 50, 40, 65]


# Bad rows


@pytest.mark.parametrize("strange", ["owner", "pet", "service"])
def test_a_row_that_refers_to_another_tenant_is_named_and_never_settled(
    application: Application, tenant: UUID, strange: str
) -> None:
    owner = new_owner(application, tenant, 60)
    with application.engine.begin() as connection:
        other = rows.tenant(connection, "other")
        stranger = rows.owner(connection, other, reputation_score=60)
        columns: dict[str, Any] = {
            "owner": {"owner_id": stranger},
            "pet": {"owner_id": owner, "pets": [rows.pet(connection, other, stranger)]},
            "service": {
                "owner_id": owner,
                "service_id": rows.insert(connection, tables.services, tenant_id=other, name="x"),
            },
        }[strange]
        bad = rows.appointment(connection, tenant, MONDAY, status="completed", **columns)
        rows.pet(connection, other, stranger)
        pets = [rows.pet(connection, tenant, owner)]
    visit(application, tenant, owner, MONDAY + DAY, "completed", pets=pets)
    result = settle(application)
    assert result["errors"] == [
        {"tenant": "paws", "subject": f"appointment {bad}", "reason": f"its {strange} belongs to another business"}
    ]
    assert (events(application), score_of(application, owner)) == ([("completed", 2)], 62)


def test_a_tenant_with_bad_settings_is_left_out_and_stops_nobody(application: Application, tenant: UUID) -> None:
    with application.engine.begin() as connection:
        bad = rows.tenant(connection, "bad", settings='{"reputation": {"recovery_days": 0}}')
    for each in (tenant, bad):
        visit(application, each, new_owner(application, each, 60), MONDAY, "completed")
    result = settle(application)
    assert (result["events_settled"], result["tenants_processed"], result["total_errors"]) == (1, 1, 1)


def test_one_tenants_failure_does_not_stop_the_others(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    events_of = reputation_updater.events_of

    def fails_for_bad(past, served):
        if served.tenant.subdomain == "bad":
            raise ZeroDivisionError("bad")
        return events_of(past, served)

    monkeypatch.setattr(reputation_updater, "events_of", fails_for_bad)
    with application.engine.begin() as connection:
        bad = rows.tenant(connection, "bad")
    for each in (tenant, bad):
        visit(application, each, new_owner(application, each, 60), MONDAY, "completed")
    result = settle(application)
    assert (result["events_settled"], result["tenants_processed"], result["total_errors"]) == (1, 1, 1)


def test_nobody_recovers_while_a_tenants_visits_cannot_be_settled(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(past, served):
        raise ZeroDivisionError("bad")

    with application.engine.begin() as connection:
        rows.tenant(connection, "other")
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 100 * DAY)
    cancelled(application, tenant, owner, 2)
    with monkeypatch.context() as patch:
        patch.setattr(reputation_updater, "events_of", fails)
        assert run(application, JOB)["total_improved"] == 0
    settle(application)
    assert score_of(application, owner) == 50


# A dry run


@pytest.mark.parametrize("batch", [1, 500])
def test_a_dry_run_tells_everything_and_writes_nothing(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(reputation_updater, "BATCH", batch)
    everything(application, tenant)
    stopped = new_owner(application, tenant, 35, last_reputation_update=SUNDAY - 100 * DAY)
    appointment = cancelled(application, tenant, stopped, 2)
    kept = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 100 * DAY)
    visit(application, tenant, kept, MONDAY, "completed")
    before = state(application)
    dry = run(application, JOB, is_dry=True)
    assert state(application) == before
    assert rows.all_of(application.engine, tables.runs) == []
    (told,) = (each for each in dry["would"] if each["subject"] == f"appointment {appointment}")
    assert told == {
        "action": "settle",
        "tenant": "paws",
        "subject": f"appointment {appointment}",
        "to": None,
        "when": (MONDAY - timedelta(hours=2)).isoformat(),
        "text": None,
        "segments": None,
        "reason": "late_cancellation",
    }
    assert [each["when"] for each in dry["would"] if each["reason"] == "no_show"] == [MONDAY.isoformat()]
    json.dumps(dry)
    real = run(application, JOB)
    keys = ("total_checked", "events_settled", "total_improved", "total_restricted", "total_unrestricted")
    assert {key: dry[key] for key in keys} == {key: real[key] for key in keys}
    assert len(dry["would"]) == real["events_settled"] + real["total_improved"] == 8
    assert run(application, JOB, is_dry=True)["would"] == []


def test_the_statements_grow_with_batches_not_with_rows(application: Application) -> None:
    statements: list[str] = []
    event.listen(application.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for many in (1, 100):
        with application.engine.begin() as connection:
            tenant = rows.tenant(connection, f"paws-{many}")
        for _ in range(many):
            everything(application, tenant)
        statements.clear()
        assert run(application, JOB, only=[f"paws-{many}"])["events_settled"] == many * 4
        counts.append(len(statements))
    assert counts[1] == counts[0]
