"""Statuses of vaccination records and pets, and alerts before vaccinations expire: one SMS per owner and run."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from shared.database.transactions import fetch, in_transaction
from shared.domain.ids import OwnerId, TenantId
from shared.domain.plans import Plan, UndecidedAlert, joined
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date
from shared.domain.reasons import Reason
from shared.domain.records import ExpiryWindow, Outcome, Problem, foreign_reference
from shared.domain.tally import DryRunLine
from shared.planning.context import Context
from shared.planning.paging import pages
from shared.planning.tenants import Tenants, alike
from shared.planning.writing import write
from shared.platform import writes
from shared.tasks.vaccination_monitor import queries, rules, statuses
from shared.tasks.vaccination_monitor.statuses import Soon

log = logging.getLogger(__name__)


def monitor_vaccinations(context: Context) -> None:
    """Bring all statuses up to date, decide about every due alert, and record those that became useless unsent."""
    for soon, tenants in alike(context.served, lambda each: _soon(each, context.now)):
        _bring_up_to_date(context, tenants, soon)
    for calendar, tenants in alike(
        context.served, lambda each: rules.calendar_of(each, context.now, context.switch_on)
    ):
        for batch in _due_batches(context, tenants, rules.due_windows(calendar)):
            _decide_batch(context, tenants, batch)
        for batch in _missed_batches(context, tenants, rules.missed_windows(calendar)):
            _record_late(context, tenants, batch)


# Statuses


def _soon(served: ServedTenant, now: datetime) -> Soon:
    return Soon.within(local_date(now, served.zone), max(served.policy.vaccination.thresholds))


def _bring_up_to_date(context: Context, tenants: Tenants, soon: Soon) -> None:
    """Write the statuses that changed; if none did, take no lock. A dry run lists how many would change."""
    counts = fetch(context.engine, lambda connection: statuses.outdated(connection, list(tenants), soon))
    if counts and not context.is_dry:
        ids = sorted(counts)
        in_transaction(context.engine, lambda connection: write_statuses(connection, ids, soon, context.now))
    for id_, count in counts.items():
        subdomain = tenants[id_].tenant.subdomain
        context.tally.add(subdomain, "statuses_updated", count)
        if context.is_dry:
            what = f"{count} vaccination status{'' if count == 1 else 'es'}"
            context.tally.would.append(DryRunLine("update", subdomain, what, reason="out of date"))


def write_statuses(connection: Connection, tenant_ids: Sequence[TenantId], soon: Soon, now: datetime) -> None:
    """Write the statuses that changed of some tenants' records and pets. `now`: the run's, aware."""
    given = {"tenant_ids": tenant_ids, "now": now, **asdict(soon)}
    writes.set_record_statuses(connection, *statuses.outdated_records(), given)
    writes.set_pet_statuses(connection, *statuses.outdated_pets(), given)


# Finding


def _due_batches(context: Context, tenants: Tenants, windows: Sequence[ExpiryWindow]) -> Iterator[list[UndecidedAlert]]:
    """Yield the records that may need alerts, in batches of whole owners, because each owner gets one SMS."""
    ids = list(tenants)
    seen: set[OwnerId] = set()
    for window in windows:
        for found in _pages(context, queries.vaccinations_to_alert, ids, window):
            owners = {each.vaccination.owner.id for each in _sound(context, tenants, found)} - seen
            seen |= owners
            if owners:
                yield _of_owners(context, ids, owners, windows)


def _of_owners(
    context: Context, tenant_ids: Sequence[TenantId], owners: Collection[OwnerId], windows: Sequence[ExpiryWindow]
) -> list[UndecidedAlert]:
    def due_in_any_window(connection: Connection) -> list[UndecidedAlert]:
        return [
            each
            for window in windows
            for each in queries.vaccinations_of_owners_to_alert(connection, tenant_ids, owners, window)
        ]

    found = fetch(context.engine, due_in_any_window)
    return [each for each in found if not each.vaccination.foreign_part]


def _missed_batches(
    context: Context, tenants: Tenants, windows: Sequence[ExpiryWindow]
) -> Iterator[list[UndecidedAlert]]:
    for window in windows:
        yield from _pages(context, queries.vaccinations_without_decision, list(tenants), window)


def _pages(
    context: Context, query: Callable[..., list[UndecidedAlert]], tenant_ids: Sequence[TenantId], window: ExpiryWindow
) -> Iterator[list[UndecidedAlert]]:
    read = partial(query, tenant_ids=tenant_ids, window=window)
    return pages(context, read, lambda each: each.vaccination)


def _sound(context: Context, tenants: Tenants, found: Sequence[UndecidedAlert]) -> Iterator[UndecidedAlert]:
    """Yield the sound rows; name the ones that refer to another tenant."""
    for each in found:
        if part := each.vaccination.foreign_part:
            subdomain = tenants[each.vaccination.tenant_id].tenant.subdomain
            context.tally.problem(foreign_reference(subdomain, f"vaccination {each.vaccination.id}", part))
        else:
            yield each


# Deciding and writing


def _decide_batch(context: Context, tenants: Tenants, batch: Sequence[UndecidedAlert]) -> None:
    """Decide about a batch and write it in one transaction; a failing tenant stays out of it."""
    plans = []
    for served, own in _by_tenant(context, tenants, batch):
        try:
            plans += [
                rules.decide(alerts, served, context.now, context.switch_on, context.run_id)
                for alerts in rules.by_owner(own)
            ]
        except Exception as error:  # one tenant's data must not stop the others
            log.exception("its alerts cannot be planned", extra={"tenant": served.tenant.subdomain})
            context.tally.problem(Problem(served.tenant.subdomain, rules.KIND, repr(error)), is_tenants=True)
    _write(context, tenants, joined(plans), batch)


def _by_tenant(
    context: Context, tenants: Tenants, batch: Sequence[UndecidedAlert]
) -> Iterator[tuple[ServedTenant, list[UndecidedAlert]]]:
    own = defaultdict(list)
    for each in batch:
        own[each.vaccination.tenant_id].append(each)
    for id_, rows in own.items():
        context.tally.add(tenants[id_].tenant.subdomain, "total_checked", len(rows))
        yield tenants[id_], rows


def _record_late(context: Context, tenants: Tenants, missed: Sequence[UndecidedAlert]) -> None:
    late = [
        rules.alert_decision(each.vaccination, each.tier, outcome=Outcome.EXPIRED, reason=Reason.TOO_LATE)
        for each in missed
        if not each.vaccination.foreign_part
        and rules.is_late(each.vaccination, each.tier, tenants[each.vaccination.tenant_id], context.switch_on)
    ]
    _write(context, tenants, Plan(decisions=tuple(late)), missed)


def _write(context: Context, tenants: Tenants, plan: Plan, batch: Sequence[UndecidedAlert]) -> None:
    subjects = {each.vaccination.id: each.vaccination for each in batch}
    write(context, tenants, plan, subjects, planned_as="alerts_planned")
