"""Amounts as Stripe counts them (https://docs.stripe.com/currencies)."""

from typing import Final

from shared.gateways.payments import Misconfigured, OutcomeUnknown

TWO_DECIMALS: Final = frozenset({"ISK", "UGX"})
"""Have no minor unit any more, and Stripe still counts in hundredths."""
NO_DECIMALS: Final = frozenset({"MGA"})
"""Have a minor unit, and Stripe counts without."""


def provider_amount(cents: int, currency: str) -> int:
    """Return an amount in minor units as Stripe counts it. Raise Misconfigured for one that it cannot express."""
    if currency in TWO_DECIMALS:
        return cents * 100
    if currency not in NO_DECIMALS:
        return cents
    whole, rest = divmod(cents, 100)
    if rest:
        raise Misconfigured("invalid_amount")
    return whole


def our_amount(amount: object, currency: str) -> int:
    """Return an amount of Stripe's in minor units. Raise OutcomeUnknown for what is none."""
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount < 10**9:
        raise OutcomeUnknown("unreadable")
    if currency in TWO_DECIMALS:
        return amount // 100
    return amount * 100 if currency in NO_DECIMALS else amount
