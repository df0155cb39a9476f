"""What `upcoming` reads to know when runs may do something about a subject."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, func, select

from shared.database.dialects.lists import among
from shared.database.tables import (
    appointments,
    decisions,
    notifications,
    owners,
    payments,
    pets,
    vaccination_records,
)
from shared.domain.ids import FeeId, OwnerId
from shared.domain.records import NotificationStatus

_TABLES: Final[dict[str, Table]] = {
    "appointment": appointments,
    "vaccination": vaccination_records,
    "owner": owners,
    "payment": payments,
    "text": notifications,
}


def subject(connection: Connection, what: str, id_: UUID) -> Any:
    """The row of an "appointment", "vaccination", "owner", "payment" or "text". Index: primary key."""
    return connection.execute(select(_TABLES[what]).where(_TABLES[what].c.id == id_)).one()


def visits_between(connection: Connection, owner_id: OwnerId, first: datetime, last: datetime) -> Sequence[Any]:
    """An owner's appointments. Index: appointments (owner_id, scheduled_start)."""
    start = appointments.c.scheduled_start
    query = select(appointments).where(appointments.c.owner_id == owner_id, start.between(first, last))
    return connection.execute(query.order_by(start)).all()


def fee(connection: Connection, id_: FeeId) -> Any:
    """A fee, None if there is none. Index: primary key."""
    return connection.execute(select(payments).where(payments.c.id == id_)).one_or_none()


def pending_fees_of(connection: Connection, owner_id: OwnerId) -> Sequence[Any]:
    """An owner's fees that are to be collected. Index: payments (status, next_attempt_at)."""
    query = select(payments).where(payments.c.status == "pending", payments.c.owner_id == owner_id)
    return connection.execute(query.order_by(payments.c.id)).all()


def vaccinations_of(connection: Connection, owner_id: OwnerId) -> Sequence[Any]:
    """The records of an owner's pets. Index: pets (owner_id), vaccination_records (pet_id)."""
    query = select(vaccination_records).join(pets).where(pets.c.owner_id == owner_id)
    return connection.execute(query.order_by(vaccination_records.c.id)).all()


def subjects_of_text(connection: Connection, id_: UUID) -> Sequence[UUID]:
    """What a text is about. Index: decisions (notification_id)."""
    return connection.execute(select(decisions.c.subject_id).where(decisions.c.notification_id == id_)).scalars().all()


def last_waiting(connection: Connection, subject_ids: Collection[UUID]) -> datetime | None:
    """From when on the last text about some subjects may leave that has not left yet. Index: decisions (subject_id)."""
    waiting = (NotificationStatus.PLANNED, NotificationStatus.SENDING)
    query = (
        select(func.max(notifications.c.not_before))
        .join(decisions, decisions.c.notification_id == notifications.c.id)
        .where(among(decisions.c.subject_id, "them"), notifications.c.status.in_(waiting))
    )
    return connection.execute(query, {"them": sorted(subject_ids)}).scalar()
