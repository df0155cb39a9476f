"""Corrections: a visit that staff no longer count as missed gives back its event, its count and its fee."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from shared.database import corrections, reputation
from shared.database.engine import reading
from shared.database.transactions import fetch, in_transaction
from shared.database.visits import AROUND
from shared.fees import FeeStatus, MarkedVisit
from shared.policy import ServedTenant
from shared.reasons import Reason
from shared.rules import no_show
from shared.rules.quiet_hours import local_date, midnight
from shared.tally import would
from shared.tasks.context import Context
from shared.tasks.tenants import Tenants, alike

BATCH = 500


def correct(context: Context) -> None:
    """Reverse what no longer stands, and close the fees of all reversed visits, also of those reversed elsewhere."""
    for closed, tenants in alike(context.served, lambda each: _closed_lately(context, each)):
        ids, since = list(tenants), context.now - no_show.CORRECTIONS_LOOK_BACK
        for search in (
            partial(corrections.visits_in_doubt, tenant_ids=ids, since=since),
            *(partial(corrections.visits_on, tenant_ids=ids, begins=begins, ends=ends) for begins, ends in closed),
        ):
            for page in _pages(context, search):
                _correct_page(context, tenants, page)
        if not context.is_dry:
            _close_fees(context, tenants)


def _closed_lately(context: Context, served: ServedTenant) -> tuple[tuple[datetime, datetime], ...]:
    """Return the closed days over which corrections are looked for: they may have been named after their no-shows."""
    first = local_date(context.now - no_show.CORRECTIONS_LOOK_BACK, served.zone)
    last = local_date(context.now, served.zone)
    days = sorted(on for on in served.policy.no_show.closed_on if first < on <= last)
    return tuple((midnight(on, served.zone), midnight(on + timedelta(days=1), served.zone)) for on in days)


def _pages(context: Context, search: Callable[..., list[MarkedVisit]]) -> Iterator[list[MarkedVisit]]:
    """Yield page after page of a search. `search`: takes `connection`, `beyond` and `limit`."""
    beyond: MarkedVisit | None = None
    while not context.is_out_of_time():
        page = fetch(context.engine, partial(search, beyond=beyond, limit=BATCH))
        if not page:
            return
        beyond = page[-1]
        yield page


def _correct_page(context: Context, tenants: Tenants, page: Sequence[MarkedVisit]) -> None:
    if context.is_dry:
        with reading(context.engine) as connection:
            found = _no_longer_missed(connection, tenants, page)
        wrong = [each for each in found if context.tally.tell({str(each.id)})]  # two searches may find it
        for each in wrong:
            subdomain = tenants[each.tenant_id].tenant.subdomain
            reason = Reason.NO_SHOW_CORRECTED
            context.tally.would.append(would("correct", subdomain, f"visit {each.id}", reason=reason))
    else:
        wrong = in_transaction(context.engine, lambda connection: _reverse(connection, context, tenants, page))
    for each in wrong:
        context.tally.add(tenants[each.tenant_id].tenant.subdomain, "corrected")


def _reverse(
    connection: Connection, context: Context, tenants: Tenants, page: Sequence[MarkedVisit]
) -> list[MarkedVisit]:
    reputation.lock_owners(connection, {each.owner_id for each in page})
    wrong = _no_longer_missed(connection, tenants, page)
    events = {each.event_id for each in wrong}
    reversed_ = reputation.reverse_events(connection, events, Reason.NO_SHOW_CORRECTED, context.now)
    ours = [each for each in wrong if each.event_id in reversed_]
    corrections.lower_counts(connection, [each.owner_id for each in ours if each.is_ours], context.now)
    reputation.rescore(connection, {each.owner_id for each in ours}, context.now)
    return ours


def _no_longer_missed(connection: Connection, tenants: Tenants, page: Sequence[MarkedVisit]) -> list[MarkedVisit]:
    """Return the visits that staff forgave, or on whose local day nothing counts as missed, or the house was closed."""
    starts = corrections.missed_starts(connection, page, AROUND)
    wrong = []
    for each in page:
        served = tenants[each.tenant_id]
        on = local_date(each.began_at, served.zone)
        days = {local_date(start, served.zone) for start in starts[each.tenant_id, each.owner_id]}
        if each.is_forgiven or on not in days - served.policy.no_show.closed_on:
            wrong.append(each)
    return wrong


def _close_fees(context: Context, tenants: Tenants) -> None:
    since = context.now - no_show.CORRECTIONS_LOOK_BACK
    changed = in_transaction(
        context.engine, lambda connection: corrections.close_fees(connection, list(tenants), since, context.now)
    )
    for tenant_id in changed[FeeStatus.NEEDS_REFUND]:
        context.tally.add(tenants[tenant_id].tenant.subdomain, "needs_refund")
