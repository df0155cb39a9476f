"""Missed visits with their owner, their appointments and their fee, as the texts about them need them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from shared.database import queries
from shared.database.dialects import among, chunks, same_instant
from shared.database.queries import OWNER, owner_of
from shared.database.rows import OF_FEE, read
from shared.database.tables import appointments, decisions, notifications, owners, payments, reputation_events
from shared.fees import Fee, FeeStatus, MissedVisit
from shared.records import REMINDERS, Appointment, EventKind, NotificationStatus

AROUND = timedelta(hours=26)
"""A local day lasts at most so long: what is further from the visit's first start belongs to another visit."""


def missed_visits(connection: Connection, ids: Collection[UUID]) -> dict[UUID, MissedVisit]:
    """Missed visits by id, as they are now. Index: reputation_events (ledger_key)."""
    found: dict[UUID, MissedVisit] = {}
    for some in chunks(sorted(ids)):
        keys = [f"{EventKind.NO_SHOW}:{each}" for each in some]
        rows = read(connection, _VISITS, {"ledger_keys": keys})
        missed = _missed(connection, rows)
        fees = fees_by_id(connection, some)
        reminded = reminded_of(connection, [each.id for group in missed.values() for each in group])
        for row in rows:
            found[row.subject_id] = _visit(row, missed[row.owner_id], fees.get(row.subject_id), reminded)
    return found


def reminded_of(connection: Connection, appointment_ids: Collection[UUID]) -> set[UUID]:
    """The appointments of which a reminder of the very start they have now was delivered.

    Index: decisions (subject_id, kind).
    """
    found: set[UUID] = set()
    for some in chunks(sorted(appointment_ids)):
        found |= set(connection.execute(_REMINDED, {"ids": some}).scalars())
    return found


def fees_by_id(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Fee]:
    """No-show fees by id. Index: primary key."""
    found: dict[UUID, Fee] = {}
    for some in chunks(sorted(ids)):
        found |= {row.id: fee_of(row) for row in read(connection, _FEES, {"ids": some}, required=OF_FEE)}
    return found


def saved_cards(connection: Connection, owner_ids: Collection[UUID]) -> dict[UUID, str]:
    """Whom the payment provider charges for each owner with a saved card. Index: primary key."""
    found: dict[UUID, str] = {}
    for some in chunks(sorted(owner_ids)):
        found |= {row.id: row.stripe_customer_id for row in read(connection, _SAVED_CARDS, {"ids": some})}
    return found


def fee_of(row: Any) -> Fee:
    """Return a payment's row as a fee."""
    return Fee(
        id=row.id,
        tenant_id=row.tenant_id,
        owner_id=row.owner_id,
        appointment_id=row.appointment_id,
        status=FeeStatus(row.status),
        amount_cents=row.amount,
        currency=row.currency,
        visit_on=row.visit_on,
        due_at=row.due_at,
        intent_id=row.stripe_payment_intent_id,
        attempts=row.attempts,
        description=row.description,
        failure_code=row.failure_code,
    )


FEE = tuple(
    payments.c[name]
    for name in (
        "id tenant_id owner_id appointment_id status amount currency visit_on due_at stripe_payment_intent_id attempts "
        "description failure_code"
    ).split()
)
"""What `fee_of` reads."""
_EVENT = reputation_events.c
_VISITS = (
    select(_EVENT.subject_id, _EVENT.occurred_at, _EVENT.reversed_at, _EVENT.tenant_id.label("visit_tenant_id"))
    .add_columns(owners.c.id.label("owner_id"), *OWNER, owners.c.has_payment_method, owners.c.stripe_customer_id)
    .select_from(reputation_events.join(owners))
    .where(among(_EVENT.ledger_key, "ledger_keys"))
)
_SAVED_CARDS = select(owners.c.id, owners.c.stripe_customer_id).where(
    among(owners.c.id, "ids"), owners.c.has_payment_method, owners.c.stripe_customer_id.is_not(None)
)
_FEES = select(*FEE).where(among(payments.c.id, "ids"), payments.c.type == "no_show_fee")
_REMINDED = (
    select(appointments.c.id)
    .join(decisions, decisions.c.subject_id == appointments.c.id)
    .join(notifications, notifications.c.id == decisions.c.notification_id)
    .where(
        among(appointments.c.id, "ids"),
        decisions.c.kind.in_(REMINDERS),
        same_instant(decisions.c.occurs_at, appointments.c.scheduled_start),
        notifications.c.status == NotificationStatus.DELIVERED,
    )
)


def _missed(connection: Connection, visits: Collection[Any]) -> dict[UUID, list[Appointment]]:
    """The appointments of the visits' owners that count as missed now and lie around one of the visits."""
    found: dict[UUID, list[Appointment]] = defaultdict(list)
    if not visits:
        return found
    first, last = (pick(row.occurred_at for row in visits) for pick in (min, max))
    starts = queries.Starts(after=first - AROUND, until=last + AROUND)
    for each in queries.missed_appointments(connection, {row.owner_id for row in visits}, starts):
        found[each.owner.id].append(each)
    return found


def _visit(row: Any, missed: Iterable[Appointment], fee: Fee | None, reminded: Collection[UUID]) -> MissedVisit:
    near = tuple(each for each in missed if abs(each.starts_at - row.occurred_at) < AROUND)
    its = tuple(each for each in near if each.tenant_id == row.visit_tenant_id)
    its_fee = fee if fee and fee.tenant_id == row.visit_tenant_id else None
    return MissedVisit(
        id=row.subject_id,
        tenant_id=row.visit_tenant_id,
        owner=owner_of(row),
        began_at=row.occurred_at,
        is_reversed=row.reversed_at is not None,
        missed=its,
        fee=its_fee,
        customer_id=row.stripe_customer_id if row.has_payment_method else None,
        reminded=frozenset(each.id for each in its if each.id in reminded),
    )
