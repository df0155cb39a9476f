"""Reminders before appointments. One task serves both leads, which differ by a row of `rules.LEADS`."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from shared.database.appointments import Starts
from shared.database.transactions import fetch
from shared.domain.ids import OwnerId, TenantId
from shared.domain.plans import Plan, Undecided, joined
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_day
from shared.domain.records import Appointment, Kind, Problem, foreign_reference
from shared.planning.context import Context
from shared.planning.paging import pages
from shared.planning.tenants import Tenants, alike
from shared.planning.writing import write
from shared.tasks.appointment_reminders import queries, rules
from shared.tasks.appointment_reminders.rules import LATE_RECORD, Lead
from shared.tasks.appointment_reminders.visits import decide, too_late, visits

log = logging.getLogger(__name__)


def plan_reminders(context: Context, kind: Kind) -> None:
    """Decide about every due reminder of a kind, and record those that became useless while no run took them."""
    lead = rules.LEADS[kind]
    # At most hours few zones are near their quiet hours: all others share the latest start.
    for latest, tenants in alike(context.served, lambda each: _latest(context, lead, each)):
        for batch in _due_batches(context, lead, tenants, latest):
            _decide_batch(context, lead, tenants, batch)
    # Too late is too late in every zone.
    enabled = [each for each in context.served if rules.is_enabled(kind, each.policy)]
    for _, tenants in alike(enabled, lambda _: None):
        for missed in _missed_batches(context, lead, tenants):
            _record_late(context, lead, tenants, missed)


# Finding


def _latest(context: Context, lead: Lead, served: ServedTenant) -> datetime:
    return rules.latest_start_due(lead, served.policy.sms.quiet_hours, served.zone, context.now)


def _due_batches(context: Context, lead: Lead, tenants: Tenants, latest: datetime) -> Iterator[list[Undecided]]:
    starts = Starts(after=context.now + lead.useful, until=latest)
    query = partial(queries.appointments_to_remind, kind=lead.kind, tenant_ids=list(tenants), starts=starts)
    for found in pages(context, query, lambda each: each.appointment):
        rest = _rest_of_visits(context, lead, tenants, found)
        yield list({each.appointment.id: each for each in [*found, *rest]}.values())


def _rest_of_visits(context: Context, lead: Lead, tenants: Tenants, found: Sequence[Undecided]) -> list[Undecided]:
    """The undecided appointments of the same owners on the same local days."""

    def visit(each: Undecided) -> tuple[TenantId, OwnerId, tuple[datetime, datetime]]:
        appointment = each.appointment
        zone = tenants[appointment.tenant_id].zone
        return appointment.tenant_id, appointment.owner.id, local_day(appointment.starts_at, zone)

    visits = {visit(each) for each in found}
    starts = Starts(
        after=max(min(begin for _, _, (begin, _) in visits) - datetime.resolution, context.now + lead.useful),
        until=max(end for _, _, (_, end) in visits),
    )
    query = partial(
        queries.appointments_of_owners_to_remind,
        kind=lead.kind,
        owner_ids={owner for _, owner, _ in visits},
        starts=starts,
    )
    rest = fetch(context.engine, query)
    return [each for each in rest if each.appointment.tenant_id in tenants and visit(each) in visits]


def _missed_batches(context: Context, lead: Lead, tenants: Tenants) -> Iterator[list[Appointment]]:
    since = max(context.now - LATE_RECORD, context.switch_on)
    starts = Starts(after=since + lead.useful, until=context.now + lead.useful)
    if since < context.now:
        query = partial(queries.appointments_without_decision, kind=lead.kind, tenant_ids=list(tenants), starts=starts)
        yield from pages(context, query)


# Deciding and writing


def _decide_batch(context: Context, lead: Lead, tenants: Tenants, batch: Sequence[Undecided]) -> None:
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
    context: Context, tenants: Tenants, batch: Sequence[Undecided]
) -> Iterator[tuple[ServedTenant, list[Undecided]]]:
    """Yield each tenant's sound rows; name the ones that refer to another tenant."""
    own = defaultdict(list)
    for each in batch:
        appointment = each.appointment
        if appointment.tenant_id not in tenants:
            continue
        served = tenants[appointment.tenant_id]
        if part := appointment.foreign_part:
            subject = f"appointment {appointment.id}"
            context.tally.problem(foreign_reference(served.tenant.subdomain, subject, part))
        else:
            own[appointment.tenant_id].append(each)
    for id_, rows in own.items():
        context.tally.add(tenants[id_].tenant.subdomain, "total_checked", len(rows))
        yield tenants[id_], rows


def _record_late(context: Context, lead: Lead, tenants: Tenants, missed: Sequence[Appointment]) -> None:
    late = [
        too_late(each, lead, tenants[each.tenant_id])
        for each in missed
        if each.created_at < each.starts_at and not each.foreign_part  # otherwise it was entered afterwards
    ]
    subjects = {each.id: each for each in missed}
    write(context, tenants, Plan(decisions=tuple(late)), subjects, planned_as="reminders_planned")
