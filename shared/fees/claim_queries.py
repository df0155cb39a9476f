"""Claiming fees: one worker takes them for a while, and no other gets them meanwhile."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database.claims import Claim
from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import update_chosen
from shared.database.rows.reading import OF_FEE, read_page, sound
from shared.database.tables import payments
from shared.domain.fees import CLOSED, UNCOLLECTED, Fee, FeeStatus
from shared.domain.ids import FeeId, TenantId
from shared.fees.state_queries import is_fee
from shared.fees.visit_queries import FEE, fee_of


def claim_due(connection: Connection, tenant_ids: Sequence[TenantId], due: datetime, claim: Claim) -> list[Fee]:
    """Claim fees whose next attempt is at or before `due`. Index: payments (status, next_attempt_at)."""
    return _claimed(connection, _claim_due(claim.limit), {"due": due, "tenant_ids": tenant_ids, **claim.taken()})


def claim_lapsed(connection: Connection, tenant_ids: Sequence[TenantId], claim: Claim) -> list[Fee]:
    """Claim fees that are `processing` beyond their claim: nobody knows whether the card was charged.

    Index: payments (status, claimed_until).
    """
    given = {"wall": claim.wall, "tenant_ids": tenant_ids, **claim.taken()}
    return _claimed(connection, _claim_lapsed(claim.limit), given)


def claim_closed(connection: Connection, tenant_ids: Sequence[TenantId], claim: Claim) -> list[Fee]:
    """Claim fees that were waived or cancelled after a payment was begun at the provider: it may have been paid.

    Index: payments (status, claimed_until).
    """
    given = {"wall": claim.wall, "tenant_ids": tenant_ids, **claim.taken()}
    return _claimed(connection, _claim_closed(claim.limit), given)


def claim_one(connection: Connection, tenant_ids: Collection[TenantId], id_: FeeId, claim: Claim) -> list[Fee]:
    """Claim one fee that nobody paid, if it belongs to one of the tenants. Index: primary key."""
    tenant_id = connection.execute(select(payments.c.tenant_id).where(payments.c.id == id_)).scalar()
    if tenant_id not in tenant_ids:
        return []
    return _claimed(
        connection,
        _taking(update(payments).where(is_fee(*UNCOLLECTED), payments.c.id == id_)),
        claim.taken(),
    )


def due(connection: Connection, tenant_ids: Sequence[TenantId], until: datetime, limit: int) -> list[Fee]:
    """Return the fees that could be claimed, without claiming them. Index: payments (status, next_attempt_at)."""
    found: list[Fee] = []
    for some in chunks(tenant_ids):
        is_due = and_(is_fee(FeeStatus.PENDING), payments.c.next_attempt_at <= until, payments.c.tenant_id.in_(some))
        query = select(*FEE).where(is_due).order_by(payments.c.next_attempt_at, payments.c.id)
        found += read_page(connection, query.limit, {}, limit, _fees_of, required=OF_FEE)
    return found


# Every run looks for fees to collect, and most find none: these statements are built once.


@cache
def _claim_due(limit: int) -> ReturningUpdate[Any]:
    is_due = and_(is_fee(FeeStatus.PENDING), payments.c.next_attempt_at <= bindparam("due"))
    return _taking(update_chosen(payments, _chosen(is_due, payments.c.next_attempt_at, limit), is_due))


@cache
def _claim_lapsed(limit: int) -> ReturningUpdate[Any]:
    is_lapsed = and_(is_fee(FeeStatus.PROCESSING), payments.c.claimed_until <= bindparam("wall"))
    return _taking(update_chosen(payments, _chosen(is_lapsed, payments.c.claimed_until, limit), is_lapsed))


@cache
def _claim_closed(limit: int) -> ReturningUpdate[Any]:
    is_begun = payments.c.stripe_payment_intent_id.is_not(None)
    is_open = and_(is_fee(*CLOSED), payments.c.claimed_until <= bindparam("wall"), is_begun)
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
    """Return the fees that a statement claims, ordered by visit.

    A fee that cannot be read stays `processing`; if none of a batch can be read, the next batch is claimed.
    """
    while rows := connection.execute(statement, given).all():
        if found := sound(connection, statement, rows, required=OF_FEE):
            return sorted(_fees_of(connection, found), key=lambda each: (each.visit_on, str(each.id)))
    return []
