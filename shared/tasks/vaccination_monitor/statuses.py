"""Bringing vaccination statuses up to date in sets: a fixed number of statements for a set of tenants."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Select,
    Subquery,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from shared.database.dialects.lists import among
from shared.database.rows.promises import FOREVER
from shared.database.tables import pets, vaccination_records
from shared.domain.ids import TenantId
from shared.tasks.vaccination_monitor.superseding import counting


@dataclass(frozen=True, slots=True)
class Soon:
    """The bounds of a status: expired before `today`, expiring soon up to and including `until`. Local dates."""

    today: date
    until: date

    @classmethod
    def within(cls, today: date, days: int) -> "Soon":
        """Return the bounds if `days` before expiry is soon."""
        return cls(today, today + timedelta(days=days))


def outdated(connection: Connection, tenant_ids: Sequence[TenantId], soon: Soon) -> dict[TenantId, int]:
    """How many records and pets of some tenants have a status that is out of date; tenants without any are left out.

    Index: vaccination_records (tenant_id, expiry_date).
    """
    counts: Counter[TenantId] = Counter()
    for query in (_count_of_records(), _count_of_pets()):
        found = connection.execute(query, {"tenant_ids": tenant_ids, **asdict(soon)})
        counts.update({row[0]: row[1] for row in found})
    return dict(counts)


def bring_up_to_date(connection: Connection, tenant_ids: Sequence[TenantId], soon: Soon, now: datetime) -> None:
    """Write the statuses that changed of some tenants' records and pets. `now`: the run's, aware.

    A pet has the status, which is the worst, and the expiry date of its counting record that expires first.
    Index: vaccination_records (tenant_id, expiry_date).
    """
    for statement in (_update_of_records(), _update_of_pets()):
        connection.execute(statement, {"tenant_ids": tenant_ids, "now": now, **asdict(soon)})


# Every run asks whether there is anything to do, so these statements are built once.


@cache
def _count_of_records() -> Select[TenantId, int]:
    return _count_by_tenant(vaccination_records.c.tenant_id, _records_outdated())


@cache
def _count_of_pets() -> Select[TenantId, int]:
    return _count_by_tenant(pets.c.tenant_id, _pets_outdated(_pets_as_they_are()))


@cache
def _update_of_records() -> Update:
    status = _status(vaccination_records.c.expiry_date)
    return update(vaccination_records).where(_records_outdated()).values(status=status, updated_at=bindparam("now"))


@cache
def _update_of_pets() -> Update:
    truth = _pets_as_they_are()
    return (
        update(pets)
        .where(_pets_outdated(truth))
        .values(
            vaccination_status=_status(truth.c.expires_on),
            vaccination_expires_at=truth.c.expires_on,
            updated_at=bindparam("now"),
        )
    )


def _count_by_tenant(tenant_id: ColumnElement[TenantId], condition: ColumnElement[bool]) -> Select[TenantId, int]:
    return select(tenant_id, func.count()).where(condition).group_by(tenant_id)


def _status(expiry: ColumnElement[date]) -> ColumnElement[str]:
    """The status of a record by its expiry date (null or never: unknown). The parameters are the fields of `Soon`."""
    return case(
        (or_(expiry.is_(None), expiry > FOREVER), "unknown"),
        (expiry < bindparam("today", type_=Date), "expired"),
        (expiry <= bindparam("until", type_=Date), "expiring_soon"),
        else_="current",
    )


def _records_outdated() -> ColumnElement[bool]:
    return and_(
        among(vaccination_records.c.tenant_id, "tenant_ids"),
        vaccination_records.c.deleted_at.is_(None),
        vaccination_records.c.status != _status(vaccination_records.c.expiry_date),
    )


def _pets_as_they_are() -> Subquery:
    """Each pet of some tenants with the expiry date of its counting record that expires first, null without one."""
    patient = pets.alias("patient")
    its = and_(
        vaccination_records.c.pet_id == patient.c.id,
        vaccination_records.c.tenant_id == patient.c.tenant_id,
        vaccination_records.c.expiry_date <= FOREVER,
        counting(),
    )
    return (
        select(patient.c.id, func.min(vaccination_records.c.expiry_date).label("expires_on"))
        .select_from(patient.outerjoin(vaccination_records, its))
        .where(among(patient.c.tenant_id, "tenant_ids"), patient.c.deleted_at.is_(None))
        .group_by(patient.c.id)
        .subquery("truth")
    )


def _pets_outdated(truth: Subquery) -> ColumnElement[bool]:
    return and_(
        pets.c.id == truth.c.id,
        or_(
            pets.c.vaccination_status != _status(truth.c.expires_on),
            pets.c.vaccination_expires_at.is_distinct_from(truth.c.expires_on),
        ),
    )
