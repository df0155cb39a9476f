"""Recovery: good days mend a score step by step; who crosses the booking threshold is counted."""

import json
from typing import Any
from uuid import UUID

import pytest

from shared.application import Application
from shared.database import reputation, tables
from shared.database.engine import writing
from shared.platform import writes
from shared.runtime import run
from tests import rows
from tests.doubles import Clock
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
        writes.rescore(connection, [owner], SUNDAY)
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
    monkeypatch.setattr("shared.planning.paging.BATCH", 1)
    owner = new_owner(application, tenant, 35)
    cancelled(application, tenant, owner, 2)
    visit(application, tenant, owner, MONDAY + DAY, "completed", arrived_at=MONDAY + DAY)
    result = run(application, JOB, is_dry=is_dry)
    assert (result["events_settled"], result["total_restricted"], result["total_unrestricted"]) == (3, 0, 0)
