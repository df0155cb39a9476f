"""Missed visits with the owner, appointments and fee that texts about them need."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from shared.database.appointments import OWNER, Starts, attendance_of, missed_appointments, owner_of
from shared.database.dialects.instants import same_minute
from shared.database.dialects.lists import among, chunks
from shared.database.rows.reading import OF_FEE, read
from shared.database.tables import (
    appointments,
    decisions,
    notifications,
    owners,
    payments,
    reputation_events,
    tenants,
)
from shared.domain.fees import LONGEST_DAY, Fee, FeeStatus
from shared.domain.ids import AppointmentId, FeeId, OwnerId, TenantId, VisitId
from shared.domain.missed_visits import Attendance, MissedVisit
from shared.domain.reasons import Reason
from shared.domain.records import REMINDERS, Appointment, EventKind, NotificationStatus

Each = TypeVar("Each")

AROUND = LONGEST_DAY
"""Appointments further from a visit's first start belong to another visit."""


def missed_visits(connection: Connection, ids: Collection[VisitId]) -> dict[VisitId, MissedVisit]:
    """Missed visits by id, as they are now. Index: reputation_events (ledger_key)."""
    found: dict[VisitId, MissedVisit] = {}
    for some in chunks(sorted(ids)):
        keys = [f"{EventKind.NO_SHOW}:{each}" for each in some]
        rows = read(connection, _VISITS, {"ledger_keys": keys})
        if not rows:
            continue
        starts, owner_ids = _around(rows), {row.owner_id for row in rows}
        missed = _by_owner(missed_appointments(connection, owner_ids, starts), lambda each: each.owner.id)
        came, _ = attendance_of(connection, owner_ids, starts)
        attendance = _by_owner(came, lambda each: each.owner_id)
        fees = fees_by_id(connection, some)
        reminded = reminded_of(connection, [each.id for group in missed.values() for each in group])
        for row in rows:
            its = missed[row.owner_id], attendance[row.owner_id]
            found[row.subject_id] = _visit(row, *its, fees.get(row.subject_id), reminded)
    return found


def reminded_of(connection: Connection, appointment_ids: Collection[AppointmentId]) -> set[AppointmentId]:
    """The appointments that had a reminder of their present start delivered.

    Index: decisions (subject_id, kind).
    """
    found: set[AppointmentId] = set()
    for some in chunks(sorted(appointment_ids)):
        found |= set(connection.execute(_REMINDED, {"ids": some}).scalars())
    return found


def fees_by_id(connection: Connection, ids: Iterable[FeeId]) -> dict[FeeId, Fee]:
    """No-show fees by id. Index: primary key."""
    found: dict[FeeId, Fee] = {}
    for some in chunks(sorted(ids)):
        found |= {row.id: fee_of(row) for row in read(connection, _FEES, {"ids": some}, required=OF_FEE)}
    return found


def saved_cards(connection: Connection, owner_ids: Collection[OwnerId]) -> dict[OwnerId, str]:
    """The payment provider's customer for each owner with a saved card. Index: primary key."""
    found: dict[OwnerId, str] = {}
    for some in chunks(sorted(owner_ids)):
        found |= {row.id: row.stripe_customer_id for row in read(connection, _SAVED_CARDS, {"ids": some})}
    return found


@dataclass(frozen=True, slots=True)
class CustomerElsewhere:
    """An owner who has some customer's id at the payment provider."""

    owner_id: OwnerId
    tenant_id: TenantId
    subdomain: str


def customers_elsewhere(connection: Connection, customer_ids: Collection[str]) -> dict[str, list[CustomerElsewhere]]:
    """All owners with some customers' ids at the payment provider, by id. Deleted owners and tenants are left out.

    No index serves this: it runs once for a batch of due fees, which are few.
    """
    found: dict[str, list[CustomerElsewhere]] = defaultdict(list)
    for some in chunks(sorted(customer_ids)):
        query = (
            select(owners.c.stripe_customer_id, owners.c.id, tenants.c.id.label("tenant_id"), tenants.c.subdomain)
            .join(tenants, tenants.c.id == owners.c.tenant_id)
            .where(owners.c.stripe_customer_id.in_(some), owners.c.deleted_at.is_(None), tenants.c.deleted_at.is_(None))
            .order_by(owners.c.id)
        )
        for row in connection.execute(query):
            found[row.stripe_customer_id].append(CustomerElsewhere(row.id, row.tenant_id, row.subdomain))
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
        claimed_until=row.claimed_until,
    )


FEE = tuple(
    payments.c[name]
    for name in (
        "id tenant_id owner_id appointment_id status amount currency visit_on due_at stripe_payment_intent_id attempts "
        "description failure_code claimed_until"
    ).split()
)
"""What `fee_of` reads."""
_EVENT = reputation_events.c
_VISITS = (
    select(
        _EVENT.subject_id,
        _EVENT.occurred_at,
        _EVENT.reversed_at,
        _EVENT.reversed_reason,
        _EVENT.tenant_id.label("visit_tenant_id"),
    )
    .add_columns(owners.c.id.label("owner_id"), *OWNER, owners.c.has_payment_method, owners.c.stripe_customer_id)
    .select_from(reputation_events.join(owners, owners.c.id == _EVENT.owner_id))
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
        same_minute(decisions.c.occurs_at, appointments.c.scheduled_start),
        notifications.c.status == NotificationStatus.DELIVERED,
    )
)


def _around(visits: Collection[Any]) -> Starts:
    """Return the starts that may belong to one of the visits."""
    began = [row.occurred_at for row in visits]
    return Starts(after=min(began) - AROUND, until=max(began) + AROUND)


def _by_owner(found: Iterable[Each], owner_of: Callable[[Each], OwnerId]) -> dict[OwnerId, list[Each]]:
    groups: dict[OwnerId, list[Each]] = defaultdict(list)
    for each in found:
        groups[owner_of(each)].append(each)
    return groups


def _visit(
    row: Any,
    missed: Iterable[Appointment],
    attendance: Iterable[Attendance],
    fee: Fee | None,
    reminded: Collection[AppointmentId],
) -> MissedVisit:
    its = tuple(each for each in missed if _is_near(row, each))
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
        attendance=tuple(each for each in attendance if _is_near(row, each)),
        is_superseded=row.reversed_reason == Reason.SUPERSEDED,
    )


def _is_near(row: Any, each: Appointment | Attendance) -> bool:
    apart: timedelta = each.starts_at - row.occurred_at
    return each.tenant_id == row.visit_tenant_id and abs(apart) < AROUND
