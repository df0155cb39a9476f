"""What the provider's answer to an attempt changes about the fee, and which text the owner gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shared.domain.fees import FEE_SENTENCES, GIVEN_UP, Fee, FeeChange, FeeCode, FeeStatus
from shared.domain.ids import RunId
from shared.domain.plans import Plan
from shared.domain.records import Kind
from shared.fees.collecting.attempts import DECLINED, KEY_SPENT, REFUSED, Attempt
from shared.fees.collecting.rules import Verdict, is_tried_again, verdict
from shared.fees.pricing import next_attempt_at
from shared.fees.text_plans import FeeText, text_plan
from shared.gateways.payments import (
    Declined,
    Intent,
    IntentState,
    Misconfigured,
    NeedsCustomer,
    NoPaymentMethod,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
    PaymentError,
)

ASK_AFTER: Final = timedelta(minutes=2)
"""How long after an unclear answer the charge is looked up: by then the provider's books show its effect."""
OUTAGE_PAUSE: Final = timedelta(hours=2)
"""How long a fee waits after an outage: longer than `EARLY`, so that the same run does not try it again."""
MISCONFIGURED_PAUSE: Final = timedelta(hours=20)
"""How long a fee waits after the provider refused it: the next day's run tries it again and reports it again."""


@dataclass(frozen=True, slots=True)
class Paid:
    """The money was taken. `charge_id`: the provider's."""

    charge_id: str | None = None


class UnderWay(OutcomeUnknown):
    """The provider answered that the charge is still under way."""


class StillOpen(OutcomeUnknown):
    """The fee is to be given up, but its intent is not cancelled yet. `answer`: the attempt's outcome."""

    def __init__(self, code: str, answer: "Outcome") -> None:
        super().__init__(code)
        self.answer = answer


class NothingDone(NotProcessed):
    """The provider certainly did not charge: the fee may be charged again at once."""


class NotAsked(NothingDone):
    """The provider is unavailable, time is up or another worker has the fee: it is released unchanged."""


class KeySpent(NothingDone):
    """No intent exists, and none can be created under this key: the next attempt uses another key."""

    def __init__(self) -> None:
        super().__init__(KEY_SPENT)


class CannotCharge(PaymentError):
    """The fee cannot be charged, for example without a card: staff decide what happens."""

    def __init__(self, code: FeeCode) -> None:
        super().__init__(code)
        self.sentence = FEE_SENTENCES[code]


Outcome = PaymentError | Paid

ATTEMPT_OUTCOMES: Final[Mapping[type, str]] = {
    Paid: "succeeded",
    Declined: DECLINED,
    NeedsCustomer: "requires_action",
    Misconfigured: REFUSED,
    CannotCharge: REFUSED,
    OutcomeUnknown: "unknown",
    PaymentError: "not_processed",
}
"""The value of `payment_attempts.outcome`: the first class that fits counts."""


def outcome_of(intent: Intent, attempt: Attempt) -> Outcome:
    """Return the outcome of an unrecorded attempt, given its intent as looked up."""
    if intent.state is IntentState.SUCCEEDED:
        return Paid(intent.charge_id)
    if intent.state is IntentState.NEEDS_CUSTOMER:
        return NeedsCustomer(intent.code or "authentication_required", intent.charge_id)
    if intent.state is IntentState.UNDER_WAY:
        return UnderWay("under_way")
    is_known = intent.charge_id in attempt.past.charge_ids
    if intent.state is IntentState.CANCELLED and (is_known or not intent.code):
        return CannotCharge(FeeCode.CANCELLED_AT_PROVIDER)
    if intent.state is IntentState.UNCONFIRMED or is_known:
        return NothingDone("not_charged")
    return Declined(intent.code or DECLINED, intent.advice, intent.charge_id)


def as_recorded(outcome: Outcome) -> Outcome:
    """Return the outcome; a decline that is not about the card becomes NeedsCustomer or Misconfigured."""
    if isinstance(outcome, NoPaymentMethod):
        return CannotCharge(FeeCode.NO_PAYMENT_METHOD)
    if not isinstance(outcome, Declined):
        return outcome
    found = verdict(outcome.code, outcome.advice)
    if found is Verdict.CUSTOMER:
        return NeedsCustomer(outcome.code, outcome.charge_id)
    return Misconfigured(outcome.code, outcome.charge_id) if found is Verdict.CONFIGURATION else outcome


def ended(attempt: Attempt, outcome: Outcome, wall: datetime) -> dict[str, Any]:
    """Return the columns that are written once an attempt was made."""
    if isinstance(outcome, StillOpen):
        outcome = outcome.answer
    return {
        "payment_id": attempt.fee.id,
        "attempt": attempt.number,
        "outcome": next(name for kind, name in ATTEMPT_OUTCOMES.items() if isinstance(outcome, kind)),
        "code": None if isinstance(outcome, Paid) else outcome.code,
        "stripe_charge_id": outcome.charge_id,
        "finished_at": wall,
    }


def gives_up(attempt: Attempt, outcome: Outcome, now: datetime) -> bool:
    """Whether an outcome leaves the fee to staff although its intent at the provider may still be confirmed."""
    is_gone = isinstance(outcome, CannotCharge) and outcome.code == FeeCode.CANCELLED_AT_PROVIDER
    return not is_gone and change(attempt, outcome, now, now).status in GIVEN_UP


def change(attempt: Attempt, outcome: Outcome, now: datetime, wall: datetime) -> FeeChange:
    """Return what an outcome changes of the fee."""
    fee = attempt.fee
    if isinstance(outcome, Paid):
        return _closed(fee, FeeStatus.SUCCEEDED, now, succeeded_at=now)
    if isinstance(outcome, OutcomeUnknown):
        return FeeChange(fee.id, FeeStatus.PROCESSING, {"claimed_until": wall + ASK_AFTER, "updated_at": now})
    if isinstance(outcome, NeedsCustomer):
        return _closed(fee, FeeStatus.REQUIRES_ACTION, now, outcome.code, "The bank requires authentication.")
    if isinstance(outcome, CannotCharge):
        return _closed(fee, FeeStatus.FAILED, now, outcome.code, outcome.sentence)
    if isinstance(outcome, Declined):
        return _declined(attempt, outcome, now)
    if isinstance(outcome, Misconfigured):
        why = "The payment provider refuses the request."
        return _pending(fee, now + MISCONFIGURED_PAUSE, now, failure_code=outcome.code, failure_message=why)
    pause = timedelta() if isinstance(outcome, NothingDone | PaymentCredentialsRefused) else OUTAGE_PAUSE
    return _pending(fee, now + pause, now)


def _declined(attempt: Attempt, outcome: Declined, now: datetime) -> FeeChange:
    declines = attempt.past.declines
    again = next_attempt_at(now, declines + 1)
    is_again = is_tried_again(verdict(outcome.code, outcome.advice), declines)
    if attempt.by_staff or again is None or not is_again:
        return _closed(attempt.fee, FeeStatus.FAILED, now, outcome.code, "The card was declined.")
    return _pending(attempt.fee, again, now, failure_code=outcome.code)


def refused(fee: Fee, code: FeeCode, now: datetime) -> FeeChange:
    """Return the change of a fee that is not charged and is left to staff."""
    return _closed(fee, FeeStatus.FAILED, now, code, FEE_SENTENCES[code])


def put_off(fee: Fee, now: datetime) -> FeeChange:
    """Return the change of a fee whose visit was corrected meanwhile: the next run cancels it."""
    return _pending(fee, now + timedelta(days=1), now)


def text_of(attempt: Attempt, outcome: Outcome, status: FeeStatus, now: datetime, run_id: RunId) -> Plan:
    """Return the plan of the text about an outcome; an empty plan if the owner need not know."""
    if isinstance(outcome, Paid) and status is FeeStatus.SUCCEEDED:
        kind = Kind.FEE_RECEIPT
    elif isinstance(outcome, Declined | NeedsCustomer) and status is not FeeStatus.PENDING:
        kind = Kind.FEE_FAILED
    else:
        return Plan()
    fee, visit = attempt.fee, attempt.visit
    return text_plan(FeeText(kind, fee.visit_id, fee.visit_on, visit.owner, attempt.served, about_at=now), run_id)


def _closed(
    fee: Fee, status: FeeStatus, now: datetime, code: str | None = None, message: str | None = None, **more: datetime
) -> FeeChange:
    why = {"failure_code": code, "failure_message": message}
    ends: dict[str, Any] = {"next_attempt_at": None, "claimed_until": None, "updated_at": now}
    return FeeChange(fee.id, status, {"status": status, **why, **ends, **more})


def _pending(fee: Fee, again: datetime, now: datetime, **why: str) -> FeeChange:
    status, waits = FeeStatus.PENDING, {"next_attempt_at": again, "claimed_until": None, "updated_at": now}
    return FeeChange(fee.id, status, {"status": status, **waits, **why})
