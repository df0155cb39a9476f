"""Every read of the jobs, each named, with the index that serves it. They return records, never rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, bindparam, case, exists, or_, select

from shared.database.dialects import among, chunks, same_minute
from shared.database.paging import page, place
from shared.database.rows import BadRow, fault_of, is_sound, leave_out, or_default, read, read_page, sound
from shared.database.tables import (
    appointment_pets,
    appointments,
    decisions,
    owners,
    pets,
    services,
    tenants,
)
from shared.domain.fees import Attendance
from shared.domain.reasons import Reason
from shared.domain.records import RETAKEN, Appointment, AppointmentStatus, Kind, Outcome, Owner, Pet, Tenant, Undecided

_COMING = (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)
TENANT = (
    tenants.c.id,
    tenants.c.subdomain,
    tenants.c.business_name,
    tenants.c.phone,
    tenants.c.address_line1,
    tenants.c.timezone,
    tenants.c.currency,
    tenants.c.settings,
)
"""What `tenant_of` reads: the first columns of a row."""
IS_ACTIVE = and_(tenants.c.is_active, tenants.c.deleted_at.is_(None), tenants.c.status.in_(("trial", "active")))
"""Whether the platform serves a tenant."""
_ACTIVE_TENANTS = select(*TENANT).where(IS_ACTIVE).order_by(tenants.c.subdomain)


@dataclass(frozen=True, slots=True)
class Starts:
    """A range of starts, `(after, until]`, aware UTC."""

    after: datetime
    until: datetime


def active_tenants(connection: Connection) -> list[Tenant]:
    """All tenants the platform serves, by subdomain. (A scan: the table is small.)

    One whose row holds nonsense is among them, with its `fault`, and like any that cannot be served its texts wait. One
    without an id has none.
    """
    found = []
    for row in connection.execute(_ACTIVE_TENANTS):
        if is_sound(tenants.c.id, row.id):
            found.append(tenant_of(row))
        else:
            subject, fault = f"tenant {ascii(row.subdomain)[:40]}", fault_of(tenants.c.id, row.id)
            leave_out(connection, BadRow(None, subject, str(fault)))
    return found


def tenant(connection: Connection, id_: UUID) -> Tenant:
    """One tenant, whether or not the platform serves it. Index: primary key."""
    return tenant_of(connection.execute(select(*TENANT).where(tenants.c.id == id_)).one())


def appointments_to_remind(
    connection: Connection,
    kind: Kind,
    tenant_ids: Sequence[UUID],
    starts: Starts,
    *,
    beyond: Appointment | None = None,
    limit: int,
) -> list[Undecided]:
    """A page of coming appointments of some tenants without a final decision, in order of tenant, start and id.

    `beyond`: the last one of the page before. Index: appointments (tenant_id, scheduled_start).
    """
    given = {"tenant_ids": tenant_ids, **_parameters(starts), **_place(beyond)}
    return read_page(connection, partial(_page_to_remind, kind, is_first=beyond is None), given, limit, _undecided)


def appointments_of_owners_to_remind(
    connection: Connection, kind: Kind, owner_ids: Iterable[UUID], starts: Starts
) -> list[Undecided]:
    """The same for some owners: the rest of their visits. Index: appointments (owner_id, scheduled_start)."""
    found = []
    for ids in chunks(sorted(owner_ids)):
        query = _rest_to_remind(kind)
        rows = read(connection, query, {"owner_ids": ids, **_parameters(starts)})
        found += _undecided(connection, rows)
    return found


def appointments_without_decision(
    connection: Connection,
    kind: Kind,
    tenant_ids: Sequence[UUID],
    starts: Starts,
    *,
    beyond: Appointment | None = None,
    limit: int,
) -> list[Appointment]:
    """A page of appointments of any status but cancelled about whose reminder nothing was ever decided.

    Index: appointments (tenant_id, scheduled_start).
    """
    given = {"tenant_ids": tenant_ids, **_parameters(starts), **_place(beyond)}
    query = partial(_page_without_decision, kind, is_first=beyond is None)
    return [each.appointment for each in read_page(connection, query, given, limit, _undecided)]


def appointments_by_id(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Appointment]:
    """Appointments as they are now, deleted ones too. Index: primary key."""
    found: dict[UUID, Appointment] = {}
    for some in chunks(sorted(ids)):
        found |= _with_pets(connection, read(connection, _BY_ID, {"ids": some}))
    return found


def attendance(
    connection: Connection, owner_ids: Iterable[UUID], starts: Starts
) -> tuple[list[Attendance], frozenset[UUID]]:
    """Some owners' appointments that they came to or that count as missed, and the owners with one that cannot be read.

    Index: appointments (owner_id, scheduled_start).
    """
    found, unclear = [], set()
    for ids in chunks(sorted(owner_ids)):
        rows = connection.execute(_ATTENDANCE, {"owner_ids": ids, **_parameters(starts)}).all()
        good = sound(connection, _ATTENDANCE, rows)
        found += [
            Attendance(
                row.tenant_id,
                row.owner_id,
                row.scheduled_start,
                row.scheduled_end,
                came=bool(row.came),
                have_pets_died=bool(row.have_pets_died),
            )
            for row in good
        ]
        unclear |= {row.owner_id for row in rows if row not in good}
    return found, frozenset(unclear)


def missed_appointments(connection: Connection, owner_ids: Iterable[UUID], starts: Starts) -> list[Appointment]:
    """Some owners' appointments that count as missed. Index: appointments (owner_id, scheduled_start)."""
    found: list[Appointment] = []
    for ids in chunks(sorted(owner_ids)):
        rows = read(connection, _MISSED, {"owner_ids": ids, **_parameters(starts)})
        found += _with_pets(connection, rows).values()
    return found


ITS_OWNER = owners.c.id == pets.c.owner_id
"""Whose a pet is."""
OWNER = (
    owners.c.tenant_id.label("owner_tenant_id"),
    owners.c.first_name,
    owners.c.phone,
    owners.c.sms_opted_in,
    owners.c.language,
    owners.c.is_active.label("owner_is_active"),
    owners.c.deleted_at.label("owner_deleted_at"),
)
"""What `owner_of` reads, beside `owner_id`."""
_APPOINTMENT = (
    appointments.c.id,
    appointments.c.tenant_id,
    appointments.c.owner_id,
    appointments.c.service_id,
    appointments.c.scheduled_start,
    appointments.c.status,
    appointments.c.created_at,
    appointments.c.deleted_at,
    *OWNER,
    services.c.tenant_id.label("service_tenant_id"),
    services.c.name.label("service_name"),
)


def is_attended(booked: FromClause = appointments) -> ColumnElement[bool]:
    """Return the condition that an owner came to an appointment. `booked`: the appointments, or an alias of them."""
    return and_(
        or_(
            booked.c.arrived_at.is_not(None),
            booked.c.actual_start.is_not(None),
            booked.c.status.in_((AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED)),
        ),
        booked.c.deleted_at.is_(None),
    )


_ITS_ROWS = appointments.join(owners).outerjoin(services, services.c.id == appointments.c.service_id)


_BY_ID = select(*_APPOINTMENT).select_from(_ITS_ROWS).where(among(appointments.c.id, "ids"))

_KEY = (appointments.c.tenant_id, appointments.c.scheduled_start, appointments.c.id)
_OF_TENANTS = among(appointments.c.tenant_id, "tenant_ids")
_BETWEEN = and_(
    appointments.c.scheduled_start > bindparam("starts_after"),
    appointments.c.scheduled_start <= bindparam("starts_until"),
)

_MISSED = (
    select(*_APPOINTMENT)
    .select_from(_ITS_ROWS)
    .where(
        among(appointments.c.owner_id, "owner_ids"),
        _BETWEEN,
        appointments.c.status == AppointmentStatus.NO_SHOW,
        appointments.c.deleted_at.is_(None),
    )
)


def has_pet(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an appointment is for a pet that meets some conditions."""
    return exists().where(
        appointment_pets.c.appointment_id == appointments.c.id, pets.c.id == appointment_pets.c.pet_id, *conditions
    )


HAVE_PETS_DIED = and_(has_pet(pets.c.deleted_at.is_(None)), ~has_pet(pets.c.deleted_at.is_(None), ~pets.c.is_deceased))
"""Whether an appointment has pets, and all of them died."""
_ATTENDANCE = select(
    appointments.c.id,
    appointments.c.tenant_id,
    appointments.c.owner_id,
    appointments.c.scheduled_start,
    appointments.c.scheduled_end,
    case((is_attended(), 1), else_=0).label("came"),
    case((HAVE_PETS_DIED, 1), else_=0).label("have_pets_died"),
).where(
    among(appointments.c.owner_id, "owner_ids"),
    _BETWEEN,
    or_(appointments.c.status == AppointmentStatus.NO_SHOW, is_attended()),
    appointments.c.deleted_at.is_(None),
)

# Reminders are looked for every hour, zone by zone: to build these statements took longer than to execute them.


@cache
def _page_to_remind(kind: Kind, limit: int, *, is_first: bool) -> Select[Any]:
    return page(_to_remind(kind).where(_OF_TENANTS), _KEY, limit, is_first=is_first)


@cache
def _rest_to_remind(kind: Kind) -> Select[Any]:
    return _to_remind(kind).where(among(appointments.c.owner_id, "owner_ids"))


@cache
def _page_without_decision(kind: Kind, limit: int, *, is_first: bool) -> Select[Any]:
    query = _with_decision(kind).where(
        _BETWEEN,
        _OF_TENANTS,
        appointments.c.status != AppointmentStatus.CANCELLED,
        appointments.c.deleted_at.is_(None),
        decisions.c.ledger_key.is_(None),
    )
    return page(query, _KEY, limit, is_first=is_first)


def _with_decision(kind: Kind) -> Select[Any]:
    """Appointments with what was decided about the reminder of their present start (to the minute), if anything."""
    same = and_(
        decisions.c.subject_id == appointments.c.id,
        decisions.c.kind == kind,
        same_minute(decisions.c.occurs_at, appointments.c.scheduled_start),
    )
    return select(*_APPOINTMENT, decisions.c.outcome, decisions.c.reason, decisions.c.occurrence).select_from(
        _ITS_ROWS.outerjoin(decisions, same)
    )


def _to_remind(kind: Kind) -> Select[Any]:
    return _with_decision(kind).where(
        _BETWEEN,
        appointments.c.status.in_(_COMING),
        appointments.c.deleted_at.is_(None),
        or_(decisions.c.outcome.is_(None), decisions.c.outcome.in_(RETAKEN)),
    )


def _place(beyond: Appointment | None) -> dict[str, Any]:
    return place((beyond.tenant_id, beyond.starts_at, beyond.id) if beyond else None)


def _parameters(starts: Starts) -> dict[str, Any]:
    return {"starts_after": starts.after, "starts_until": starts.until}


def _undecided(connection: Connection, rows: Sequence[Row[Any]]) -> list[Undecided]:
    found = _with_pets(connection, rows)
    return [
        Undecided(
            found[row.id],
            Outcome(row.outcome) if row.outcome else None,
            Reason(row.reason) if row.reason else None,
            row.occurrence,
        )
        for row in rows
        if row.id in found
    ]


def _with_pets(connection: Connection, rows: Sequence[Row[Any]]) -> dict[UUID, Appointment]:
    """Return appointments by id, without those of which a pet cannot be read: it may have died."""
    found, broken = _pets_by_appointment(connection, [row.id for row in rows])
    return {row.id: _appointment(row, tuple(found[row.id])) for row in rows if row.id not in broken}


_PETS = (
    select(
        appointment_pets.c.appointment_id,
        pets.c.id,
        pets.c.tenant_id,
        pets.c.name,
        pets.c.is_deceased,
        pets.c.deleted_at,
        owners.c.tenant_id.label("owner_tenant_id"),
    )
    .select_from(appointment_pets.join(pets, pets.c.id == appointment_pets.c.pet_id).outerjoin(owners, ITS_OWNER))
    .where(among(appointment_pets.c.appointment_id, "appointment_ids"))
    .order_by(pets.c.created_at, pets.c.name, pets.c.id)
)


def _pets_by_appointment(connection: Connection, ids: Sequence[UUID]) -> tuple[dict[UUID, list[Pet]], set[UUID]]:
    """Return the pets of appointments, and which of these have one that cannot be read."""
    found, broken = defaultdict[UUID, list[Pet]](list), set[UUID]()
    for some in chunks(ids):
        rows = connection.execute(_PETS, {"appointment_ids": some}).all()
        for row in (good := sound(connection, _PETS, rows)):
            pet = Pet(row.id, row.tenant_id, row.name, row.is_deceased, row.deleted_at is not None, row.owner_tenant_id)
            found[row.appointment_id].append(pet)
        broken |= (Counter(row.appointment_id for row in rows) - Counter(row.appointment_id for row in good)).keys()
    return found, broken


def owner_of(row: Row[Any]) -> Owner:
    """Return the owner in a row with the columns `OWNER`."""
    return Owner(
        id=row.owner_id,
        tenant_id=row.owner_tenant_id,
        first_name=row.first_name,
        phone=row.phone,
        sms_opted_in=row.sms_opted_in,
        language=row.language,
        is_active=row.owner_is_active and row.owner_deleted_at is None,
    )


def _appointment(row: Row[Any], its_pets: tuple[Pet, ...]) -> Appointment:
    return Appointment(
        id=row.id,
        tenant_id=row.tenant_id,
        owner=owner_of(row),
        service_tenant_id=row.service_tenant_id,
        service_name=row.service_name,
        pets=its_pets,
        starts_at=row.scheduled_start,
        created_at=row.created_at,
        status=AppointmentStatus(row.status),
        is_deleted=row.deleted_at is not None,
    )


def tenant_of(row: Any) -> Tenant:
    """Return the tenant in a row with the columns `TENANT`, as far as it can be read."""
    faults = (fault_of(column, value) for column, value in zip(TENANT, row[: len(TENANT)], strict=True))
    return Tenant(
        id=row.id,
        subdomain=row.subdomain if isinstance(row.subdomain, str) else str(row.id),
        business_name=row.business_name,
        phone=row.phone,
        address=row.address_line1,
        timezone=row.timezone,
        currency=or_default(tenants.c.currency, row.currency),
        settings=row.settings,
        fault=next(filter(None, faults), None),
    )
