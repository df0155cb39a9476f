"""Reading Stripe's answers: intents, refunds, default cards and ids as the gateway's callers need them."""

from typing import TYPE_CHECKING, Final

from shared.gateways.payments import (
    GivenBack,
    Intent,
    IntentState,
    OutcomeUnknown,
    Refund,
)
from shared.gateways.stripe_amounts import our_amount
from shared.gateways.stripe_errors import Trouble, word

if TYPE_CHECKING:
    import stripe
    from stripe import PaymentIntent

STATES: Final = {
    "succeeded": IntentState.SUCCEEDED,
    "canceled": IntentState.CANCELLED,
    "requires_action": IntentState.NEEDS_CUSTOMER,
    "requires_confirmation": IntentState.UNCONFIRMED,
    "processing": IntentState.UNDER_WAY,
    "requires_capture": IntentState.UNDER_WAY,
}
"""By Stripe's status. `requires_payment_method` is left out: that intent was declined, or never confirmed."""


def metadata_of(found: "PaymentIntent | stripe.Refund", name: str) -> str | None:
    """Return what we wrote under a name into an object's metadata; None if nothing."""
    kept = found.metadata
    return kept[name] if kept is not None and name in kept else None


def intent_of(intent: "PaymentIntent", id_: str | None = None) -> Intent:
    """Return an intent. `id_`: the one asked about. Raise OutcomeUnknown if the answer is about another one."""
    found, error, charge_id = id_of(intent.id, id_), intent.last_payment_error, _charge_id(intent)
    state = STATES.get(intent.status, IntentState.UNDER_WAY)
    if intent.status == "requires_payment_method":
        state = IntentState.DECLINED if error else IntentState.UNCONFIRMED
    if not error or state not in (IntentState.DECLINED, IntentState.CANCELLED):
        return Intent(found, state, charge_id=None if state is IntentState.UNCONFIRMED else charge_id)
    code, advice = word(getattr(error, "decline_code", None)) or word(error.code), getattr(error, "advice_code", None)
    return Intent(found, state, code, word(advice), word(getattr(error, "charge", None), "id") or charge_id)


def given_back(found: "stripe.Refund", asked: Refund) -> GivenBack:
    """Return a refund in the books. Raise OutcomeUnknown if it is of another intent than the one asked about."""
    if found.payment_intent != asked.intent_id:
        raise OutcomeUnknown(Trouble.UNREADABLE)
    amount, asked_id = our_amount(found.amount, asked.currency), word(metadata_of(found, "refund"))
    return GivenBack(id_of(found.id), amount, asked_id, is_lost=found.status in ("failed", "canceled"))


def charge_of_paid(id_: str, intent: "PaymentIntent") -> str | None:
    """Return the id of the charge that paid an intent. Raise OutcomeUnknown if the intent is not paid."""
    id_of(intent.id, id_)
    if intent.status != "succeeded":
        raise OutcomeUnknown(word(intent.status) or Trouble.UNREADABLE)
    return _charge_id(intent)


def defaults_of(customer: "stripe.Customer") -> tuple[str | None, str | None]:
    """Return a customer's default payment method and source; either may not be a card. A deleted customer has none."""
    settings = getattr(customer, "invoice_settings", None)
    return getattr(settings, "default_payment_method", None), getattr(customer, "default_source", None)


def _charge_id(intent: "PaymentIntent") -> str | None:
    charge = intent.latest_charge
    return word(charge if charge is None or isinstance(charge, str) else charge.id, "id")


def id_of(id_: str | None, expected: str | None = None) -> str:
    """Return an id from an answer. Raise OutcomeUnknown if it is not one, or not the expected one."""
    found = word(id_, "id")
    if found is None or expected not in (None, found):
        raise OutcomeUnknown(Trouble.UNREADABLE)
    return found
