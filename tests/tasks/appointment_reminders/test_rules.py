"""Times are New York's unless said otherwise: five hours behind UTC in January."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from shared.domain.reasons import Reason
from shared.domain.records import Appointment, AppointmentStatus, Kind, Owner
from shared.tasks.appointment_reminders.rules import (
    HALF_PERIOD,
    LEADS,
    Lead,
    due_at,
    is_due,
    is_enabled,
    latest_start_due,
    no_longer_right,
    objection,
    send_at,
    skip_reason,
)
from tests.domain.builders import (
    DAY_BEFORE,
    ELSEWHERE,
    NEW_YORK,
    NIGHT,
    TWO_HOURS,
    a_pet,
    an_owner,
    booked,
    local,
    quiet,
    served,
    utc,
)

KATHMANDU = ZoneInfo("Asia/Kathmandu")
START = local("2026-01-15T15:00")


def both(lead: Lead) -> str:
    return "24h" if lead is DAY_BEFORE else "2h"


# When it is due


def test_the_two_reminders_and_their_numbers() -> None:
    hour = timedelta(hours=1)
    assert {
        kind: (lead.before, lead.useful, lead.least_notice, lead.rides_along) for kind, lead in LEADS.items()
    } == {
        Kind.REMINDER_24H: (24 * hour, 3 * hour, 4 * hour, True),
        Kind.REMINDER_2H: (2 * hour, hour / 4, hour, False),
    }  # fmt: skip
    assert timedelta(minutes=30) == HALF_PERIOD


@pytest.mark.parametrize(
    ("lead", "start", "due"),
    [
        (DAY_BEFORE, "2026-01-15T15:00", "2026-01-14T15:00"),
        (DAY_BEFORE, "2026-01-15T20:59", "2026-01-14T20:59"),
        (DAY_BEFORE, "2026-01-15T21:00", "2026-01-15T08:00"),
        (DAY_BEFORE, "2026-01-15T22:00", "2026-01-15T08:00"),
        (DAY_BEFORE, "2026-01-15T00:30", "2026-01-14T08:00"),
        (DAY_BEFORE, "2026-01-15T07:59", "2026-01-14T08:00"),
        (DAY_BEFORE, "2026-01-15T08:00", "2026-01-14T08:00"),
        (TWO_HOURS, "2026-01-15T15:00", "2026-01-15T13:00"),
        (TWO_HOURS, "2026-01-15T10:00", "2026-01-15T08:00"),
        (TWO_HOURS, "2026-01-15T09:59", "2026-01-15T08:00"),
        (TWO_HOURS, "2026-01-15T09:00", "2026-01-15T08:00"),
        (TWO_HOURS, "2026-01-15T08:59", "2026-01-14T20:30"),
        (TWO_HOURS, "2026-01-15T08:30", "2026-01-14T20:30"),
        (TWO_HOURS, "2026-01-15T00:30", "2026-01-14T20:30"),
        (TWO_HOURS, "2026-01-14T23:10", "2026-01-14T20:30"),
        (TWO_HOURS, "2026-01-14T23:00", "2026-01-14T20:30"),
        (TWO_HOURS, "2026-01-14T22:59", "2026-01-14T20:59"),
    ],
    ids=lambda value: both(value) if isinstance(value, Lead) else value[5:],
)
def test_when_a_reminder_is_due_in_ordinary_quiet_hours(lead: Lead, start: str, due: str) -> None:
    assert due_at(local(start), lead, NIGHT, NEW_YORK) == local(due)


@pytest.mark.parametrize(
    ("span", "start", "due"),
    [
        ("12:00-14:00", "2026-01-15T13:59", "2026-01-15T11:59"),
        ("12:00-14:00", "2026-01-15T14:00", "2026-01-15T11:30"),
        ("12:00-14:00", "2026-01-15T14:59", "2026-01-15T11:30"),
        ("12:00-14:00", "2026-01-15T15:00", "2026-01-15T14:00"),
        ("12:00-14:00", "2026-01-15T15:59", "2026-01-15T14:00"),
        ("12:00-14:00", "2026-01-15T16:00", "2026-01-15T14:00"),
        ("12:00-13:00", "2026-01-15T14:30", "2026-01-15T13:00"),
        ("off", "2026-01-15T08:30", "2026-01-15T06:30"),
        ("off", "2026-01-15T01:00", "2026-01-14T23:00"),
    ],
)
def test_when_a_2h_reminder_is_due_in_other_quiet_hours(span: str, start: str, due: str) -> None:
    assert due_at(local(start), TWO_HOURS, quiet(span), NEW_YORK) == local(due)


@pytest.mark.parametrize("lead", LEADS.values(), ids=both)
def test_without_quiet_hours_it_is_due_exactly_its_lead_before(lead: Lead) -> None:
    start = local("2026-01-15T04:10:30.000001")
    assert due_at(start, lead, None, NEW_YORK) == start - lead.before


@pytest.mark.parametrize(
    ("zone", "start", "due"),
    [
        ("America/New_York", "2026-03-08T12:00", "2026-03-07T11:00"),
        ("America/New_York", "2026-11-01T12:00", "2026-10-31T13:00"),
        ("Australia/Lord_Howe", "2026-10-04T12:00", "2026-10-03T11:30"),
        ("Australia/Lord_Howe", "2026-04-05T12:00", "2026-04-04T12:30"),
        ("Asia/Beirut", "2025-03-30T12:00", "2025-03-29T11:00"),
        ("America/Havana", "2025-11-02T12:00", "2025-11-01T13:00"),
        ("Pacific/Apia", "2011-12-31T12:00", "2011-12-29T12:00"),
    ],
)
def test_24_hours_are_elapsed_hours_when_the_clocks_change(zone: str, start: str, due: str) -> None:
    there = ZoneInfo(zone)
    assert due_at(local(start, there), DAY_BEFORE, NIGHT, there) == local(due, there)


@pytest.mark.parametrize(
    ("zone", "start", "due"),
    [
        ("America/New_York", "2026-03-08T08:30", "2026-03-07T20:30"),
        ("America/New_York", "2026-03-08T09:00", "2026-03-08T08:00"),
        ("America/New_York", "2026-11-01T08:30", "2026-10-31T20:30"),
        ("America/St_Johns", "2026-03-08T08:30", "2026-03-07T20:30"),
        ("Australia/Lord_Howe", "2026-10-04T08:30", "2026-10-03T20:30"),
        ("Asia/Beirut", "2025-10-26T08:30", "2025-10-25T20:30"),
        ("Asia/Kathmandu", "2026-01-15T08:30", "2026-01-14T20:30"),
        ("Pacific/Apia", "2011-12-31T09:00", "2011-12-31T08:00"),
        ("Pacific/Apia", "2011-12-31T08:30", "2011-12-29T20:30"),
    ],
)
def test_an_early_visit_is_reminded_the_evening_before_in_any_zone(zone: str, start: str, due: str) -> None:
    there = ZoneInfo(zone)
    assert due_at(local(start, there), TWO_HOURS, NIGHT, there) == local(due, there)


def test_a_24h_reminder_that_quiet_hours_would_make_useless_moves_to_before_them() -> None:
    """Twenty quiet hours and the hour that the clocks gain leave three hours: no use any more."""
    start = local("2026-11-01T09:00")
    assert due_at(start, DAY_BEFORE, quiet("10:00-06:00"), NEW_YORK) == local("2026-10-31T09:30")


# Which run takes it, and when it leaves


@pytest.mark.parametrize("lead", LEADS.values(), ids=both)
def test_a_run_takes_what_is_due_up_to_half_a_period_ahead(lead: Lead) -> None:
    due = START - lead.before
    assert not is_due(START, lead, NIGHT, NEW_YORK, due - HALF_PERIOD - datetime.resolution)
    assert is_due(START, lead, NIGHT, NEW_YORK, due - HALF_PERIOD)
    assert is_due(START, lead, NIGHT, NEW_YORK, due)


@pytest.mark.parametrize(("lead", "useful"), [(DAY_BEFORE, timedelta(hours=3)), (TWO_HOURS, timedelta(minutes=15))])
def test_a_late_run_takes_it_while_it_is_useful(lead: Lead, useful: timedelta) -> None:
    assert is_due(START, lead, NIGHT, NEW_YORK, START - useful - datetime.resolution)
    assert not is_due(START, lead, NIGHT, NEW_YORK, START - useful)
    assert not is_due(START, lead, NIGHT, NEW_YORK, START + timedelta(days=1))


def test_what_could_leave_only_when_it_is_useless_is_not_taken() -> None:
    """At 21:00 it would wait for 08:00: five hours before a visit at 13:00, two and a half before one at 10:30."""
    now = local("2026-01-14T21:00")
    assert is_due(local("2026-01-15T13:00"), DAY_BEFORE, NIGHT, NEW_YORK, now)
    assert not is_due(local("2026-01-15T10:30"), DAY_BEFORE, NIGHT, NEW_YORK, now)
    assert not is_due(local("2026-01-15T08:15"), TWO_HOURS, NIGHT, NEW_YORK, now)
    assert is_due(local("2026-01-15T08:16"), TWO_HOURS, NIGHT, NEW_YORK, now)


@pytest.mark.parametrize(
    ("lead", "start", "now", "leaves"),
    [
        (DAY_BEFORE, "2026-01-15T15:20", "2026-01-14T15:00", "2026-01-14T15:00"),  # ahead: with the run
        (DAY_BEFORE, "2026-01-15T15:00", "2026-01-15T09:00", "2026-01-15T09:00"),  # behind: at once
        (DAY_BEFORE, "2026-01-15T22:00", "2026-01-15T07:30", "2026-01-15T08:00"),  # shifted: at that instant
        (DAY_BEFORE, "2026-01-15T22:00", "2026-01-15T09:00", "2026-01-15T09:00"),
        (TWO_HOURS, "2026-01-15T09:00", "2026-01-15T07:30", "2026-01-15T08:00"),
        (TWO_HOURS, "2026-01-15T10:00", "2026-01-15T07:30", "2026-01-15T08:00"),  # due as quiet hours end
        (TWO_HOURS, "2026-01-15T08:30", "2026-01-14T20:00", "2026-01-14T20:30"),  # shifted to the evening
        (TWO_HOURS, "2026-01-15T08:30", "2026-01-14T20:45", "2026-01-14T20:45"),
        (TWO_HOURS, "2026-01-15T08:30", "2026-01-14T21:00", "2026-01-15T08:00"),  # the evening is over
        (TWO_HOURS, "2026-01-14T22:40", "2026-01-14T20:30", "2026-01-14T20:30"),
    ],
    ids=lambda value: both(value) if isinstance(value, Lead) else value[5:],
)
def test_when_a_reminder_leaves(lead: Lead, start: str, now: str, leaves: str) -> None:
    assert send_at(local(start), lead, NIGHT, NEW_YORK, local(now)) == local(leaves)


@pytest.mark.parametrize("start", ["2026-01-15T21:00", "2026-01-16T00:00", "2026-01-16T07:59"])
def test_what_is_due_inside_quiet_hours_is_never_sent_early(start: str) -> None:
    for minutes in range(0, 24 * 60, 10):
        now = local(start) - timedelta(minutes=minutes)
        if is_due(local(start), DAY_BEFORE, NIGHT, NEW_YORK, now):
            assert send_at(local(start), DAY_BEFORE, NIGHT, NEW_YORK, now) >= due_at(
                local(start), DAY_BEFORE, NIGHT, NEW_YORK
            )


def test_what_is_due_before_quiet_hours_is_never_hurried() -> None:
    start, lead_at = local("2026-01-15T20:45"), local("2026-01-14T20:45")
    for minutes in range(120):
        now = lead_at - timedelta(minutes=minutes)
        if is_due(start, DAY_BEFORE, NIGHT, NEW_YORK, now):
            assert send_at(start, DAY_BEFORE, NIGHT, NEW_YORK, now) >= lead_at - timedelta(minutes=30)


@pytest.mark.parametrize(
    ("lead", "span", "zone", "start", "runs"),
    [
        (DAY_BEFORE, "21:00-08:00", NEW_YORK, "2026-01-15T20:45", ["2026-01-14T20:00", "2026-01-14T21:00"]),
        (TWO_HOURS, "21:30-08:00", NEW_YORK, "2026-01-14T23:15", ["2026-01-14T20:30", "2026-01-14T21:30"]),
        (TWO_HOURS, "21:00-08:00", KATHMANDU, "2026-01-14T22:50", ["2026-01-14T20:15", "2026-01-14T21:15"]),
    ],
    ids=["24h", "2h", "2h-kathmandu"],
)
def test_a_reminder_due_between_the_last_run_and_quiet_hours_leaves_within_half_an_hour_of_its_lead(
    lead: Lead, span: str, zone: ZoneInfo, start: str, runs: list[str]
) -> None:
    """Rule: "with runs on time each reminder leaves within 30 min of its lead"."""
    at, hours = local(start, zone), quiet(span)
    taken = [local(now, zone) for now in runs if is_due(at, lead, hours, zone, local(now, zone))]
    assert taken, "no run takes it"
    assert abs(send_at(at, lead, hours, zone, taken[0]) - (at - lead.before)) <= timedelta(minutes=30)


@pytest.mark.parametrize(
    ("lead", "now", "latest"),
    [
        (DAY_BEFORE, "2026-01-14T15:00", "2026-01-15T15:30"),
        (DAY_BEFORE, "2026-01-14T20:00", "2026-01-15T20:30"),
        (TWO_HOURS, "2026-01-14T15:30", "2026-01-14T18:00"),
        (TWO_HOURS, "2026-01-14T19:30", "2026-01-14T22:00"),
    ],
)
def test_no_appointment_further_off_than_the_lead_is_due(lead: Lead, now: str, latest: str) -> None:
    bound = latest_start_due(lead, NIGHT, NEW_YORK, local(now))
    assert local(latest) <= bound <= local(latest) + timedelta(hours=4)


def test_before_quiet_hours_a_run_looks_a_whole_period_ahead() -> None:
    """The next run could send nothing; what it finds there leaves half an hour before it is due."""
    now, start = local("2026-01-14T20:00"), local("2026-01-15T20:59")
    assert is_due(start, DAY_BEFORE, NIGHT, NEW_YORK, now)
    assert send_at(start, DAY_BEFORE, NIGHT, NEW_YORK, now) == local("2026-01-14T20:29")
    assert start <= latest_start_due(DAY_BEFORE, NIGHT, NEW_YORK, now)
    assert not is_due(start, DAY_BEFORE, NIGHT, NEW_YORK, now - timedelta(hours=1))
    assert not is_due(start, DAY_BEFORE, None, NEW_YORK, now)


def test_it_looks_no_further_ahead_than_half_a_period_where_another_run_comes_before_quiet_hours() -> None:
    """Due at 20:30: of two runs an hour apart one is at hand between 20:00 and 21:00, whenever they are."""
    now, start = local("2026-01-14T19:45"), local("2026-01-15T20:30")
    assert not is_due(start, DAY_BEFORE, NIGHT, NEW_YORK, now)
    assert is_due(start + datetime.resolution, DAY_BEFORE, NIGHT, NEW_YORK, now)


def test_in_the_evening_the_early_visits_of_the_next_day_are_due_too() -> None:
    now = local("2026-01-14T20:00")
    last = local("2026-01-15T08:59:59")
    assert is_due(last, TWO_HOURS, NIGHT, NEW_YORK, now)
    assert last <= latest_start_due(TWO_HOURS, NIGHT, NEW_YORK, now) <= local("2026-01-15T13:00")
    assert latest_start_due(TWO_HOURS, None, NEW_YORK, now) == local("2026-01-14T22:30")


# Who is reminded


def skipped(appointment: Appointment, lead: Lead = DAY_BEFORE, settings: dict[str, Any] | None = None) -> Reason | None:
    return skip_reason(appointment, lead, served(settings))


@pytest.mark.parametrize("lead", LEADS.values(), ids=both)
def test_an_ordinary_appointment_is_reminded(lead: Lead) -> None:
    assert skipped(booked(START), lead) is None


@pytest.mark.parametrize(("kind", "key"), [(Kind.REMINDER_24H, "24h"), (Kind.REMINDER_2H, "2h")])
def test_a_tenant_switches_each_reminder_off_by_itself(kind: Kind, key: str) -> None:
    only_this_off = served({"reminders": {key: False}})
    assert [is_enabled(each, only_this_off.policy) for each in LEADS] == [each is not kind for each in LEADS]
    assert skip_reason(booked(START), LEADS[kind], only_this_off) is Reason.KIND_DISABLED


@pytest.mark.parametrize("lead", LEADS.values(), ids=both)
def test_no_reminder_when_booked_inside_the_window(lead: Lead) -> None:
    due = START - lead.before
    assert skipped(booked(START, created_at=due), lead) is None
    assert skipped(booked(START, created_at=due + datetime.resolution), lead) is Reason.BOOKED_INSIDE_WINDOW


def test_the_window_opens_when_the_shifted_reminder_is_due() -> None:
    early = local("2026-01-15T08:30")
    assert skipped(booked(early, created_at=local("2026-01-14T20:30")), TWO_HOURS) is None
    late_booking = booked(early, created_at=local("2026-01-14T20:31"))
    assert skipped(late_booking, TWO_HOURS) is Reason.BOOKED_INSIDE_WINDOW
    assert skipped(late_booking, TWO_HOURS, {"sms": {"quiet_hours": "off"}}) is None


def test_an_appointment_moved_inside_the_window_is_reminded_at_once() -> None:
    now = local("2026-01-15T12:00")
    moved = replace(booked(local("2026-02-01T15:00"), created_at=local("2026-01-10T12:00")), starts_at=START)
    assert skipped(moved) is None
    assert is_due(START, DAY_BEFORE, NIGHT, NEW_YORK, now) is False  # three hours before: no use any more
    assert is_due(START, DAY_BEFORE, NIGHT, NEW_YORK, now - timedelta(minutes=1))
    assert send_at(START, DAY_BEFORE, NIGHT, NEW_YORK, now - timedelta(minutes=1)) == now - timedelta(minutes=1)


DEAD, GONE = a_pet(is_deceased=True), a_pet(is_deleted=True)


@pytest.mark.parametrize(
    ("pets", "reason"),
    [
        ((), None),
        ((a_pet(),), None),
        ((DEAD,), Reason.PET_DECEASED),
        ((DEAD, DEAD), Reason.PET_DECEASED),
        ((DEAD, a_pet()), None),
        ((DEAD, GONE), Reason.PET_DECEASED),
        ((GONE,), None),
    ],
)
def test_an_appointment_is_skipped_when_all_its_pets_have_died(pets: tuple[Any, ...], reason: Reason | None) -> None:
    assert objection(booked(START, pets=pets), served()) is reason


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        ({"is_active": False}, Reason.OWNER_INACTIVE),
        ({"sms_opted_in": False}, Reason.OPTED_OUT),
        ({"phone": None}, Reason.NO_PHONE),
        ({"phone": "12"}, Reason.INVALID_PHONE),
    ],
)
def test_an_owner_who_may_not_be_texted_is_not_reminded(owner: dict[str, Any], reason: Reason) -> None:
    assert skipped(booked(START, owner=an_owner(**owner))) is reason
    assert objection(booked(START, owner=an_owner(**owner)), served()) is reason


def test_the_first_reason_of_many_is_given() -> None:
    """Each cure uncovers the next reason."""
    owner = an_owner(is_active=False, sms_opted_in=False, phone=None)
    appointment = booked(START, owner=owner, pets=(DEAD,), created_at=START)
    assert skipped(appointment, settings={"reminders": {"24h": False}}) is Reason.KIND_DISABLED
    reasons = [skipped(appointment)]
    for cure in (
        {"created_at": START - timedelta(days=9)},
        {"owner": replace(owner, is_active=True)},
        {"pets": ()},
        {"owner": replace(owner, is_active=True, sms_opted_in=True)},
        {"owner": replace(owner, is_active=True, sms_opted_in=True, phone="12")},
        {"owner": an_owner()},
    ):
        appointment = replace(appointment, **cure)  # type: ignore[arg-type]
        reasons.append(skipped(appointment))
    assert reasons == [
        Reason.BOOKED_INSIDE_WINDOW,
        Reason.OWNER_INACTIVE,
        Reason.PET_DECEASED,
        Reason.OPTED_OUT,
        Reason.NO_PHONE,
        Reason.INVALID_PHONE,
        None,
    ]


# What is looked at again when it is sent


def wrong(appointment: Appointment, kind: Kind = Kind.REMINDER_24H, at: datetime | None = START) -> Reason | None:
    return no_longer_right(appointment, kind, at, served())


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (AppointmentStatus.PENDING, None),
        (AppointmentStatus.CONFIRMED, None),
        (AppointmentStatus.IN_PROGRESS, Reason.APPOINTMENT_STARTED),
        (AppointmentStatus.COMPLETED, Reason.APPOINTMENT_COMPLETED),
        (AppointmentStatus.CANCELLED, Reason.APPOINTMENT_CANCELLED),
        (AppointmentStatus.NO_SHOW, Reason.APPOINTMENT_MISSED),
    ],
)
def test_each_status_says_whether_a_planned_reminder_is_still_right(
    status: AppointmentStatus, reason: Reason | None
) -> None:
    assert wrong(booked(START, status=status)) is reason


def test_every_status_has_an_answer() -> None:
    for status in AppointmentStatus:
        is_coming = status in (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)
        assert (wrong(booked(START, status=status)) is None) is is_coming


@pytest.mark.parametrize(
    "at", [START - timedelta(hours=1), START - datetime.resolution, START + timedelta(minutes=1), None]
)
def test_a_reminder_for_the_old_time_is_not_sent(at: datetime | None) -> None:
    assert wrong(booked(START), at=at) is Reason.RESCHEDULED


def test_a_deleted_appointment_is_not_reminded() -> None:
    assert wrong(booked(START, is_deleted=True)) is Reason.APPOINTMENT_DELETED


@pytest.mark.parametrize(("kind", "key"), [(Kind.REMINDER_24H, "24h"), (Kind.REMINDER_2H, "2h")])
def test_a_kind_switched_off_meanwhile_is_not_sent(kind: Kind, key: str) -> None:
    off = served({"reminders": {key: False}})
    assert no_longer_right(booked(START), kind, START, off) is Reason.KIND_DISABLED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owner": an_owner(sms_opted_in=False)}, Reason.OPTED_OUT),
        ({"owner": an_owner(is_active=False)}, Reason.OWNER_INACTIVE),
        ({"owner": an_owner(phone=" ")}, Reason.NO_PHONE),
        ({"pets": (DEAD,)}, Reason.PET_DECEASED),
    ],
)
def test_what_happened_to_owner_or_pet_meanwhile_counts(changes: dict[str, Any], reason: Reason) -> None:
    assert wrong(booked(START, **changes)) is reason


def test_when_it_was_booked_does_not_matter_any_more() -> None:
    assert wrong(booked(START, created_at=START)) is None


def test_the_first_reason_of_many_is_given_for_a_planned_reminder() -> None:
    appointment = booked(START, is_deleted=True, status=AppointmentStatus.CANCELLED, owner=an_owner(sms_opted_in=False))
    elsewhen = START + timedelta(days=1)
    assert wrong(appointment, at=elsewhen) is Reason.APPOINTMENT_DELETED
    assert wrong(replace(appointment, is_deleted=False), at=elsewhen) is Reason.APPOINTMENT_CANCELLED
    coming = replace(appointment, is_deleted=False, status=AppointmentStatus.PENDING)
    assert wrong(coming, at=elsewhen) is Reason.RESCHEDULED
    assert wrong(coming) is Reason.OPTED_OUT


# Rows of another tenant


@pytest.mark.parametrize(
    ("changes", "foreign"),
    [
        ({}, None),
        ({"pets": ()}, None),
        ({"service_tenant_id": None}, None),
        ({"owner": an_owner(tenant_id=ELSEWHERE)}, "owner"),
        ({"pets": (a_pet(), a_pet(tenant_id=ELSEWHERE))}, "pet"),
        ({"pets": (a_pet(tenant_id=ELSEWHERE, is_deleted=True),)}, "pet"),
        ({"service_tenant_id": ELSEWHERE}, "service"),
    ],
)
def test_a_row_of_another_tenant_is_named(changes: dict[str, Any], foreign: str | None) -> None:
    assert booked(START, **changes).foreign_part == foreign


@pytest.mark.parametrize("owner", [an_owner(), an_owner(tenant_id=ELSEWHERE)])
def test_a_row_is_compared_with_the_appointments_own_tenant(owner: Owner) -> None:
    appointment = booked(START, owner=owner, pets=(), service_tenant_id=None, tenant_id=UUID(int=9))
    assert appointment.foreign_part == "owner"


def test_instants_may_carry_any_offset() -> None:
    assert due_at(utc("2026-01-15T08:30-05:00"), TWO_HOURS, NIGHT, NEW_YORK) == local("2026-01-14T20:30")
