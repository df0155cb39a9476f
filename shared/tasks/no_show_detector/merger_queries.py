"""Missed visits whose appointment now belongs to another owner because duplicates were merged."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, case, exists, select, update

from shared.database.dialects.instants import same_instant
from shared.database.dialects.lists import among
from shared.database.tables import appointments, decisions, notifications, owners, payments, reputation_events
from shared.domain.ids import OwnerId
from shared.domain.missed_visits import MarkedVisit
from shared.domain.records import FEE_TEXTS, AppointmentStatus, Kind, NotificationStatus, Outcome


@dataclass(frozen=True, slots=True)
class Heir:
    """The owner who has a missed visit's appointment now. `is_missed`: the appointment still counts as missed."""

    owner_id: OwnerId
    is_missed: bool


def heirs(connection: Connection, visits: Sequence[MarkedVisit]) -> dict[UUID, list[Heir]]:
    """Return who may have a visit's appointment now, by event, if the visit's owner no longer has it.

    A fee names its appointment. Without a fee it may be any missed appointment with the event's exact start, if the
    visit's owner has none at that time. Index: appointments (tenant_id, scheduled_start), and primary keys.
    """
    are_ours = {each.event_id: each.is_ours for each in visits}
    found: dict[UUID, list[Heir]] = defaultdict(list)
    for row in connection.execute(_WITH_FEE, {"event_ids": list(are_ours)}):
        found[row.id].append(Heir(row.owner_id, bool(row.is_missed)))
    for row in connection.execute(_WITHOUT_FEE, {"event_ids": list(are_ours)}):
        if bool(row.is_ours) is are_ours[row.id]:
            found[row.id].append(Heir(row.owner_id, is_missed=True))
    return found


def pass_on(connection: Connection, visit: MarkedVisit, owner_id: OwnerId, now: datetime) -> bool:
    """Give a visit's event, fee and waiting texts to another owner; return False if its owner no longer has it.

    Both owners must be locked.
    """
    event, text = reputation_events.c, notifications.c
    passed = connection.execute(
        update(reputation_events)
        .where(event.id == visit.event_id, event.owner_id == visit.owner_id, event.reversed_at.is_(None))
        .values(owner_id=owner_id)
        .returning(event.id)
    )
    if passed.scalar() is None:
        return False
    its_fee = and_(payments.c.id == visit.id, payments.c.owner_id == visit.owner_id)
    connection.execute(update(payments).where(its_fee).values(owner_id=owner_id, updated_at=now))
    about_it = select(decisions.c.notification_id).where(
        decisions.c.subject_id == visit.id, decisions.c.kind.in_(FEE_TEXTS)
    )
    waits = and_(text.id.in_(about_it), text.status == NotificationStatus.PLANNED)
    connection.execute(update(notifications).where(waits).values(owner_id=owner_id, updated_at=now))
    return True


_EVENT, _OWN = reputation_events.c, appointments.alias("own")
_STARTS_THEN = and_(
    appointments.c.tenant_id == _EVENT.tenant_id, same_instant(appointments.c.scheduled_start, _EVENT.occurred_at)
)
_FEE = and_(payments.c.id == _EVENT.subject_id, payments.c.tenant_id == _EVENT.tenant_id)
_ITS_OWNER = and_(owners.c.id == appointments.c.owner_id, owners.c.tenant_id == _EVENT.tenant_id)
_OF_ANOTHER = and_(among(_EVENT.id, "event_ids"), appointments.c.owner_id != _EVENT.owner_id)
_IS_MISSED = and_(appointments.c.status == AppointmentStatus.NO_SHOW, appointments.c.deleted_at.is_(None))
_STILL_HAS_ONE = exists().where(
    _OWN.c.owner_id == _EVENT.owner_id,
    _OWN.c.tenant_id == _EVENT.tenant_id,
    same_instant(_OWN.c.scheduled_start, _EVENT.occurred_at),
)
_WAS_DETECTED = exists().where(
    decisions.c.subject_id == appointments.c.id,
    decisions.c.kind == Kind.NO_SHOW,
    decisions.c.outcome == Outcome.NOTIFY,
)
_WITH_FEE: Select[Any] = (
    select(_EVENT.id, appointments.c.owner_id, case((_IS_MISSED, 1), else_=0).label("is_missed"))
    .select_from(
        reputation_events.join(payments, _FEE)
        .join(appointments, appointments.c.id == payments.c.appointment_id)
        .join(owners, _ITS_OWNER)
    )
    .where(_OF_ANOTHER)
)
_WITHOUT_FEE: Select[Any] = (
    select(_EVENT.id, appointments.c.owner_id, case((_WAS_DETECTED, 1), else_=0).label("is_ours"))
    .select_from(reputation_events.join(appointments, _STARTS_THEN).join(owners, _ITS_OWNER).outerjoin(payments, _FEE))
    .where(_OF_ANOTHER, payments.c.id.is_(None), _IS_MISSED, ~_STILL_HAS_ONE)
    .order_by(appointments.c.id)
)
