"""What a decline means for a fee: the issuer's advice first, then the code (https://docs.stripe.com/declines/codes)."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.fees import Fee, FeeCode, FeeStatus
from shared.domain.missed_visits import Attendance, MissedVisit
from shared.fees.collecting.rules import Verdict, is_still_owed, is_tried_again, refusal, verdict
from tests.domain.builders import MINUTE, NEW_YORK, TENANT_ID, an_owner, booked, local, served, utc

VISIT = local("2026-03-03T09:00")
LOS_ANGELES, KIRITIMATI = ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Kiritimati")


def a_visit(*starts: datetime, **changes: Any) -> MissedVisit:
    """The visit of March 3; what is missed begins at `starts`."""
    missed = tuple(booked(each) for each in starts)
    visit = MissedVisit(TENANT_ID, TENANT_ID, an_owner(), VISIT, False, missed, None, "cus_1", frozenset())
    return replace(visit, **changes)


def a_fee() -> Fee:
    its = dict.fromkeys(("id", "tenant_id", "owner_id", "appointment_id"), TENANT_ID)
    return Fee(
        **its,
        status=FeeStatus.PENDING,
        amount_cents=2500,
        currency="USD",
        visit_on=date(2026, 3, 3),
        due_at=None,
        intent_id=None,
        attempts=0,
        description=None,
        failure_code=None,
    )


def test_a_visit_is_owed_for_while_something_of_its_own_day_counts_as_missed() -> None:
    assert is_still_owed(a_visit(local("2026-03-03T23:59")), NEW_YORK)
    assert not is_still_owed(a_visit(local("2026-03-04T00:00")), NEW_YORK)
    assert not is_still_owed(a_visit(), NEW_YORK)
    assert not is_still_owed(a_visit(VISIT, is_reversed=True), NEW_YORK)


def test_a_reminder_of_another_day_is_none_of_the_visit() -> None:
    visit = a_visit(VISIT, local("2026-03-04T09:00"))
    today, tomorrow = (frozenset({each.id}) for each in visit.missed)
    asks = served({"no_show": {"fee_requires_delivered_reminder": True}})
    found = [refusal(a_fee(), replace(visit, reminded=each), asks, VISIT, by_staff=False) for each in (today, tomorrow)]
    assert found == [None, FeeCode.NO_DELIVERED_REMINDER]


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        ("2026-03-18T06:59Z", LOS_ANGELES, None),  # the 17th there: the 14th day after the visit
        ("2026-03-18T07:00Z", LOS_ANGELES, FeeCode.TOO_LATE),
        ("2026-03-17T09:59Z", KIRITIMATI, None),
        ("2026-03-17T10:00Z", KIRITIMATI, FeeCode.TOO_LATE),
    ],
)
def test_the_14_days_end_at_midnight_where_the_business_is(now: str, zone: ZoneInfo, expected: FeeCode | None) -> None:
    its = served(zone=zone)
    assert refusal(a_fee(), a_visit(VISIT), its, utc(now), by_staff=False) is expected
    assert refusal(a_fee(), a_visit(VISIT), its, utc(now), by_staff=True) is None


@pytest.mark.parametrize(
    ("code", "advice", "expected"),
    [
        ("do_not_honor", None, Verdict.AGAIN),
        ("insufficient_funds", None, Verdict.AGAIN),
        ("lost_card", None, Verdict.NEVER),
        ("stolen_card", None, Verdict.NEVER),
        ("fraudulent", None, Verdict.NEVER),
        ("expired_card", None, Verdict.NEVER),
        ("authentication_required", None, Verdict.CUSTOMER),
        ("unheard_of", None, Verdict.ONCE_MORE),
        ("insufficient_funds", "do_not_try_again", Verdict.NEVER),
        ("insufficient_funds", "confirm_card_data", Verdict.NEVER),
        ("lost_card", "try_again_later", Verdict.AGAIN),
        ("lost_card", "unheard_of", Verdict.NEVER),
        ("do_not_honor", "authentication_required", Verdict.CUSTOMER),
        ("authentication_required", "try_again_later", Verdict.CUSTOMER),
        ("authentication_required", "do_not_try_again", Verdict.CUSTOMER),
    ],
)
def test_the_issuers_advice_counts_before_the_code(code: str, advice: str | None, expected: Verdict) -> None:
    assert verdict(code, advice) is expected


def test_a_card_that_may_never_be_tried_again_is_not() -> None:
    tried = {found: (is_tried_again(found, 0), is_tried_again(found, 1)) for found in Verdict}
    assert tried == {
        Verdict.AGAIN: (True, True),
        Verdict.ONCE_MORE: (True, False),
        Verdict.NEVER: (False, False),
        Verdict.CUSTOMER: (False, False),
        Verdict.CONFIGURATION: (False, False),
    }


@pytest.mark.parametrize(
    ("ends", "last_day"),
    [("2026-03-03T10:00", "2026-03-17"), ("2026-03-17T10:00", "2026-03-18"), ("2026-03-04T01:00", "2026-03-17")],
    ids=["an hour", "a stay of fourteen days", "not the visit's"],
)
def test_the_fourteen_days_begin_when_the_visit_could_be_found(ends: str, last_day: str) -> None:
    starts = VISIT if ends != "2026-03-04T01:00" else local("2026-03-04T00:00")
    missed = Attendance(TENANT_ID, TENANT_ID, starts, local(ends), came=False)
    visit = a_visit(VISIT, attendance=(missed,))
    evening = local(f"{last_day}T23:59")
    assert refusal(a_fee(), visit, served(), evening, by_staff=False) is None
    assert refusal(a_fee(), visit, served(), evening + MINUTE, by_staff=False) is FeeCode.TOO_LATE


def test_who_came_to_something_else_that_day_owes_nothing() -> None:
    came = Attendance(TENANT_ID, TENANT_ID, local("2026-03-03T15:00"), local("2026-03-03T16:00"), came=True)
    assert not is_still_owed(a_visit(VISIT, attendance=(came,)), NEW_YORK)
    next_day = replace(came, starts_at=local("2026-03-04T00:00"))
    assert is_still_owed(a_visit(VISIT, attendance=(next_day,)), NEW_YORK)
