"""Bringing vaccination statuses up to date in sets: a fixed number of statements for a set of tenants."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    FromClause,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
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


# Every run asks whether there is anything to do, so these statements are built once. Their parameters are `tenant_ids`
# and the fields of `Soon`.


@cache
def outdated_records() -> tuple[ColumnElement[bool], ColumnElement[str]]:
    """Return the condition that a record's status is out of date, and what it has to be.

    Index: vaccination_records (tenant_id, expiry_date).
    """
    return _records_outdated(), _status(vaccination_records.c.expiry_date)


@cache
def outdated_pets() -> tuple[Select[Any], ScalarSelect[Any], ScalarSelect[Any]]:
    """Return a query for the ids of pets that are out of date, and what a pet's status and expiry date have to be.

    It has the status, which is the worst, and the expiry date of its counting record that expires first.
    Index: vaccination_records (tenant_id, expiry_date), (pet_id).
    """
    stored = pets.alias("stored")
    outdated_ = select(stored.c.id).where(_is_pet_outdated(stored, _pets_as_they_are()))
    return outdated_, _of_pet(_status(_EARLIEST)), _of_pet(_EARLIEST)


@cache
def _count_of_records() -> Select[TenantId, int]:
    return _count_by_tenant(vaccination_records.c.tenant_id, _records_outdated())


@cache
def _count_of_pets() -> Select[TenantId, int]:
    return _count_by_tenant(pets.c.tenant_id, _is_pet_outdated(pets, _pets_as_they_are()))


_EARLIEST = func.min(vaccination_records.c.expiry_date)


def _of_pet(value: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return a value of the records that count for a row of `pets`. Index: vaccination_records (pet_id)."""
    return select(value).where(_counts_for(pets)).correlate(pets).scalar_subquery()


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
        vaccination_records.c.status.is_distinct_from(_status(vaccination_records.c.expiry_date)),
    )


def _pets_as_they_are() -> Subquery:
    """Each pet of some tenants with the expiry date of its counting record that expires first, null without one."""
    patient = pets.alias("patient")
    return (
        select(patient.c.id, _EARLIEST.label("expires_on"))
        .select_from(patient.outerjoin(vaccination_records, _counts_for(patient)))
        .where(among(patient.c.tenant_id, "tenant_ids"), patient.c.deleted_at.is_(None))
        .group_by(patient.c.id)
        .subquery("truth")
    )


def _counts_for(patient: FromClause) -> ColumnElement[bool]:
    return and_(
        vaccination_records.c.pet_id == patient.c.id,
        vaccination_records.c.tenant_id == patient.c.tenant_id,
        vaccination_records.c.expiry_date <= FOREVER,
        counting(),
    )


def _is_pet_outdated(pet: FromClause, truth: Subquery) -> ColumnElement[bool]:
    return and_(
        pet.c.id == truth.c.id,
        or_(
            pet.c.vaccination_status.is_distinct_from(_status(truth.c.expires_on)),
            pet.c.vaccination_expires_at.is_distinct_from(truth.c.expires_on),
        ),
    )
