"""What happened to fees and owners, and how pets and owners stand, counted by the database."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from shared.database.rows.promises import DEFAULTS, holds
from shared.database.tables import (
    consent_events,
    fee_actions,
    owners,
    payments,
    pets,
    phone_blocks,
    vaccination_records,
)
from shared.domain.fees import COLLECTED, OUR_WAIVERS, ActionOutcome, FeeAction, FeeStatus
from shared.domain.ids import TenantId
from shared.operations.report.counting.groups import (
    ExpiryGroup,
    FeeGroup,
    PetGroup,
    ScoreGroup,
    TenantCount,
)
from shared.operations.report.counting.queries import Window, grouped, is_number, number, of_tenants, period_of, within
from shared.tasks.vaccination_monitor.superseding import counting


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


@cache
def _fees() -> dict[str, Select[Any]]:
    is_fee = and_(payments.c.type == "no_show_fee", of_tenants(payments))
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
    unreadable = case((is_number(amount), 0), else_=1).label("unreadable")
    chosen = select(
        payments.c.tenant_id, payments.c.currency, period_of(at), number(amount).label("amount"), unreadable
    )
    keys = ("tenant_id", "currency", "period")
    return grouped(chosen.where(within(at), *where), keys, "amount", "unreadable")


@cache
def _consent_changes() -> Select[Any]:
    its = consent_events.c
    chosen = select(its.tenant_id, period_of(its.happened_at)).where(
        of_tenants(consent_events), within(its.happened_at), its.given == bindparam("given")
    )
    return grouped(chosen, ("tenant_id", "period"))


@cache
def _blocked_numbers() -> Select[Any]:
    its = phone_blocks.c
    chosen = select(its.tenant_id, period_of(its.created_at)).where(of_tenants(phone_blocks), within(its.created_at))
    return grouped(chosen, ("tenant_id", "period"))


_IS_ALIVE: Final = and_(pets.c.deleted_at.is_(None), holds(pets.c.is_active), ~holds(pets.c.is_deceased))


@cache
def _pets_by_status() -> Select[Any, int]:
    by = func.coalesce(pets.c.vaccination_status, DEFAULTS[pets.c.vaccination_status])
    return select(by, func.count()).where(of_tenants(pets), _IS_ALIVE).group_by(by)


@cache
def _expiring() -> Select[Any]:
    its = vaccination_records.c
    is_its = and_(pets.c.id == its.pet_id, pets.c.tenant_id == its.tenant_id, _IS_ALIVE)
    is_between = its.expiry_date.between(bindparam("first"), bindparam("last"))
    return (
        select(its.expiry_date, its.type, func.count())
        .select_from(vaccination_records.join(pets, is_its))
        .where(of_tenants(vaccination_records), is_between, counting())
        .group_by(its.expiry_date, its.type)
    )


@cache
def _scores() -> Select[Any, int]:
    by = func.coalesce(owners.c.reputation_score, DEFAULTS[owners.c.reputation_score])
    is_active = and_(holds(owners.c.is_active), owners.c.deleted_at.is_(None))
    return select(by, func.count()).where(of_tenants(owners), is_active).group_by(by)
