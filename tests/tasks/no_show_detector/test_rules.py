"""Which appointments were missed, and which days are not to be believed."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.domain.fees import FeeStatus
from shared.domain.missed_visits import AttendanceCount, Candidate, DayCount, MarkedVisit, findable_at
from shared.domain.reasons import Reason
from shared.domain.records import visit_id
from shared.tasks.no_show_detector.rules import (
    attendance_days,
    days,
    excuse,
    is_attendance_recorded,
    is_no_show,
    is_surge,
    look_back_bound,
    superseded,
    visits,
    why_held,
)
from tests.domain.builders import LONG_AGO, MINUTE, NEW_YORK, TENANT_ID, an_owner, local, served, utc

DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
SYDNEY, LOS_ANGELES = ZoneInfo("Australia/Sydney"), ZoneInfo("America/Los_Angeles")


def missed(starts_at: Any, *, minutes: int = 60, **changes: Any) -> Candidate:
    """An hour's appointment, booked long ago, that nobody came to."""
    facts = {
        "id": uuid4(),
        "tenant_id": TENANT_ID,
        "service_tenant_id": TENANT_ID,
        "starts_at": starts_at,
        "ends_at": starts_at + minutes * MINUTE,
        "created_at": LONG_AGO,
        "total_amount": None,
        "deposit_paid": None,
        "price": None,
        "no_show_count": 0,
    }
    return Candidate(**{"owner": an_owner(), **facts, **changes})


def is_missed(candidate: Candidate, now: Any, since: Any = LONG_AGO, **policy: Any) -> bool:
    return is_no_show(candidate, served({"no_show": policy}), now, since)


START = utc("2026-03-03T15:00Z")


@pytest.mark.parametrize(("after", "expected"), [(59, False), (60, True)])
def test_it_is_missed_once_it_has_ended(after: int, expected: bool) -> None:
    assert is_missed(missed(START), START + after * MINUTE) is expected


@pytest.mark.parametrize(
    ("grace", "after", "expected"), [(15, 14, False), (15, 15, True), (0, 10, True), (30, 29, False)]
)
def test_a_short_appointment_is_missed_once_its_grace_is_over(grace: int, after: int, expected: bool) -> None:
    assert is_missed(missed(START, minutes=10), START + after * MINUTE, grace_minutes=grace) is expected


def test_one_written_down_after_it_began_proves_nothing() -> None:
    now = START + DAY
    assert not is_missed(missed(START, created_at=START), now)
    assert is_missed(missed(START, created_at=START - MINUTE), now)


def test_what_was_findable_at_the_look_back_bound_or_before_is_left() -> None:
    assert not is_missed(missed(START), START + DAY, since=START + 60 * MINUTE)
    assert is_missed(missed(START), START + DAY, since=START + 59 * MINUTE)
    assert is_missed(missed(START, minutes=5), START + DAY, since=START + 14 * MINUTE)  # its grace ended later


MADRID, SAO_PAULO = ZoneInfo("Europe/Madrid"), ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("starts", "ends", "findable", "zone"),
    [
        ("2026-03-03 14:00", "2026-03-13 10:00", "2026-03-04 00:00", NEW_YORK),  # ten nights
        ("2026-03-03 14:00", "2026-03-04 02:00", "2026-03-04 00:00", NEW_YORK),  # twelve hours
        ("2026-03-03 14:01", "2026-03-04 02:00", "2026-03-04 02:00", NEW_YORK),  # a minute less
        ("2026-03-03 12:00", "2026-03-04 00:00", "2026-03-04 00:00", NEW_YORK),
        ("2026-03-03 06:00", "2026-03-03 23:00", "2026-03-03 23:00", NEW_YORK),  # a day at the daycare
        ("2026-03-03 23:55", "2026-03-05 10:00", "2026-03-04 00:10", NEW_YORK),  # its grace goes on
        ("2026-03-28 20:00", "2026-03-29 09:00", "2026-03-29 00:00", MADRID),  # the clocks go forward: twelve hours
        ("2026-03-28 20:00", "2026-03-29 08:59", "2026-03-29 08:59", MADRID),
        ("2018-11-03 18:00", "2018-11-05 09:00", "2018-11-04 01:00", SAO_PAULO),  # a day that began at one
        ("2011-12-29 18:00", "2012-01-02 09:00", "2011-12-31 00:00", ZoneInfo("Pacific/Apia")),  # a day left out
    ],
)
def test_a_stay_is_findable_when_the_local_day_of_its_start_is_over(
    starts: str, ends: str, findable: str, zone: ZoneInfo
) -> None:
    found = findable_at(local(starts, zone), local(ends, zone), 15 * MINUTE, zone)
    assert found == local(findable, zone)


@pytest.mark.parametrize(("after", "expected"), [(-1, False), (0, True), (7 * 24 * 60 - 1, True), (7 * 24 * 60, False)])
def test_the_look_back_of_a_stay_begins_when_it_is_findable(after: int, expected: bool) -> None:
    starts_at, midnight = local("2026-03-03 14:00"), local("2026-03-04 00:00")
    now = midnight + after * MINUTE
    stay = missed(starts_at, minutes=14 * 24 * 60)
    assert is_missed(stay, now, since=now - 7 * DAY) is expected


@pytest.mark.parametrize(
    ("changes", "settings", "expected"),
    [
        ({}, {}, None),
        ({"came_that_day": True}, {}, Reason.CAME_THAT_DAY),
        ({"have_pets_died": True}, {}, Reason.PET_DECEASED),
        ({"came_that_day": True, "have_pets_died": True}, {}, Reason.CAME_THAT_DAY),
        ({"came_that_day": True}, {"no_show": {"closed_on": ["2026-03-03"]}}, Reason.CLOSED_DAY),
        ({}, {"no_show": {"closed_on": ["2026-03-04"]}}, None),
    ],
)
def test_who_came_or_could_not_is_excused(
    changes: dict[str, Any], settings: dict[str, Any], expected: Reason | None
) -> None:
    assert excuse(missed(local("2026-03-03 09:00"), **changes), served(settings)) is expected


def test_the_look_back_is_seven_days_and_24_hours_before_switch_on() -> None:
    now, week = START, timedelta(days=7)
    assert look_back_bound(now, week, now) == now - DAY
    assert look_back_bound(now, week, now - 3 * DAY) == now - 4 * DAY
    assert look_back_bound(now, week, LONG_AGO) == now - week


def test_a_visit_in_sydney_at_five_is_missed_when_the_job_runs_at_half_past_six_in_london() -> None:
    start = local("2026-03-03 17:00", SYDNEY)
    assert start == utc("2026-03-03T06:00Z")
    assert not is_missed(missed(start), utc("2026-03-03T06:30Z"))  # 17:30 there: the dog is on the table
    assert is_missed(missed(start, minutes=30), utc("2026-03-03T06:30Z"))
    (visit,) = visits([missed(start)], served(zone=SYDNEY))
    assert visit.on == date(2026, 3, 3)


def test_a_visit_is_one_owner_and_one_local_day() -> None:
    ana, ben = an_owner(), an_owner()
    evening, night = local("2026-03-03 18:00"), local("2026-03-03 23:30")
    next_day = local("2026-03-04 00:30")
    found = visits(
        [missed(next_day, owner=ana), missed(night, owner=ana), missed(evening, owner=ben), missed(evening, owner=ana)],
        served(),
    )
    assert [(each.owner, each.on.day, len(each.appointments)) for each in found if each.owner == ana] == [
        (ana, 3, 2),
        (ana, 4, 1),
    ]
    assert [each.starts_at for each in found[0].appointments] in ([evening], [evening, night])
    assert {each.id for each in found} == {
        visit_id(TENANT_ID, ana.id, date(2026, 3, 3)),
        visit_id(TENANT_ID, ana.id, date(2026, 3, 4)),
        visit_id(TENANT_ID, ben.id, date(2026, 3, 3)),
    }


def test_visits_come_in_order_of_time_whatever_the_order_found() -> None:
    starts = [START + hours * timedelta(hours=1) for hours in (5, 1, 3)]
    found = visits([missed(start) for start in starts], served())
    assert [each.appointments[0].starts_at for each in found] == sorted(starts)


@pytest.mark.parametrize(
    ("appointments", "candidates", "marked", "expected"),
    [
        (3, 3, 0, True),  # a snow day
        (2, 2, 0, False),  # two clients of a small salon
        (6, 3, 0, False),  # half is not more than half
        (5, 3, 0, True),
        (5, 1, 2, True),  # found piece by piece
        (100, 40, 0, False),
        (5, 0, 3, False),  # nothing new
    ],
)
def test_a_day_on_which_most_look_missed_is_not_believed(
    appointments: int, candidates: int, marked: int, expected: bool
) -> None:
    assert is_surge(DayCount(TENANT_ID, appointments, candidates, marked)) is expected


@pytest.mark.parametrize(
    ("past", "recorded", "expected"),
    [(4, 0, True), (5, 0, False), (5, 1, False), (5, 2, True), (6, 2, True), (7, 2, False), (300, 100, True)],
)
def test_fewer_than_a_third_of_five_or_more_on_record_is_no_attendance(
    past: int, recorded: int, expected: bool
) -> None:
    attendance = AttendanceCount(past, recorded)
    assert is_attendance_recorded(attendance) is expected
    held = why_held(DayCount(TENANT_ID, 2, 2, 0), attendance)
    assert held is (None if expected else Reason.ATTENDANCE_NOT_RECORDED)
    assert why_held(DayCount(TENANT_ID, 2, 0, 0), attendance) is None


def test_attendance_is_looked_for_on_fourteen_local_days_with_today() -> None:
    first, today = attendance_days(local("2026-03-14 01:30"), NEW_YORK)
    assert (first, today) == (local("2026-03-01 00:00"), local("2026-03-14 00:00"))


def a_marked_visit(status: FeeStatus | None, written_at: Any = START, began_at: Any = START) -> MarkedVisit:
    ids = (uuid4(), uuid4(), TENANT_ID, uuid4())
    return MarkedVisit(*ids, began_at, True, False, status, written_at if status else None)


EARLIER = START - DAY


@pytest.mark.parametrize(
    ("passed", "own", "stays"),
    [
        (a_marked_visit(FeeStatus.SUCCEEDED), a_marked_visit(FeeStatus.PENDING, EARLIER), "passed"),
        (a_marked_visit(FeeStatus.FAILED, EARLIER), a_marked_visit(FeeStatus.SUCCEEDED), "own"),
        (a_marked_visit(FeeStatus.SUCCEEDED, EARLIER), a_marked_visit(FeeStatus.REFUNDED), "passed"),
        (a_marked_visit(FeeStatus.PENDING, EARLIER), a_marked_visit(FeeStatus.PENDING), "passed"),
        (a_marked_visit(FeeStatus.PENDING), a_marked_visit(FeeStatus.PENDING, EARLIER), "own"),
        (a_marked_visit(FeeStatus.PENDING, began_at=EARLIER), a_marked_visit(FeeStatus.PENDING), "passed"),
        (a_marked_visit(FeeStatus.PENDING), a_marked_visit(FeeStatus.PENDING), "own"),
        (a_marked_visit(FeeStatus.PENDING), a_marked_visit(None, began_at=EARLIER), "passed"),
    ],
)
def test_of_two_fees_of_a_day_the_collected_one_stays_then_the_earlier(
    passed: MarkedVisit, own: MarkedVisit, stays: str
) -> None:
    assert superseded(passed, own) is (own if stays == "passed" else passed)


@pytest.mark.parametrize("zone", [NEW_YORK, SYDNEY, LOS_ANGELES, ZoneInfo("Pacific/Apia")], ids=str)
@pytest.mark.parametrize("now", ["2026-03-09T06:30Z", "2026-03-05T05:00Z", "2026-11-02T06:30Z", "2012-01-02T06:30Z"])
def test_the_days_of_the_look_back_follow_each_other_without_gap(zone: ZoneInfo, now: str) -> None:
    until = utc(now)
    found = list(days(until - 7 * DAY, until, zone))
    assert found[0][0] <= until - 7 * DAY - 26 * HOUR < found[0][1]  # the longest of what was findable since
    assert found[-1][0] <= until < found[-1][1]
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert len(found) in (8, 9, 10)
