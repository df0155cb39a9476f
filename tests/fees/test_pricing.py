"""What a missed visit costs, and when its fee may be collected by itself."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.domain.fees import FeeCode, FeePrice
from shared.domain.policy.models import NoShowPolicy, TenantPolicy
from shared.domain.records import Tenant
from shared.domain.tally import Tally
from shared.fees.pricing import (
    above_minimum,
    description,
    is_fee_configured,
    is_too_late,
    next_attempt_at,
    price_for,
    rounded_down,
    snapshot,
    visit_price,
)
from shared.planning.tenants import serve
from tests.domain.builders import NEW_YORK, a_tenant, utc
from tests.tasks.no_show_detector.test_rules import START, missed

SALON = NoShowPolicy()


@pytest.mark.parametrize(("offence", "cents"), [(1, 2500), (2, 3500), (3, 5000), (4, 7500), (5, 7500), (40, 7500)])
def test_each_missed_visit_costs_more_until_the_schedule_ends(offence: int, cents: int) -> None:
    assert price_for([missed(START)], offence, SALON) == FeePrice(cents, cents, None)


def test_a_fee_stays_below_the_cap() -> None:
    assert price_for([missed(START)], 4, NoShowPolicy(fee_cap_cents=4000)).amount_cents == 4000
    assert price_for([missed(START)], 1, NoShowPolicy(fee_cap_cents=4000)).amount_cents == 2500


@pytest.mark.parametrize(
    ("appointments", "price"),
    [
        ([{"total_amount": 1800, "price": 9000}], 1800),
        ([{"total_amount": None, "price": 1900}], 1900),
        ([{"total_amount": 1000}, {"price": 700}, {}], 1700),
        ([{}], None),
    ],
)
def test_the_price_of_a_visit_is_that_of_its_missed_appointments(
    appointments: list[dict[str, Any]], price: int | None
) -> None:
    visit = [missed(START, **each) for each in appointments]
    assert visit_price(visit) == price
    expected = 2500 if price is None else price
    assert price_for(visit, 1, NoShowPolicy(fee_cap="price")).amount_cents == expected
    assert price_for(visit, 1, SALON).amount_cents == 2500


@pytest.mark.parametrize(
    ("deposits", "expected"),
    [
        ([1000], FeePrice(2500, 1500, None)),
        ([1000, 500], FeePrice(2500, 1000, None)),
        ([2500], FeePrice(2500, 2500, FeeCode.COVERED_BY_DEPOSIT)),
        ([9900], FeePrice(2500, 2500, FeeCode.COVERED_BY_DEPOSIT)),
        ([None], FeePrice(2500, 2500, None)),
        ([-500], FeePrice(2500, 2500, None)),  # what was paid back costs nobody more
    ],
)
def test_deposits_count_towards_the_fee(deposits: list[int | None], expected: FeePrice) -> None:
    visit = [missed(START, deposit_paid=each) for each in deposits]
    assert price_for(visit, 1, SALON) == expected
    assert price_for(visit, 1, NoShowPolicy(deposit_covers_fee=False)) == FeePrice(2500, 2500, None)


def test_a_fee_of_nothing_is_waived() -> None:
    assert price_for([missed(START)], 1, NoShowPolicy(fee_schedule=(0, 2500))) == FeePrice(0, 0, FeeCode.NO_FEE)


def test_what_is_written_down_says_how_the_amount_came_about() -> None:
    visit = [missed(START, deposit_paid=1000, price=8000)]
    price = price_for(visit, 2, SALON)
    kept = snapshot(NoShowPolicy(closed_on=frozenset({date(2026, 12, 25)})), visit, price)
    assert "closed_on" not in kept
    assert (kept["fee_schedule"], kept["fee_cents"], kept["deposit_cents"], kept["visit_price_cents"]) == (
        [2500, 3500, 5000, 7500],
        3500,
        1000,
        8000,
    )
    assert description(2, price) == "No-show fee, missed visit 2 less deposit"
    covered = price_for([missed(START, deposit_paid=5000)], 2, SALON)
    assert description(2, covered).endswith("covered by deposit")
    assert description(1, price_for([missed(START)], 1, SALON)) == "No-show fee, missed visit 1"
    assert description(1, above_minimum(FeePrice(2500, 20, None), "USD")).endswith("too little to charge")


@pytest.mark.parametrize(
    ("currency", "settings", "expected"),
    [
        *((each, None, True) for each in ("USD", "CAD", "AUD", "NZD", "EUR", "GBP", "gbp")),
        *((each, None, False) for each in ("JPY", "CHF", "MXN", "SEK")),
        ("JPY", '{"no_show": {"hold_hours": 1}}', False),
        ("JPY", '{"no_show": {"fee_schedule": [3000]}}', True),
    ],
)
def test_the_default_schedule_is_for_currencies_in_which_it_makes_sense(
    currency: str, settings: str | None, expected: bool
) -> None:
    tenant: Tenant = replace(a_tenant(settings), currency=currency)
    (served,), _ = serve([tenant], TenantPolicy(), NEW_YORK, Tally())
    assert is_fee_configured(served) is expected


def test_nothing_is_charged_by_itself_more_than_14_days_after_the_visit() -> None:
    assert not is_too_late(date(2026, 3, 3), date(2026, 3, 17))
    assert is_too_late(date(2026, 3, 3), date(2026, 3, 18))


def test_a_declined_card_is_tried_again_after_one_three_and_seven_days() -> None:
    failed = utc("2026-03-03T06:31Z")
    days = [at and (at - failed) // timedelta(days=1) for at in (next_attempt_at(failed, n) for n in (1, 2, 3, 4))]
    assert days == [1, 3, 7, None]


@pytest.mark.parametrize(
    ("cents", "currency", "waived"),
    [
        (49, "USD", True),
        (50, "USD", False),
        (29, "GBP", True),
        (30, "GBP", False),
        (49, "JPY", True),
        (50, "JPY", False),
        (49, "CHF", True),
        (50, "CHF", False),
        (1, "XOF", False),
    ],
)
def test_what_is_less_than_a_card_can_be_charged_is_waived(cents: int, currency: str, waived: bool) -> None:
    found = above_minimum(FeePrice(cents, cents, None), currency)
    assert found == FeePrice(cents, cents, FeeCode.BELOW_MINIMUM if waived else None)


def test_what_is_waived_for_another_reason_stays_so() -> None:
    covered = FeePrice(40, 40, FeeCode.COVERED_BY_DEPOSIT)
    assert above_minimum(covered, "USD") == covered


@pytest.mark.parametrize(
    ("currency", "cents", "expected"),
    [("KWD", 19875, 19870), ("BHD", 19, 10), ("TND", 500, 500), ("MGA", 2550, 2500), ("USD", 1999, 1999)],
)
def test_a_fee_is_rounded_down_to_what_a_card_can_be_charged(currency: str, cents: int, expected: int) -> None:
    assert rounded_down(FeePrice(cents, cents, None), currency) == FeePrice(expected, expected, None)


def test_what_is_left_after_a_deposit_is_rounded_down_too_and_less_than_that_is_waived() -> None:
    assert rounded_down(FeePrice(19875, 9876, None), "KWD") == FeePrice(19870, 9870, None)
    assert rounded_down(FeePrice(19875, 9, None), "OMR") == FeePrice(19875, 9, FeeCode.BELOW_MINIMUM)
    assert rounded_down(FeePrice(0, 0, FeeCode.NO_FEE), "JOD") == FeePrice(0, 0, FeeCode.NO_FEE)
