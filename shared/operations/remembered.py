"""Typed records of a subject's history, so that mypy checks the fields that explanations and evidence read."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row

from shared.domain.ids import AppointmentId, FeeId
from shared.domain.records import Tenant

R = TypeVar("R")


def records(kind: type[R], rows: Iterable[Row[Any]]) -> list[R]:
    """Return rows as records of a kind, matching fields to columns by name."""
    names = [each.name for each in fields(kind)]  # type: ignore[arg-type]  # it is one of the dataclasses below
    return [kind(**{name: getattr(row, name) for name in names}) for row in rows]


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision with the state of its text, if it has one. `reason`: the decision's; `text_reason`: the text's."""

    ledger_key: str
    kind: str
    subject_type: str
    subject_id: UUID
    outcome: str
    reason: str | None
    notification_id: UUID | None
    occurs_at: datetime | None
    decided_at: datetime
    status: str | None
    text_reason: str | None
    not_before: datetime | None
    sent_at: datetime | None
    to_phone: str | None
    body: str | None
    segments: int | None
    error_code: str | None
    provider_message_id: str | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppointmentRecord:
    """An appointment of the platform."""

    id: AppointmentId
    scheduled_start: datetime
    scheduled_end: datetime
    status: str
    created_at: datetime
    arrived_at: datetime | None
    actual_start: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment. `amount`: minor units; `policy`: the settings in force when the fee was written."""

    id: UUID
    appointment_id: AppointmentId | None
    type: str
    status: str
    amount: int
    currency: str
    description: str | None
    offence_number: int | None
    visit_on: date | None
    policy: Any
    stripe_payment_intent_id: str | None
    failure_code: str | None
    created_at: datetime
    due_at: datetime | None
    next_attempt_at: datetime | None
    succeeded_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt to collect a fee. `parameters`: as sent to the provider."""

    attempt: int
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    code: str | None
    stripe_charge_id: str | None
    idempotency_key: str
    parameters: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One change of a reputation score."""

    subject_id: UUID
    kind: str
    points: int
    occurred_at: datetime
    reversed_at: datetime | None
    reversed_reason: str | None


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """A staff action on a payment. `amount`, `outcome`, `code`, `stripe_refund_id`, `updated_at`: of a refund."""

    payment_id: FeeId
    action: str
    who: str
    why: str
    amount: int | None
    outcome: str | None
    code: str | None
    stripe_refund_id: str | None
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """An owner's consent to texts, given or withdrawn."""

    given: bool
    happened_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """A subject's own row, its tenant, and everything decided, texted, charged or scored about it.

    `actions`: staff actions on its payments; `visit`: for a payment, the owner's appointments around the missed one;
    `consents`: for an owner, the history of the consent to texts.
    """

    row: Row[Any]
    tenant: Tenant
    decisions: list[DecisionRecord]
    payments: list[PaymentRecord]
    attempts: list[AttemptRecord]
    events: list[EventRecord]
    actions: list[ActionRecord]
    visit: list[AppointmentRecord]
    consents: list[ConsentRecord]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a timeline. `code`: the reason's code, if any."""

    at: datetime
    what: str
    code: str | None = None
