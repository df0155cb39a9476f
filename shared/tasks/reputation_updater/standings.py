"""What the reputation updater reads: appointments to settle, and the standings of owners who may recover."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, case, exists, func, or_, select

from shared.database.appointments import Starts
from shared.database.dialects.lists import among, chunks
from shared.database.paging import page, place
from shared.database.reputation import OF_OWNER, SCORE
from shared.database.rows.reading import read, read_page
from shared.database.tables import (
    appointment_pets,
    appointments,
    decisions,
    owners,
    pets,
    reputation_events,
    services,
)
from shared.domain.ids import OwnerId, TenantId
from shared.domain.records import AppointmentStatus, EventKind, Kind, Outcome
from shared.domain.reputation import BEST_SCORE, PastAppointment, Standing

_NEGATIVE = (EventKind.NO_SHOW, EventKind.LATE_CANCELLATION)


def appointments_to_settle(
    connection: Connection,
    tenant_ids: Sequence[TenantId],
    starts: Starts,
    *,
    beyond: PastAppointment | None = None,
    limit: int,
) -> list[PastAppointment]:
    """A page of appointments without an event yet that were kept, cancelled by their owners, or missed according to
    staff.

    In order of tenant, start and id; `beyond`: the last one of the previous page. Deleted owners are left out.
    Index: appointments (tenant_id, scheduled_start).
    """
    given = {"tenant_ids": tenant_ids, "after": starts.after, "until": starts.until}
    after = place((beyond.tenant_id, beyond.starts_at, beyond.id) if beyond else None)
    query = partial(_page_to_settle, is_first=beyond is None)
    return read_page(connection, query, {**given, **after}, limit, lambda _, rows: [_past(row) for row in rows])


def standings_to_mend(
    connection: Connection, tenant_ids: Sequence[TenantId], *, beyond: Standing | None = None, limit: int
) -> list[Standing]:
    """A page of the standings of owners below the best score, in order of their ids. Index: owners' primary key."""
    given = {"tenant_ids": tenant_ids, **place((beyond.owner_id,) if beyond else None)}
    return read_page(connection, partial(_page_to_mend, is_first=beyond is None), given, limit, _standings)


def standings_of(connection: Connection, owner_ids: Collection[OwnerId]) -> list[Standing]:
    """The standings of the owners who are below the best score, as they are now. Index: primary key."""
    found: list[Standing] = []
    for ids in chunks(sorted(owner_ids)):
        found += _standings(connection, read(connection, _STANDINGS_OF, {"owner_ids": ids}))
    return found


_BELOW_BEST: Select[Any] = select(owners.c.id, owners.c.tenant_id, *SCORE).where(
    owners.c.reputation_score < BEST_SCORE, owners.c.deleted_at.is_(None)
)

_STANDINGS_OF = _BELOW_BEST.where(among(owners.c.id, "owner_ids"))

_WAS_DETECTED = exists().where(
    decisions.c.subject_id == appointments.c.id,
    decisions.c.kind == Kind.NO_SHOW,
    decisions.c.outcome == Outcome.NOTIFY,  # not those skipped because the business was closed that day
)
_COUNTS = or_(
    appointments.c.status == AppointmentStatus.COMPLETED,
    and_(appointments.c.status == AppointmentStatus.CANCELLED, appointments.c.cancelled_by == "owner"),
    and_(appointments.c.status == AppointmentStatus.NO_SHOW, ~_WAS_DETECTED),
)
# By owner too, because the index of the events begins with the owner.
_HAS_EVENT = exists().where(
    reputation_events.c.owner_id == appointments.c.owner_id, reputation_events.c.subject_id == appointments.c.id
)


def _flag(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    """Return a condition as a column: SQL Server cannot select conditions."""
    return case((condition, 1), else_=0).label(name)


_OWNER_IS_FOREIGN = _flag(owners.c.tenant_id != appointments.c.tenant_id, "is_owner_foreign")
_SERVICE_IS_FOREIGN = _flag(services.c.tenant_id != appointments.c.tenant_id, "is_service_foreign")
_PET_OWNERS = owners.alias("pet_owners")
_ITS_PETS = and_(appointment_pets.c.appointment_id == appointments.c.id, pets.c.id == appointment_pets.c.pet_id)
_PET_IS_FOREIGN = _flag(exists().where(_ITS_PETS, pets.c.tenant_id != appointments.c.tenant_id), "is_pet_foreign")
_PET_OWNER_IS_FOREIGN = _flag(
    exists().where(_ITS_PETS, _PET_OWNERS.c.id == pets.c.owner_id, _PET_OWNERS.c.tenant_id != appointments.c.tenant_id),
    "is_pet_owner_foreign",
)
_PAST = (
    appointments.c.id,
    appointments.c.tenant_id,
    appointments.c.owner_id,
    appointments.c.scheduled_start,
    appointments.c.status,
    appointments.c.arrived_at,
    appointments.c.cancelled_at,
)


@cache
def _page_to_settle(limit: int, *, is_first: bool) -> Select[Any]:
    key = (appointments.c.tenant_id, appointments.c.scheduled_start, appointments.c.id)
    query = (
        select(*_PAST, *SCORE, _OWNER_IS_FOREIGN, _SERVICE_IS_FOREIGN, _PET_IS_FOREIGN, _PET_OWNER_IS_FOREIGN)
        .select_from(appointments.join(owners).outerjoin(services, services.c.id == appointments.c.service_id))
        .where(
            among(appointments.c.tenant_id, "tenant_ids"),
            appointments.c.scheduled_start > bindparam("after"),
            appointments.c.scheduled_start <= bindparam("until"),
            appointments.c.deleted_at.is_(None),
            owners.c.deleted_at.is_(None),
            _COUNTS,
            ~_HAS_EVENT,
        )
    )
    return page(query, key, limit, is_first=is_first)


@cache
def _page_to_mend(limit: int, *, is_first: bool) -> Select[Any]:
    query, key = _BELOW_BEST.where(among(owners.c.tenant_id, "tenant_ids")), (owners.c.id,)
    return page(query, key, limit, is_first=is_first)


def _latest(*kinds: EventKind) -> ColumnElement[datetime | None]:
    return func.max(case((reputation_events.c.kind.in_(kinds), reputation_events.c.occurred_at)))


_LATEST_EVENTS = (
    select(reputation_events.c.owner_id, _latest(*_NEGATIVE), _latest(EventKind.RECOVERY), _latest(EventKind.OPENING))
    .join(owners, OF_OWNER)
    .where(reputation_events.c.reversed_at.is_(None), among(reputation_events.c.owner_id, "owner_ids"))
    .group_by(reputation_events.c.owner_id)
)


def _past(row: Row[Any]) -> PastAppointment:
    foreign = {
        "owner": row.is_owner_foreign,
        "pet": row.is_pet_foreign,
        "pet's owner": row.is_pet_owner_foreign,
        "service": row.is_service_foreign,
    }
    return PastAppointment(
        id=row.id,
        tenant_id=row.tenant_id,
        owner_id=row.owner_id,
        starts_at=row.scheduled_start,
        status=AppointmentStatus(row.status),
        arrived_at=row.arrived_at,
        cancelled_at=row.cancelled_at,
        foreign_part=next((name for name, is_foreign in foreign.items() if is_foreign), None),
    )


def _standings(connection: Connection, found: Sequence[Row[Any]]) -> list[Standing]:
    latest = _latest_events(connection, [row.id for row in found])
    return [_standing(row, *latest.get(row.id, (None, None, None))) for row in found]


def _latest_events(
    connection: Connection, owner_ids: Sequence[OwnerId]
) -> dict[OwnerId, tuple[datetime | None, datetime | None, datetime | None]]:
    """When each owner last had a negative event, a recovery and an opening.

    Index: reputation_events (owner_id, …).
    """
    found: dict[OwnerId, tuple[datetime | None, datetime | None, datetime | None]] = {}
    for ids in chunks(owner_ids):
        for id_, *instants in connection.execute(_LATEST_EVENTS, {"owner_ids": ids}):
            found[id_] = (instants[0], instants[1], instants[2])
    return found


def _standing(
    row: Row[Any], negative: datetime | None, recovery: datetime | None, opening: datetime | None
) -> Standing:
    return Standing(
        owner_id=row.id,
        tenant_id=row.tenant_id,
        score=row.reputation_score,
        scored_at=opening or row.last_reputation_update or row.created_at,
        last_negative=negative,
        last_recovery=recovery,
    )
