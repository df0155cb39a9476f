"""The record of staff actions on fees: who, why, and for refunds their outcome."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Connection, and_, delete, func, select, update

from shared.database.tables import fee_actions, payment_attempts, payments
from shared.domain.fees import ActionOutcome, FeeAction, FeeStatus
from shared.domain.ids import FeeId
from shared.platform import writes

_REFUNDABLE = (FeeStatus.SUCCEEDED, FeeStatus.NEEDS_REFUND)


@dataclass(frozen=True, slots=True)
class AskedRefund:
    """A refund on record. `is_repeated`: it was requested before, and may have been made.

    `is_rest`: it is of all that is left; `collected_cents`: the amount of the fee.
    """

    id: UUID
    key: str
    fee_id: FeeId
    intent_id: str | None
    amount_cents: int
    currency: str
    account: str | None
    outcome: ActionOutcome
    is_repeated: bool
    is_rest: bool
    collected_cents: int


@dataclass(frozen=True, slots=True)
class FoundRefund:
    """A refund in the provider's books. `asked_id`: of the staff action that it was made for, if it names one.

    `is_lost`: it failed, so the money is back with the business.
    """

    id: str
    amount_cents: int
    asked_id: str | None
    is_lost: bool


class NotRefundable(Exception):
    """There is nothing to give back: the fee was not collected. The message names its status."""


class MoreThanIsLeft(Exception):
    """The refund exceeds what is left. `left`, `collected`: in minor units of the currency."""

    def __init__(self, left: int, collected: int, currency: str) -> None:
        super().__init__(left, collected, currency)
        self.left, self.collected, self.currency = left, collected, currency


def action(kind: FeeAction, fee_id: FeeId, who: str, why: str, now: datetime) -> dict[str, Any]:
    """Return the row that says who did what to a fee, and why."""
    return {"id": uuid4(), "payment_id": fee_id, "action": kind, "who": who, "why": why, "created_at": now}


def note(connection: Connection, actions: Sequence[Mapping[str, Any]]) -> None:
    """Record staff actions."""
    if actions:
        connection.execute(fee_actions.insert(), list(actions))


def refund_id(fee_id: FeeId, amount_cents: int | None, why: str) -> UUID:
    """Return the id of a refund: the same command given again means the same one, whoever gives it."""
    return uuid5(fee_id, f"refund:{'rest' if amount_cents is None else amount_cents}:{why.strip().casefold()}")


def ask_refund(
    connection: Connection, fee_id: FeeId, amount_cents: int | None, who: str, why: str, now: datetime
) -> AskedRefund:
    """Put a refund on record before it is requested, or return the one that the same command recorded before.

    `amount_cents`: None for all that is left. Raise NotRefundable, or MoreThanIsLeft. Index: primary key.
    """
    id_ = refund_id(fee_id, amount_cents, why)
    is_fee = and_(payments.c.id == fee_id, payments.c.type == "no_show_fee")
    connection.execute(update(payments).where(is_fee).values(updated_at=now))  # a row lock: the sum below stays true
    fee = connection.execute(select(payments).where(is_fee)).one()
    known = connection.execute(select(fee_actions).where(fee_actions.c.id == id_)).one_or_none()
    if known is not None and known.outcome != ActionOutcome.REFUSED:
        return _asked(connection, fee, known, is_repeated=True, is_rest=amount_cents is None)
    left = fee.amount - _given_back(connection, fee_id, ActionOutcome.ASKED, ActionOutcome.DONE)
    amount = left if amount_cents is None else amount_cents
    if fee.status not in _REFUNDABLE:
        raise NotRefundable(f"it is {fee.status}; it would have to be {' or '.join(_REFUNDABLE)}")
    if not 0 < amount <= left:
        raise MoreThanIsLeft(left, fee.amount, fee.currency)
    row = action(FeeAction.REFUND, fee_id, who, why, now) | {"id": id_, "amount": amount}
    if known is None:
        asked = {"outcome": ActionOutcome.ASKED, "idempotency_key": str(id_)}
        note(connection, [row | asked])
    else:
        asked = {"outcome": ActionOutcome.ASKED, "idempotency_key": next_key(known.idempotency_key)}
        connection.execute(update(fee_actions).where(fee_actions.c.id == id_).values(row | asked))
    written = connection.execute(select(fee_actions).where(fee_actions.c.id == id_)).one()
    return _asked(connection, fee, written, is_repeated=known is not None, is_rest=amount_cents is None)


def next_key(key: str) -> str:
    """Return the idempotency key after one that only repeats an error."""
    base, _, number = key.partition("/")
    return f"{base}/{int(number or 1) + 1}"


def note_refunds(
    connection: Connection, asked: AskedRefund, found: Sequence[FoundRefund], now: datetime
) -> tuple[AskedRefund, int]:
    """Record what the provider gave back, whoever requested it; return the refund's state now, and what is left.

    A refund of the rest is of what is left; one of a named amount that is more is refused.
    Index: fee_actions (payment_id).
    """
    connection.execute(update(payments).where(payments.c.id == asked.fee_id).values(updated_at=now))  # others wait
    query = select(fee_actions.c.id).where(fee_actions.c.payment_id == asked.fee_id)
    known = {str(id_) for id_ in connection.execute(query).scalars()}
    for each in found:
        _note_found(connection, asked.fee_id, each, known, now)
    ours = fee_actions.c.id == asked.id
    row = connection.execute(select(fee_actions).where(ours)).one()
    others = _given_back(connection, asked.fee_id, ActionOutcome.ASKED, ActionOutcome.DONE)
    left = max(asked.collected_cents - others + (row.amount if row.outcome != ActionOutcome.REFUSED else 0), 0)
    changes: dict[str, Any] = {}
    if row.outcome == ActionOutcome.ASKED and row.amount > left:
        is_less = {"amount": left} if asked.is_rest and left else None
        changes = is_less or {"outcome": ActionOutcome.REFUSED, "code": "more_than_is_left"}
        connection.execute(update(fee_actions).where(ours).values({**changes, "updated_at": now}))
    stands = ActionOutcome(changes.get("outcome", row.outcome))
    return replace(asked, amount_cents=changes.get("amount", row.amount), outcome=stands), left


def _note_found(
    connection: Connection, fee_id: FeeId, found: FoundRefund, known: Collection[str], now: datetime
) -> None:
    """Record one refund: on the staff action it was made for, else as one that was made at the provider."""
    id_ = UUID(found.asked_id) if found.asked_id in known else _id_elsewhere(fee_id, found.id)
    if found.is_lost:
        is_its = and_(fee_actions.c.id == id_, fee_actions.c.stripe_refund_id == found.id)
        lost = {"outcome": ActionOutcome.REFUSED, "code": "refund_failed", "updated_at": now}
        connection.execute(update(fee_actions).where(is_its).values(lost))
        return
    done = {"outcome": ActionOutcome.DONE, "stripe_refund_id": found.id, "amount": found.amount_cents, "code": None}
    if str(id_) in known:
        is_open = and_(fee_actions.c.id == id_, fee_actions.c.outcome != ActionOutcome.DONE)
        connection.execute(update(fee_actions).where(is_open).values({**done, "updated_at": now}))
    else:
        row = action(FeeAction.REFUND, fee_id, "Stripe", "given back at the payment provider", now)
        note(connection, [row | done | {"id": id_}])


def _id_elsewhere(fee_id: FeeId, refund_id: str) -> UUID:
    """Return our id of a refund that was made at the provider."""
    return uuid5(fee_id, f"refund at the provider:{refund_id}")


def end_refund(
    connection: Connection, asked: AskedRefund, changes: Mapping[str, Any], now: datetime, *, nothing_left: bool
) -> None:
    """Write the outcome of a refund; a fee given back in full becomes `refunded`. Index: primary key.

    `nothing_left`: the provider says so, whatever is on record here.
    """
    connection.execute(update(payments).where(payments.c.id == asked.fee_id).values(updated_at=now))
    is_open = and_(fee_actions.c.id == asked.id, fee_actions.c.outcome != ActionOutcome.DONE)  # money is back for good
    if changes:
        connection.execute(update(fee_actions).where(is_open).values({**changes, "updated_at": now}))
    if made := changes.get("stripe_refund_id"):  # the provider may have named it without saying that it is ours
        connection.execute(delete(fee_actions).where(fee_actions.c.id == _id_elsewhere(asked.fee_id, made)))
    fee = connection.execute(select(payments).where(payments.c.id == asked.fee_id)).one()
    kept = 0 if nothing_left else fee.amount - _given_back(connection, asked.fee_id, ActionOutcome.DONE)
    if kept <= 0:
        is_collected = and_(payments.c.id == asked.fee_id, payments.c.status.in_(_REFUNDABLE))
        connection.execute(update(payments).where(is_collected).values(status=FeeStatus.REFUNDED, updated_at=now))
    if fee.appointment_id:
        writes.note_collected(connection, {(fee.tenant_id, fee.appointment_id): max(kept, 0)}, now)


def _given_back(connection: Connection, fee_id: FeeId, *outcomes: ActionOutcome) -> int:
    """Return the sum of a fee's refunds. Index: fee_actions (payment_id)."""
    query = select(func.coalesce(func.sum(fee_actions.c.amount), 0)).where(
        fee_actions.c.payment_id == fee_id,
        fee_actions.c.action == FeeAction.REFUND,
        fee_actions.c.outcome.in_(outcomes),
    )
    return int(connection.execute(query).scalar_one())


def _asked(connection: Connection, fee: Any, row: Any, *, is_repeated: bool, is_rest: bool) -> AskedRefund:
    query = select(payment_attempts.c.parameters).where(payment_attempts.c.payment_id == fee.id)
    last = connection.execute(query.order_by(payment_attempts.c.attempt.desc()).limit(1)).scalar()
    return AskedRefund(
        id=row.id,
        key=row.idempotency_key,
        fee_id=fee.id,
        intent_id=fee.stripe_payment_intent_id,
        amount_cents=row.amount,
        currency=fee.currency,
        account=(last or {}).get("account"),
        outcome=ActionOutcome(row.outcome),
        is_repeated=is_repeated,
        is_rest=is_rest,
        collected_cents=fee.amount,
    )
