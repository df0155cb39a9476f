"""Appointments to remind owners of, each query with the index that serves it."""

from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, or_, select

from shared.database.appointments import APPOINTMENT, BETWEEN, ITS_ROWS, Starts, parameters, with_pets
from shared.database.dialects.instants import same_minute
from shared.database.dialects.lists import among, chunks
from shared.database.paging import page, place
from shared.database.rows.reading import read, read_page
from shared.database.tables import (
    appointments,
    decisions,
)
from shared.domain.ids import OwnerId, TenantId
from shared.domain.plans import Undecided
from shared.domain.reasons import Reason
from shared.domain.records import RETAKEN, Appointment, AppointmentStatus, Kind, Outcome

_COMING = (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)


def appointments_to_remind(
    connection: Connection,
    kind: Kind,
    tenant_ids: Sequence[TenantId],
    starts: Starts,
    *,
    beyond: Appointment | None = None,
    limit: int,
) -> list[Undecided]:
    """A page of some tenants' coming appointments without a final decision, in order of tenant, start and id.

    `beyond`: the last one of the previous page. Index: appointments (tenant_id, scheduled_start).
    """
    given = {"tenant_ids": tenant_ids, **parameters(starts), **_place(beyond)}
    return read_page(connection, partial(_page_to_remind, kind, is_first=beyond is None), given, limit, _undecided)


def appointments_of_owners_to_remind(
    connection: Connection, kind: Kind, owner_ids: Iterable[OwnerId], starts: Starts
) -> list[Undecided]:
    """Some owners' coming appointments without a final decision: the rest of their visits.

    Index: appointments (owner_id, scheduled_start).
    """
    found = []
    for ids in chunks(sorted(owner_ids)):
        query = _rest_to_remind(kind)
        rows = read(connection, query, {"owner_ids": ids, **parameters(starts)})
        found += _undecided(connection, rows)
    return found


def appointments_without_decision(
    connection: Connection,
    kind: Kind,
    tenant_ids: Sequence[TenantId],
    starts: Starts,
    *,
    beyond: Appointment | None = None,
    limit: int,
) -> list[Appointment]:
    """A page of appointments that are not cancelled and have no decision about their reminder.

    Index: appointments (tenant_id, scheduled_start).
    """
    given = {"tenant_ids": tenant_ids, **parameters(starts), **_place(beyond)}
    query = partial(_page_without_decision, kind, is_first=beyond is None)
    return [each.appointment for each in read_page(connection, query, given, limit, _undecided)]


_KEY = (appointments.c.tenant_id, appointments.c.scheduled_start, appointments.c.id)


_OF_TENANTS = among(appointments.c.tenant_id, "tenant_ids")


@cache
def _page_to_remind(kind: Kind, limit: int, *, is_first: bool) -> Select[Any]:
    return page(_to_remind(kind).where(_OF_TENANTS), _KEY, limit, is_first=is_first)


@cache
def _rest_to_remind(kind: Kind) -> Select[Any]:
    return _to_remind(kind).where(among(appointments.c.owner_id, "owner_ids"))


@cache
def _page_without_decision(kind: Kind, limit: int, *, is_first: bool) -> Select[Any]:
    query = _with_decision(kind).where(
        BETWEEN,
        _OF_TENANTS,
        appointments.c.status != AppointmentStatus.CANCELLED,
        appointments.c.deleted_at.is_(None),
        decisions.c.ledger_key.is_(None),
    )
    return page(query, _KEY, limit, is_first=is_first)


def _with_decision(kind: Kind) -> Select[Any]:
    """Appointments with the decision, if any, about the reminder of their present start (to the minute)."""
    same = and_(
        decisions.c.subject_id == appointments.c.id,
        decisions.c.kind == kind,
        same_minute(decisions.c.occurs_at, appointments.c.scheduled_start),
    )
    return select(*APPOINTMENT, decisions.c.outcome, decisions.c.reason, decisions.c.occurrence).select_from(
        ITS_ROWS.outerjoin(decisions, same)
    )


def _to_remind(kind: Kind) -> Select[Any]:
    return _with_decision(kind).where(
        BETWEEN,
        appointments.c.status.in_(_COMING),
        appointments.c.deleted_at.is_(None),
        or_(decisions.c.outcome.is_(None), decisions.c.outcome.in_(RETAKEN)),
    )


def _place(beyond: Appointment | None) -> dict[str, Any]:
    return place((beyond.tenant_id, beyond.starts_at, beyond.id) if beyond else None)


def _undecided(connection: Connection, rows: Sequence[Row[Any]]) -> list[Undecided]:
    found = with_pets(connection, rows)
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
