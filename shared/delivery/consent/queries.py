"""Consent to texts: the column of each owner, and the history of events."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, func, null, or_, select

from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import insert_absent
from shared.database.rows.promises import holds, or_default
from shared.database.rows.reading import read
from shared.database.runs import DONE
from shared.database.tables import consent_events, notifications, owners, runs
from shared.domain.ids import OwnerId, TenantId
from shared.domain.records import NotificationStatus

REPORTED_FOR: Final = timedelta(hours=46)
"""How long after a text was handed over its receipt may show that the owner had opted out."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An owner whose column differs from the last event on record.

    `known_at`, `known_hash`: when that event was recorded, and of which number; None where there is none.
    """

    owner_id: OwnerId
    tenant_id: TenantId
    phone: str | None
    given: bool
    updated_at: datetime | None
    known_at: datetime | None
    known_hash: str | None


def phones_of(connection: Connection, tenant_id: TenantId) -> list[tuple[OwnerId, str]]:
    """Return id and phone, as written, of a tenant's owners. (A scan of them: a STOP is rare.)"""
    query = select(owners.c.id, owners.c.phone).where(owners.c.tenant_id == tenant_id, owners.c.phone.is_not(None))
    return [(id_, phone) for id_, phone in read(connection, query)]


def record(connection: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Add events to the history, except those that it holds already."""
    insert_absent(connection, consent_events, events, "id")


def given_at(connection: Connection, tenant_id: TenantId, hashes: Collection[str]) -> dict[str, datetime]:
    """Return when consent was last given for each of a tenant's numbers.

    Index: consent_events (tenant_id, phone_hash).
    """
    its = consent_events.c
    found: dict[str, datetime] = {}
    for some in chunks(sorted(hashes)):
        query = select(its.phone_hash, func.max(its.happened_at).label("at")).where(
            its.tenant_id == tenant_id, its.phone_hash.in_(some), its.given
        )
        found |= {row.phone_hash: row.at for row in connection.execute(query.group_by(its.phone_hash))}
    return found


def changed_by_others(connection: Connection, tenant_ids: Collection[TenantId], now: datetime) -> list[Changed]:
    """Return the owners of some tenants whose column others changed.

    It differs from their last event, or, where they have none, it says no although they were texted a short time ago.
    Index: consent_events (owner_id, happened_at), notifications (sent_at, tenant_id), owners (id).
    """
    its, texted = {"tenant_ids": list(tenant_ids)}, {"texted_after": now - REPORTED_FOR, "now": now}
    rows = read(connection, _OTHER_THAN_ITS_LAST_EVENT, its)
    return [
        Changed(id_, tenant_id, phone, or_default(owners.c.sms_opted_in, given), *rest)
        for id_, tenant_id, phone, given, *rest in [*rows, *read(connection, _WITHDRAWN_SINCE_TEXTED, its | texted)]
    ]


def last_looked_at(connection: Connection, now: datetime) -> datetime | None:
    """Return `now` of the last run that looked at all tenants' consents. (A scan, made only after a change.)"""
    is_whole = ~runs.c.task.contains(":")  # parts of runs look at some tenants, or at none
    query = select(func.max(runs.c.now)).where(
        runs.c.status.in_(DONE), runs.c.tenants.is_(None), runs.c.now <= now, is_whole
    )
    return connection.execute(query).scalar()


_COLUMNS = (owners.c.id, owners.c.tenant_id, owners.c.phone, owners.c.sms_opted_in, owners.c.updated_at)
_IS_OPTED_IN = case((holds(owners.c.sms_opted_in), 1), else_=0)


def _other_than_its_last_event() -> Select[Any]:
    last, later = consent_events.alias("latest"), consent_events.alias("later")
    is_later = or_(
        later.c.happened_at > last.c.happened_at,
        and_(later.c.happened_at == last.c.happened_at, later.c.given < last.c.given),  # then the withdrawal counts
    )
    return (
        select(*_COLUMNS, last.c.created_at, last.c.phone_hash)
        .distinct()
        .join_from(last, owners, and_(owners.c.id == last.c.owner_id, owners.c.tenant_id == last.c.tenant_id))
        .where(
            among(last.c.tenant_id, "tenant_ids"),
            case((last.c.given, 1), else_=0) != _IS_OPTED_IN,
            ~exists().where(later.c.owner_id == last.c.owner_id, is_later),
        )
    )


def _withdrawn_since_texted() -> Select[Any]:
    texted = select(notifications.c.owner_id).where(
        notifications.c.sent_at.between(bindparam("texted_after"), bindparam("now")),
        among(notifications.c.tenant_id, "tenant_ids"),
        notifications.c.status == NotificationStatus.SENT,
    )
    return select(*_COLUMNS, null(), null()).where(
        owners.c.id.in_(texted),
        ~holds(owners.c.sms_opted_in),
        ~exists().where(consent_events.c.owner_id == owners.c.id),
    )


_OTHER_THAN_ITS_LAST_EVENT = _other_than_its_last_event()
_WITHDRAWN_SINCE_TEXTED = _withdrawn_since_texted()
