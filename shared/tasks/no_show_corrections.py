"""Corrections: a visit that staff no longer count as missed gives back its event, its count and its fee."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection

from shared.database import corrections, reputation
from shared.database.dialects import chunks
from shared.database.engine import reading, writing
from shared.database.visits import AROUND
from shared.fees import FeeStatus, MarkedVisit
from shared.policy import ServedTenant
from shared.reasons import Reason
from shared.rules import no_show
from shared.tally import would
from shared.tasks.context import Context

BATCH = 500


def correct(context: Context) -> None:
    """Reverse what no longer stands, and close the fees of all reversed visits, also of those reversed elsewhere."""
    for some in chunks(list(context.served)):
        tenants = {each.tenant.id: each for each in some}
        for page in _pages(context, tenants):
            _correct_page(context, tenants, page)
        if not context.is_dry:
            _close_fees(context, tenants)


def _pages(context: Context, tenants: Mapping[UUID, ServedTenant]) -> Iterator[list[MarkedVisit]]:
    since = context.now - no_show.CORRECTIONS_LOOK_BACK
    beyond: MarkedVisit | None = None
    while not context.is_out_of_time():
        with reading(context.engine) as connection:
            page = corrections.visits_in_doubt(connection, list(tenants), since, beyond=beyond, limit=BATCH)
        if not page:
            return
        beyond = page[-1]
        yield page


def _correct_page(context: Context, tenants: Mapping[UUID, ServedTenant], page: Sequence[MarkedVisit]) -> None:
    if context.is_dry:
        with reading(context.engine) as connection:
            wrong = _no_longer_missed(connection, tenants, page)
        for each in wrong:
            subdomain = tenants[each.tenant_id].tenant.subdomain
            reason = Reason.NO_SHOW_CORRECTED
            context.tally.would.append(would("correct", subdomain, f"visit {each.id}", reason=reason))
    else:
        with writing(context.engine) as connection:
            wrong = _reverse(connection, context, tenants, page)
    for each in wrong:
        context.tally.add(tenants[each.tenant_id].tenant.subdomain, "corrected")


def _reverse(
    connection: Connection, context: Context, tenants: Mapping[UUID, ServedTenant], page: Sequence[MarkedVisit]
) -> list[MarkedVisit]:
    reputation.lock_owners(connection, {each.owner_id for each in page})
    wrong = _no_longer_missed(connection, tenants, page)
    events = {each.event_id for each in wrong}
    reversed_ = reputation.reverse_events(connection, events, Reason.NO_SHOW_CORRECTED, context.now)
    ours = [each for each in wrong if each.event_id in reversed_]
    corrections.lower_counts(connection, [each.owner_id for each in ours if each.is_ours], context.now)
    reputation.rescore(connection, {each.owner_id for each in ours}, context.now)
    return ours


def _no_longer_missed(
    connection: Connection, tenants: Mapping[UUID, ServedTenant], page: Sequence[MarkedVisit]
) -> list[MarkedVisit]:
    """Return the visits that staff forgave, or on whose local day the owner has no missed appointment any more."""
    starts = corrections.missed_starts(connection, page, AROUND)
    wrong = []
    for each in page:
        zone = tenants[each.tenant_id].zone
        days = {no_show.local_date(start, zone) for start in starts[each.tenant_id, each.owner_id]}
        if each.is_forgiven or no_show.local_date(each.began_at, zone) not in days:
            wrong.append(each)
    return wrong


def _close_fees(context: Context, tenants: Mapping[UUID, ServedTenant]) -> None:
    since = context.now - no_show.CORRECTIONS_LOOK_BACK
    with writing(context.engine) as connection:
        changed = corrections.close_fees(connection, list(tenants), since, context.now)
    for tenant_id in changed[FeeStatus.NEEDS_REFUND]:
        context.tally.add(tenants[tenant_id].tenant.subdomain, "needs_refund")
