"""Missed visits as the rules see them: what may have been missed, what was, and who came."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.domain.fees import COLLECTED, LEAST_STAY, Fee, FeeStatus
from shared.domain.ids import AppointmentId, OwnerId, TenantId, VisitId
from shared.domain.quiet_hours import local_date, local_day
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, Outcome, Owner


@dataclass(frozen=True, slots=True)
class Candidate:
    """An appointment that may have been missed. Money in minor units; instants aware UTC.

    `price`: its service's. `earlier`: an earlier run's decision, if this run may decide again. `came_that_day`: the
    owner attended another appointment on the local day. `have_pets_died`: all its pets have.
    """

    id: AppointmentId
    tenant_id: TenantId
    owner: Owner
    service_tenant_id: TenantId | None
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    total_amount: int | None
    deposit_paid: int | None
    price: int | None
    no_show_count: int
    has_foreign_pet: bool = False
    came_that_day: bool = False
    have_pets_died: bool = False
    earlier: Outcome | None = None
    earlier_reason: Reason | None = None

    @property
    def foreign_part(self) -> str | None:
        """Which of its rows is foreign: "owner", "pet" or "service"; None if none."""
        if self.owner.tenant_id != self.tenant_id:
            return "owner"
        if self.has_foreign_pet:
            return "pet"
        return None if self.service_tenant_id in (None, self.tenant_id) else "service"


@dataclass(frozen=True, slots=True)
class DayCount:
    """One tenant's local day: appointments not cancelled, candidates, and those that detection marked before."""

    tenant_id: TenantId
    appointments: int
    candidates: int
    marked: int


@dataclass(frozen=True, slots=True)
class AttendanceCount:
    """How many of a tenant's past appointments on some days were not cancelled, and how many have attendance on record.

    `recorded`: an arrival, a start, a completion, or a no-show by staff.
    """

    past: int
    recorded: int


@dataclass(frozen=True, slots=True)
class Attendance:
    """An appointment that an owner came to, or that counts as missed. `have_pets_died`: all of its pets, by now."""

    tenant_id: TenantId
    owner_id: OwnerId
    starts_at: datetime
    ends_at: datetime
    came: bool
    have_pets_died: bool = False


def have_all_pets_died(attendance: Iterable[Attendance]) -> bool:
    """Whether some appointments were missed, and all of their pets have died by now."""
    missed = [each.have_pets_died for each in attendance if not each.came]
    return bool(missed) and all(missed)


@dataclass(frozen=True, slots=True)
class MissedVisit:
    """A visit with a no-show event. `missed`: the owner's appointments around it that count as missed now.

    `began_at`: the first start it was marked for. `is_reversed`: the event no longer counts. `customer_id`: whom the
    payment provider charges; None without a saved card. `reminded`: those of `missed` whose reminder was delivered.
    `attendance`: which of the appointments around it the owner came to or missed. `is_superseded`: it is reversed
    because the owner has another visit that day.
    """

    id: VisitId
    tenant_id: TenantId
    owner: Owner
    began_at: datetime
    is_reversed: bool
    missed: tuple[Appointment, ...]
    fee: Fee | None
    customer_id: str | None
    reminded: frozenset[AppointmentId]
    attendance: tuple[Attendance, ...] = ()
    is_superseded: bool = False

    @property
    def foreign_part(self) -> str | None:
        """Which of its rows belongs to another tenant or owner: "owner", "fee's owner", …; None if none."""
        if self.owner.tenant_id != self.tenant_id:
            return "owner"
        if self.fee and self.fee.owner_id != self.owner.id:
            return "fee's owner"
        return next(filter(None, (each.foreign_part for each in self.missed)), None)

    def of_its_day(self, zone: ZoneInfo) -> list[Appointment]:
        """Return the missed appointments of its local day, in order of start.

        Empty if the owner came that day, or if all pets have died and nobody has paid yet.
        """
        day = self.began_at.astimezone(zone).date()
        its = [each for each in self.attendance if each.starts_at.astimezone(zone).date() == day]
        is_paid = self.fee is not None and self.fee.status in COLLECTED
        if any(each.came for each in its) or (not is_paid and have_all_pets_died(its)):
            return []
        found = [each for each in self.missed if each.starts_at.astimezone(zone).date() == day]
        return sorted(found, key=lambda each: (each.starts_at, str(each.id)))


@dataclass(frozen=True, slots=True)
class MarkedVisit:
    """A visit whose no-show event stands and may be wrong. `is_ours`: detection found it, so it raised the count.

    `is_forgiven`: staff waived its fee. `fee_status`, `fee_written_at`: None if it has no fee.
    """

    id: VisitId
    event_id: UUID
    tenant_id: TenantId
    owner_id: OwnerId
    began_at: datetime
    is_ours: bool
    is_forgiven: bool
    fee_status: FeeStatus | None = None
    fee_written_at: datetime | None = None


def findable_at(starts_at: datetime, ends_at: datetime, grace: timedelta, zone: ZoneInfo) -> datetime:
    """Return the instant from which an appointment that nobody came to counts as missed.

    Both its grace and its end must have passed: before that the pet may be on the table. A stay counts as ended at the
    end of the local day on which it starts.
    """
    is_overnight = local_date(ends_at, zone) > local_date(starts_at, zone)
    is_stay = is_overnight and ends_at - starts_at >= LEAST_STAY
    return max(starts_at + grace, local_day(starts_at, zone)[1] if is_stay else ends_at)
