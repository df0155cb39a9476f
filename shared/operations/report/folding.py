"""From what the database counted to the figures of a report: days, weekdays and hours are local."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.ids import TenantId
from shared.domain.records import AppointmentStatus, Tenant
from shared.operations.report.counting.groups import (
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
from shared.operations.report.figures import Both, Business, Period, Sum, Texts, Visits
from shared.operations.report.tallies import OUTCOMES, OutcomeTally, RateTally, Tally

_LEFT: Final = ("delivered", "unconfirmed", "undelivered")
_UNRECORDED: Final = (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED, AppointmentStatus.IN_PROGRESS)
_QUARTER: Final = timedelta(minutes=15)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LocalTime(NamedTuple):
    """When something happened at the business."""

    on: date
    hour: int
    period: int


def local_times(period: Period) -> Callable[[ZoneInfo, int | None], LocalTime | None]:
    """Return a function from a quarter of an hour to its local time; None where neither period has it."""
    before = period.before

    @cache
    def local_time(zone: ZoneInfo, quarter: int | None) -> LocalTime | None:
        if quarter is None:
            return None
        local = (_EPOCH + quarter * _QUARTER).astimezone(zone)
        if not before.first <= local.date() <= period.last:
            return None
        return LocalTime(local.date(), local.hour, int(local.date() >= period.first))

    return local_time


def text_of(value: object) -> str:
    """Return a stored text; SQLite may hold anything in its place. Empty for none."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def folded_texts(groups: Iterable[tuple[ZoneInfo, TextGroup]], period: Period) -> Texts:
    """Return the texts by local day and by kind."""
    total, days, kinds = OutcomeTally[None](), OutcomeTally[date](), OutcomeTally[str]()
    sums, micros, at = Tally[str](), Tally[str](), local_times(period)
    for zone, each in groups:
        if when := at(zone, each.quarter):
            total.add(None, each.status, when.period, each.number)
            days.add(when.on, each.status, when.period, each.number)
            kinds.add(text_of(each.kind), each.status, when.period, each.number)
            sums.add("priced", when.period, each.priced)
            if OUTCOMES.get(each.status) in _LEFT:
                sums.add("segments", when.period, each.segments)
            if each.priced:
                micros.add(text_of(each.currency), when.period, each.micros)
    return Texts(
        total=total.of(None),
        by_day={day: days.of(day).now for day in period.days},
        by_kind={kind: kinds.of(kind) for kind in sorted(kinds)},
        segments=sums.of("segments"),
        micros={currency: micros.of(currency) for currency in sorted(micros)},
        priced=sums.of("priced"),
    )


def folded_visits(
    groups: Iterable[tuple[ZoneInfo, VisitGroup]], booked: Sequence[ServiceGroup], period: Period
) -> Visits:
    """Return the missed appointments by local weekday and hour, by service, and by reminder."""
    weekdays, hours, reminded = RateTally[int](), RateTally[int](), RateTally[bool]()
    services, total, unrecorded = RateTally[str](), RateTally[None](), Tally[None]()
    at = local_times(period)
    for zone, each in groups:
        if when := at(zone, each.quarter):
            weekdays.add(when.on.weekday(), each.status, when.period, each.number)
            hours.add(when.hour, each.status, when.period, each.number)
            reminded.add(True, each.status, when.period, each.reminded)
            reminded.add(False, each.status, when.period, each.number - each.reminded)
    for its in booked:
        services.add(text_of(its.service), its.status, its.period, its.number)
        total.add(None, its.status, its.period, its.number)
        if its.status in _UNRECORDED:
            unrecorded.add(None, its.period, its.number)
    return Visits(
        total=total.of(None),
        by_weekday=weekdays.all(),
        by_hour=hours.all(),
        by_service=services.all(),
        by_reminded=reminded.all(),
        unrecorded=unrecorded.of(None),
    )


def folded_fees(groups: Iterable[FeeGroup]) -> dict[str, dict[str, Both[Sum]]]:
    """Return what happened to the fees, by currency."""
    counts, cents = Tally[tuple[str, str]](), Tally[tuple[str, str]]()
    for each in groups:
        key = text_of(each.currency), each.what
        counts.add(key, each.period, each.number)
        cents.add(key, each.period, each.cents)
    found: dict[str, dict[str, Both[Sum]]] = {}
    for currency, what in sorted(counts):
        count, money = counts.of((currency, what)), cents.of((currency, what))
        sums = Both(Sum(count.now, money.now), Sum(count.before, money.before))
        found.setdefault(currency, {})[what] = sums
    return found


def notes_on_fees(groups: Iterable[FeeGroup]) -> list[str]:
    """Return what a reader must know of the fees' amounts."""
    unreadable = sum(each.unreadable for each in groups)
    return [f"Fees whose amount on record is no amount, and counts as 0: {unreadable}."] if unreadable else []


def folded_counts(groups: Iterable[TenantCount]) -> Both[int]:
    """Return how often something happened, at all businesses."""
    tally = Tally[None]()
    for each in groups:
        tally.add(None, each.period, each.number)
    return tally.of(None)


def folded_businesses(
    tenants: Sequence[Tenant],
    texts: Iterable[TenantTexts],
    booked: Iterable[ServiceGroup],
    fees: Iterable[FeeGroup],
) -> list[Business]:
    """Return a line for each business, in the order of `tenants`."""
    outcomes, segments, rates = OutcomeTally[TenantId](), Tally[TenantId](), RateTally[TenantId]()
    for text in texts:
        outcomes.add(text.tenant_id, text.status, text.period, text.number)
        if OUTCOMES.get(text.status) in _LEFT:
            segments.add(text.tenant_id, text.period, text.segments)
    for group in booked:
        rates.add(group.tenant_id, group.status, group.period, group.number)
    collected: dict[TenantId, list[FeeGroup]] = {}
    for fee in fees:
        if fee.what == "collected":
            collected.setdefault(fee.tenant_id, []).append(fee)
    return [
        Business(
            name=text_of(each.business_name) or each.subdomain,
            subdomain=each.subdomain,
            texts=outcomes.of(each.id),
            segments=segments.of(each.id),
            visits=rates.of(each.id),
            collected={
                currency: sums["collected"] for currency, sums in folded_fees(collected.get(each.id, ())).items()
            },
        )
        for each in tenants
    ]


def folded_pets(groups: Iterable[PetGroup]) -> dict[str, int]:
    """Return the living pets by vaccination status."""
    found: Counter[str] = Counter()
    for each in groups:
        found[text_of(each.status) or "unknown"] += each.number
    return dict(found)


def folded_expiring(groups: Iterable[ExpiryGroup]) -> dict[tuple[date, str], int]:
    """Return the vaccinations that expire, by day and vaccine."""
    found: Counter[tuple[date, str]] = Counter()
    for each in groups:
        found[each.on, text_of(each.vaccine) or "other"] += each.number
    return dict(found)


def folded_scores(groups: Iterable[ScoreGroup]) -> dict[int | None, int]:
    """Return the owners by tens of their score: 0 for 0 to 9, 100 for 100, None for what is no score."""
    found: Counter[int | None] = Counter()
    for each in groups:
        is_score = isinstance(each.score, int) and 0 <= each.score <= 100
        found[(each.score or 0) // 10 * 10 if is_score else None] += each.number
    return dict(found)
