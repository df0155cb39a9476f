"""The vaccination monitor's queries, each with the index that serves it. They return records, never rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, String, and_, bindparam, case, cast, or_, select

from shared.database.appointments import OWNER, owner_of
from shared.database.dialects.lists import among, chunks
from shared.database.paging import page, place
from shared.database.rows.promises import FOREVER, or_default
from shared.database.rows.reading import read, read_page
from shared.database.tables import decisions, owners, pets, vaccination_records
from shared.domain.ids import OwnerId, TenantId, VaccinationId
from shared.domain.plans import UndecidedAlert
from shared.domain.reasons import Reason
from shared.domain.records import RETAKEN, ExpiryWindow, Kind, Outcome, Pet, Vaccination
from shared.tasks.vaccination_monitor.superseding import superseded


def vaccinations_to_alert(
    connection: Connection,
    tenant_ids: Sequence[TenantId],
    window: ExpiryWindow,
    *,
    beyond: Vaccination | None = None,
    limit: int,
) -> list[UndecidedAlert]:
    """A page of some tenants' records in a window without a final decision, in order of tenant, expiry date and id.

    `beyond`: the last one of the previous page. Index: vaccination_records (tenant_id, expiry_date).
    """
    given = {"tenant_ids": tenant_ids, **_place(beyond)}
    return _page(connection, window, partial(_page_to_alert, is_first=beyond is None), given, limit)


def vaccinations_of_owners_to_alert(
    connection: Connection, tenant_ids: Sequence[TenantId], owner_ids: Iterable[OwnerId], window: ExpiryWindow
) -> list[UndecidedAlert]:
    """Some owners' records in a window without a final decision. Index: pets (owner_id)."""
    found: list[UndecidedAlert] = []
    for ids in chunks(sorted(owner_ids)):
        given = {"tenant_ids": tenant_ids, "owner_ids": ids, **_of_window(window)}
        found += _undecided(window, read(connection, _rest_to_alert(), given))
    return found


def vaccinations_without_decision(
    connection: Connection,
    tenant_ids: Sequence[TenantId],
    window: ExpiryWindow,
    *,
    beyond: Vaccination | None = None,
    limit: int,
) -> list[UndecidedAlert]:
    """A page of some tenants' records in a window without any decision about that tier's alert.

    Index: vaccination_records (tenant_id, expiry_date).
    """
    given = {"tenant_ids": tenant_ids, **_place(beyond)}
    return _page(connection, window, partial(_page_without_decision, is_first=beyond is None), given, limit)


def vaccinations_by_id(connection: Connection, ids: Iterable[VaccinationId]) -> dict[VaccinationId, Vaccination]:
    """Records as they are now, deleted ones too. Index: primary key."""
    found: dict[VaccinationId, Vaccination] = {}
    for some in chunks(sorted(ids)):
        found |= {row.id: _vaccination(row) for row in read(connection, _BY_ID, {"ids": some})}
    return found


_VACCINATION = (
    vaccination_records.c.id,
    vaccination_records.c.tenant_id,
    vaccination_records.c.pet_id,
    vaccination_records.c.type,
    vaccination_records.c.name,
    vaccination_records.c.expiry_date,
    vaccination_records.c.created_at,
    vaccination_records.c.deleted_at,
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


_BY_ID = select(*_VACCINATION).select_from(_ITS_ROWS).where(among(vaccination_records.c.id, "ids"))
_KEY = (vaccination_records.c.tenant_id, vaccination_records.c.expiry_date, vaccination_records.c.id)

# Each tier of each group of tenants is queried on its own, so these statements are built once.


@cache
def _page_to_alert(limit: int, *, is_first: bool) -> Select[Any]:
    return page(_to_alert(), _KEY, limit, is_first=is_first)


@cache
def _rest_to_alert() -> Select[Any]:
    return _to_alert().where(among(pets.c.owner_id, "owner_ids"))


@cache
def _page_without_decision(limit: int, *, is_first: bool) -> Select[Any]:
    return page(_with_decision().where(decisions.c.ledger_key.is_(None)), _KEY, limit, is_first=is_first)


def _with_decision() -> Select[Any]:
    """Records in a window with the decision, if any, about this tier of their present expiry date."""
    same = and_(
        decisions.c.subject_id == vaccination_records.c.id,
        decisions.c.kind == Kind.VACCINATION_EXPIRING,
        decisions.c.occurrence == _occurrence(),
    )
    return (
        select(*_VACCINATION, decisions.c.outcome, decisions.c.reason)
        .select_from(_ITS_ROWS.outerjoin(decisions, same))
        .where(
            among(vaccination_records.c.tenant_id, "tenant_ids"),
            vaccination_records.c.expiry_date.between(bindparam("first"), bindparam("last")),
            vaccination_records.c.deleted_at.is_(None),
        )
    )


def _occurrence() -> ColumnElement[str]:
    """The occurrence of a record's alert as the ledger writes it. A date becomes ISO text on all three databases."""
    return cast(vaccination_records.c.expiry_date, String(10)) + bindparam("its_tier", type_=String)


def _to_alert() -> Select[Any]:
    return _with_decision().where(or_(decisions.c.outcome.is_(None), decisions.c.outcome.in_(RETAKEN)))


def _place(beyond: Vaccination | None) -> dict[str, Any]:
    return place((beyond.tenant_id, beyond.expires_on, beyond.id) if beyond else None)


def _page(
    connection: Connection,
    window: ExpiryWindow,
    query: Callable[[int], Select[Any]],
    given: Mapping[str, Any],
    limit: int,
) -> list[UndecidedAlert]:
    its = {**given, **_of_window(window)}
    return read_page(connection, query, its, limit, lambda _, rows: _undecided(window, rows))


def _of_window(window: ExpiryWindow) -> dict[str, Any]:
    return {"first": window.first, "last": window.last, "its_tier": f":{window.tier}"}


def _undecided(window: ExpiryWindow, rows: Sequence[Row[Any]]) -> list[UndecidedAlert]:
    return [
        UndecidedAlert(
            _vaccination(row),
            window.tier,
            Outcome(row.outcome) if row.outcome else None,
            Reason(row.reason) if row.reason else None,
        )
        for row in rows
    ]


def _pet(row: Row[Any]) -> Pet:
    is_deceased = or_default(pets.c.is_deceased, row.is_deceased)
    return Pet(row.pet_id, row.pet_tenant_id, row.pet_name, is_deceased, row.pet_deleted_at is not None)


def _vaccination(row: Row[Any]) -> Vaccination:
    return Vaccination(
        id=row.id,
        tenant_id=row.tenant_id,
        owner=owner_of(row),
        pet=_pet(row),
        is_pet_active=or_default(pets.c.is_active, row.pet_is_active) and row.pet_deleted_at is None,
        vaccine=row.type,
        name=row.name,
        expires_on=None if row.expiry_date is None or row.expiry_date > FOREVER else row.expiry_date,
        created_at=row.created_at,
        is_superseded=bool(row.is_superseded),
        is_deleted=row.deleted_at is not None,
    )
