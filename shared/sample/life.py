"""Simulated actions of owners and staff: owners keep or miss visits, staff correct mistakes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select, update

from shared.database.tables import appointments, owners, payments
from shared.domain.records import AppointmentStatus

SHARE_KEPT = 0.94
MOVED_BY = timedelta(hours=1)
_COMING = (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)


def keep_visits(
    connection: Connection, since: datetime, until: datetime, rng: Random, closed: Collection[UUID] = ()
) -> None:
    """Check in most of the appointments that ended in `(since, until]`; nobody comes to the `closed` tenants."""
    query = (
        select(appointments.c.id, appointments.c.scheduled_start)
        .where(
            appointments.c.scheduled_end > since,
            appointments.c.scheduled_end <= until,
            appointments.c.status.in_(_COMING),
            appointments.c.tenant_id.not_in(closed),
            appointments.c.deleted_at.is_(None),
        )
        .order_by(appointments.c.scheduled_start, appointments.c.id)
    )
    kept = [
        {"its_id": row.id, "came_at": row.scheduled_start + timedelta(minutes=rng.choice((-10, -5, 0, 25)))}
        for row in connection.execute(query)
        if rng.random() < SHARE_KEPT
    ]
    statement = (
        update(appointments)
        .where(appointments.c.id == bindparam("its_id"))
        .values(status=AppointmentStatus.COMPLETED, arrived_at=bindparam("came_at"), actual_start=bindparam("came_at"))
    )
    if kept:
        connection.execute(statement, kept)


def cancel(connection: Connection, appointment_id: UUID, now: datetime) -> None:
    """Let the owner cancel."""
    values = {"status": AppointmentStatus.CANCELLED, "cancelled_at": now, "cancelled_by": "owner", "updated_at": now}
    connection.execute(update(appointments).where(appointments.c.id == appointment_id).values(values))


def move(connection: Connection, appointment_id: UUID, now: datetime) -> None:
    """Move the appointment an hour later."""
    its = appointments.c.id == appointment_id
    row = connection.execute(select(appointments.c.scheduled_start, appointments.c.scheduled_end).where(its)).one()
    later = {"scheduled_start": row.scheduled_start + MOVED_BY, "scheduled_end": row.scheduled_end + MOVED_BY}
    connection.execute(update(appointments).where(its).values(later | {"updated_at": now}))


def opt_out(connection: Connection, appointment_id: UUID, now: datetime) -> None:
    """Withdraw the owner's consent to texts."""
    its_owner = select(appointments.c.owner_id).where(appointments.c.id == appointment_id).scalar_subquery()
    connection.execute(update(owners).where(owners.c.id == its_owner).values(sms_opted_in=False, updated_at=now))


def correct_missed(connection: Connection, fee_status: str, now: datetime) -> UUID | None:
    """Let staff correct a missed visit whose fee has this status; return the fee's id, if there is one."""
    fee = _one_fee(connection, fee_status)
    if fee is None:
        return None
    its = (appointments.c.owner_id == fee.owner_id) & (appointments.c.status == AppointmentStatus.NO_SHOW)
    connection.execute(update(appointments).where(its).values(status=AppointmentStatus.COMPLETED, updated_at=now))
    return UUID(str(fee.id))


def waive_fee(connection: Connection, now: datetime) -> UUID | None:
    """Let staff waive a fee that is not collected yet; return its id, if there is one."""
    fee = _one_fee(connection, "pending")
    if fee is None:
        return None
    connection.execute(update(payments).where(payments.c.id == fee.id).values(status="waived", updated_at=now))
    return UUID(str(fee.id))


def _one_fee(connection: Connection, status: str) -> Row[Any, Any] | None:
    query = select(payments.c.id, payments.c.owner_id).where(
        payments.c.type == "no_show_fee", payments.c.status == status
    )
    return connection.execute(query.order_by(payments.c.visit_on, payments.c.id).limit(1)).one_or_none()
