"""Which appointments were missed, and which days are not to be believed."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.fees import Candidate, DayCount
from shared.policy import NoShowPolicy
from shared.records import visit_id
from shared.rules.no_show import days, is_no_show, is_surge, look_back_bound, visits
from tests.rules.builders import LONG_AGO, MINUTE, NEW_YORK, TENANT_ID, an_owner, local, served, utc

DAY = timedelta(hours=24)
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
    return is_no_show(candidate, NoShowPolicy(**policy), now, since)


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


def test_what_started_at_the_look_back_bound_or_before_is_left() -> None:
    assert not is_missed(missed(START), START + DAY, since=START)
    assert is_missed(missed(START), START + DAY, since=START - MINUTE)


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


@pytest.mark.parametrize("zone", [NEW_YORK, SYDNEY, LOS_ANGELES, ZoneInfo("Pacific/Apia")], ids=str)
@pytest.mark.parametrize("now", ["2026-03-09T06:30Z", "2026-03-05T05:00Z", "2026-11-02T06:30Z", "2012-01-02T06:30Z"])
def test_the_days_of_the_look_back_follow_each_other_without_gap(zone: ZoneInfo, now: str) -> None:
    until = utc(now)
    found = list(days(until - 7 * DAY, until, zone))
    assert found[0][0] <= until - 7 * DAY < found[0][1]
    assert found[-1][0] <= until < found[-1][1]
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert len(found) in (7, 8)
