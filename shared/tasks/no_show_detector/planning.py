"""Planning missed appointments: corrections first, then the appointments nobody came to, by local day."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import groupby
from zoneinfo import ZoneInfo

from shared.database.transactions import fetch
from shared.domain.ids import TenantId
from shared.domain.missed_visits import AttendanceCount, Candidate, DayCount
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date
from shared.domain.reasons import Reason
from shared.domain.records import Problem, foreign_reference
from shared.domain.tally import DryRunLine, held_words
from shared.fees.renotify import renotify
from shared.planning.context import Context
from shared.planning.paging import pages
from shared.planning.tenants import Tenants, alike
from shared.tasks.no_show_detector import queries, rules
from shared.tasks.no_show_detector.consequences import excused
from shared.tasks.no_show_detector.corrections import correct
from shared.tasks.no_show_detector.marking import Marking
from shared.tasks.no_show_detector.queries import Day, Place
from shared.tasks.no_show_detector.rules import FoundVisit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Search:
    """A run's search among tenants that share a zone and a grace period. `attendance`: what they have on record."""

    marking: Marking
    tenants: Tenants
    zone: ZoneInfo
    attendance: dict[TenantId, AttendanceCount] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return self.marking.context


@dataclass(slots=True)
class Judged:
    """A page sorted by the rules. `unusable`: problems of single rows, or (True) of a whole tenant."""

    missed: list[FoundVisit] = field(default_factory=list)
    excused: list[tuple[Candidate, Reason]] = field(default_factory=list)
    unusable: list[tuple[Problem, bool]] = field(default_factory=list)


def detect_no_shows(context: Context) -> None:
    """Apply staff's corrections, mark missed visits with their fees and events, and plan the texts to the owners."""
    correct(context)
    marking = Marking(context)
    since = rules.look_back_bound(context.now, context.look_back, context.switch_on)
    for (zone, grace), tenants in alike(context.served, lambda each: (each.zone, each.policy.no_show.grace_minutes)):
        search, until = Search(marking, tenants, zone), context.now - timedelta(minutes=grace)
        for begins, ends in rules.days(since, context.now, zone):
            if context.is_out_of_time():
                return
            _search_day(search, Day(begins, ends, since, until, context.now))
    renotify(context)


def _search_day(search: Search, day: Day) -> None:
    """Mark the visits missed on a day, after counting them all: an implausible day waits for a person."""
    candidates: Counter[TenantId] = Counter()
    for page in _pages(search, search.tenants, day):
        judged = _judge(search, page, day)
        candidates.update({each.tenant_id: 0 for each, _ in judged.excused})  # they need decisions too
        for visit in judged.missed:
            candidates[visit.served.tenant.id] += len(visit.appointments)
        for problem, is_tenants in judged.unusable:
            search.context.tally.problem(problem, is_tenants=is_tenants)
    believed = set(candidates) - _held(search, candidates, day)
    for page in _pages(search, believed, day):
        judged = _judge(search, page, day)
        search.marking.write(judged.missed, excused(judged.excused), day)


def _held(search: Search, candidates: Mapping[TenantId, int], day: Day) -> set[TenantId]:
    """Return the tenants whose day is held for a person to check, and report them."""
    on, accepted = local_date(day.begins, search.zone), search.context.accept_surge
    doubtful = {
        id_: count
        for id_, count in candidates.items()
        if count and (search.tenants[id_].tenant.subdomain, on) not in accepted
    }
    if not doubtful:
        return set()
    _read_attendance(search, doubtful, day)
    counts = fetch(search.context.engine, lambda connection: queries.day_counts(connection, doubtful, day))
    reasons = {each: rules.why_held(each, search.attendance[each.tenant_id]) for each in counts}
    for count, reason in reasons.items():
        if reason:
            _report_held(search, on.isoformat(), count, reason)
    return {count.tenant_id for count, reason in reasons.items() if reason}


def _read_attendance(search: Search, tenant_ids: Mapping[TenantId, int], day: Day) -> None:
    """Find out whether tenants record attendance: once a run, and only for tenants with a missed appointment."""
    unknown = [each for each in tenant_ids if each not in search.attendance]
    if unknown:
        since, today = rules.attendance_days(day.now, search.zone)
        query = partial(queries.attendance, tenant_ids=unknown, since=since, today=today, day=day)
        search.attendance.update(dict.fromkeys(unknown, AttendanceCount(0, 0)))
        search.attendance.update(fetch(search.context.engine, query))


def _report_held(search: Search, date: str, count: DayCount, reason: Reason) -> None:
    subdomain, suspects = search.tenants[count.tenant_id].tenant.subdomain, count.candidates + count.marked
    held = {"tenant": subdomain, "date": date, "candidates": suspects, "appointments": count.appointments}
    if reason is Reason.ATTENDANCE_NOT_RECORDED:
        its = search.attendance[count.tenant_id]
        held |= {"past_appointments": its.past, "recorded": its.recorded}
    search.context.tally.held.append({**held, "reason": reason})
    log.warning("%s is held, %s: %s", date, reason, held_words(held), extra={"tenant": subdomain})
    if search.context.is_dry:
        line = DryRunLine("hold", subdomain, date, reason=f"{reason}: {held_words(held)}")
        search.context.tally.would.append(line)


def _pages(search: Search, tenant_ids: Collection[TenantId], day: Day) -> Iterator[list[Candidate]]:
    if tenant_ids:
        query = partial(queries.candidates, tenant_ids=sorted(tenant_ids), day=day)
        yield from pages(search.context, query, lambda last: Place(last.tenant_id, last.owner.id))


def _judge(search: Search, page: Sequence[Candidate], day: Day) -> Judged:
    """Judge a page's appointments; a bad row or a failing tenant is named and does not stop the others."""
    judged = Judged()
    for tenant_id, rows in groupby(page, key=lambda each: each.tenant_id):
        served = search.tenants[tenant_id]
        try:
            its = _judge_tenant(served, rows, day)
        except Exception as error:  # one tenant's data must not stop the others
            log.exception("its missed appointments cannot be marked", extra={"tenant": served.tenant.subdomain})
            judged.unusable.append((Problem(served.tenant.subdomain, "no_show", repr(error)), True))
        else:
            judged.missed += its.missed
            judged.excused += its.excused
            judged.unusable += its.unusable
    return judged


def _judge_tenant(served: ServedTenant, rows: Iterable[Candidate], day: Day) -> Judged:
    judged, missed = Judged(), []
    for each in rows:
        if not rules.is_no_show(each, served, day.now, day.since):
            continue
        if part := each.foreign_part:
            judged.unusable.append((foreign_reference(served.tenant.subdomain, f"appointment {each.id}", part), False))
        elif excuse := rules.excuse(each, served):
            judged.excused.append((each, excuse))
        else:
            missed.append(each)
    judged.missed += rules.visits(missed, served)
    return judged
