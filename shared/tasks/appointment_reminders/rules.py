"""When an appointment's reminders are due, and who may get them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.contact import cannot_text
from shared.domain.policy.models import ServedTenant, TenantPolicy
from shared.domain.quiet_hours import QuietHours, after_quiet, is_quiet, quiet_began
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, AppointmentStatus, Kind

PERIOD = timedelta(hours=1)
"""How often each reminder job runs."""
HALF_PERIOD = PERIOD / 2
"""How early a reminder may leave: with runs on time, each leaves within 30 minutes of its lead."""
BEFORE_QUIET = timedelta(minutes=30)
"""How long before quiet hours a reminder leaves if it would come too late after them."""
LATE_RECORD = timedelta(days=2)
"""How far back a run records reminders as `expired` that became useless while no run took them."""


@dataclass(frozen=True, slots=True)
class Lead:
    """One of the two reminders. `before`: how long before the start it is due; `useful`: until how long before.

    `least_notice`: if quiet hours would leave less than this before the start, the reminder moves to before them.
    `rides_along`: the visit's other appointments share its SMS even before they are due themselves.
    """

    kind: Kind
    before: timedelta
    useful: timedelta
    least_notice: timedelta
    rides_along: bool


LEADS = {
    lead.kind: lead
    for lead in (
        Lead(Kind.REMINDER_24H, timedelta(hours=24), timedelta(hours=3), timedelta(hours=4), rides_along=True),
        Lead(Kind.REMINDER_2H, timedelta(hours=2), timedelta(minutes=15), timedelta(minutes=60), rides_along=False),
    )
}

_GONE = {
    AppointmentStatus.CANCELLED: Reason.APPOINTMENT_CANCELLED,
    AppointmentStatus.IN_PROGRESS: Reason.APPOINTMENT_STARTED,
    AppointmentStatus.COMPLETED: Reason.APPOINTMENT_COMPLETED,
    AppointmentStatus.NO_SHOW: Reason.APPOINTMENT_MISSED,
}


def minute_of(starts_at: datetime) -> datetime:
    """Return the start that a reminder is about, to the minute: nobody notices a move by seconds."""
    return starts_at.replace(second=0, microsecond=0)


def due_at(starts_at: datetime, lead: Lead, quiet: QuietHours | None, zone: ZoneInfo) -> datetime:
    """Return the instant at which the reminder is due: `lead` before the start, moved out of quiet hours."""
    due = starts_at - lead.before
    if quiet is None or not is_quiet(due, quiet, zone):
        return due
    shifted = after_quiet(due, quiet, zone)
    if starts_at - shifted >= lead.least_notice:
        return shifted
    return quiet_began(due, quiet, zone) - BEFORE_QUIET


def _opens_at(starts_at: datetime, lead: Lead, quiet: QuietHours | None, zone: ZoneInfo) -> tuple[datetime, bool]:
    """Return the earliest instant the reminder may leave, and whether quiet hours shifted it there."""
    due = due_at(starts_at, lead, quiet, zone)
    is_shifted = due != starts_at - lead.before
    return (due if is_shifted else due - HALF_PERIOD), is_shifted


def send_at(starts_at: datetime, lead: Lead, quiet: QuietHours | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when a reminder taken by the run at `now` may leave: at once, unless it is early or in quiet hours."""
    opens_at, _ = _opens_at(starts_at, lead, quiet, zone)
    return after_quiet(max(opens_at, now), quiet, zone)


def is_due(starts_at: datetime, lead: Lead, quiet: QuietHours | None, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the run at `now` takes the reminder: it is due within half a period and can leave while useful.

    A reminder due less than half a period before quiet hours is taken half a period sooner, because the next run could
    only send it after them. It still leaves no earlier than any other: half a period before it is due.
    """
    opens_at, is_shifted = _opens_at(starts_at, lead, quiet, zone)
    is_last_chance = is_quiet(opens_at + PERIOD - datetime.resolution, quiet, zone)
    if opens_at > now + (HALF_PERIOD if is_shifted or is_last_chance else timedelta()):
        return False
    return send_at(starts_at, lead, quiet, zone, now) < starts_at - lead.useful


def latest_start_due(lead: Lead, quiet: QuietHours | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Return a start after which no appointment can be due for the run at `now`.

    Starts beyond the lead itself are those whose reminder moves to before quiet hours that begin soon.
    """
    if quiet is None:
        return now + HALF_PERIOD + lead.before
    latest = now + PERIOD + lead.before
    return max(latest, after_quiet(now + HALF_PERIOD + BEFORE_QUIET, quiet, zone) + lead.least_notice)


def is_enabled(kind: Kind, policy: TenantPolicy) -> bool:
    """Whether the tenant sends this kind of reminder."""
    return policy.reminders.h24 if kind is Kind.REMINDER_24H else policy.reminders.h2


def objection(appointment: Appointment, served: ServedTenant) -> Reason | None:
    """Return why the owner must not be reminded of the appointment, whatever the time; None if the owner may be."""
    if not appointment.owner.is_active:
        return Reason.OWNER_INACTIVE
    pets = [pet for pet in appointment.pets if not pet.is_deleted]
    if pets and all(pet.is_deceased for pet in pets):
        return Reason.PET_DECEASED
    return cannot_text(appointment.owner, served.region, served.blocked)


def skip_reason(appointment: Appointment, lead: Lead, served: ServedTenant) -> Reason | None:
    """Return why a due reminder is skipped; None if it must be sent."""
    if not is_enabled(lead.kind, served.policy):
        return Reason.KIND_DISABLED
    if appointment.created_at > due_at(appointment.starts_at, lead, served.policy.sms.quiet_hours, served.zone):
        return Reason.BOOKED_INSIDE_WINDOW
    return objection(appointment, served)


def no_longer_right(
    appointment: Appointment, kind: Kind, occurs_at: datetime | None, served: ServedTenant
) -> Reason | None:
    """Return why a reminder planned for the start `occurs_at` must no longer be sent; None while it may."""
    if appointment.is_deleted:
        return Reason.APPOINTMENT_DELETED
    if gone := _GONE.get(appointment.status):
        return gone
    if occurs_at is None or minute_of(appointment.starts_at) != minute_of(occurs_at):
        return Reason.RESCHEDULED
    if not is_enabled(kind, served.policy):
        return Reason.KIND_DISABLED
    return objection(appointment, served)
