"""One attempt to collect a fee: what is asked of the provider, and what its answer changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.fees import FEE_SENTENCES, Fee, FeeCode, FeeStatus, MissedVisit
from shared.gateways.payments import (
    Charge,
    Declined,
    Intent,
    IntentState,
    NeedsCustomer,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
    PaymentError,
)
from shared.policy import ServedTenant
from shared.records import Kind, Plan
from shared.rules.collecting import NEEDS_CUSTOMER, is_worth_retrying
from shared.rules.fees import next_attempt_at
from shared.rules.missed import text_plan

ASK_AFTER = timedelta(minutes=2)
"""How long after an unclear answer the charge is looked up: by then the provider's books hold what it did."""
OUTAGE_PAUSE = timedelta(hours=2)
"""How long a fee rests that the provider could not take: longer than `EARLY`, so the same run does not try again."""

Outcome = PaymentError | None
"""What came of an attempt; None: the money was taken."""


class NothingDone(NotProcessed):
    """Looked up, and found that the provider did not charge: the fee may be tried again at once."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claimed fee on its way to the provider. `declines`: earlier ones; `by_hand`: staff asked, no retry follows."""

    fee: Fee
    visit: MissedVisit
    served: ServedTenant
    charge: Charge
    number: int
    declines: int
    by_hand: bool = False

    @property
    def key(self) -> str:
        """The idempotency key of this confirmation."""
        return f"{self.fee.id}-{self.number}"

    def row(self, wall: datetime) -> dict[str, Any]:
        """Return it as it is written down before it is made."""
        return {
            "payment_id": self.fee.id,
            "attempt": self.number,
            "idempotency_key": self.key,
            "parameters": self.charge.parameters(),
            "started_at": wall,
        }

    def ended(self, outcome: Outcome, wall: datetime) -> dict[str, Any]:
        """Return what is written down once it was made."""
        names = {NeedsCustomer: "requires_action", Declined: "declined", OutcomeUnknown: "unknown"}
        return {
            "payment_id": self.fee.id,
            "attempt": self.number,
            "outcome": names.get(type(outcome), "not_processed") if outcome else "succeeded",
            "code": outcome.code if outcome else None,
            "finished_at": wall,
        }


def charge_of(fee: Fee, served: ServedTenant, customer_id: str) -> Charge:
    """Return what the provider is asked to charge for a fee."""
    description = f"{served.tenant.business_name}: no-show fee, visit of {fee.visit_on.isoformat()}"
    return Charge(fee.id, customer_id, fee.amount_cents, fee.currency, description, served.policy.stripe_account)


def outcome_of(intent: Intent | None) -> Outcome:
    """Return what a charge that was looked up says of the attempt that nobody recorded."""
    if intent is None or intent.state is IntentState.UNCONFIRMED:
        return NothingDone("not_charged")
    if intent.state is IntentState.SUCCEEDED:
        return None
    if intent.state is IntentState.DECLINED:
        return Declined(intent.code or "declined", intent.advice)
    if intent.state is IntentState.NEEDS_CUSTOMER:
        return NeedsCustomer(intent.code or NEEDS_CUSTOMER)
    return OutcomeUnknown("under_way")


def as_recorded(outcome: Outcome) -> Outcome:
    """Return an outcome with a decline that asks for the cardholder told apart from the others."""
    if isinstance(outcome, Declined) and NEEDS_CUSTOMER in (outcome.code, outcome.advice):
        return NeedsCustomer(outcome.code)
    return outcome


def change(attempt: Attempt, outcome: Outcome, now: datetime, wall: datetime) -> dict[str, Any]:
    """Return what an outcome changes of the fee."""
    if outcome is None:
        return _closed(attempt.fee, FeeStatus.SUCCEEDED, now) | {"succeeded_at": now}
    if isinstance(outcome, OutcomeUnknown):
        return {"id": attempt.fee.id, "claimed_until": wall + ASK_AFTER, "updated_at": now}
    if isinstance(outcome, NeedsCustomer):
        return _closed(attempt.fee, FeeStatus.REQUIRES_ACTION, now, outcome.code, "The bank asks the cardholder first.")
    if isinstance(outcome, Declined):
        return _declined(attempt, outcome, now)
    pause = timedelta() if isinstance(outcome, NothingDone | PaymentCredentialsRefused) else OUTAGE_PAUSE
    return _pending(attempt.fee, now + pause, now)


def _declined(attempt: Attempt, outcome: Declined, now: datetime) -> dict[str, Any]:
    again = next_attempt_at(now, attempt.declines + 1)
    if attempt.by_hand or again is None or not is_worth_retrying(outcome.code, outcome.advice):
        return _closed(attempt.fee, FeeStatus.FAILED, now, outcome.code, "The card was declined.")
    return _pending(attempt.fee, again, now) | {"failure_code": outcome.code}


def refused(fee: Fee, code: FeeCode, now: datetime) -> dict[str, Any]:
    """Return what is written onto a fee that is not charged: staff see to it."""
    return _closed(fee, FeeStatus.FAILED, now, code, FEE_SENTENCES[code])


def put_off(fee: Fee, now: datetime) -> dict[str, Any]:
    """Return what is written onto a fee whose visit was corrected meanwhile: the next run cancels it."""
    return _pending(fee, now + timedelta(days=1), now)


def text_of(attempt: Attempt, status: FeeStatus, now: datetime, run_id: UUID) -> Plan:
    """Return the plan of telling the owner what came of it; an empty one while nothing is certain."""
    kinds = {
        FeeStatus.SUCCEEDED: Kind.FEE_RECEIPT,
        FeeStatus.FAILED: Kind.FEE_FAILED,
        FeeStatus.REQUIRES_ACTION: Kind.FEE_FAILED,
    }
    if status not in kinds:
        return Plan()
    fee, visit = attempt.fee, attempt.visit
    return text_plan(kinds[status], fee.id, fee.visit_on, visit.owner, attempt.served, now=now, run_id=run_id)


def joined(plans: Sequence[Plan]) -> Plan:
    """Return several plans as one."""
    return Plan(
        tuple(made for each in plans for made in each.decisions),
        tuple(text for each in plans for text in each.notifications),
    )


def _closed(
    fee: Fee, status: FeeStatus, now: datetime, code: str | None = None, message: str | None = None
) -> dict[str, Any]:
    return {
        "id": fee.id,
        "status": status,
        "failure_code": code,
        "failure_message": message,
        "next_attempt_at": None,
        "claimed_until": None,
        "updated_at": now,
    }


def _pending(fee: Fee, again: datetime, now: datetime) -> dict[str, Any]:
    changes = {"status": FeeStatus.PENDING, "next_attempt_at": again, "claimed_until": None, "updated_at": now}
    return {"id": fee.id, **changes}
