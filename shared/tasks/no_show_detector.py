"""Missed appointments: staff corrections first, then what nobody came to, local day by local day."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from shared.database import no_shows
from shared.database.no_shows import Day, Place
from shared.database.transactions import fetch
from shared.fees import Candidate, DayCount
from shared.policy import ServedTenant
from shared.records import Problem
from shared.rules import no_show
from shared.rules.missed import closed
from shared.rules.no_show import FoundVisit
from shared.rules.quiet_hours import local_date
from shared.tally import would
from shared.tasks.context import Context
from shared.tasks.fee_texts import retell
from shared.tasks.marking import Marking
from shared.tasks.no_show_corrections import correct
from shared.tasks.tenants import Tenants, alike

log = logging.getLogger(__name__)

BATCH = 500


def detect_no_shows(context: Context) -> None:
    """Put right what staff corrected, mark what was missed with its fee and event, tell the owners."""
    correct(context)
    marking = Marking(context)
    since = no_show.look_back_bound(context.now, context.look_back, context.switch_on)
    for (zone, grace), tenants in alike(context.served, lambda each: (each.zone, each.policy.no_show.grace_minutes)):
        until = context.now - timedelta(minutes=grace)
        for begins, ends in no_show.days(since, context.now, zone):
            if context.is_out_of_time():
                return
            _detect_day(marking, tenants, Day(begins, ends, since, until, over_by=context.now))
    retell(context)


def _detect_day(marking: Marking, tenants: Tenants, day: Day) -> None:
    context = marking.context
    counts = fetch(context.engine, lambda connection: no_shows.day_counts(connection, list(tenants), day))
    open_ = [each.tenant_id for each in counts if not _is_held(context, tenants[each.tenant_id], day, each)]
    for page in _pages(context, open_, day):
        _decide_page(marking, tenants, page, day)


def _is_held(context: Context, served: ServedTenant, day: Day, count: DayCount) -> bool:
    """Whether a tenant's day must be looked at by a person first; if so, say it."""
    on = local_date(day.begins, served.zone)
    is_known = on in served.policy.no_show.closed_on or (served.tenant.subdomain, on) in context.accept_surge
    if is_known or not no_show.is_surge(count):
        return False
    subdomain, suspects = served.tenant.subdomain, count.candidates + count.marked
    found = {"date": on.isoformat(), "candidates": suspects, "appointments": count.appointments}
    context.tally.held.append({"tenant": subdomain, **found})
    if context.is_dry:
        reason = f"{suspects} of {count.appointments} appointments look missed"
        context.tally.would.append(would("hold", subdomain, on.isoformat(), reason=reason))
    return True


def _pages(context: Context, tenant_ids: Sequence[UUID], day: Day) -> Iterator[list[Candidate]]:
    beyond: Place | None = None
    while tenant_ids and not context.is_out_of_time():
        query = partial(no_shows.candidates, tenant_ids=tenant_ids, day=day, beyond=beyond, limit=BATCH)
        page = fetch(context.engine, query)
        if not page:
            return
        beyond = Place(page[-1].tenant_id, page[-1].owner.id)
        yield page


def _decide_page(marking: Marking, tenants: Tenants, page: Sequence[Candidate], day: Day) -> None:
    """Decide about a page and write it in one transaction; a bad row or a failing tenant stays out of it."""
    context = marking.context
    missed: list[FoundVisit] = []
    amnesty: list[FoundVisit] = []
    for served, own in _by_tenant(context, tenants, page, day):
        try:
            found = no_show.visits(own, served)
        except Exception as error:  # one tenant's data must not stop the others
            log.exception("its missed appointments cannot be marked", extra={"tenant": served.tenant.subdomain})
            context.tally.problem(Problem(served.tenant.subdomain, "no_show", repr(error)), is_tenants=True)
            continue
        closed_on = served.policy.no_show.closed_on
        missed += [each for each in found if each.on not in closed_on]
        amnesty += [each for each in found if each.on in closed_on]
    marking.write(missed, closed(amnesty), day.over_by)


def _by_tenant(
    context: Context, tenants: Tenants, page: Sequence[Candidate], day: Day
) -> Iterator[tuple[ServedTenant, list[Candidate]]]:
    """Yield each tenant's sound rows; name the ones that refer to another tenant."""
    own = defaultdict(list)
    for each in page:
        served = tenants[each.tenant_id]
        if not no_show.is_no_show(each, served.policy.no_show, context.now, day.since):
            continue
        if strange := no_show.refers_elsewhere(each):
            reason = f"its {strange} belongs to another business"
            context.tally.problem(Problem(served.tenant.subdomain, f"appointment {each.id}", reason))
        else:
            own[each.tenant_id].append(each)
    for id_, rows in own.items():
        yield tenants[id_], rows


if __name__ == "__main__":
    from shared.cli import main_of

    main_of("NoShowDetector")
