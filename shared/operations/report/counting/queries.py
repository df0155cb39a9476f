"""The figures of a report, counted by the database: no row of a text, visit or fee is loaded.

A statement serves the businesses of one time zone and covers two periods of whole local days, the one reported and the
one before it. `period` in its rows is 1 for the first and 0 for the second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    select,
)

from shared.database.dialects.instants import quarter_hour, same_minute
from shared.database.dialects.lists import among
from shared.database.tables import (
    appointments,
    decisions,
    notifications,
    services,
    tenants,
)
from shared.database.tenants import TENANT, tenant_of
from shared.domain.ids import TenantId
from shared.domain.records import REMINDERS, AppointmentStatus, NotificationStatus, Tenant
from shared.operations.report.counting.groups import (
    ServiceGroup,
    TenantTexts,
    TextGroup,
    VisitGroup,
)


@dataclass(frozen=True, slots=True)
class Window:
    """The businesses of one time zone, and the instants at which the two periods begin and the second ends."""

    tenant_ids: Sequence[TenantId]
    since: datetime
    middle: datetime
    until: datetime

    def given(self) -> dict[str, Any]:
        """Return the parameters of a statement that covers both periods."""
        instants = {"since": self.since, "middle": self.middle, "until": self.until}
        return {"tenant_ids": list(self.tenant_ids), **instants}


def reported_tenants(connection: Connection, subdomain: str | None) -> list[Tenant]:
    """One tenant, or all of them, served or not: what they did is past. (A scan: the table is small.)"""
    query = select(*TENANT).order_by(tenants.c.business_name, tenants.c.subdomain)
    if subdomain is not None:
        query = query.where(tenants.c.subdomain == subdomain)
    return [tenant_of(row) for row in connection.execute(query)]


def texts(connection: Connection, window: Window) -> list[TextGroup]:
    """Count the texts by quarter of an hour, kind, status and currency of their price.

    Of a text that never left, the time is when it was due. Indexes: notifications (sent_at, tenant_id) and
    (status, useful_until).
    """
    given = window.given()
    return [TextGroup(*row) for query in _texts() for row in connection.execute(query, given)]


def texts_of_tenants(connection: Connection, window: Window) -> list[TenantTexts]:
    """Count the texts by business, status and period. Indexes: as for `texts`."""
    given = window.given()
    return [TenantTexts(*row) for query in _texts_of_tenants() for row in connection.execute(query, given)]


def visits(connection: Connection, window: Window) -> list[VisitGroup]:
    """Count the appointments that were kept or missed by quarter of an hour, and those with a delivered reminder.

    Indexes: appointments (tenant_id, scheduled_start), decisions (subject_id, kind), primary key of notifications.
    """
    return [VisitGroup(*row) for row in connection.execute(_visits(), window.given())]


def services_booked(connection: Connection, window: Window) -> list[ServiceGroup]:
    """Count the appointments by business, service, status and period. Index: appointments (tenant_id, scheduled_start).

    A foreign service counts as none.
    """
    return [ServiceGroup(*row) for row in connection.execute(_services_booked(), window.given())]


_NEVER_LEFT: Final = (
    NotificationStatus.FAILED,
    NotificationStatus.DEAD,
    NotificationStatus.CANCELLED,
    NotificationStatus.EXPIRED,
)


def within(instant: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(instant >= bindparam("since"), instant < bindparam("until"))


def period_of(instant: ColumnElement[Any]) -> ColumnElement[int]:
    return case((instant >= bindparam("middle"), 1), else_=0).label("period")


def grouped(chosen: Select[Any], keys: Sequence[str], *sums: str) -> Select[Any]:
    """Count the rows of a query by `keys`, and sum some columns.

    The rows come from a subquery: SQL Server groups by no parameter and no subquery.
    """
    rows = chosen.subquery("chosen")
    by = [rows.c[name] for name in keys]
    return select(*by, func.count(), *(_sum(rows.c[name]) for name in sums)).group_by(*by)


LARGEST: Final = 2**31 - 1
"""The largest number that an INTEGER column of a server holds; SQLite stores anything in any column."""


def is_number(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a column holds a number of a size that can be summed."""
    return column.between(literal(-LARGEST, BigInteger), literal(LARGEST, BigInteger))


def number(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column's number, 0 for what is none: the sum of others may be too large to compute."""
    return case((is_number(column), column), else_=0)


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.coalesce(func.sum(cast(column, BigInteger)), 0), BigInteger)


def of_tenants(table: Table) -> ColumnElement[bool]:
    return among(table.c.tenant_id, "tenant_ids")


@cache
def _texts() -> tuple[Select[Any], ...]:
    its = notifications.c
    is_priced = case((its.price_micros.is_not(None), 1), else_=0).label("priced")
    sums = (number(its.segments).label("segments"), number(its.price_micros).label("price_micros"), is_priced)
    return tuple(
        grouped(
            select(quarter_hour(at).label("quarter"), its.kind, its.status, its.price_currency, *sums).where(*where),
            ("quarter", "kind", "status", "price_currency"),
            *("segments", "price_micros", "priced"),
        )
        for at, where in _TEXTS
    )


@cache
def _texts_of_tenants() -> tuple[Select[Any], ...]:
    its = notifications.c
    return tuple(
        grouped(
            select(its.tenant_id, its.status, period_of(at), number(its.segments).label("segments")).where(*where),
            ("tenant_id", "status", "period"),
            "segments",
        )
        for at, where in _TEXTS
    )


_TEXTS: Final = (
    (notifications.c.sent_at, (within(notifications.c.sent_at), of_tenants(notifications))),
    (
        notifications.c.not_before,
        (
            notifications.c.status.in_(_NEVER_LEFT),
            notifications.c.useful_until >= bindparam("since"),
            notifications.c.sent_at.is_(None),
            within(notifications.c.not_before),
            of_tenants(notifications),
        ),
    ),
)
"""The texts that left, and those that never did: when each counts, and which they are."""


@cache
def _visits() -> Select[Any]:
    its = appointments.c
    is_reminded = exists().where(
        decisions.c.subject_id == its.id,
        decisions.c.kind.in_(REMINDERS),
        same_minute(decisions.c.occurs_at, its.scheduled_start),
        notifications.c.id == decisions.c.notification_id,
        notifications.c.status == NotificationStatus.DELIVERED,
    )
    reminded = case((is_reminded, 1), else_=0).label("reminded")
    known = (AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW)
    chosen = select(quarter_hour(its.scheduled_start).label("quarter"), its.status, reminded).where(
        of_tenants(appointments), within(its.scheduled_start), its.status.in_(known), its.deleted_at.is_(None)
    )
    # Summed, not grouped by: SQLite would look for the reminder twice.
    return grouped(chosen, ("quarter", "status"), "reminded")


@cache
def _services_booked() -> Select[Any]:
    its = appointments.c
    is_its = and_(services.c.id == its.service_id, services.c.tenant_id == its.tenant_id)
    chosen = (
        select(its.tenant_id, services.c.name, its.status, period_of(its.scheduled_start))
        .select_from(appointments.outerjoin(services, is_its))
        .where(of_tenants(appointments), within(its.scheduled_start), its.deleted_at.is_(None))
    )
    return grouped(chosen, ("tenant_id", "name", "status", "period"))
