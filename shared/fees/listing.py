"""No-show fees for people to read."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, exists, func, select

from shared.database.dialects.lists import chunks
from shared.database.rows.reading import OF_FEE, read, read_page
from shared.database.tables import appointment_pets, decisions, fee_actions, owners, payments, pets
from shared.database.tables import tenants as businesses
from shared.domain.fees import ActionOutcome, FeeAction, FeeStatus
from shared.domain.ids import FeeId, OwnerId, RunId, TenantId
from shared.domain.records import Kind


@dataclass(frozen=True, slots=True)
class ListedFee:
    """A no-show fee, and whose it is.

    `tenant`: the subdomain of its `business`; `timezone`: unchecked, that row may hold none or an invalid one; `owner`,
    `pets`: names, of those that have one; `refunded_cents`: given back so far; `next_attempt_at`: None if none follows.
    """

    id: FeeId
    tenant: str
    business: str
    timezone: str | None
    owner_id: OwnerId
    owner: str
    pets: tuple[str, ...]
    visit_on: date
    amount_cents: int
    refunded_cents: int
    currency: str
    status: FeeStatus
    offence_number: int | None
    attempts: int
    due_at: datetime | None
    next_attempt_at: datetime | None
    failure_code: str | None
    description: str | None


_COLUMNS = (
    "id owner_id tenant_id appointment_id visit_on amount currency status offence_number attempts due_at "
    "next_attempt_at failure_code description"
)
_LISTED = (
    *(payments.c[name] for name in _COLUMNS.split()),
    businesses.c.subdomain,
    businesses.c.business_name,
    businesses.c.timezone,
)


def listed(
    connection: Connection,
    statuses: Collection[str] = (),
    ids: Collection[FeeId] = (),
    run_id: RunId | None = None,
    tenants: Collection[TenantId] = (),
) -> list[ListedFee]:
    """No-show fees, the oldest visit first: with some statuses or ids, of some tenants, or made by one run; else all.

    Index for a run's fees: decisions (subject_id, kind).
    """
    query = (
        select(*_LISTED)
        .join(businesses, businesses.c.id == payments.c.tenant_id)
        .where(payments.c.type == "no_show_fee")
        .order_by(payments.c.visit_on, businesses.c.subdomain, payments.c.id)
    )
    if statuses:
        query = query.where(payments.c.status.in_(statuses))
    if ids:
        query = query.where(payments.c.id.in_(ids))
    if tenants:
        query = query.where(payments.c.tenant_id.in_(tenants))
    if run_id:
        marked = (decisions.c.subject_id == payments.c.appointment_id) & (decisions.c.kind == Kind.NO_SHOW)
        query = query.where(exists().where(marked, decisions.c.run_id == run_id))
    return _fees_of(connection, read(connection, query, required=OF_FEE))


def latest(
    connection: Connection, statuses: Collection[str], limit: int, offset: int = 0, tenant: str = ""
) -> list[ListedFee]:
    """No-show fees with some statuses, the newest visit first. `tenant`: a subdomain, empty for all.

    Index: payments (status, next_attempt_at); those of a status are all read, to sort them.
    """
    query = (
        select(*_LISTED)
        .join(businesses, businesses.c.id == payments.c.tenant_id)
        .where(payments.c.type == "no_show_fee", payments.c.status.in_(statuses))
        .order_by(payments.c.visit_on.desc(), payments.c.id)
    )
    if tenant:
        query = query.where(businesses.c.subdomain == tenant)
    return read_page(connection, query.offset(offset).limit, {}, limit, _fees_of, required=OF_FEE)


def count(connection: Connection, statuses: Collection[str]) -> dict[FeeStatus, int]:
    """Count the no-show fees in some statuses. Index: payments (status, next_attempt_at)."""
    query = (
        select(payments.c.status, func.count())
        .where(payments.c.type == "no_show_fee", payments.c.status.in_(statuses))
        .group_by(payments.c.status)
    )
    return {FeeStatus(row[0]): row[1] for row in connection.execute(query)}


def _fees_of(connection: Connection, rows: Sequence[Any]) -> list[ListedFee]:
    back = refunded(connection, [row.id for row in rows])
    owner = owner_names(connection, [row.owner_id for row in rows])
    animals = pet_names(connection, [row.appointment_id for row in rows if row.appointment_id])
    return [
        _listed(row, back.get(row.id, 0), owner.get(row.owner_id, ""), animals.get(row.appointment_id, ()))
        for row in rows
    ]


def _listed(row: Any, refunded_cents: int, owner: str, animals: Sequence[str]) -> ListedFee:
    return ListedFee(
        id=row.id,
        tenant=row.subdomain,
        business=row.business_name,
        timezone=row.timezone,
        owner_id=row.owner_id,
        owner=owner,
        pets=tuple(animals),
        visit_on=row.visit_on,
        amount_cents=row.amount,
        refunded_cents=refunded_cents,
        currency=row.currency,
        status=row.status,
        offence_number=row.offence_number,
        attempts=row.attempts,
        due_at=row.due_at,
        next_attempt_at=row.next_attempt_at,
        failure_code=row.failure_code,
        description=row.description,
    )


def owner_names(connection: Connection, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of owners, those that have one. Index: primary key."""
    query = select(owners.c.id, owners.c.first_name, owners.c.last_name)
    rows = _of(connection, query, owners.c.id, ids)
    return {row.id: " ".join(filter(None, (row.first_name, row.last_name))) for row in rows}


def pet_names(connection: Connection, appointment_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The names of appointments' pets, those that have one. Index: primary keys."""
    query = select(appointment_pets.c.appointment_id, pets.c.name).join(pets).order_by(pets.c.created_at, pets.c.name)
    named: dict[UUID, list[str]] = defaultdict(list)
    for row in _of(connection, query, appointment_pets.c.appointment_id, appointment_ids):
        if row.name:
            named[row.appointment_id].append(row.name)
    return named


def _of(connection: Connection, query: Select[Any], column: Any, ids: Collection[UUID]) -> Iterator[Any]:
    for some in chunks(sorted(set(ids))):
        yield from connection.execute(query.where(column.in_(some)))


def refunded(connection: Connection, ids: Sequence[FeeId]) -> dict[FeeId, int]:
    """What was given back of fees, in minor units; without those not refunded. Index: fee_actions (payment_id)."""
    back: dict[FeeId, int] = {}
    is_done = and_(fee_actions.c.action == FeeAction.REFUND, fee_actions.c.outcome == ActionOutcome.DONE)
    for some in chunks(ids):
        query = select(fee_actions.c.payment_id, func.sum(fee_actions.c.amount))
        its = query.where(fee_actions.c.payment_id.in_(some), is_done).group_by(fee_actions.c.payment_id)
        back |= {row[0]: int(row[1]) for row in connection.execute(its)}
    return back
