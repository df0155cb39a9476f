"""Finding missed appointments, and marking them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, exists, func, or_, select

from shared.database.appointments import HAVE_PETS_DIED, OWNER, has_pet, is_attended, owner_of
from shared.database.dialects.instants import same_instant, shifted
from shared.database.dialects.lists import among
from shared.database.paging import page, place
from shared.database.reputation import SCORE
from shared.database.rows.promises import or_default
from shared.database.rows.reading import read_page
from shared.database.tables import appointments, decisions, owners, pets, services
from shared.domain.fees import LEAST_STAY
from shared.domain.ids import OwnerId, TenantId
from shared.domain.missed_visits import AttendanceCount, Candidate, DayCount
from shared.domain.reasons import Reason
from shared.domain.records import RETAKEN, AppointmentStatus, Kind, Outcome
from shared.platform.writes import IS_OPEN

_LARGEST_VISIT = 1000
"""No owner has this many appointments on one day."""


@dataclass(frozen=True, slots=True)
class Day:
    """A local day, `[begins, ends)`, searched as of the run's `now`.

    `since`: appointments findable by then are left out; `until`: appointments that started later are still in grace.
    """

    begins: datetime
    ends: datetime
    since: datetime
    until: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    tenant_id: TenantId
    owner_id: OwnerId


def candidates(
    connection: Connection, tenant_ids: Sequence[TenantId], day: Day, *, beyond: Place | None, limit: int
) -> list[Candidate]:
    """A page of a day's appointments that may have been missed, by tenant and owner; no visit is split.

    The rules decide which of them can be found at the day's `now`. Index: appointments (tenant_id, scheduled_start).
    """
    after = place((beyond.tenant_id, beyond.owner_id) if beyond else None)
    given = {"tenant_ids": tenant_ids, **asdict(day), **after}
    found = _read(connection, partial(_page, is_first=beyond is None), given, limit)
    return _with_the_last_visit_whole(connection, day, found) if len(found) == limit else found


def day_counts(connection: Connection, counted: Mapping[TenantId, int], day: Day) -> list[DayCount]:
    """The day's counts for the tenants in `counted`, which maps each to its number of candidates.

    Rows that refer to another tenant do not count. Index: appointments (tenant_id, scheduled_start).
    """
    given = {"tenant_ids": list(counted), "begins": day.begins, "ends": day.ends}
    found = connection.execute(_DAY_COUNTS, given)
    return [DayCount(row.tenant_id, row.booked, counted[row.tenant_id], row.marked) for row in found]


def attendance(
    connection: Connection, tenant_ids: Sequence[TenantId], since: datetime, today: datetime, day: Day
) -> dict[TenantId, AttendanceCount]:
    """How many appointments that started at or after `since` are over at the day's `now`, and how many of those are on
    record as attended, or as missed according to staff. A stay is over with the local day of its start; `today` is not.

    Rows that refer to another tenant do not count. Index: appointments (tenant_id, scheduled_start).
    """
    given = {"begins": since, "ends": day.now, "now": day.now, "until": day.until, "today": today}
    found = connection.execute(_ATTENDANCE, {"tenant_ids": tenant_ids, **given})
    return {row.tenant_id: AttendanceCount(row.past, row.recorded) for row in found}


def still_missed(day: Day) -> tuple[ColumnElement[bool], dict[str, Any]]:
    """Return what `mark_missed` checks again of a day's open appointments, and its parameters.

    With it all conditions for candidates are repeated: a concurrent check-in, move or cancellation wins.
    """
    given = {"begins": day.begins, "ends": day.ends, "now": day.now}
    return _is_still_missed(has_ended=day.ends <= day.now), given


_SAME = and_(
    decisions.c.subject_id == appointments.c.id,
    decisions.c.kind == Kind.NO_SHOW,
    same_instant(decisions.c.occurs_at, appointments.c.scheduled_start),
)
_ITS_ROWS = (
    appointments.join(owners)
    .outerjoin(services, services.c.id == appointments.c.service_id)
    .outerjoin(decisions, _SAME)
)
_IS_IN = and_(appointments.c.scheduled_start >= bindparam("begins"), appointments.c.scheduled_start < bindparam("ends"))
"""Whether a start is in a `Day`: its fields are the parameters, here and below."""

_OTHER, _PET_OWNERS = appointments.alias("other"), owners.alias("pet_owners")
_CAME_THAT_DAY = exists().where(
    _OTHER.c.owner_id == appointments.c.owner_id,
    _OTHER.c.tenant_id == appointments.c.tenant_id,
    _OTHER.c.scheduled_start >= bindparam("begins"),
    _OTHER.c.scheduled_start < bindparam("ends"),
    is_attended(_OTHER),
)


_HAS_FOREIGN_PET = or_(
    has_pet(pets.c.tenant_id != appointments.c.tenant_id),
    has_pet(_PET_OWNERS.c.id == pets.c.owner_id, _PET_OWNERS.c.tenant_id != appointments.c.tenant_id),
)
_IS_OVER = appointments.c.scheduled_end <= bindparam("now")
_GOES_ON = appointments.c.scheduled_end >= bindparam("ends")
_IS_LONG = appointments.c.scheduled_end >= shifted(appointments.c.scheduled_start, LEAST_STAY)


def _flag(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    """Return a condition as a column: SQL Server cannot select conditions."""
    return case((condition, 1), else_=0).label(name)


# Each day of each zone is queried on its own, so these statements are built once.


@cache
def _is_still_missed(*, has_ended: bool) -> ColumnElement[bool]:
    """Return the condition for an open appointment of a day. `has_ended`: stays that started that day can be missed."""
    is_findable = or_(_IS_OVER, and_(_GOES_ON, _IS_LONG)) if has_ended else _IS_OVER
    has_kept_its_start = exists().where(_SAME)  # since the decision
    return and_(is_findable, has_kept_its_start, ~_CAME_THAT_DAY, ~HAVE_PETS_DIED)


# SQL Server cannot sum conditions with subqueries, so they become columns first.

_IS_OURS = and_(appointments.c.status == AppointmentStatus.NO_SHOW, decisions.c.outcome == Outcome.NOTIFY)
_IS_BY_STAFF = and_(
    appointments.c.status == AppointmentStatus.NO_SHOW,
    or_(decisions.c.outcome.is_(None), decisions.c.outcome != Outcome.NOTIFY),
)
_BOOKED = (
    select(
        appointments.c.tenant_id,
        _flag(_IS_OURS, "is_ours"),
        _flag(or_(is_attended(appointments), _IS_BY_STAFF), "is_recorded"),
    )
    .select_from(_ITS_ROWS)
    .where(
        among(appointments.c.tenant_id, "tenant_ids"),
        _IS_IN,
        appointments.c.status != AppointmentStatus.CANCELLED,
        appointments.c.deleted_at.is_(None),
        owners.c.tenant_id == appointments.c.tenant_id,
        or_(services.c.tenant_id.is_(None), services.c.tenant_id == appointments.c.tenant_id),
        ~_HAS_FOREIGN_PET,
    )
)
_BOOKED_THEN = _BOOKED.subquery("booked")
_DAY_COUNTS = select(
    _BOOKED_THEN.c.tenant_id, func.count().label("booked"), func.sum(_BOOKED_THEN.c.is_ours).label("marked")
).group_by(_BOOKED_THEN.c.tenant_id)
_PAST = _BOOKED.where(
    appointments.c.scheduled_start <= bindparam("until"),
    or_(_IS_OVER, and_(_IS_LONG, appointments.c.scheduled_start < bindparam("today"))),
).subquery("past")
_ATTENDANCE = select(
    _PAST.c.tenant_id, func.count().label("past"), func.sum(_PAST.c.is_recorded).label("recorded")
).group_by(_PAST.c.tenant_id)
_CANDIDATES = (
    select(
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
        _flag(_HAS_FOREIGN_PET, "has_foreign_pet"),
        _flag(_CAME_THAT_DAY, "came_that_day"),
        _flag(HAVE_PETS_DIED, "have_pets_died"),
    )
    .select_from(_ITS_ROWS)
    .where(
        _IS_IN,
        IS_OPEN,
        appointments.c.scheduled_start <= bindparam("until"),
        or_(_IS_OVER, _GOES_ON),
        appointments.c.created_at < appointments.c.scheduled_start,
        or_(decisions.c.outcome.is_(None), decisions.c.outcome.in_(RETAKEN)),
    )
)


@cache
def _page(limit: int, *, is_first: bool) -> Select[Any]:
    query = _CANDIDATES.where(among(appointments.c.tenant_id, "tenant_ids"))
    key = (appointments.c.tenant_id, appointments.c.owner_id)
    return page(query, key, limit, is_first=is_first)


def _with_the_last_visit_whole(connection: Connection, day: Day, found: list[Candidate]) -> list[Candidate]:
    """Return a full page, completed with all of its last owner's appointments.

    Index: appointments (owner_id, scheduled_start).
    """
    last = found[-1]
    its = and_(appointments.c.tenant_id == last.tenant_id, appointments.c.owner_id == last.owner.id)
    others = [each for each in found if (each.tenant_id, each.owner.id) != (last.tenant_id, last.owner.id)]
    return others + _read(connection, _CANDIDATES.where(its).limit, asdict(day), _LARGEST_VISIT)


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
        has_foreign_pet=bool(row.has_foreign_pet),
        came_that_day=bool(row.came_that_day),
        have_pets_died=bool(row.have_pets_died),
        earlier=Outcome(row.outcome) if row.outcome else None,
        earlier_reason=Reason(row.reason) if row.reason else None,
    )
