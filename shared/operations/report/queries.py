"""The figures of a report, counted by the database: no row of a text, visit or fee is loaded.

A statement serves the businesses of one time zone and covers two periods of whole local days, the one reported and the
one before it. `period` in its rows is 1 for the first and 0 for the second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
    false,
    func,
    or_,
    select,
)

from shared.database.dialects.instants import quarter_hour, same_minute
from shared.database.dialects.lists import among
from shared.database.tables import (
    appointments,
    consent_events,
    decisions,
    fee_actions,
    notifications,
    owners,
    payments,
    pets,
    phone_blocks,
    services,
    tenants,
    vaccination_records,
)
from shared.database.tenants import TENANT, tenant_of
from shared.domain.fees import COLLECTED, OUR_WAIVERS, ActionOutcome, FeeAction, FeeStatus
from shared.domain.ids import TenantId
from shared.domain.records import REMINDERS, AppointmentStatus, NotificationStatus, Tenant
from shared.operations.report.counted import (
    ExpiryGroup,
    FeeGroup,
    PetGroup,
    ScoreGroup,
    ServiceGroup,
    TenantCount,
    TenantTexts,
    TextGroup,
    VisitGroup,
)
from shared.tasks.vaccination_monitor.superseding import counting


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
    """Count the appointments that were kept or missed by quarter of an hour, with and without a delivered reminder.

    Indexes: appointments (tenant_id, scheduled_start), decisions (subject_id, kind), primary key of notifications.
    """
    return [VisitGroup(*row) for row in connection.execute(_visits(), window.given())]


def services_booked(connection: Connection, window: Window) -> list[ServiceGroup]:
    """Count the appointments by business, service, status and period. Index: appointments (tenant_id, scheduled_start).

    A foreign service counts as none.
    """
    return [ServiceGroup(*row) for row in connection.execute(_services_booked(), window.given())]


def fees(connection: Connection, window: Window) -> list[FeeGroup]:
    """Sum the no-show fees applied, collected, waived by staff and refunded, by business, currency and period.

    Each counts when it happened. (Two scans of `payments`, and one of `fee_actions`, which holds what staff did.)
    """
    given = window.given()
    return [FeeGroup(name, *row) for name, query in _fees().items() for row in connection.execute(query, given)]


def withdrawals(connection: Connection, window: Window) -> list[TenantCount]:
    """Count how often owners withdrew their consent to texts, by business and period.

    Index: consent_events (tenant_id, phone_hash).
    """
    given = {**window.given(), "given": False}
    return [TenantCount(*row) for row in connection.execute(_consent_changes(), given)]


def agreements(connection: Connection, window: Window) -> list[TenantCount]:
    """Count how often owners agreed to texts, by business and period. Index: as for `withdrawals`."""
    given = {**window.given(), "given": True}
    return [TenantCount(*row) for row in connection.execute(_consent_changes(), given)]


def blocked_numbers(connection: Connection, window: Window) -> list[TenantCount]:
    """Count the numbers that proved dead, by business and period. Index: primary key."""
    return [TenantCount(*row) for row in connection.execute(_blocked_numbers(), window.given())]


def pets_by_status(connection: Connection, tenant_ids: Sequence[TenantId]) -> list[PetGroup]:
    """Count the living pets by vaccination status, as they are now. (A scan of `pets`.)"""
    return [PetGroup(*row) for row in connection.execute(_pets_by_status(), {"tenant_ids": list(tenant_ids)})]


def expiring(connection: Connection, tenant_ids: Sequence[TenantId], first: date, last: date) -> list[ExpiryGroup]:
    """Count the vaccinations of living pets that expire from `first` to `last`, by day and vaccine.

    Those that were renewed do not count. Index: vaccination_records (tenant_id, expiry_date).
    """
    given = {"tenant_ids": list(tenant_ids), "first": first, "last": last}
    return [ExpiryGroup(*row) for row in connection.execute(_expiring(), given)]


def scores(connection: Connection, tenant_ids: Sequence[TenantId]) -> list[ScoreGroup]:
    """Count the active owners by reputation score, as it is now. (A scan of `owners`.)"""
    return [ScoreGroup(*row) for row in connection.execute(_scores(), {"tenant_ids": list(tenant_ids)})]


_NEVER_LEFT: Final = (
    NotificationStatus.FAILED,
    NotificationStatus.DEAD,
    NotificationStatus.CANCELLED,
    NotificationStatus.EXPIRED,
)


def _within(instant: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(instant >= bindparam("since"), instant < bindparam("until"))


def _period(instant: ColumnElement[Any]) -> ColumnElement[int]:
    return case((instant >= bindparam("middle"), 1), else_=0).label("period")


def _grouped(chosen: Select[Any], keys: Sequence[str], *sums: str) -> Select[Any]:
    """Count the rows of a query by `keys`, and sum some columns.

    The rows come from a subquery: SQL Server groups by no parameter and no subquery.
    """
    rows = chosen.subquery("chosen")
    by = [rows.c[name] for name in keys]
    return select(*by, func.count(), *(_sum(rows.c[name]) for name in sums)).group_by(*by)


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.coalesce(func.sum(cast(column, BigInteger)), 0), BigInteger)


def _of_tenants(table: Table) -> ColumnElement[bool]:
    return among(table.c.tenant_id, "tenant_ids")


@cache
def _texts() -> tuple[Select[Any], ...]:
    its = notifications.c
    is_priced = case((its.price_micros.is_not(None), 1), else_=0).label("priced")
    sums = (its.segments, its.price_micros, is_priced)
    return tuple(
        _grouped(
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
        _grouped(
            select(its.tenant_id, its.status, _period(at), its.segments).where(*where),
            ("tenant_id", "status", "period"),
            "segments",
        )
        for at, where in _TEXTS
    )


_TEXTS: Final = (
    (notifications.c.sent_at, (_within(notifications.c.sent_at), _of_tenants(notifications))),
    (
        notifications.c.not_before,
        (
            notifications.c.status.in_(_NEVER_LEFT),
            notifications.c.useful_until >= bindparam("since"),
            notifications.c.sent_at.is_(None),
            _within(notifications.c.not_before),
            _of_tenants(notifications),
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
        _of_tenants(appointments), _within(its.scheduled_start), its.status.in_(known), its.deleted_at.is_(None)
    )
    return _grouped(chosen, ("quarter", "status", "reminded"))


@cache
def _services_booked() -> Select[Any]:
    its = appointments.c
    is_its = and_(services.c.id == its.service_id, services.c.tenant_id == its.tenant_id)
    chosen = (
        select(its.tenant_id, services.c.name, its.status, _period(its.scheduled_start))
        .select_from(appointments.outerjoin(services, is_its))
        .where(_of_tenants(appointments), _within(its.scheduled_start), its.deleted_at.is_(None))
    )
    return _grouped(chosen, ("tenant_id", "name", "status", "period"))


@cache
def _fees() -> dict[str, Select[Any]]:
    is_fee = and_(payments.c.type == "no_show_fee", _of_tenants(payments))
    our_waiver = and_(payments.c.status == FeeStatus.WAIVED, payments.c.failure_code.in_(OUR_WAIVERS))
    costs = and_(payments.c.status != FeeStatus.CANCELLED, or_(payments.c.failure_code.is_(None), ~our_waiver))
    waived = and_(fee_actions.c.action == FeeAction.WAIVE, payments.c.status == FeeStatus.WAIVED)
    refunded = and_(fee_actions.c.action == FeeAction.REFUND, fee_actions.c.outcome == ActionOutcome.DONE)
    given_back = func.coalesce(fee_actions.c.amount, payments.c.amount)
    return {
        "applied": _sum_of(payments.c.created_at, payments.c.amount, is_fee, costs),
        "collected": _sum_of(payments.c.succeeded_at, payments.c.amount, is_fee, payments.c.status.in_(COLLECTED)),
        "waived": _sum_of(fee_actions.c.created_at, payments.c.amount, is_fee, waived, _of_action),
        "refunded": _sum_of(fee_actions.c.created_at, given_back, is_fee, refunded, _of_action),
    }


_of_action: Final = fee_actions.c.payment_id == payments.c.id


def _sum_of(at: ColumnElement[Any], amount: ColumnElement[Any], *where: ColumnElement[bool]) -> Select[Any]:
    chosen = select(payments.c.tenant_id, payments.c.currency, _period(at), amount.label("amount"))
    return _grouped(chosen.where(_within(at), *where), ("tenant_id", "currency", "period"), "amount")


@cache
def _consent_changes() -> Select[Any]:
    its = consent_events.c
    chosen = select(its.tenant_id, _period(its.happened_at)).where(
        _of_tenants(consent_events), _within(its.happened_at), its.given == bindparam("given")
    )
    return _grouped(chosen, ("tenant_id", "period"))


@cache
def _blocked_numbers() -> Select[Any]:
    its = phone_blocks.c
    chosen = select(its.tenant_id, _period(its.created_at)).where(_of_tenants(phone_blocks), _within(its.created_at))
    return _grouped(chosen, ("tenant_id", "period"))


_IS_ALIVE: Final = and_(pets.c.deleted_at.is_(None), pets.c.is_active, pets.c.is_deceased == false())


@cache
def _pets_by_status() -> Select[Any]:
    by = pets.c.vaccination_status
    return select(by, func.count()).where(_of_tenants(pets), _IS_ALIVE).group_by(by)


@cache
def _expiring() -> Select[Any]:
    its = vaccination_records.c
    is_its = and_(pets.c.id == its.pet_id, pets.c.tenant_id == its.tenant_id, _IS_ALIVE)
    is_between = its.expiry_date.between(bindparam("first"), bindparam("last"))
    return (
        select(its.expiry_date, its.type, func.count())
        .select_from(vaccination_records.join(pets, is_its))
        .where(_of_tenants(vaccination_records), is_between, counting())
        .group_by(its.expiry_date, its.type)
    )


@cache
def _scores() -> Select[Any]:
    by = owners.c.reputation_score
    is_active = and_(owners.c.is_active, owners.c.deleted_at.is_(None))
    return select(by, func.count()).where(_of_tenants(owners), is_active).group_by(by)
