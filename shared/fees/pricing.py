"""What a missed visit costs, and when its fee may be collected by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from shared.domain.fees import Charge, FeeCode
from shared.domain.missed_visits import Candidate
from shared.domain.policy import NoShowPolicy, ServedTenant

DEFAULT_SCHEDULE_CURRENCIES: Final = frozenset({"USD", "CAD", "AUD", "NZD", "EUR", "GBP"})
"""Where 2500 is a fee one may ask for. In yen it would be a hundred times another thing."""
EARLY: Final = timedelta(hours=1)
"""A fee due within the next hour is collected, so that a daily job does not slip a day."""
MINIMUM: Final[Mapping[str, int]] = {
    "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
"""The least a card can be charged, in minor units (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
For other currencies it depends on the day's rate; the provider refuses what is less."""
CHARGED_IN: Final[Mapping[str, int]] = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "MGA": 100}
"""A card is charged multiples of so many minor units only (https://docs.stripe.com/currencies); elsewhere of one.

Of three decimals the last is 0, and the ariary is charged without its minor unit.
"""
LAST_DAY: Final = 14
"""Days after the visit could first be found beyond which nothing is charged by itself."""
RETRY_AFTER: Final = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""How long after its first, second and third declined attempt a fee is tried again."""


def is_fee_configured(served: ServedTenant) -> bool:
    """Whether there is a fee schedule in the tenant's currency."""
    return served.has_own_fee_schedule or served.tenant.currency.strip().upper() in DEFAULT_SCHEDULE_CURRENCIES


def charge_for(visit: Sequence[Candidate], offence: int, policy: NoShowPolicy) -> Charge:
    """Return what a visit costs whose missed appointments are these. `offence`: the owner's count with this visit."""
    price = _capped(policy.fee_schedule[min(offence, len(policy.fee_schedule)) - 1], visit, policy)
    deposits = sum(each.deposit_paid or 0 for each in visit) if policy.deposit_covers_fee else 0
    if price == 0:
        return Charge(0, 0, FeeCode.NO_FEE)
    if deposits >= price:
        return Charge(price, price, FeeCode.COVERED_BY_DEPOSIT)
    return Charge(price, price - max(deposits, 0), None)


def rounded_down(charge: Charge, currency: str) -> Charge:
    """Return the charge in amounts that the provider can charge, waived where nothing is left of it."""
    step = CHARGED_IN.get(currency, 1)
    if charge.amount_cents < step:
        return replace(charge, waived=charge.waived or FeeCode.BELOW_MINIMUM)
    price, amount = (cents - cents % step for cents in (charge.price_cents, charge.amount_cents))
    return replace(charge, price_cents=price, amount_cents=amount)


def above_minimum(charge: Charge, currency: str) -> Charge:
    """Return the charge, waived where no card can be charged so little."""
    is_less = charge.amount_cents < MINIMUM.get(currency, 0)
    return replace(charge, waived=FeeCode.BELOW_MINIMUM) if is_less and not charge.waived else charge


def _capped(fee: int, visit: Sequence[Candidate], policy: NoShowPolicy) -> int:
    caps = [fee]
    if policy.fee_cap_cents is not None:
        caps.append(policy.fee_cap_cents)
    if policy.fee_cap == "price" and (price := visit_price(visit)) is not None:
        caps.append(price)
    return min(caps)


def visit_price(visit: Sequence[Candidate]) -> int | None:
    """Return what the appointments would have cost; None when the price of none of them is known."""
    prices = [each.price if each.total_amount is None else each.total_amount for each in visit]
    known = [price for price in prices if price is not None]
    return sum(known) if known else None


def snapshot(policy: NoShowPolicy, visit: Sequence[Candidate], charge: Charge) -> dict[str, Any]:
    """Return the policy in force and the amounts it was applied to, for the record of the payment."""
    return {
        **policy.model_dump(mode="json", exclude={"closed_on"}),
        "visit_price_cents": visit_price(visit),
        "deposit_cents": sum(each.deposit_paid or 0 for each in visit),
        "fee_cents": charge.price_cents,
    }


def description(offence: int, charge: Charge) -> str:
    """Return what a fee's line in the books says."""
    if charge.waived is FeeCode.COVERED_BY_DEPOSIT:
        return f"No-show fee, missed visit {offence}: covered by deposit"
    if charge.waived is FeeCode.BELOW_MINIMUM:
        return f"No-show fee, missed visit {offence}: too little to charge"
    if charge.waived:
        return f"No-show fee, missed visit {offence}: nothing to pay"
    less = " less deposit" if charge.amount_cents < charge.price_cents else ""
    return f"No-show fee, missed visit {offence}{less}"


def is_too_late(findable_on: date, today: date) -> bool:
    """Whether the visit could be found too long ago for an automatic attempt. Both are the tenant's local dates."""
    return (today - findable_on).days > LAST_DAY


def next_attempt_at(failed_at: datetime, declines: int) -> datetime | None:
    """Return when a fee is tried again whose attempt failed at `failed_at`, its `declines`-th; None for never."""
    return failed_at + RETRY_AFTER[declines - 1] if declines <= len(RETRY_AFTER) else None
