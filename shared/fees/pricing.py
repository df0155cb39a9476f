"""What a missed visit costs, and when its fee may be collected automatically."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from shared.domain.fees import FeeCode, FeePrice
from shared.domain.missed_visits import Candidate
from shared.domain.policy.models import NoShowPolicy, ServedTenant

DEFAULT_SCHEDULE_CURRENCIES: Final = frozenset({"USD", "CAD", "AUD", "NZD", "EUR", "GBP"})
"""Currencies in which the default schedule makes sense: 2500 means 25.00 in these, but 2500 whole yen."""
EARLY: Final = timedelta(hours=1)
"""A fee due within the next hour is collected now, so that a daily job does not slip a day."""
MINIMUM: Final[Mapping[str, int]] = {
    "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
"""The least a card can be charged, in minor units (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
For other currencies it depends on the day's rate; the provider refuses a smaller amount."""
CHARGED_IN: Final[Mapping[str, int]] = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "MGA": 100}
"""Minor units of which a card is charged only multiples (https://docs.stripe.com/currencies); 1 for other currencies.

The last of three decimals is 0, and the ariary is charged without its minor unit.
"""
LAST_DAY: Final = 14
"""Days after the visit could first be found until which a fee is charged automatically."""
RETRY_AFTER: Final = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""How long after its first, second and third declined attempt a fee is tried again."""


def is_fee_configured(served: ServedTenant) -> bool:
    """Whether there is a fee schedule in the tenant's currency."""
    return served.has_own_fee_schedule or served.tenant.currency.strip().upper() in DEFAULT_SCHEDULE_CURRENCIES


def price_for(visit: Sequence[Candidate], offence: int, policy: NoShowPolicy) -> FeePrice:
    """Return the price of a missed visit. `offence`: the owner's count of missed visits, this one included."""
    full = _capped(policy.fee_schedule[min(offence, len(policy.fee_schedule)) - 1], visit, policy)
    deposits = sum(each.deposit_paid or 0 for each in visit) if policy.deposit_covers_fee else 0
    if full == 0:
        return FeePrice(0, 0, FeeCode.NO_FEE)
    if deposits >= full:
        return FeePrice(full, full, FeeCode.COVERED_BY_DEPOSIT)
    return FeePrice(full, full - max(deposits, 0), None)


def rounded_down(price: FeePrice, currency: str) -> FeePrice:
    """Return the price rounded down to amounts that the provider can charge, waived if less than one step is left."""
    step = CHARGED_IN.get(currency, 1)
    if price.amount_cents < step:
        return replace(price, waived=price.waived or FeeCode.BELOW_MINIMUM)
    full, amount = (cents - cents % step for cents in (price.full_cents, price.amount_cents))
    return replace(price, full_cents=full, amount_cents=amount)


def above_minimum(price: FeePrice, currency: str) -> FeePrice:
    """Return the price, waived if it is below the least amount a card can be charged."""
    is_less = price.amount_cents < MINIMUM.get(currency, 0)
    return replace(price, waived=FeeCode.BELOW_MINIMUM) if is_less and not price.waived else price


def _capped(fee: int, visit: Sequence[Candidate], policy: NoShowPolicy) -> int:
    caps = [fee]
    if policy.fee_cap_cents is not None:
        caps.append(policy.fee_cap_cents)
    if policy.fee_cap == "price" and (price := visit_price(visit)) is not None:
        caps.append(price)
    return min(caps)


def visit_price(visit: Sequence[Candidate]) -> int | None:
    """Return what the appointments would have cost together; None if no price is known."""
    prices = [each.price if each.total_amount is None else each.total_amount for each in visit]
    known = [price for price in prices if price is not None]
    return sum(known) if known else None


def snapshot(policy: NoShowPolicy, visit: Sequence[Candidate], price: FeePrice) -> dict[str, Any]:
    """Return the policy in force and the amounts it was applied to, as the payment keeps them."""
    return {
        **policy.model_dump(mode="json", exclude={"closed_on"}),
        "visit_price_cents": visit_price(visit),
        "deposit_cents": sum(each.deposit_paid or 0 for each in visit),
        "fee_cents": price.full_cents,
    }


def description(offence: int, price: FeePrice) -> str:
    """Return the description of a fee's payment."""
    if price.waived is FeeCode.COVERED_BY_DEPOSIT:
        return f"No-show fee, missed visit {offence}: covered by deposit"
    if price.waived is FeeCode.BELOW_MINIMUM:
        return f"No-show fee, missed visit {offence}: too little to charge"
    if price.waived:
        return f"No-show fee, missed visit {offence}: nothing to pay"
    less = " less deposit" if price.amount_cents < price.full_cents else ""
    return f"No-show fee, missed visit {offence}{less}"


def is_too_late(findable_on: date, today: date) -> bool:
    """Whether the visit could first be found too long ago to charge it automatically. Both are the tenant's dates."""
    return (today - findable_on).days > LAST_DAY


def next_attempt_at(failed_at: datetime, declines: int) -> datetime | None:
    """Return when to retry a fee declined for the `declines`-th time at `failed_at`; None for never."""
    return failed_at + RETRY_AFTER[declines - 1] if declines <= len(RETRY_AFTER) else None
