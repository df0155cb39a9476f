"""No-show fees: written once, collected by one worker at a time. Every update repeats the state it expects."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Case,
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    or_,
    select,
    type_coerce,
    update,
)

from shared.database.dialects.lists import chunks
from shared.database.dialects.writing import insert_absent
from shared.database.tables import decisions, notifications, payments
from shared.domain.fees import CLOSED, COLLECTED, GIVEN_UP, UNCOLLECTED, FeeChange, FeeCode, FeeStatus, NewFee
from shared.domain.ids import FeeId
from shared.domain.records import Kind, NotificationStatus

HANDED_OVER = (
    NotificationStatus.SENDING,
    NotificationStatus.SENT,
    NotificationStatus.DELIVERED,
    NotificationStatus.UNDELIVERED,
)
"""The owner received the text, or may have."""


def add(connection: Connection, fees: Sequence[NewFee], now: datetime) -> set[FeeId]:
    """Write the fees whose visit has none yet; return the ids of those written."""
    return insert_absent(connection, payments, [_row(each, now) for each in fees], "id")


def keep_intents(
    connection: Connection, worker: str, intents: Mapping[FeeId, tuple[str, str | None]], claimed_until: datetime
) -> set[FeeId]:
    """Write each fee's intent down before it is confirmed, and extend the claims; return the fees that are still ours.

    `intents`: each with the cancelled one that it replaces. A fee that has another intent, or that another worker took
    over, stays unchanged: only the returned fees may be confirmed.
    """
    ours: set[FeeId] = set()
    for id_, (intent, cancelled) in sorted(intents.items(), key=lambda each: str(each[0])):
        known = payments.c.stripe_payment_intent_id
        statement = (
            update(payments)
            .where(_is_claimed(id_, worker), or_(known.is_(None), known.in_([intent, cancelled or intent])))
            .values(stripe_payment_intent_id=intent, claimed_until=claimed_until)
            .returning(payments.c.id)
        )
        ours |= set(connection.execute(statement).scalars())
    return ours


def record(connection: Connection, worker: str, changes: Sequence[FeeChange]) -> set[FeeId]:
    """Write changes onto claimed fees; return the ids of those that were still ours.

    A worker whose claim was taken over in the meantime changes nothing.
    """
    ours: set[FeeId] = set()
    for change in sorted(changes, key=lambda each: str(each.fee_id)):
        statement = (
            update(payments)
            .where(_is_claimed(change.fee_id, worker))
            .values(dict(change.columns))
            .returning(payments.c.id)
        )
        ours |= set(connection.execute(statement).scalars())
    return ours


def record_late_payment(connection: Connection, id_: FeeId, now: datetime) -> FeeStatus | None:
    """Record that a fee was paid, whoever holds it by now; return its new status, None if that was known already.

    A fee that was waived, cancelled, or given up with a text to the owner needs a refund.
    """
    status = payments.c.status
    told = exists().where(
        decisions.c.subject_id == payments.c.id,
        decisions.c.kind == Kind.FEE_FAILED,
        notifications.c.id == decisions.c.notification_id,
        notifications.c.status.in_(HANDED_OVER),
    )
    is_too_late = or_(status.in_(CLOSED), and_(status.in_(GIVEN_UP), told))
    code = case(
        (status == FeeStatus.WAIVED, FeeCode.PAID_AFTER_WAIVER.value),
        (is_too_late, FeeCode.PAID_LATE.value),
        else_=None,
    )
    statement = (
        update(payments)
        .where(payments.c.id == id_, payments.c.type == "no_show_fee", status.not_in(COLLECTED))
        .values(
            status=case((is_too_late, FeeStatus.NEEDS_REFUND.value), else_=FeeStatus.SUCCEEDED.value),
            failure_code=code,
            failure_message=None,
            succeeded_at=now,
            next_attempt_at=None,
            claimed_until=None,
            updated_at=now,
        )
        .returning(status)
    )
    found = connection.execute(statement).scalar()
    return FeeStatus(found) if found else None


def still_open(connection: Connection, ids: Collection[FeeId]) -> set[FeeId]:
    """Return those of some closed fees whose payment at the provider was not looked at yet."""
    found: set[FeeId] = set()
    for some in chunks(sorted(ids)):
        is_open = and_(is_fee(*CLOSED), payments.c.claimed_until.is_not(None))
        found |= set(connection.execute(select(payments.c.id).where(payments.c.id.in_(some), is_open)).scalars())
    return found


def leave_closed(connection: Connection, worker: str, id_: FeeId, ask_again_at: datetime | None) -> None:
    """Release a closed fee. `ask_again_at`: when the provider is asked again; None once its payment is cancelled."""
    is_ours = and_(is_fee(*CLOSED), payments.c.id == id_, payments.c.claimed_by == worker)
    connection.execute(update(payments).where(is_ours).values(claimed_until=ask_again_at))


def asked_from(status: FeeStatus, now: Any) -> Case[Any] | None:
    """Return `claimed_until` of a fee that is being closed: from then on the provider is asked about its payment."""
    is_begun = payments.c.stripe_payment_intent_id.is_not(None)
    return case((is_begun, type_coerce(now, payments.c.claimed_until.type)), else_=None) if status in CLOSED else None


def waive(connection: Connection, descriptions: Mapping[FeeId, str], now: datetime) -> set[FeeId]:
    """Waive unpaid fees, each with its new description; return the ids of those that were waived.

    Index: primary key.
    """
    waived: set[FeeId] = set()
    for id_, description in sorted(descriptions.items(), key=lambda each: str(each[0])):
        statement = (
            update(payments)
            .where(is_fee(*UNCOLLECTED), payments.c.id == id_)
            .values(
                status=FeeStatus.WAIVED,
                description=description,
                failure_code=None,
                next_attempt_at=None,
                claimed_until=asked_from(FeeStatus.WAIVED, now),
                updated_at=now,
            )
            .returning(payments.c.id)
        )
        waived |= set(connection.execute(statement).scalars())
    return waived


def _is_claimed(id_: FeeId, worker: str) -> ColumnElement[bool]:
    return and_(payments.c.id == id_, payments.c.status == FeeStatus.PROCESSING, payments.c.claimed_by == worker)


def is_fee(*statuses: FeeStatus) -> ColumnElement[bool]:
    """Return the condition that a payment is a no-show fee in one of these states."""
    return and_(payments.c.type == "no_show_fee", payments.c.status.in_(statuses))


def _row(fee: NewFee, now: datetime) -> dict[str, Any]:
    return {
        "id": fee.id,
        "tenant_id": fee.tenant_id,
        "owner_id": fee.owner_id,
        "appointment_id": fee.appointment_id,
        "type": "no_show_fee",
        "method": None if fee.price.waived else "card",
        "status": FeeStatus.WAIVED if fee.price.waived else FeeStatus.PENDING,
        "failure_code": fee.price.waived,
        "amount": fee.price.amount_cents,
        "currency": fee.currency,
        "offence_number": fee.offence_number,
        "visit_on": fee.visit_on,
        "description": fee.description,
        "policy": fee.policy,
        "due_at": fee.due_at,
        "next_attempt_at": None if fee.price.waived else fee.due_at,
        "created_at": now,
    }
