"""Corrections: a visit that no longer counts as missed loses its event, its count and its fee."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.database import reputation
from shared.database.appointments import Starts, attendance_of
from shared.database.engine import reading
from shared.database.transactions import in_transaction
from shared.domain.fees import FeeStatus
from shared.domain.ids import OwnerId
from shared.domain.missed_visits import Attendance, MarkedVisit
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date, midnight
from shared.domain.reasons import Reason
from shared.domain.tally import DryRunLine
from shared.fees.visit_queries import AROUND
from shared.planning.context import Context
from shared.planning.paging import pages
from shared.planning.tenants import Tenants, alike
from shared.platform import writes
from shared.tasks.no_show_detector import correction_queries, merger_queries, rules
from shared.tasks.no_show_detector.merger_queries import Heir

Heirs = Mapping[UUID, Sequence[Heir]]


@dataclass(frozen=True, slots=True)
class Passed:
    """A visit whose appointment belongs to another owner now, `heir`. `own`: the heir's own visit of that day."""

    visit: MarkedVisit
    heir: OwnerId
    own: MarkedVisit | None

    @property
    def superseded(self) -> MarkedVisit | None:
        """Whichever of the two visits no longer counts."""
        return rules.superseded(self.visit, self.own) if self.own else None

    @property
    def brings_something(self) -> bool:
        """Whether the visit brings a fee, or a count that the heir's own visit of that day did not."""
        return bool(self.visit.fee_status or not self.own or (self.visit.is_ours and not self.own.is_ours))

    @property
    def is_under_way(self) -> bool:
        """Whether a card is being charged: nothing is passed on until the outcome is known."""
        return FeeStatus.PROCESSING in (self.visit.fee_status, self.own and self.own.fee_status)


@dataclass(frozen=True, slots=True)
class Judged:
    """Visits in doubt. `wrong`: visits that do not count as missed; `passed`: visits that count for another owner.

    `taken_along`: by a wrong visit's event, the owner who now has the missed appointment and gets its record.
    """

    wrong: list[MarkedVisit] = field(default_factory=list)
    taken_along: dict[UUID, OwnerId] = field(default_factory=dict)
    passed: list[Passed] = field(default_factory=list)


def correct(context: Context) -> None:
    """Reverse visits that no longer count as missed; close the fees of all reversed visits, whoever reversed them."""
    for closed, tenants in alike(context.served, lambda each: _closed_lately(context, each)):
        ids, since = list(tenants), context.now - rules.CORRECTIONS_LOOK_BACK
        for search in (
            partial(correction_queries.visits_in_doubt, tenant_ids=ids, since=since),
            *(
                partial(correction_queries.visits_on, tenant_ids=ids, begins=begins, ends=ends)
                for begins, ends in closed
            ),
        ):
            for page in pages(context, search):
                _correct_page(context, tenants, page)
        if not context.is_dry:
            _close_fees(context, tenants)


def _closed_lately(context: Context, served: ServedTenant) -> tuple[tuple[datetime, datetime], ...]:
    """Return the closed days within the look-back: a day may have been closed after no-shows were marked on it."""
    first = local_date(context.now - rules.CORRECTIONS_LOOK_BACK, served.zone)
    last = local_date(context.now, served.zone)
    days = sorted(on for on in served.policy.no_show.closed_on if first < on <= last)
    return tuple((midnight(on, served.zone), midnight(on + timedelta(days=1), served.zone)) for on in days)


def _correct_page(context: Context, tenants: Tenants, page: Sequence[MarkedVisit]) -> None:
    if context.is_dry:
        with reading(context.engine) as connection:
            found = _judge(connection, tenants, page, merger_queries.heirs(connection, page))
        done = _dry_run(context, tenants, found)
    else:
        done = in_transaction(context.engine, lambda connection: _correct_visits(connection, context, tenants, page))
    for key, visits in (("corrected", done.wrong), ("passed_on", [each.visit for each in done.passed])):
        for visit in visits:
            context.tally.add(tenants[visit.tenant_id].tenant.subdomain, key)


def _dry_run(context: Context, tenants: Tenants, found: Judged) -> Judged:
    """List the corrections that another search has not listed yet; return them."""
    new = Judged(
        [each for each in found.wrong if context.tally.unreported({str(each.id)})],
        passed=[each for each in found.passed if context.tally.unreported({str(each.visit.id)})],
    )
    for action, reason, visits in (
        ("correct", Reason.NO_SHOW_CORRECTED, new.wrong),
        ("pass_on", Reason.OWNER_CHANGED, [each.visit for each in new.passed]),
        ("cancel", Reason.SUPERSEDED, [each.superseded for each in new.passed if each.superseded]),
    ):
        for visit in visits:
            subdomain = tenants[visit.tenant_id].tenant.subdomain
            context.tally.would.append(DryRunLine(action, subdomain, f"visit {visit.id}", reason=reason))
    return new


def _correct_visits(connection: Connection, context: Context, tenants: Tenants, page: Sequence[MarkedVisit]) -> Judged:
    heirs = merger_queries.heirs(connection, page)
    heir_ids = {each.owner_id for group in heirs.values() for each in group}
    reputation.lock_owners(connection, {each.owner_id for each in page} | heir_ids)
    found = _judge(connection, tenants, page, heirs)
    passed = [each for each in found.passed if _pass_on(connection, context, each)]
    reputation.add_openings(connection, set(found.taken_along.values()), context.now)
    for visit in found.wrong:
        if heir := found.taken_along.get(visit.event_id):
            merger_queries.pass_on(connection, visit, heir, context.now)
    wrong = _reverse(connection, context, found.wrong, Reason.NO_SHOW_CORRECTED)
    touched = {
        *(each.owner_id for each in wrong),
        *found.taken_along.values(),
        *(id_ for each in passed for id_ in (each.visit.owner_id, each.heir)),
    }
    writes.rescore(connection, touched, context.now)
    return Judged(wrong, passed=passed)


def _judge(connection: Connection, tenants: Tenants, page: Sequence[MarkedVisit], heirs: Heirs) -> Judged:
    """Judge which visits of a page no longer count as missed, and which of them count for another owner.

    The visits are read again: another run may have corrected them. `heirs`: who may have a visit's appointment, by
    event.
    """
    owner_ids = {*(each.owner_id for each in page), *(each.owner_id for group in heirs.values() for each in group)}
    standing = {each.event_id: each for each in correction_queries.standing_visits(connection, owner_ids)}
    attended, unclear = _attendance(connection, page, owner_ids)
    judged = Judged()
    for visit in filter(None, (standing.get(each.event_id) for each in page)):
        served = tenants[visit.tenant_id]
        if visit.owner_id in unclear or rules.still_stands(visit, attended[visit.owner_id], served):
            continue  # a row that cannot be read may be the missed appointment, so nothing is reversed
        its_heirs = heirs.get(visit.event_id, ())
        may_have_it = [
            Passed(visit, heir.owner_id, _own_of_that_day(visit, heir.owner_id, standing.values(), served.zone))
            for heir in its_heirs
            if rules.still_stands(visit, attended[heir.owner_id], served)
        ]
        # Without a fee or a count to bring, an heir who missed a visit that day may have had the appointment all along.
        passed = next((each for each in may_have_it if each.brings_something), None)
        if not passed:
            judged.wrong.append(visit)
            heir = next((each.owner_id for each in its_heirs if each.is_missed), None)
            if heir and not may_have_it and visit.fee_status is not FeeStatus.PROCESSING:
                judged.taken_along[visit.event_id] = heir
        elif not passed.is_under_way:
            judged.passed.append(passed)
            standing[visit.event_id] = replace(visit, owner_id=passed.heir)
            if passed.superseded:
                del standing[passed.superseded.event_id]
    return judged


def _own_of_that_day(
    visit: MarkedVisit, owner_id: OwnerId, standing: Iterable[MarkedVisit], zone: ZoneInfo
) -> MarkedVisit | None:
    its = (each for each in standing if each.owner_id == owner_id and each.event_id != visit.event_id)
    return next((each for each in its if rules.is_same_day(visit, each, zone)), None)


def _attendance(
    connection: Connection, visits: Sequence[MarkedVisit], owner_ids: Collection[OwnerId]
) -> tuple[Mapping[OwnerId, list[Attendance]], frozenset[OwnerId]]:
    """Return what owners attended and missed around some visits, by owner, and the owners with an unreadable row."""
    first, last = (pick(each.began_at for each in visits) for pick in (min, max))
    found: dict[OwnerId, list[Attendance]] = defaultdict(list)
    starts = Starts(after=first - AROUND, until=last + AROUND)
    attendance, unclear = attendance_of(connection, owner_ids, starts)
    for each in attendance:
        found[each.owner_id].append(each)
    return found, unclear


def _pass_on(connection: Connection, context: Context, passed: Passed) -> bool:
    """Pass a visit's event, fee and count on to the heir. Return False if another run already did."""
    visit, heir, now = passed.visit, passed.heir, context.now
    reputation.add_openings(connection, {heir}, now)
    if not merger_queries.pass_on(connection, visit, heir, now):
        return False
    if visit.is_ours:
        writes.change_counts(connection, {visit.owner_id: -1, heir: 1}, now)
    if passed.superseded:
        _reverse(connection, context, [replace(passed.superseded, owner_id=heir)], Reason.SUPERSEDED)
    return True


def _reverse(
    connection: Connection, context: Context, visits: Sequence[MarkedVisit], reason: Reason
) -> list[MarkedVisit]:
    """Reverse the events of visits, and the counts that detection raised; return the visits that were reversed."""
    reversed_ = reputation.reverse_events(connection, {each.event_id for each in visits}, reason, context.now)
    ours = [each for each in visits if each.event_id in reversed_]
    fewer = Counter(each.owner_id for each in ours if each.is_ours)
    writes.change_counts(connection, {id_: -count for id_, count in fewer.items()}, context.now)
    return ours


def _close_fees(context: Context, tenants: Tenants) -> None:
    since = context.now - rules.CORRECTIONS_LOOK_BACK
    changed = in_transaction(
        context.engine, lambda connection: correction_queries.close_fees(connection, list(tenants), since, context.now)
    )
    for tenant_id in changed[FeeStatus.NEEDS_REFUND]:
        context.tally.add(tenants[tenant_id].tenant.subdomain, "needs_refund")
