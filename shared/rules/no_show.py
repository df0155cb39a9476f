"""When an appointment counts as missed, which belong to one visit, and when a whole day is not to be believed."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.fees import Candidate, DayCount
from shared.policy import NoShowPolicy, ServedTenant
from shared.records import Owner, visit_id
from shared.rules.quiet_hours import local_date, local_day

SURGE_LEAST = 3
"""So many candidates on one day may be a desk that stopped checking in, or a snow day."""
SWITCH_ON_LOOK_BACK = timedelta(hours=24)
"""How far before its first run detection looks: what lies further back is the platform's past."""
CORRECTIONS_LOOK_BACK = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class FoundVisit:
    """The appointments of one owner on one local day that nobody came to, in order of start."""

    id: UUID
    on: date
    served: ServedTenant
    appointments: tuple[Candidate, ...]

    @property
    def owner(self) -> Owner:
        """Who did not come."""
        return self.appointments[0].owner

    def limited_to(self, ids: Collection[UUID]) -> "FoundVisit":
        """Return it with only those appointments."""
        return replace(self, appointments=tuple(each for each in self.appointments if each.id in ids))


def look_back_bound(now: datetime, look_back: timedelta, switch_on: datetime) -> datetime:
    """Return the instant after which an appointment must have started to be looked at."""
    return max(now - look_back, switch_on - SWITCH_ON_LOOK_BACK)


def is_no_show(candidate: Candidate, policy: NoShowPolicy, now: datetime, since: datetime) -> bool:
    """Whether a pending or confirmed appointment that nobody came to counts as missed at `now`.

    Its grace and its end must both have passed: before that the pet may be on the table. One that was written down
    after it began (an import) proves nothing.
    """
    grace = timedelta(minutes=policy.grace_minutes)
    is_over = candidate.starts_at + grace <= now and candidate.ends_at <= now
    return is_over and since < candidate.starts_at and candidate.created_at < candidate.starts_at


def visits(candidates: Sequence[Candidate], served: ServedTenant) -> list[FoundVisit]:
    """Return a tenant's appointments grouped by owner and local day, in order of start within visits and among them."""
    zone = served.zone

    def visit(each: Candidate) -> tuple[str, str]:
        return str(each.owner.id), str(local_date(each.starts_at, zone))

    ordered = sorted(candidates, key=lambda each: (visit(each), each.starts_at, str(each.id)))
    grouped = [tuple(group) for _, group in groupby(ordered, key=visit)]
    in_order = sorted(grouped, key=lambda each: (each[0].starts_at, str(each[0].id)))
    return [_found(each, local_date(each[0].starts_at, zone), served) for each in in_order]


def _found(appointments: tuple[Candidate, ...], on: date, served: ServedTenant) -> FoundVisit:
    first = appointments[0]
    return FoundVisit(visit_id(first.tenant_id, first.owner.id, on), on, served, appointments)


def days(since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local days that `(since, now]` touches as instants `[begin, end)`, in order."""
    begin, end = local_day(since, zone)
    while begin <= now:
        yield begin, end
        begin, end = end, max(local_day(end, zone)[1], end + timedelta(minutes=1))


def is_surge(day: DayCount) -> bool:
    """Whether so many of a day's appointments look missed, one of them newly, that a person must look first.

    What detection marked already on that day counts too, or a day found in parts would pass piece by piece.
    """
    suspects = day.candidates + day.marked
    return day.candidates > 0 and suspects >= SURGE_LEAST and suspects * 2 > day.appointments


def refers_elsewhere(candidate: Candidate) -> str | None:
    """Return which of the appointment's rows belongs to another tenant: "owner", "pet" or "service"; None if none."""
    if candidate.owner.tenant_id != candidate.tenant_id:
        return "owner"
    if candidate.has_foreign_pet:
        return "pet"
    return "service" if candidate.service_tenant_id not in (None, candidate.tenant_id) else None
