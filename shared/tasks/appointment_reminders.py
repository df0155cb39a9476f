"""Reminders before appointments. Both leads are this one task; they differ by a row of `reminders.LEADS`."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.database import queries
from shared.database.dialects import chunks
from shared.database.engine import reading
from shared.database.queries import Starts
from shared.policy import QuietHours, ServedTenant
from shared.reasons import Reason
from shared.records import (
    Appointment,
    Kind,
    Outcome,
    Plan,
    Problem,
    Undecided,
)
from shared.rules import reminders
from shared.rules.quiet_hours import local_day
from shared.rules.reminders import LATE_RECORD, Lead
from shared.rules.visits import decide, decision, joined, visits
from shared.tasks.context import Context
from shared.tasks.planning import write

log = logging.getLogger(__name__)

BATCH = 500


def plan_reminders(context: Context, kind: Kind) -> None:
    """Decide about every reminder of a kind that is due, and record what became useless while no run took it."""
    lead = reminders.LEADS[kind]
    for tenants in _alike(context.served):
        for batch in _due_batches(context, lead, tenants):
            _decide_batch(context, lead, tenants, batch)
        for missed in _missed_batches(context, lead, tenants):
            _record_late(context, lead, tenants, missed)


def _alike(served: Sequence[ServedTenant]) -> Iterator[dict[UUID, ServedTenant]]:
    """Yield the tenants that share zone and quiet hours, and so the starts that may be due, in bounded lots."""

    def window(each: ServedTenant) -> tuple[str, str]:
        return str(each.zone), str(each.policy.sms.quiet_hours)

    for _, group in groupby(sorted(served, key=window), key=window):
        for some in chunks(list(group)):
            yield {each.tenant.id: each for each in some}


# Finding


def _due_batches(context: Context, lead: Lead, tenants: Mapping[UUID, ServedTenant]) -> Iterator[list[Undecided]]:
    quiet, zone = _window(tenants)
    starts = Starts(after=context.now + lead.useful, until=reminders.latest_start_due(lead, quiet, zone, context.now))

    def page(connection: Connection, beyond: Appointment | None) -> list[Undecided]:
        return queries.appointments_to_remind(connection, lead.kind, list(tenants), starts, beyond=beyond, limit=BATCH)

    beyond: Appointment | None = None
    while not context.is_out_of_time():
        with reading(context.engine) as connection:
            found = page(connection, beyond)
            if not found:
                return
            beyond = found[-1].appointment
            visits = _rest_of_visits(connection, context, lead, zone, found)
        yield list({each.appointment.id: each for each in [*found, *visits]}.values())


def _rest_of_visits(
    connection: Connection, context: Context, lead: Lead, zone: ZoneInfo, found: Sequence[Undecided]
) -> list[Undecided]:
    """The undecided appointments of the same owners on the same local days."""
    days = [local_day(each.appointment.starts_at, zone) for each in found]
    starts = Starts(
        after=max(min(begin for begin, _ in days) - datetime.resolution, context.now + lead.useful),
        until=max(end for _, end in days),
    )
    owners = {each.appointment.owner.id for each in found}
    return queries.appointments_of_owners_to_remind(connection, lead.kind, owners, starts)


def _missed_batches(context: Context, lead: Lead, tenants: Mapping[UUID, ServedTenant]) -> Iterator[list[Appointment]]:
    enabled = [id_ for id_, each in tenants.items() if reminders.is_enabled(lead.kind, each.policy)]
    since = max(context.now - LATE_RECORD, context.switch_on)
    starts = Starts(after=since + lead.useful, until=context.now + lead.useful)
    beyond: Appointment | None = None
    while enabled and since < context.now and not context.is_out_of_time():
        with reading(context.engine) as connection:
            found = queries.appointments_without_decision(
                connection, lead.kind, enabled, starts, beyond=beyond, limit=BATCH
            )
        if not found:
            return
        beyond = found[-1]
        yield found


def _window(tenants: Mapping[UUID, ServedTenant]) -> tuple[QuietHours | None, ZoneInfo]:
    any_of_them = next(iter(tenants.values()))
    return any_of_them.policy.sms.quiet_hours, any_of_them.zone


# Deciding and writing


def _decide_batch(
    context: Context, lead: Lead, tenants: Mapping[UUID, ServedTenant], batch: Sequence[Undecided]
) -> None:
    """Decide about a batch and write it in one transaction; a bad row or a failing tenant stays out of it."""
    plans = []
    for served, own in _by_tenant(context, tenants, batch):
        try:
            plans += [decide(visit, lead, served, context.now, context.run_id) for visit in visits(own, served.zone)]
        except Exception as error:  # one tenant's data must not stop the others
            log.exception("its reminders cannot be planned", extra={"tenant": served.tenant.subdomain})
            context.tally.problem(Problem(served.tenant.subdomain, lead.kind, repr(error)), is_tenants=True)
    subjects = {each.appointment.id: each.appointment for each in batch}
    write(context, tenants, joined(plans), subjects, planned_as="reminders_planned")


def _by_tenant(
    context: Context, tenants: Mapping[UUID, ServedTenant], batch: Sequence[Undecided]
) -> Iterator[tuple[ServedTenant, list[Undecided]]]:
    """Yield each tenant's sound rows; name the ones that refer to another tenant."""
    own = defaultdict(list)
    for each in batch:
        appointment = each.appointment
        if appointment.tenant_id not in tenants:
            continue
        served = tenants[appointment.tenant_id]
        if strange := reminders.refers_elsewhere(appointment):
            reason = f"its {strange} belongs to another business"
            context.tally.problem(Problem(served.tenant.subdomain, f"appointment {appointment.id}", reason))
        else:
            own[appointment.tenant_id].append(each)
    for id_, rows in own.items():
        context.tally.add(tenants[id_].tenant.subdomain, "total_checked", len(rows))
        yield tenants[id_], rows


def _record_late(
    context: Context, lead: Lead, tenants: Mapping[UUID, ServedTenant], missed: Sequence[Appointment]
) -> None:
    late = []
    for each in missed:
        served = tenants[each.tenant_id]
        due = reminders.due_at(each.starts_at, lead, served.policy.sms.quiet_hours, served.zone)
        if each.created_at <= due and not reminders.refers_elsewhere(each):
            late.append(decision(lead, each, outcome=Outcome.EXPIRED, reason=Reason.TOO_LATE))
    subjects = {each.id: each for each in missed}
    write(context, tenants, Plan(decisions=tuple(late)), subjects, planned_as="reminders_planned")


if __name__ == "__main__":
    from shared.cli import main_of

    main_of("AppointmentReminders24h", "AppointmentReminders2h")
