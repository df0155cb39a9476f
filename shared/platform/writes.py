"""The writes to the platform's tables: no other module changes a row of them.

These tables may have triggers, or be views with INSTEAD OF triggers that do the writing. So each write is a plain
UPDATE of rows found by their ids: SQL Server refuses OUTPUT on such a table (error 334) and a second table in FROM on
such a view (414). What became of the rows is read again in the same transaction.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Update,
    and_,
    bindparam,
    case,
    select,
    update,
)

from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import locked
from shared.database.reputation import lock_owners, scores
from shared.database.rows.promises import is_sound, or_default
from shared.database.tables import appointments, owners, pets, vaccination_records
from shared.domain.ids import AppointmentId, OwnerId, TenantId
from shared.domain.records import AppointmentStatus

log = logging.getLogger(__name__)

Id = TypeVar("Id", bound=UUID)

IS_OPEN: Final = and_(
    appointments.c.status.in_((AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)),
    appointments.c.arrived_at.is_(None),
    appointments.c.actual_start.is_(None),
    appointments.c.deleted_at.is_(None),
)
"""Nobody came, and staff neither marked, cancelled nor deleted the appointment."""


def mark_missed(
    connection: Connection, ids: Iterable[AppointmentId], is_missed: ColumnElement[bool], given: Mapping[str, Any]
) -> set[AppointmentId]:
    """Mark as no-shows the open appointments that are missed; return those that this transaction marked.

    A check-in that commits first wins. `is_missed`: built once, for statements are cached by it; `given`: `now` and the
    parameters that `is_missed` names. Index: primary key.
    """
    marked: set[AppointmentId] = set()
    for some in chunks(sorted(ids)):
        # Open when they were locked and no-shows now: nobody else marked them in between.
        ours = connection.execute(_OPEN_ONES, {"ids": some}).scalars().all()
        connection.execute(_marking(is_missed), {"ids": ours, **given})
        marked |= set(connection.execute(_MARKED_ONES, {"ids": ours}).scalars())
    return marked


def note_collected(
    connection: Connection, amounts: Mapping[tuple[TenantId, AppointmentId], int], now: datetime
) -> None:
    """Write the amounts kept of no-show fees, in minor units, onto appointments of a tenant. Index: primary key."""
    by_tenant = defaultdict[TenantId, dict[AppointmentId, int]](dict)
    for (tenant_id, id_), amount in amounts.items():
        by_tenant[tenant_id][id_] = amount
    for tenant_id, its in sorted(by_tenant.items()):
        _write(connection, appointments.c.no_show_fee_charged, its, {"now": now, "its_tenant_id": tenant_id})


def set_record_statuses(
    connection: Connection, is_outdated: ColumnElement[bool], status: ColumnElement[str], given: Mapping[str, Any]
) -> None:
    """Write the statuses of vaccination records where they are outdated.

    Both expressions are built once, and `given` holds their parameters and `now`; so below. Index: that of
    `is_outdated`. Nothing is read again: the next run looks at every record and counts what is still outdated.
    """
    connection.execute(_setting_records(is_outdated, status), given)


def set_pet_statuses(
    connection: Connection,
    outdated: Select[Any],
    status: ScalarSelect[Any],
    expires_on: ScalarSelect[Any],
    given: Mapping[str, Any],
) -> None:
    """Write the vaccination statuses and expiry dates of the pets whose ids `outdated` finds. Index: primary key."""
    connection.execute(_setting_pets(outdated, status, expires_on), given)


def change_counts(connection: Connection, changes: Mapping[OwnerId, int], now: datetime) -> dict[OwnerId, int]:
    """Add to the owners' counts of missed visits, never below zero; return the new counts. Index: primary key.

    The owners are locked until the transaction ends, so two runs that count at once give each visit its own number.
    """
    lock_owners(connection, changes)
    before = _stored(connection, owners.c.no_show_count, changes)
    counts = {id_: max(before.get(id_, 0) + by, 0) for id_, by in changes.items()}
    changed = {id_: count for id_, count in counts.items() if count != before.get(id_)}
    _write(connection, owners.c.no_show_count, changed, {"now": now})
    return counts


def rescore(connection: Connection, owner_ids: Collection[OwnerId], now: datetime) -> dict[OwnerId, tuple[int, int]]:
    """Write the scores folded from the owners' events; return each owner's score before and after.

    An owner without events keeps the score. Index: primary key.
    """
    lock_owners(connection, owner_ids)
    found = scores(connection, owner_ids)
    changed = {id_: after for id_, (before, after) in found.items() if before != after}
    _write(connection, owners.c.reputation_score, changed, {"now": now})
    return found


def opt_out(connection: Connection, owner_ids: Iterable[OwnerId], now: datetime) -> None:
    """Opt owners out of texts. Index: primary key."""
    _write(connection, owners.c.sms_opted_in, dict.fromkeys(owner_ids, False), {"now": now})


# The statements


def _checked(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return a condition that is only checked for the rows with the ids: a CASE uses no index.

    Otherwise PostgreSQL may begin with all no-shows there ever were, for each batch anew.
    """
    return case((condition, 1), else_=0) == 1


_OPEN_ONES = locked(
    select(appointments.c.id).where(among(appointments.c.id, "ids"), IS_OPEN).order_by(appointments.c.id), appointments
)
_MARKED_ONES = select(appointments.c.id).where(
    among(appointments.c.id, "ids"), appointments.c.status == AppointmentStatus.NO_SHOW
)


@lru_cache(maxsize=10)
def _marking(is_missed: ColumnElement[bool]) -> Update:
    still_missed = _checked(and_(IS_OPEN, is_missed))
    return (
        update(appointments)
        .where(among(appointments.c.id, "ids"), still_missed)
        .values(status=AppointmentStatus.NO_SHOW, updated_at=bindparam("now"))
    )


@lru_cache(maxsize=10)
def _setting_records(is_outdated: ColumnElement[bool], status: ColumnElement[str]) -> Update:
    return update(vaccination_records).where(is_outdated).values(status=status, updated_at=bindparam("now"))


@lru_cache(maxsize=10)
def _setting_pets(outdated: Select[Any], status: ScalarSelect[Any], expires_on: ScalarSelect[Any]) -> Update:
    values = {"vaccination_status": status, "vaccination_expires_at": expires_on, "updated_at": bindparam("now")}
    return update(pets).where(pets.c.id.in_(outdated)).values(values)


def _setting(column: Column[Any]) -> Update:
    values: dict[Any, Any] = {column: bindparam("value"), column.table.c.updated_at: bindparam("now")}
    return update(column.table).where(among(column.table.c.id, "ids")).values(values)


_SETTING: Final[Mapping[Column[Any], Update]] = {
    appointments.c.no_show_fee_charged: _setting(appointments.c.no_show_fee_charged).where(
        _checked(appointments.c.tenant_id == bindparam("its_tenant_id"))
    ),
    owners.c.no_show_count: _setting(owners.c.no_show_count),
    owners.c.reputation_score: _setting(owners.c.reputation_score).values(last_reputation_update=bindparam("now")),
    owners.c.sms_opted_in: _setting(owners.c.sms_opted_in).where(owners.c.sms_opted_in),
}
"""The update of a column, which sets rows by their ids to one value."""
_STORED: Final = {each: select(each.table.c.id, each).where(among(each.table.c.id, "ids")) for each in _SETTING}


def _write(connection: Connection, column: Column[Any], values: Mapping[Id, Any], given: Mapping[str, Any]) -> None:
    """Set a column of rows by their ids, those with the same value together; log which rows did not take it."""
    by_value = defaultdict[Any, list[Id]](list)
    for id_ in sorted(values):
        by_value[values[id_]].append(id_)
    for value, ids in by_value.items():
        for some in chunks(ids):
            connection.execute(_SETTING[column], {"ids": some, "value": value, **given})
    stored = _stored(connection, column, values)
    if refused := sorted(id_ for id_, value in stored.items() if value != values[id_]):
        log.error("%s of %d rows is not what was written, the first of them %s", column, len(refused), refused[0])


def _stored(connection: Connection, column: Column[Any], ids: Iterable[Id]) -> dict[Id, Any]:
    """Return what a column holds in the rows with these ids; for nonsense and NULL its default."""
    found: dict[Id, Any] = {}
    for some in chunks(sorted(ids)):
        for id_, value in connection.execute(_STORED[column], {"ids": some}):
            found[id_] = or_default(column, value if is_sound(column, value) else None)
    return found
