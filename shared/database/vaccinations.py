"""The reads of the vaccination monitor, each named, with the index that serves it. They return records, never rows."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, String, and_, case, cast, or_, select

from shared.database.dialects import among, chunks
from shared.database.paging import page
from shared.database.queries import OWNER, owner_of
from shared.database.superseding import superseded
from shared.database.tables import decisions, owners, pets, vaccination_records
from shared.reasons import Reason
from shared.records import RETAKEN, ExpiryWindow, Kind, Outcome, Pet, UndecidedAlert, Vaccination

OWNERS = 500
"""How many owners one statement may name, beside a full list of tenants."""


def vaccinations_to_alert(
    connection: Connection,
    tenant_ids: Sequence[UUID],
    window: ExpiryWindow,
    *,
    beyond: Vaccination | None = None,
    limit: int,
) -> list[UndecidedAlert]:
    """A page of some tenants' records in a window without a final decision, in order of tenant, expiry date and id.

    `beyond`: the last one of the page before. Index: vaccination_records (tenant_id, expiry_date).
    """
    return _undecided(connection, window, _page(_to_alert(tenant_ids, window), beyond, limit))


def vaccinations_of_owners_to_alert(
    connection: Connection, tenant_ids: Sequence[UUID], owner_ids: Iterable[UUID], window: ExpiryWindow
) -> list[UndecidedAlert]:
    """The same for some owners: what else they are to be told. Index: pets (owner_id)."""
    found = []
    for ids in chunks(sorted(owner_ids), OWNERS):
        found += _undecided(connection, window, _to_alert(tenant_ids, window).where(pets.c.owner_id.in_(ids)))
    return found


def vaccinations_without_decision(
    connection: Connection,
    tenant_ids: Sequence[UUID],
    window: ExpiryWindow,
    *,
    beyond: Vaccination | None = None,
    limit: int,
) -> list[UndecidedAlert]:
    """A page of some tenants' records in a window about whose alert of that tier nothing was ever decided.

    Index: vaccination_records (tenant_id, expiry_date).
    """
    query = _with_decision(tenant_ids, window).where(decisions.c.ledger_key.is_(None))
    return _undecided(connection, window, _page(query, beyond, limit))


def vaccinations_by_id(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Vaccination]:
    """Records as they are now, deleted ones too. Index: primary key."""
    found: dict[UUID, Vaccination] = {}
    for some in chunks(sorted(ids)):
        query = select(*_VACCINATION).select_from(_ITS_ROWS).where(vaccination_records.c.id.in_(some))
        found |= {row.id: _vaccination(row) for row in connection.execute(query)}
    return found


_VACCINATION = (
    vaccination_records,
    pets.c.tenant_id.label("pet_tenant_id"),
    pets.c.name.label("pet_name"),
    pets.c.is_deceased,
    pets.c.is_active.label("pet_is_active"),
    pets.c.deleted_at.label("pet_deleted_at"),
    owners.c.id.label("owner_id"),
    *OWNER,
    case((superseded(), 1), else_=0).label("is_superseded"),
)
_ITS_ROWS = vaccination_records.join(pets, pets.c.id == vaccination_records.c.pet_id).join(
    owners, owners.c.id == pets.c.owner_id
)


def _occurrence(tier: int) -> ColumnElement[str]:
    """The occurrence of a record's alert as the ledger writes it. A date becomes ISO text on all three databases."""
    return cast(vaccination_records.c.expiry_date, String(10)) + f":{tier}"


def _with_decision(tenant_ids: Sequence[UUID], window: ExpiryWindow) -> Select[Any]:
    """Records in a window with what was decided about this tier of their present expiry date, if anything."""
    same = and_(
        decisions.c.subject_id == vaccination_records.c.id,
        decisions.c.kind == Kind.VACCINATION_EXPIRING,
        decisions.c.occurrence == _occurrence(window.tier),
    )
    return (
        select(*_VACCINATION, decisions.c.outcome, decisions.c.reason)
        .select_from(_ITS_ROWS.outerjoin(decisions, same))
        .where(
            among(vaccination_records.c.tenant_id, tenant_ids),
            vaccination_records.c.expiry_date.between(window.first, window.last),
            vaccination_records.c.deleted_at.is_(None),
        )
    )


def _to_alert(tenant_ids: Sequence[UUID], window: ExpiryWindow) -> Select[Any]:
    return _with_decision(tenant_ids, window).where(
        or_(decisions.c.outcome.is_(None), decisions.c.outcome.in_(RETAKEN))
    )


def _page(query: Select[Any], beyond: Vaccination | None, limit: int) -> Select[Any]:
    key = (vaccination_records.c.tenant_id, vaccination_records.c.expiry_date, vaccination_records.c.id)
    return page(query, key, (beyond.tenant_id, beyond.expires_on, beyond.id) if beyond else None, limit)


def _undecided(connection: Connection, window: ExpiryWindow, query: Select[Any]) -> list[UndecidedAlert]:
    return [
        UndecidedAlert(
            _vaccination(row),
            window.tier,
            Outcome(row.outcome) if row.outcome else None,
            Reason(row.reason) if row.reason else None,
        )
        for row in connection.execute(query)
    ]


def _vaccination(row: Row[Any]) -> Vaccination:
    return Vaccination(
        id=row.id,
        tenant_id=row.tenant_id,
        owner=owner_of(row),
        pet=Pet(row.pet_id, row.pet_tenant_id, row.pet_name, row.is_deceased, row.pet_deleted_at is not None),
        is_pet_active=row.pet_is_active and row.pet_deleted_at is None,
        vaccine=row.type,
        name=row.name,
        expires_on=row.expiry_date,
        created_at=row.created_at,
        is_superseded=bool(row.is_superseded),
        is_deleted=row.deleted_at is not None,
    )
