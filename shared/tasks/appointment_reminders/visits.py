"""Deciding about a visit: all appointments of one owner with one tenant on one tenant-local day."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import uuid5
from zoneinfo import ZoneInfo

from shared.domain.ids import NotificationId, RunId
from shared.domain.plans import Decision, Plan, PlannedNotification, Undecided, news
from shared.domain.policy.models import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, Outcome
from shared.tasks.appointment_reminders.rules import Lead, due_at, is_due, minute_of, send_at, skip_reason


def visits(undecided: Sequence[Undecided], zone: ZoneInfo) -> list[list[Undecided]]:
    """Return a tenant's appointments grouped by owner and local day, each visit in order of start."""

    def visit(each: Undecided) -> tuple[str, str]:
        return str(each.appointment.owner.id), str(each.appointment.starts_at.astimezone(zone).date())

    ordered = sorted(undecided, key=lambda each: (visit(each), each.appointment.starts_at, str(each.appointment.id)))
    return [list(group) for _, group in groupby(ordered, key=visit)]


def decide(visit: Sequence[Undecided], lead: Lead, served: ServedTenant, now: datetime, run_id: RunId) -> Plan:
    """Decide about the reminders of one visit in the run at `now`: what is skipped, and who shares one SMS.

    If the lead lets others ride along, they share the SMS of the visit's first due reminder. Decisions already in the
    ledger are not made again.
    """
    quiet, zone = served.policy.sms.quiet_hours, served.zone
    refused = {each.appointment.id: skip_reason(each.appointment, lead, served) for each in visit}
    due = {each.appointment.id for each in visit if is_due(each.appointment.starts_at, lead, quiet, zone, now)}
    welcome = [each for each in visit if not refused[each.appointment.id]]
    going = [each for each in welcome if each.appointment.id in due]
    # The first takes the others along; reminders that merely share an SMS wait for the last, which must not be early.
    pick = min if lead.rides_along else max
    leaves_at = pick((send_at(each.appointment.starts_at, lead, quiet, zone, now) for each in going), default=now)
    if going and lead.rides_along:
        going = [each for each in welcome if leaves_at < each.appointment.starts_at - lead.useful]
    notification = _notification([each.appointment for each in going], lead, leaves_at, run_id) if going else None
    # A reminder that could only leave once useless is never due, but a booking made too late is still decided.
    booked_late = {
        each.appointment.id
        for each in visit
        if refused[each.appointment.id] is Reason.BOOKED_INSIDE_WINDOW and each.appointment.created_at <= now
    }
    decided = [each for each in visit if each.appointment.id in due | booked_late]
    skipped = [(each, reason) for each in decided if (reason := refused[each.appointment.id])]
    return news(
        [
            (each, reminder_decision(lead, each.appointment, notification=notification, occurrence=each.occurrence))
            for each in going
        ]
        + [
            (each, reminder_decision(lead, each.appointment, reason=reason, occurrence=each.occurrence))
            for each, reason in skipped
        ],
        notification,
    )


def too_late(appointment: Appointment, lead: Lead, served: ServedTenant) -> Decision:
    """Return the decision about a reminder that became useless while no run took it."""
    if appointment.created_at > due_at(appointment.starts_at, lead, served.policy.sms.quiet_hours, served.zone):
        return reminder_decision(lead, appointment, reason=Reason.BOOKED_INSIDE_WINDOW)
    return reminder_decision(lead, appointment, outcome=Outcome.EXPIRED, reason=Reason.TOO_LATE)


def reminder_decision(
    lead: Lead,
    appointment: Appointment,
    *,
    notification: PlannedNotification | None = None,
    reason: Reason | None = None,
    outcome: Outcome = Outcome.SKIPPED,
    occurrence: str | None = None,
) -> Decision:
    """Return the decision about one appointment's reminder: `notify` with a notification, otherwise `outcome`.

    `occurrence`: how an earlier decision names the start; None to name it to the minute.
    """
    return Decision(
        tenant_id=appointment.tenant_id,
        kind=lead.kind,
        subject_type="appointment",
        subject_id=appointment.id,
        occurrence=occurrence or f"{minute_of(appointment.starts_at):%Y-%m-%dT%H:%M:%S.%fZ}",
        outcome=Outcome.NOTIFY if notification else outcome,
        reason=reason,
        notification_id=notification.id if notification else None,
        occurs_at=appointment.starts_at,
    )


def _notification(going: Sequence[Appointment], lead: Lead, leaves_at: datetime, run_id: RunId) -> PlannedNotification:
    return PlannedNotification(
        id=NotificationId(uuid5(run_id, f"{lead.kind}:{going[0].id}")),
        tenant_id=going[0].tenant_id,
        owner_id=going[0].owner.id,
        kind=lead.kind,
        not_before=leaves_at,
        useful_until=min(each.starts_at for each in going) - lead.useful,
    )
