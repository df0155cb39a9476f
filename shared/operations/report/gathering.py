"""Gathering a report: which businesses and days, what the database counts of them, the figures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.database.rows.promises import is_sound
from shared.database.tables import tenants
from shared.domain.policy.errors import PolicyError
from shared.domain.policy.models import zone_of
from shared.domain.records import Tenant
from shared.errors import UsageError
from shared.operations.report import folding
from shared.operations.report.counting import owner_queries, queries
from shared.operations.report.counting.groups import ExpiryGroup
from shared.operations.report.counting.queries import Window
from shared.operations.report.figures import Period, Report

T = TypeVar("T")

MOST_DAYS: Final = 366
EARLIEST: Final = date(2000, 1, 1)
"""The earliest last day of a report."""
EXPIRES_WITHIN: Final = timedelta(days=60)
"""How far a report looks ahead for vaccinations that expire."""


@dataclass(frozen=True, slots=True)
class _Zoned:
    """The businesses of one time zone. `today`: their local day."""

    zone: ZoneInfo
    today: date
    window: Window


def report(
    connection: Connection,
    *,
    days: int,
    now: datetime,
    default: ZoneInfo,
    subdomain: str | None = None,
    until: date | None = None,
) -> Report:
    """Return the figures of `days` local days up to `until`, by default the last day that is over everywhere.

    `subdomain`: of the one business it is about, None for all. `default`: the zone of a business without one. Raise
    UsageError if there is no such business, or the days are not over.
    """
    found = [each for each in queries.reported_tenants(connection, subdomain) if is_sound(tenants.c.id, each.id)]
    if subdomain is not None and not found:
        raise UsageError(f"there is no tenant {subdomain!r}")
    zones, notes = _zones(found, default)
    today = min((now.astimezone(zone).date() for zone in zones), default=now.astimezone(default).date())
    period = _period(days, until, today)
    zoned = [_zoned(zone, its, period, now) for zone, its in zones.items()]
    one = found[0] if subdomain is not None else None
    return _computed(connection, one, found, zoned, period, today, notes)


def _period(days: int, until: date | None, today: date) -> Period:
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"a report is of 1 to {MOST_DAYS} days, not of {days}")
    last = until or today - timedelta(days=1)
    if last < EARLIEST:
        raise UsageError(f"{last} is too long ago; the earliest last day is {EARLIEST}")
    if last >= today:
        raise UsageError(f"{last} is not over everywhere; the last day that is: {today - timedelta(days=1)}")
    return Period(last - timedelta(days=days - 1), last)


def _zones(found: Sequence[Tenant], default: ZoneInfo) -> tuple[dict[ZoneInfo, list[Tenant]], list[str]]:
    """Return the businesses by time zone, and what is wrong with a zone."""
    zones: dict[ZoneInfo, list[Tenant]] = {}
    notes = []
    for each in found:
        try:
            zone = zone_of(each, default)
        except PolicyError:
            zone = default
            notes.append(f"The time zone of {each.subdomain} is unknown: its days are those of {default.key}.")
        zones.setdefault(zone, []).append(each)
    return zones, notes


def _zoned(zone: ZoneInfo, its: Sequence[Tenant], period: Period, now: datetime) -> _Zoned:
    since, middle, until = (
        datetime.combine(day, time(), zone).astimezone(UTC)
        for day in (period.before.first, period.first, period.last + timedelta(days=1))
    )
    return _Zoned(zone, now.astimezone(zone).date(), Window([each.id for each in its], since, middle, until))


def _computed(
    connection: Connection,
    one: Tenant | None,
    found: Sequence[Tenant],
    zoned: Sequence[_Zoned],
    period: Period,
    today: date,
    notes: Sequence[str],
) -> Report:
    def each(query: Callable[[Connection, Window], Sequence[T]]) -> Iterator[tuple[ZoneInfo, T]]:
        return ((its.zone, row) for its in zoned for row in query(connection, its.window))

    def all_of(query: Callable[[Connection, Window], Sequence[T]]) -> list[T]:
        return [row for _, row in each(query)]

    booked, fees = all_of(queries.services_booked), all_of(owner_queries.fees)
    ids = [each.id for each in found]
    return Report(
        title=(folding.text_of(one.business_name) or one.subdomain) if one else None,
        made_on=today,
        period=period,
        businesses=folding.folded_businesses(found, all_of(queries.texts_of_tenants), booked, fees),
        texts=folding.folded_texts(each(queries.texts), period),
        visits=folding.folded_visits(each(queries.visits), booked, period),
        fees=folding.folded_fees(fees),
        opted_out=folding.folded_counts(all_of(owner_queries.withdrawals)),
        opted_in=folding.folded_counts(all_of(owner_queries.agreements)),
        dead_numbers=folding.folded_counts(all_of(owner_queries.blocked_numbers)),
        pets=folding.folded_pets(owner_queries.pets_by_status(connection, ids)),
        expiring=folding.folded_expiring(row for its in zoned for row in _soon(connection, its)),
        scores=folding.folded_scores(owner_queries.scores(connection, ids)),
        notes=[*notes, *folding.notes_on_fees(fees)],
    )


def _soon(connection: Connection, its: _Zoned) -> list[ExpiryGroup]:
    return owner_queries.expiring(connection, its.window.tenant_ids, its.today, its.today + EXPIRES_WITHIN)
