"""Appointments with their owner, pets and service, as records; each query with the index that serves it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, bindparam, case, exists, or_, select

from shared.database.dialects.lists import among, chunks
from shared.database.rows.promises import holds, or_default
from shared.database.rows.reading import read, sound
from shared.database.tables import (
    appointment_pets,
    appointments,
    owners,
    pets,
    services,
)
from shared.domain.ids import AppointmentId, OwnerId
from shared.domain.missed_visits import Attendance
from shared.domain.records import Appointment, AppointmentStatus, Owner, Pet


@dataclass(frozen=True, slots=True)
class Starts:
    """A range of starts, `(after, until]`, aware UTC."""

    after: datetime
    until: datetime


def appointments_by_id(connection: Connection, ids: Iterable[AppointmentId]) -> dict[AppointmentId, Appointment]:
    """Appointments as they are now, deleted ones too. Index: primary key."""
    found: dict[AppointmentId, Appointment] = {}
    for some in chunks(sorted(ids)):
        found |= with_pets(connection, read(connection, _BY_ID, {"ids": some}))
    return found


def attendance_of(
    connection: Connection, owner_ids: Iterable[OwnerId], starts: Starts
) -> tuple[list[Attendance], frozenset[OwnerId]]:
    """Some owners' appointments that were attended or count as missed, and the owners with an unreadable one.

    Index: appointments (owner_id, scheduled_start).
    """
    found, unclear = [], set()
    for ids in chunks(sorted(owner_ids)):
        rows = connection.execute(_ATTENDANCE, {"owner_ids": ids, **parameters(starts)}).all()
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


def missed_appointments(connection: Connection, owner_ids: Iterable[OwnerId], starts: Starts) -> list[Appointment]:
    """Some owners' appointments that count as missed. Index: appointments (owner_id, scheduled_start)."""
    found: list[Appointment] = []
    for ids in chunks(sorted(owner_ids)):
        rows = read(connection, _MISSED, {"owner_ids": ids, **parameters(starts)})
        found += with_pets(connection, rows).values()
    return found


ITS_OWNER = owners.c.id == pets.c.owner_id
"""Joins a pet to its owner."""
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
APPOINTMENT = (
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


ITS_ROWS = appointments.join(owners).outerjoin(services, services.c.id == appointments.c.service_id)


_BY_ID = select(*APPOINTMENT).select_from(ITS_ROWS).where(among(appointments.c.id, "ids"))

BETWEEN = and_(
    appointments.c.scheduled_start > bindparam("starts_after"),
    appointments.c.scheduled_start <= bindparam("starts_until"),
)

_MISSED = (
    select(*APPOINTMENT)
    .select_from(ITS_ROWS)
    .where(
        among(appointments.c.owner_id, "owner_ids"),
        BETWEEN,
        appointments.c.status == AppointmentStatus.NO_SHOW,
        appointments.c.deleted_at.is_(None),
    )
)


def has_pet(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an appointment is for a pet that meets some conditions."""
    return exists().where(
        appointment_pets.c.appointment_id == appointments.c.id, pets.c.id == appointment_pets.c.pet_id, *conditions
    )


_IS_THERE = pets.c.deleted_at.is_(None)
HAVE_PETS_DIED = and_(has_pet(_IS_THERE), ~has_pet(_IS_THERE, ~holds(pets.c.is_deceased)))
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
    BETWEEN,
    or_(appointments.c.status == AppointmentStatus.NO_SHOW, is_attended()),
    appointments.c.deleted_at.is_(None),
)

# Reminders are searched every hour, zone by zone: building these statements took longer than executing them.


def parameters(starts: Starts) -> dict[str, Any]:
    return {"starts_after": starts.after, "starts_until": starts.until}


def with_pets(connection: Connection, rows: Sequence[Row[Any]]) -> dict[AppointmentId, Appointment]:
    """Return appointments by id, except those with an unreadable pet: it may have died."""
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


def _pets_by_appointment(
    connection: Connection, ids: Sequence[AppointmentId]
) -> tuple[dict[AppointmentId, list[Pet]], set[AppointmentId]]:
    """Return the pets of appointments, and which appointments have an unreadable pet."""
    found, broken = defaultdict[AppointmentId, list[Pet]](list), set[AppointmentId]()
    for some in chunks(ids):
        rows = connection.execute(_PETS, {"appointment_ids": some}).all()
        for row in (good := sound(connection, _PETS, rows)):
            is_deceased = or_default(pets.c.is_deceased, row.is_deceased)
            pet = Pet(row.id, row.tenant_id, row.name, is_deceased, row.deleted_at is not None, row.owner_tenant_id)
            found[row.appointment_id].append(pet)
        if len(good) < len(rows):
            broken |= (Counter(row.appointment_id for row in rows) - Counter(row.appointment_id for row in good)).keys()
    return found, broken


def owner_of(row: Row[Any]) -> Owner:
    """Return the owner in a row with the columns `OWNER`."""
    return Owner(
        id=row.owner_id,
        tenant_id=row.owner_tenant_id,
        first_name=row.first_name,
        phone=row.phone,
        sms_opted_in=or_default(owners.c.sms_opted_in, row.sms_opted_in),
        language=row.language,
        is_active=or_default(owners.c.is_active, row.owner_is_active) and row.owner_deleted_at is None,
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
