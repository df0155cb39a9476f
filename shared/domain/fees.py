"""The frozen values of missed visits and the fees for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.domain.ids import AppointmentId, FeeId, OwnerId, TenantId, VisitId


class FeeStatus(StrEnum):
    """The state of a no-show fee."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REQUIRES_ACTION = "requires_action"
    NEEDS_REFUND = "needs_refund"
    CANCELLED = "cancelled"
    WAIVED = "waived"
    REFUNDED = "refunded"


COLLECTED = (FeeStatus.SUCCEEDED, FeeStatus.NEEDS_REFUND, FeeStatus.REFUNDED)
"""The money was taken, even if some was given back since."""
UNCOLLECTED = (FeeStatus.PENDING, FeeStatus.FAILED, FeeStatus.REQUIRES_ACTION)
"""The fee is not paid, and no charge is under way."""
GIVEN_UP = (FeeStatus.FAILED, FeeStatus.REQUIRES_ACTION)
"""Staff decide what happens next: the payment was cancelled, and the card is not charged automatically again."""
CLOSED = (FeeStatus.WAIVED, FeeStatus.CANCELLED)
"""Nobody has to pay the fee. The next run cancels a payment begun at the provider."""


class FeeAction(StrEnum):
    """A staff action on a fee."""

    CHARGE = "charge"
    WAIVE = "waive"
    REFUND = "refund"


class ActionOutcome(StrEnum):
    """The state of a refund. Asked: nobody knows yet whether the money went back."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


class FeeCode(StrEnum):
    """Why a fee is in its state, in `payments.failure_code`. After a decline it holds the card's own code."""

    COVERED_BY_DEPOSIT = "covered_by_deposit"
    NO_FEE = "no_fee"
    BELOW_MINIMUM = "below_minimum"
    NO_DELIVERED_REMINDER = "no_delivered_reminder"
    NO_PAYMENT_METHOD = "no_payment_method"
    OWNER_INACTIVE = "owner_inactive"
    TOO_LATE = "too_late"
    AMOUNT_CHANGED = "amount_changed"
    CANCELLED_AT_PROVIDER = "cancelled_at_provider"
    SUPERSEDED = "superseded"
    PAID_AFTER_WAIVER = "paid_after_waiver"
    PAID_LATE = "paid_late"


FEE_SENTENCES: dict[FeeCode, str] = {
    FeeCode.COVERED_BY_DEPOSIT: "The deposit covers it.",
    FeeCode.NO_FEE: "By the business's own settings there is nothing to pay.",
    FeeCode.BELOW_MINIMUM: "It is less than the least amount a card can be charged.",
    FeeCode.NO_DELIVERED_REMINDER: "No reminder of the visit was delivered, so the card was not charged.",
    FeeCode.NO_PAYMENT_METHOD: "The owner has no saved card.",
    FeeCode.OWNER_INACTIVE: "The owner is inactive or was deleted.",
    FeeCode.TOO_LATE: "The visit lies more than 14 days back, so the card was not charged.",
    FeeCode.AMOUNT_CHANGED: "Its amount or currency was changed after the payment was begun at the provider.",
    FeeCode.CANCELLED_AT_PROVIDER: "The payment was cancelled at the provider.",
    FeeCode.SUPERSEDED: "The owner has another fee of the same day, since two owners became one.",
    FeeCode.PAID_AFTER_WAIVER: "The card had been charged when staff waived it.",
    FeeCode.PAID_LATE: "The card was charged, and that became known after the fee had been cancelled or given up.",
}


def fee_code_words(code: str | None) -> str:
    """Return why a fee is in its state, in words; the card's own code as it is."""
    return FEE_SENTENCES[FeeCode(code)] if code in set(FeeCode) else code or ""


LEAST_STAY = timedelta(hours=12)
"""An appointment that lasts at least this long and ends on a later local day is a stay; a late evening one is not."""
LONGEST_DAY = timedelta(hours=26)
"""The longest a local day can last, whatever the clocks do."""

OUR_WAIVERS = (FeeCode.COVERED_BY_DEPOSIT, FeeCode.NO_FEE, FeeCode.BELOW_MINIMUM)
"""The waivers that detection writes. Staff wrote any other."""


@dataclass(frozen=True, slots=True)
class FeePrice:
    """What a missed visit costs. `full_cents`: the whole fee; `amount_cents`: the rest to collect after deposits.

    `waived`: why nothing is collected; None if something is.
    """

    full_cents: int
    amount_cents: int
    waived: FeeCode | None


@dataclass(frozen=True, slots=True)
class NewFee:
    """A fee to be written. `id`: that of its visit."""

    id: FeeId
    tenant_id: TenantId
    owner_id: OwnerId
    appointment_id: AppointmentId
    price: FeePrice
    currency: str
    offence_number: int
    visit_on: date
    description: str
    policy: dict[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Fee:
    """A no-show fee. `claimed_until`: until when, by the wall clock, the worker that claimed it may act on it."""

    id: FeeId
    tenant_id: TenantId
    owner_id: OwnerId
    appointment_id: AppointmentId | None
    status: FeeStatus
    amount_cents: int
    currency: str
    visit_on: date
    due_at: datetime | None
    intent_id: str | None
    attempts: int
    description: str | None
    failure_code: str | None
    claimed_until: datetime | None = None

    @property
    def visit_id(self) -> VisitId:
        """The id of the fee's missed visit, which is the fee's own id: a visit has at most one fee."""
        return VisitId(self.id)


@dataclass(frozen=True, slots=True)
class FeeChange:
    """A change of a claimed fee. `status`: the status afterwards; `columns`: the columns to write."""

    fee_id: FeeId
    status: FeeStatus
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """An attempt on record. `parameters`: those sent to the provider; `charge_id`: the provider's id of the charge."""

    number: int
    parameters: dict[str, Any]
    outcome: str | None
    code: str | None
    charge_id: str | None
    started_at: datetime


def is_forgiven(fee: Fee) -> bool:
    """Whether staff waived the fee, paid or not: the visit does not count as missed any more."""
    is_waived = fee.status is FeeStatus.WAIVED and fee.failure_code not in OUR_WAIVERS
    return is_waived or fee.failure_code == FeeCode.PAID_AFTER_WAIVER
