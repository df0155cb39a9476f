"""No-show fees: written once, collected by one worker at a time. Every update repeats the state it expects."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Case,
    Column,
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    case,
    exists,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import insert_absent, update_chosen
from shared.database.rows.reading import OF_FEE, read_page, sound
from shared.database.tables import appointments, decisions, notifications, payment_attempts, payments
from shared.domain.fees import COLLECTED, GIVEN_UP, UNCOLLECTED, Fee, FeeCode, FeeStatus, NewFee, PastAttempt
from shared.domain.records import Kind, NotificationStatus
from shared.fees.visit_queries import FEE, fee_of

UNKNOWN = "unknown"
"""The outcome of an attempt of which nobody knows yet what came of it."""
HANDED_OVER = (
    NotificationStatus.SENDING,
    NotificationStatus.SENT,
    NotificationStatus.DELIVERED,
    NotificationStatus.UNDELIVERED,
)
"""The owner was told, or may have been."""
CLOSED = (FeeStatus.WAIVED, FeeStatus.CANCELLED)
"""Nobody is to pay it. What was begun at the provider is cancelled there by the next run."""


def add(connection: Connection, fees: Sequence[NewFee], now: datetime) -> set[UUID]:
    """Write the fees whose visit has none yet; return those that were written."""
    return insert_absent(connection, payments, [_row(each, now) for each in fees], "id")


def claim(
    connection: Connection,
    tenant_ids: Sequence[UUID],
    *,
    due: datetime,
    wall: datetime,
    worker: str,
    hold: timedelta,
    limit: int,
) -> list[Fee]:
    """Take fees whose next attempt is at or before `due`; no other worker gets them while the claim holds.

    Index: payments (status, next_attempt_at).
    """
    given = {"due": due, "tenant_ids": tenant_ids, "worker": worker, "until": wall + hold}
    return _claimed(connection, _claim(limit), given)


def claim_lapsed(
    connection: Connection, tenant_ids: Sequence[UUID], *, wall: datetime, worker: str, hold: timedelta, limit: int
) -> list[Fee]:
    """Take fees that are `processing` beyond their claim: nobody knows whether the card was charged.

    Index: payments (status, claimed_until).
    """
    given = {"wall": wall, "tenant_ids": tenant_ids, "worker": worker, "until": wall + hold}
    return _claimed(connection, _claim_lapsed(limit), given)


def claim_closed(
    connection: Connection, tenant_ids: Sequence[UUID], *, wall: datetime, worker: str, hold: timedelta, limit: int
) -> list[Fee]:
    """Take fees that were waived or cancelled with a payment begun at the provider: it may have been paid meanwhile.

    Index: payments (status, claimed_until).
    """
    given = {"wall": wall, "tenant_ids": tenant_ids, "worker": worker, "until": wall + hold}
    return _claimed(connection, _claim_closed(limit), given)


def claim_one(
    connection: Connection, tenant_ids: Collection[UUID], id_: UUID, wall: datetime, worker: str, hold: timedelta
) -> list[Fee]:
    """Take one fee that nobody paid, if it belongs to one of the tenants. Index: primary key."""
    tenant_id = connection.execute(select(payments.c.tenant_id).where(payments.c.id == id_)).scalar()
    if tenant_id not in tenant_ids:
        return []
    statement = _taking(update(payments).where(_is_fee(*UNCOLLECTED), payments.c.id == id_))
    return _claimed(connection, statement, {"worker": worker, "until": wall + hold})


def due(connection: Connection, tenant_ids: Sequence[UUID], until: datetime, limit: int) -> list[Fee]:
    """What could be claimed, without claiming it. Index: payments (status, next_attempt_at)."""
    found: list[Fee] = []
    for some in chunks(tenant_ids):
        is_due = and_(_is_fee(FeeStatus.PENDING), payments.c.next_attempt_at <= until, payments.c.tenant_id.in_(some))
        query = select(*FEE).where(is_due).order_by(payments.c.next_attempt_at, payments.c.id)
        found += read_page(connection, query.limit, {}, limit, _fees_of, required=OF_FEE)
    return found


def past_attempts(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[PastAttempt]]:
    """The attempts to collect some fees, the first one first. Index: primary key."""
    found: dict[UUID, list[PastAttempt]] = {}
    for some in chunks(ids):
        query = select(payment_attempts).where(payment_attempts.c.payment_id.in_(some))
        for row in connection.execute(query.order_by(payment_attempts.c.payment_id, payment_attempts.c.attempt)):
            past = PastAttempt(row.attempt, row.parameters, row.outcome, row.code, row.stripe_charge_id, row.started_at)
            found.setdefault(row.payment_id, []).append(past)
    return found


def begin_attempts(connection: Connection, worker: str, attempts: Sequence[Mapping[str, Any]]) -> None:
    """Note attempts before they are made: `payment_id`, `attempt`, `idempotency_key`, `parameters`, `started_at`."""
    if attempts:
        connection.execute(payment_attempts.insert(), list(attempts))
        counts = [{"id": each["payment_id"], "attempts": each["attempt"]} for each in attempts]
        record(connection, worker, counts)


def ready_attempts(connection: Connection, ready: Sequence[Mapping[str, Any]]) -> None:
    """Note what a card is about to be asked: `payment_id`, `attempt`, `parameters`."""
    _change_attempts(connection, ready)


def end_attempts(connection: Connection, ended: Sequence[Mapping[str, Any]]) -> None:
    """Note what came of attempts: `payment_id`, `attempt`, `outcome`, `code`, `stripe_charge_id`, `finished_at`.

    An outcome stands once it is known: whoever comes later with another one changes nothing.
    """
    outcome = payment_attempts.c.outcome
    _change_attempts(connection, ended, or_(outcome.is_(None), outcome == UNKNOWN))


def _change_attempts(connection: Connection, changes: Sequence[Mapping[str, Any]], *expected: Any) -> None:
    if not changes:
        return
    which = ("payment_id", "attempt")
    attempt = payment_attempts.c
    statement = (
        update(payment_attempts)
        .where(attempt.payment_id == bindparam("its_payment_id"), attempt.attempt == bindparam("its_attempt"))
        .where(*expected)
        .values({name: bindparam(f"new_{name}") for name in changes[0] if name not in which})
    )
    rows = [
        {f"its_{name}" if name in which else f"new_{name}": value for name, value in each.items()} for each in changes
    ]
    connection.execute(statement, sorted(rows, key=lambda row: str(row["its_payment_id"])))


def keep_intents(
    connection: Connection, worker: str, intents: Mapping[UUID, tuple[str, str | None]], claimed_until: datetime
) -> set[UUID]:
    """Write down each fee's one intent before it is confirmed, and hold the claims on; return those that are ours.

    `intents`: each with the cancelled one that it takes the place of. A fee that has another intent, or that another
    worker took over, keeps what it has: only what this returns may be confirmed.
    """
    ours: set[UUID] = set()
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


def record(connection: Connection, worker: str, changes: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Write what became of claimed fees: each change is an `id` and columns. Return those that were still ours.

    A worker whose claim was taken over in the meantime changes nothing.
    """
    ours: set[UUID] = set()
    for change in sorted(changes, key=lambda each: str(each["id"])):
        statement = (
            update(payments)
            .where(_is_claimed(change["id"], worker))
            .values({name: value for name, value in change.items() if name != "id"})
            .returning(payments.c.id)
        )
        ours |= set(connection.execute(statement).scalars())
    return ours


def record_late_payment(connection: Connection, id_: UUID, now: datetime) -> FeeStatus | None:
    """Write down that a fee was paid, whoever holds it by now; return its new status, None if that was known already.

    What nobody may keep needs a refund: it was waived, cancelled, or given up and the owner told so.
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


def still_open(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Those of some closed fees of which the provider was not asked yet what became of their payment."""
    found: set[UUID] = set()
    for some in chunks(sorted(ids)):
        is_open = and_(_is_fee(*CLOSED), payments.c.claimed_until.is_not(None))
        found |= set(connection.execute(select(payments.c.id).where(payments.c.id.in_(some), is_open)).scalars())
    return found


def leave_closed(connection: Connection, worker: str, id_: UUID, ask_again_at: datetime | None) -> None:
    """Give a closed fee back. `ask_again_at`: when the provider is asked again; None once its payment is cancelled."""
    is_ours = and_(_is_fee(*CLOSED), payments.c.id == id_, payments.c.claimed_by == worker)
    connection.execute(update(payments).where(is_ours).values(claimed_until=ask_again_at))


def asked_from(status: FeeStatus, now: Any) -> Case[Any] | None:
    """Return `claimed_until` of a fee that is closed: from then on the provider is asked what became of its payment."""
    is_begun = payments.c.stripe_payment_intent_id.is_not(None)
    return case((is_begun, type_coerce(now, payments.c.claimed_until.type)), else_=None) if status in CLOSED else None


def note_charged(connection: Connection, charged: Sequence[Fee], now: datetime) -> None:
    """Write onto each visit's first appointment what was collected for it."""
    rows = [
        {"its_id": each.appointment_id, "its_tenant_id": each.tenant_id, "amount": each.amount_cents}
        for each in charged
        if each.appointment_id
    ]
    if rows:
        statement = (
            update(appointments)
            .where(appointments.c.id == bindparam("its_id"), appointments.c.tenant_id == bindparam("its_tenant_id"))
            .values(no_show_fee_charged=bindparam("amount"), updated_at=now)
        )
        connection.execute(statement, sorted(rows, key=lambda row: str(row["its_id"])))


def waive(connection: Connection, descriptions: Mapping[UUID, str], now: datetime) -> set[UUID]:
    """Forgive fees that nobody paid, each with what its line in the books says from now on; return those that were.

    Index: primary key.
    """
    waived: set[UUID] = set()
    for id_, description in sorted(descriptions.items(), key=lambda each: str(each[0])):
        statement = (
            update(payments)
            .where(_is_fee(*UNCOLLECTED), payments.c.id == id_)
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


def _is_claimed(id_: UUID, worker: str) -> ColumnElement[bool]:
    return and_(payments.c.id == id_, payments.c.status == FeeStatus.PROCESSING, payments.c.claimed_by == worker)


def _is_fee(*statuses: FeeStatus) -> ColumnElement[bool]:
    return and_(payments.c.type == "no_show_fee", payments.c.status.in_(statuses))


# Every run looks for fees to collect, most find none: these statements are built once.


@cache
def _claim(limit: int) -> ReturningUpdate[Any]:
    is_due = and_(_is_fee(FeeStatus.PENDING), payments.c.next_attempt_at <= bindparam("due"))
    return _taking(update_chosen(payments, _chosen(is_due, payments.c.next_attempt_at, limit), is_due))


@cache
def _claim_lapsed(limit: int) -> ReturningUpdate[Any]:
    is_lapsed = and_(_is_fee(FeeStatus.PROCESSING), payments.c.claimed_until <= bindparam("wall"))
    return _taking(update_chosen(payments, _chosen(is_lapsed, payments.c.claimed_until, limit), is_lapsed))


@cache
def _claim_closed(limit: int) -> ReturningUpdate[Any]:
    is_begun = payments.c.stripe_payment_intent_id.is_not(None)
    is_open = and_(_is_fee(*CLOSED), payments.c.claimed_until <= bindparam("wall"), is_begun)
    closed = update_chosen(payments, _chosen(is_open, payments.c.claimed_until, limit), is_open)
    return closed.values(claimed_by=bindparam("worker"), claimed_until=bindparam("until")).returning(*FEE)


def _chosen(condition: ColumnElement[bool], order: Column[Any], limit: int) -> Select[Any]:
    query = select(payments.c.id).where(condition, among(payments.c.tenant_id, "tenant_ids"))
    return query.order_by(order, payments.c.id).limit(limit)


def _taking(statement: Update) -> ReturningUpdate[Any]:
    taken: dict[str, Any] = {"claimed_by": bindparam("worker"), "claimed_until": bindparam("until")}
    return statement.values(status=FeeStatus.PROCESSING, **taken).returning(*FEE)


def _fees_of(_connection: Connection, rows: Sequence[Any]) -> list[Fee]:
    return [fee_of(row) for row in rows]


def _claimed(connection: Connection, statement: ReturningUpdate[Any], given: Mapping[str, Any]) -> list[Fee]:
    """Return what a statement claims, by visit. What cannot be read stays under way: the next fees are claimed."""
    while rows := connection.execute(statement, given).all():
        if found := sound(connection, statement, rows, required=OF_FEE):
            return sorted(_fees_of(connection, found), key=lambda each: (each.visit_on, str(each.id)))
    return []


def _row(fee: NewFee, now: datetime) -> dict[str, Any]:
    return {
        "id": fee.id,
        "tenant_id": fee.tenant_id,
        "owner_id": fee.owner_id,
        "appointment_id": fee.appointment_id,
        "type": "no_show_fee",
        "method": None if fee.charge.waived else "card",
        "status": FeeStatus.WAIVED if fee.charge.waived else FeeStatus.PENDING,
        "failure_code": fee.charge.waived,
        "amount": fee.charge.amount_cents,
        "currency": fee.currency,
        "offence_number": fee.offence_number,
        "visit_on": fee.visit_on,
        "description": fee.description,
        "policy": fee.policy,
        "due_at": fee.due_at,
        "next_attempt_at": None if fee.charge.waived else fee.due_at,
        "created_at": now,
    }
