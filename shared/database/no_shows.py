"""Finding missed appointments, and marking them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database.dialects import among, chunks, same_instant
from shared.database.paging import page, place
from shared.database.queries import OWNER, owner_of
from shared.database.reputation import SCORE
from shared.database.rows import or_default, read_page
from shared.database.tables import appointment_pets, appointments, decisions, owners, pets, services
from shared.fees import Candidate, DayCount
from shared.reasons import Reason
from shared.records import RETAKEN, AppointmentStatus, Kind, Outcome

_LARGEST_VISIT = 1000
"""More appointments than any owner has on one day."""
_OPEN = (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day, `[begins, ends)`, and from when to when a start in it may have been missed: `(since, until]`.

    `over_by`: the instant by which the appointment must have ended.
    """

    begins: datetime
    ends: datetime
    since: datetime
    until: datetime
    over_by: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    tenant_id: UUID
    owner_id: UUID


def candidates(
    connection: Connection, tenant_ids: Sequence[UUID], day: Day, *, beyond: Place | None, limit: int
) -> list[Candidate]:
    """A page of a day's appointments that may have been missed, by tenant and owner; visits are never cut.

    Index: appointments (tenant_id, scheduled_start).
    """
    after = place((beyond.tenant_id, beyond.owner_id) if beyond else None)
    given = {"tenant_ids": tenant_ids, **asdict(day), **after}
    found = _read(connection, partial(_page, is_first=beyond is None), given, limit)
    return _with_the_last_visit_whole(connection, day, found) if len(found) == limit else found


def day_counts(connection: Connection, tenant_ids: Sequence[UUID], day: Day) -> list[DayCount]:
    """How many of a day's appointments are candidates, for each tenant for which `candidates` finds any.

    Rows that refer to another tenant do not count: a tenant with no others is there with none.
    Index: appointments (tenant_id, scheduled_start).
    """
    found = connection.execute(_day_counts(), {"tenant_ids": tenant_ids, **asdict(day)})
    return [DayCount(*row) for row in found]


def mark(connection: Connection, ids: Iterable[UUID], over_by: datetime, now: datetime) -> set[UUID]:
    """Turn appointments whose decisions this transaction won into no-shows; return those that still were to be.

    Everything that made them candidates is asked again: a check-in, a move or a cancellation at the same moment wins.
    """
    marked: set[UUID] = set()
    for some in chunks(sorted(ids)):
        given = {"ids": some, "over_by": over_by, "now": now}
        marked |= set(connection.execute(_mark(), given).scalars())
    return marked


def raise_counts(connection: Connection, owner_ids: Iterable[UUID], now: datetime) -> dict[UUID, int]:
    """Count one more missed visit of each owner; return the new counts. The owners must be locked."""
    counts: dict[UUID, int] = {}
    for some in chunks(sorted(set(owner_ids))):
        rows = connection.execute(_RAISE_COUNTS, {"owner_ids": some, "now": now})
        counts |= {row.id: row.no_show_count for row in rows}
    return counts


_SAME = and_(
    decisions.c.subject_id == appointments.c.id,
    decisions.c.kind == Kind.NO_SHOW,
    same_instant(decisions.c.occurs_at, appointments.c.scheduled_start),
)
_CANDIDATE = (
    appointments.c.id,
    appointments.c.tenant_id,
    appointments.c.owner_id,
    appointments.c.service_id,
    appointments.c.scheduled_start,
    appointments.c.scheduled_end,
    appointments.c.created_at,
    appointments.c.total_amount,
    appointments.c.deposit_paid,
    *OWNER,
    owners.c.no_show_count,
    *SCORE,
    services.c.tenant_id.label("service_tenant_id"),
    services.c.price,
    decisions.c.outcome,
    decisions.c.reason,
)
_ITS_ROWS = appointments.join(owners).outerjoin(services, services.c.id == appointments.c.service_id)


_IS_IN = and_(appointments.c.scheduled_start >= bindparam("begins"), appointments.c.scheduled_start < bindparam("ends"))
"""Whether a start is in a `Day`: its fields are the parameters, here and below."""


def _foreign_pets() -> Subquery:
    """The day's appointments that name a pet of another tenant, or of another tenant's owner."""
    named = appointments.join(appointment_pets, appointment_pets.c.appointment_id == appointments.c.id)
    pet_owners = owners.alias("pet_owners")
    its_owner = pet_owners.c.id == pets.c.owner_id
    is_owners_elsewhere = pet_owners.c.tenant_id != appointments.c.tenant_id
    return (
        select(appointments.c.id)
        .distinct()
        .select_from(named.join(pets, pets.c.id == appointment_pets.c.pet_id).outerjoin(pet_owners, its_owner))
        .where(_IS_IN, or_(pets.c.tenant_id != appointments.c.tenant_id, is_owners_elsewhere))
        .subquery("foreign_pets")
    )


def _is_own(foreign_pets: Subquery) -> ColumnElement[bool]:
    """Whether nothing of the appointment belongs to another tenant."""
    its = appointments.c.tenant_id
    return and_(
        owners.c.tenant_id == its,
        or_(services.c.tenant_id.is_(None), services.c.tenant_id == its),
        foreign_pets.c.id.is_(None),
    )


def _is_open() -> ColumnElement[bool]:
    """Nobody came, nobody said so, nobody cancelled."""
    return and_(
        appointments.c.status.in_(_OPEN),
        appointments.c.arrived_at.is_(None),
        appointments.c.actual_start.is_(None),
        appointments.c.deleted_at.is_(None),
    )


def _is_candidate() -> ColumnElement[bool]:
    return and_(
        _is_open(),
        appointments.c.scheduled_start > bindparam("since"),
        appointments.c.scheduled_start <= bindparam("until"),
        appointments.c.scheduled_end <= bindparam("over_by"),
        appointments.c.created_at < appointments.c.scheduled_start,
        or_(decisions.c.outcome.is_(None), decisions.c.outcome.in_(RETAKEN)),
    )


def _is_marked() -> ColumnElement[bool]:
    return and_(appointments.c.status == AppointmentStatus.NO_SHOW, decisions.c.outcome == Outcome.NOTIFY)


# Each day of each zone is asked for on its own: these statements are built once.


_RAISE_COUNTS = (
    update(owners)
    .where(among(owners.c.id, "owner_ids"))
    .values(no_show_count=func.coalesce(owners.c.no_show_count, 0) + 1, updated_at=bindparam("now"))
    .returning(owners.c.id, owners.c.no_show_count)
)


@cache
def _mark() -> ReturningUpdate[Any]:
    is_over = appointments.c.scheduled_end <= bindparam("over_by")
    return (
        update(appointments)
        .where(among(appointments.c.id, "ids"), _is_open(), is_over)
        .where(exists().where(_SAME))  # it starts when it did when that was decided
        .values(status=AppointmentStatus.NO_SHOW, updated_at=bindparam("now"))
        .returning(appointments.c.id)
    )


@cache
def _day_counts() -> Select[Any]:
    foreign_pets = _foreign_pets()
    rows = _ITS_ROWS.outerjoin(decisions, _SAME).outerjoin(foreign_pets, foreign_pets.c.id == appointments.c.id)
    is_own, is_candidate = _is_own(foreign_pets), _is_candidate()
    counts = [_count(condition) for condition in (is_own, and_(is_own, is_candidate), and_(is_own, _is_marked()))]
    return (
        select(appointments.c.tenant_id, *counts)
        .select_from(rows)
        .where(
            among(appointments.c.tenant_id, "tenant_ids"),
            _IS_IN,
            appointments.c.status != AppointmentStatus.CANCELLED,
            appointments.c.deleted_at.is_(None),
        )
        .group_by(appointments.c.tenant_id)
        .having(_count(is_candidate) > 0)
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


@cache
def _page(limit: int, *, is_first: bool) -> Select[Any]:
    query = _candidates().where(among(appointments.c.tenant_id, "tenant_ids"))
    key = (appointments.c.tenant_id, appointments.c.owner_id)
    return page(query, key, limit, is_first=is_first)


@cache
def _candidates() -> Select[Any]:
    foreign_pets = _foreign_pets()
    rows = _ITS_ROWS.outerjoin(decisions, _SAME).outerjoin(foreign_pets, foreign_pets.c.id == appointments.c.id)
    return select(*_CANDIDATE, foreign_pets.c.id.label("foreign_pet")).select_from(rows).where(_IS_IN, _is_candidate())


def _with_the_last_visit_whole(connection: Connection, day: Day, found: list[Candidate]) -> list[Candidate]:
    """Return a full page with all of its last owner's appointments. Index: appointments (owner_id, scheduled_start)."""
    last = found[-1]
    its = and_(appointments.c.tenant_id == last.tenant_id, appointments.c.owner_id == last.owner.id)
    others = [each for each in found if (each.tenant_id, each.owner.id) != (last.tenant_id, last.owner.id)]
    return others + _read(connection, _candidates().where(its).limit, asdict(day), _LARGEST_VISIT)


def _read(
    connection: Connection, query: Callable[[int], Select[Any]], given: Mapping[str, Any], limit: int
) -> list[Candidate]:
    return read_page(connection, query, given, limit, lambda _, rows: [_candidate(row) for row in rows])


def _candidate(row: Any) -> Candidate:
    return Candidate(
        id=row.id,
        tenant_id=row.tenant_id,
        owner=owner_of(row),
        service_tenant_id=row.service_tenant_id,
        starts_at=row.scheduled_start,
        ends_at=row.scheduled_end,
        created_at=row.created_at,
        total_amount=row.total_amount,
        deposit_paid=row.deposit_paid,
        price=row.price,
        no_show_count=or_default(owners.c.no_show_count, row.no_show_count),
        has_foreign_pet=row.foreign_pet is not None,
        earlier=Outcome(row.outcome) if row.outcome else None,
        earlier_reason=Reason(row.reason) if row.reason else None,
    )
