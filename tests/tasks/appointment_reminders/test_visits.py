"""Times are New York's. A visit is all appointments of one owner with one tenant on one tenant-local day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from shared.domain.plans import Plan, Undecided, joined
from shared.domain.policy.models import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, Kind, Outcome
from shared.tasks.appointment_reminders.rules import Lead
from shared.tasks.appointment_reminders.visits import decide, reminder_decision, visits
from tests.domain.builders import (
    DAY_BEFORE,
    NEW_YORK,
    RUN_ID,
    TENANT_ID,
    TWO_HOURS,
    a_pet,
    an_owner,
    booked,
    local,
    served,
    undecided,
    utc,
)

ANA, BEN = an_owner(id=UUID(int=11)), an_owner(id=UUID(int=12))
DAY = "2026-01-15T"


def of_ana(*times: str, **changes: Any) -> list[Appointment]:
    return [booked(local(DAY + time), owner=ANA, **changes) for time in times]


def plan(
    visit: Sequence[Appointment | Undecided],
    now: str,
    lead: Lead = DAY_BEFORE,
    business: ServedTenant | None = None,
    run_id: UUID = RUN_ID,
) -> Plan:
    rows = [each if isinstance(each, Undecided) else undecided(each) for each in visit]
    return decide(rows, lead, business or served(), local(now), run_id)


def taken(plan: Plan, visit: Sequence[Appointment]) -> list[str | None]:
    """What was decided about each appointment: "notify", the reason why not, or nothing."""
    found = {each.subject_id: str(each.reason or each.outcome) for each in plan.decisions}
    return [found.get(each.id) for each in visit]


# What a visit is


def starts(grouped: list[list[Undecided]]) -> list[list[datetime]]:
    return [[each.appointment.starts_at for each in visit] for visit in grouped]


def test_a_visit_is_one_owners_local_day_in_order_of_start() -> None:
    late, early, next_day = (
        booked(local(f"2026-01-{text}"), owner=ANA) for text in ("15T23:59", "15T00:00", "16T00:00")
    )
    of_ben = booked(local(DAY + "12:00"), owner=BEN)
    grouped = visits([undecided(each) for each in (late, of_ben, next_day, early)], NEW_YORK)
    assert starts(grouped) == [[early.starts_at, late.starts_at], [next_day.starts_at], [of_ben.starts_at]]


def test_the_day_is_the_tenants_not_utcs() -> None:
    pair = [booked(utc(text), owner=ANA) for text in ("2026-01-15T18:00Z", "2026-01-15T18:30Z")]
    rows = [undecided(each) for each in pair]
    assert len(visits(rows, NEW_YORK)) == 1
    assert len(visits(rows, ZoneInfo("Asia/Kathmandu"))) == 2  # midnight is at 18:15Z


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_a_day_on_which_the_clocks_change_is_one_day(day: str) -> None:
    rows = [undecided(booked(local(f"{day}T{time}"), owner=ANA)) for time in ("00:00", "12:00", "23:59")]
    assert len(visits(rows, NEW_YORK)) == 1


def test_no_appointments_make_no_visits() -> None:
    assert visits([], NEW_YORK) == []


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [undecided(booked(local(DAY + "12:00"), owner=owner)) for owner in (ANA, BEN, ANA, BEN, ANA)]
    assert visits(rows, NEW_YORK) == visits(rows[::-1], NEW_YORK)


# One reminder


def test_a_reminder_that_is_due_is_planned() -> None:
    (appointment,) = visit = of_ana("15:00")
    made = plan(visit, "2026-01-14T15:00")
    (decided,), (text,) = made.decisions, made.notifications
    assert (decided.tenant_id, decided.kind, decided.subject_type, decided.subject_id) == (
        TENANT_ID,
        Kind.REMINDER_24H,
        "appointment",
        appointment.id,
    )
    assert (decided.outcome, decided.reason, decided.notification_id) == (Outcome.NOTIFY, None, text.id)
    assert (text.tenant_id, text.owner_id, text.kind) == (TENANT_ID, ANA.id, Kind.REMINDER_24H)
    assert text.not_before == local("2026-01-14T15:00")
    assert text.useful_until == local("2026-01-15T12:00")
    assert made.retaken == frozenset()


def test_the_occurrence_is_the_start_in_utc_to_the_minute() -> None:
    (decided,) = plan([booked(utc("2026-01-15T20:00:59.000007Z"))], "2026-01-14T15:00").decisions
    assert decided.occurrence == "2026-01-15T20:00:00.000000Z"
    assert decided.occurs_at == utc("2026-01-15T20:00:59.000007Z")


def test_a_moved_appointment_is_another_occurrence() -> None:
    (appointment,) = of_ana("15:00")
    moved = replace(appointment, starts_at=appointment.starts_at + timedelta(days=1))
    keys = {reminder_decision(DAY_BEFORE, each).ledger_key for each in (appointment, moved)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("lead", "time", "now", "not_before", "useful_until"),
    [
        (DAY_BEFORE, "22:00", "15T08:00", "15T08:00", "15T19:00"),
        (DAY_BEFORE, "22:00", "15T07:30", "15T08:00", "15T19:00"),
        (DAY_BEFORE, "15:00", "15T10:00", "15T10:00", "15T12:00"),
        (TWO_HOURS, "15:00", "15T12:30", "15T12:30", "15T14:45"),
        (TWO_HOURS, "08:30", "14T20:00", "14T20:30", "15T08:15"),
        (TWO_HOURS, "09:00", "15T07:30", "15T08:00", "15T08:45"),
    ],
)
def test_from_when_until_when_the_text_may_leave(
    lead: Lead, time: str, now: str, not_before: str, useful_until: str
) -> None:
    (text,) = plan(of_ana(time), f"2026-01-{now}", lead).notifications
    assert (text.not_before, text.useful_until) == (local(f"2026-01-{not_before}"), local(f"2026-01-{useful_until}"))


@pytest.mark.parametrize("lead", [DAY_BEFORE, TWO_HOURS])
def test_what_is_not_due_yet_or_useless_is_left_alone(lead: Lead) -> None:
    visit = of_ana("15:00")
    assert plan(visit, "2026-01-13T15:00", lead) == Plan()
    assert plan(visit, "2026-01-15T14:45", lead) == Plan()
    assert plan([], "2026-01-15T14:45", lead) == Plan()


def test_a_refusal_is_not_decided_before_the_reminder_is_due() -> None:
    visit = [booked(local(DAY + "15:00"), owner=an_owner(phone=None))]
    assert plan(visit, "2026-01-14T14:00") == Plan()
    assert taken(plan(visit, "2026-01-14T15:00"), visit) == ["no_phone"]


def test_a_refusal_is_a_decision_without_a_text() -> None:
    visit = [booked(local(DAY + "15:00"), owner=an_owner(sms_opted_in=False))]
    made = plan(visit, "2026-01-14T15:00")
    (decided,) = made.decisions
    assert (decided.outcome, decided.reason, decided.notification_id) == (Outcome.SKIPPED, Reason.OPTED_OUT, None)
    assert made.notifications == ()


# Several appointments


def test_24h_the_whole_visit_rides_along_with_the_first_that_is_due() -> None:
    visit = of_ana("10:00", "15:00", "20:00")
    made = plan(visit, "2026-01-14T10:00")
    assert taken(made, visit) == ["notify", "notify", "notify"]
    (text,) = made.notifications
    assert {each.notification_id for each in made.decisions} == {text.id}
    assert (text.not_before, text.useful_until) == (local("2026-01-14T10:00"), local("2026-01-15T07:00"))


def test_24h_an_earlier_appointment_rides_along_while_it_is_useful() -> None:
    visit = of_ana("10:00", "18:00")
    made = plan(visit, "2026-01-14T18:00")
    assert taken(made, visit) == ["notify", "notify"]
    assert made.notifications[0].useful_until == local("2026-01-15T07:00")


@pytest.mark.parametrize("earlier", ["10:00", "12:00"], ids=["an hour ahead", "three hours ahead"])
def test_24h_what_has_become_useless_does_not_ride_along(earlier: str) -> None:
    visit = of_ana(earlier, "20:00")
    made = plan(visit, "2026-01-15T09:00")
    assert taken(made, visit) == [None, "notify"]
    assert made.notifications[0].useful_until == local("2026-01-15T17:00")


def test_24h_what_quiet_hours_would_make_useless_does_not_ride_along() -> None:
    visit = of_ana("10:30", "20:50")
    made = plan(visit, "2026-01-14T21:30")
    assert taken(made, visit) == [None, "notify"]
    assert made.notifications[0].not_before == local("2026-01-15T08:00")


def test_24h_the_text_leaves_when_the_first_of_them_may() -> None:
    """By itself the one at 20:45 would leave at 20:15, and the one at 23:00 when quiet hours end."""
    visit = of_ana("20:20", "20:45", "23:00")
    made = plan(visit, "2026-01-14T20:00")
    assert taken(made, visit) == ["notify", "notify", "notify"]
    assert made.notifications[0].not_before == local("2026-01-14T20:00")


def test_2h_only_those_due_in_the_same_run_share_a_text() -> None:
    visit = of_ana("15:00", "15:30", "16:01")
    made = plan(visit, "2026-01-15T13:30", TWO_HOURS)
    assert taken(made, visit) == ["notify", "notify", None]
    (text,) = made.notifications
    assert (text.not_before, text.useful_until) == (local("2026-01-15T13:30"), local("2026-01-15T14:45"))
    assert taken(plan(visit[2:], "2026-01-15T14:30", TWO_HOURS), visit) == [None, None, "notify"]


def test_a_reminder_that_shares_an_sms_is_not_hurried() -> None:
    early_night = served({"sms": {"quiet_hours": "20:30-08:00"}})
    visit = of_ana("22:00", "22:20")
    (text,) = plan(visit, DAY + "19:30", TWO_HOURS, early_night).notifications
    assert text.not_before == local(DAY + "19:50")


def test_24h_those_that_may_not_be_reminded_do_not_ride_along() -> None:
    first, dead, late = of_ana("10:00", "15:00", "16:00")
    dead = replace(dead, pets=(a_pet(is_deceased=True),))
    visit = [first, dead, replace(late, created_at=local("2026-01-14T16:01"))]
    made = plan(visit, "2026-01-14T10:00")
    assert taken(made, visit) == ["notify", None, None]  # theirs is decided when they are due themselves
    due = [replace(each, owner=ANA) for each in visit[1:]]
    assert taken(plan(due, "2026-01-14T18:00"), visit) == [None, "pet_deceased", "booked_inside_window"]


def test_a_refused_appointment_does_not_take_the_others_along() -> None:
    first, second = of_ana("10:00", "15:00")
    first = replace(first, pets=(a_pet(is_deceased=True),))
    made = plan([first, second], "2026-01-14T10:00")
    assert taken(made, [first, second]) == ["pet_deceased", None]
    assert made.notifications == ()


def test_what_is_skipped_stands_beside_what_is_sent() -> None:
    visit = of_ana("15:00", "15:20")
    visit[0] = replace(visit[0], created_at=local("2026-01-15T13:10"))
    made = plan(visit, "2026-01-15T13:30", TWO_HOURS)
    assert taken(made, visit) == ["booked_inside_window", "notify"]
    assert made.notifications[0].useful_until == local("2026-01-15T15:05")


def test_a_kind_that_is_switched_off_is_skipped() -> None:
    visit, off = of_ana("15:00"), served({"reminders": {"24h": False}})
    assert taken(plan(visit, "2026-01-14T15:00", DAY_BEFORE, off), visit) == ["kind_disabled"]
    assert taken(plan(visit, "2026-01-15T13:00", TWO_HOURS, off), visit) == ["notify"]


def test_the_tenants_own_quiet_hours_zone_and_region_count() -> None:
    there = replace(served({"sms": {"quiet_hours": "12:00-16:00"}}, ZoneInfo("Asia/Kathmandu")), region="NP")
    visit = [booked(utc("2026-01-15T08:00Z"), owner=an_owner(phone="984-1234567"))]  # 13:45 in Kathmandu
    (text,) = decide([undecided(visit[0])], DAY_BEFORE, there, utc("2026-01-14T10:00Z"), RUN_ID).notifications
    assert text.not_before == utc("2026-01-14T10:15Z")


# Deciding again


@pytest.mark.parametrize("reason", [Reason.NO_PHONE, Reason.OPTED_OUT, Reason.INVALID_PHONE])
def test_a_phone_number_added_in_time_brings_the_reminder(reason: Reason) -> None:
    (appointment,) = visit = of_ana("15:00")
    made = plan([undecided(appointment, Outcome.SKIPPED, reason)], "2026-01-14T16:00")
    assert taken(made, visit) == ["notify"]
    assert made.retaken == {made.decisions[0].ledger_key}
    assert len(made.notifications) == 1


def test_an_appointment_moved_away_and_back_is_reminded() -> None:
    (appointment,) = visit = of_ana("15:00")
    made = plan([undecided(appointment, Outcome.CANCELLED, Reason.RESCHEDULED)], "2026-01-14T16:00")
    assert taken(made, visit) == ["notify"]
    assert made.retaken == {made.decisions[0].ledger_key}


def test_the_same_refusal_again_is_no_news() -> None:
    appointment = booked(local(DAY + "15:00"), owner=an_owner(phone=None))
    assert plan([undecided(appointment, Outcome.SKIPPED, Reason.NO_PHONE)], "2026-01-14T16:00") == Plan()


def test_another_refusal_replaces_the_earlier_one() -> None:
    appointment = booked(local(DAY + "15:00"), owner=an_owner(phone="12"))
    made = plan([undecided(appointment, Outcome.SKIPPED, Reason.NO_PHONE)], "2026-01-14T16:00")
    assert taken(made, [appointment]) == ["invalid_phone"]
    assert made.retaken == {made.decisions[0].ledger_key}


def test_a_decision_is_not_taken_again_once_it_is_useless() -> None:
    (appointment,) = of_ana("15:00")
    assert plan([undecided(appointment, Outcome.SKIPPED, Reason.NO_PHONE)], "2026-01-15T12:00") == Plan()


def test_only_decisions_that_an_earlier_run_took_are_retaken() -> None:
    first, second = of_ana("10:00", "15:00")
    made = plan([undecided(first, Outcome.SKIPPED, Reason.NO_PHONE), undecided(second)], "2026-01-14T10:00")
    assert made.retaken == {reminder_decision(DAY_BEFORE, first).ledger_key}
    assert len(made.notifications) == 1


# Ids


def test_deciding_twice_in_one_run_is_the_same() -> None:
    visit = of_ana("10:00", "15:00")
    assert plan(visit, "2026-01-14T10:00") == plan(visit, "2026-01-14T10:00")


def test_ids_differ_by_run_kind_and_visit() -> None:
    monday, other = of_ana("15:00"), of_ana("15:00")
    plans = [
        plan(monday, "2026-01-15T12:30", TWO_HOURS),
        plan(monday, "2026-01-15T12:30", TWO_HOURS, run_id=UUID(int=4)),
        plan(monday, "2026-01-15T11:30", DAY_BEFORE),
        plan(other, "2026-01-15T12:30", TWO_HOURS),
    ]
    assert len({each.notifications[0].id for each in plans}) == len(plans)


# Plans and single decisions


def test_plans_are_joined_in_order() -> None:
    retold = undecided(of_ana("15:00")[0], Outcome.SKIPPED, Reason.NO_PHONE)
    refused = [booked(local(DAY + "15:00"), owner=an_owner(phone=None))]
    plans = [plan(each, "2026-01-14T15:00") for each in ([retold], refused, of_ana("15:10"))]
    whole = joined(plans)
    assert whole.decisions == tuple(plan.decisions[0] for plan in plans)
    assert whole.notifications == (plans[0].notifications[0], plans[2].notifications[0])
    assert whole.retaken == plans[0].retaken != frozenset()
    assert joined([]) == Plan()


def test_what_came_too_late_is_recorded_as_expired() -> None:
    late = reminder_decision(TWO_HOURS, of_ana("15:00")[0], outcome=Outcome.EXPIRED, reason=Reason.TOO_LATE)
    assert (late.outcome, late.reason, late.notification_id) == (Outcome.EXPIRED, Reason.TOO_LATE, None)
