"""When an appointment counts as missed, which ones form a visit, and when a whole day is implausible."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from shared.domain.fees import COLLECTED, LONGEST_DAY
from shared.domain.ids import AppointmentId, VisitId
from shared.domain.missed_visits import (
    Attendance,
    AttendanceCount,
    Candidate,
    DayCount,
    MarkedVisit,
    findable_at,
    have_all_pets_died,
)
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date, local_day, midnight
from shared.domain.reasons import Reason
from shared.domain.records import Owner, visit_id

SURGE_LEAST = 3
"""From this many candidates on, a day may be a snow day, or the front desk stopped checking pets in."""
SWITCH_ON_LOOK_BACK = timedelta(hours=24)
"""How far before its first run detection looks: anything earlier is the platform's past."""
CORRECTIONS_LOOK_BACK = timedelta(days=60)
ATTENDANCE_DAYS = 14
"""Over how many local days a run checks whether a business records attendance."""
ATTENDANCE_LEAST = 5
"""From fewer past appointments nobody can tell whether a business records attendance."""


@dataclass(frozen=True, slots=True)
class FoundVisit:
    """The appointments of one owner on one local day that nobody came to, in order of start."""

    id: VisitId
    on: date
    served: ServedTenant
    appointments: tuple[Candidate, ...]

    @property
    def owner(self) -> Owner:
        """The owner who did not come."""
        return self.appointments[0].owner

    def limited_to(self, ids: Collection[AppointmentId]) -> "FoundVisit":
        """Return the visit with only those appointments."""
        return replace(self, appointments=tuple(each for each in self.appointments if each.id in ids))


def look_back_bound(now: datetime, look_back: timedelta, switch_on: datetime) -> datetime:
    """Return the instant after which an appointment must have become findable to be considered."""
    return max(now - look_back, switch_on - SWITCH_ON_LOOK_BACK)


def is_no_show(candidate: Candidate, served: ServedTenant, now: datetime, since: datetime) -> bool:
    """Whether a pending or confirmed appointment that nobody came to can be found at `now`, and could not at `since`.

    An appointment entered after it began (an import) proves nothing.
    """
    grace = timedelta(minutes=served.policy.no_show.grace_minutes)
    findable = findable_at(candidate.starts_at, candidate.ends_at, grace, served.zone)
    return since < findable <= now and candidate.created_at < candidate.starts_at


def excuse(candidate: Candidate, served: ServedTenant) -> Reason | None:
    """Return why an appointment that nobody came to does not count as missed; None if it does."""
    if local_date(candidate.starts_at, served.zone) in served.policy.no_show.closed_on:
        return Reason.CLOSED_DAY
    if candidate.came_that_day:
        return Reason.CAME_THAT_DAY
    return Reason.PET_DECEASED if candidate.have_pets_died else None


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


def is_same_day(visit: MarkedVisit, other: MarkedVisit, zone: ZoneInfo) -> bool:
    """Whether two visits are on the same local day."""
    return local_date(visit.began_at, zone) == local_date(other.began_at, zone)


def still_stands(visit: MarkedVisit, attendance: Sequence[Attendance], served: ServedTenant) -> bool:
    """Whether a marked visit still counts as missed by the owner with this attendance.

    It does not if all its pets have died by now, unless its fee was paid before that was known. Visits that staff
    marked stand whatever else is known of the day.
    """
    on = local_date(visit.began_at, served.zone)
    own = (each for each in attendance if each.tenant_id == visit.tenant_id)
    its = [each for each in own if local_date(each.starts_at, served.zone) == on]
    came = {each.came for each in its}
    could_not = visit.fee_status not in COLLECTED and have_all_pets_died(its)
    is_excused = visit.is_forgiven or on in served.policy.no_show.closed_on
    return False in came and not is_excused and not (visit.is_ours and (True in came or could_not))


def superseded(passed: MarkedVisit, own: MarkedVisit) -> MarkedVisit:
    """Return which of two missed visits of one owner and day does not count. `passed`: the one from another owner.

    The one that counts is, in this order, the one with a collected fee, with any fee, counted by detection rather than
    only marked by staff, or the earlier one.
    """

    def place(visit: MarkedVisit) -> tuple[bool, bool, bool, datetime, datetime, bool]:
        is_collected, written_at = visit.fee_status in COLLECTED, visit.fee_written_at or visit.began_at
        return (
            not is_collected,
            visit.fee_status is None,
            not visit.is_ours,
            written_at,
            visit.began_at,
            visit is passed,
        )

    return max(passed, own, key=place)


def days(since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield, in order, the local days with starts of appointments that first became findable in `(since, now]`.

    Each is a pair of instants, `[begin, end)`. An appointment becomes findable within a day of its start: no grace is
    longer.
    """
    begin, end = local_day(since - LONGEST_DAY, zone)
    while begin <= now:
        yield begin, end
        begin, end = end, max(local_day(end, zone)[1], end + timedelta(minutes=1))


def attendance_days(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the first and the last of the local days begin over which attendance records are checked."""
    today = local_date(now, zone)
    return midnight(today - timedelta(days=ATTENDANCE_DAYS - 1), zone), midnight(today, zone)


def why_held(day: DayCount, attendance: AttendanceCount) -> Reason | None:
    """Return why a person must look at a day before any of it is marked; None if nobody need look."""
    if day.candidates and not is_attendance_recorded(attendance):
        return Reason.ATTENDANCE_NOT_RECORDED
    return Reason.SURGE if is_surge(day) else None


def is_attendance_recorded(attendance: AttendanceCount) -> bool:
    """Whether a business records attendance, or too little is known to say that it does not."""
    return attendance.past < ATTENDANCE_LEAST or attendance.recorded * 3 >= attendance.past


def is_surge(day: DayCount) -> bool:
    """Whether so many of a day's appointments look missed, one of them newly, that a person must look first.

    The day's appointments that detection marked before count too: otherwise a day found in parts would pass in parts.
    """
    suspects = day.candidates + day.marked
    return day.candidates > 0 and suspects >= SURGE_LEAST and suspects * 2 > day.appointments
