"""Reputation scores: past visits are settled first, then good days mend the scores."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from sqlalchemy import Connection

from shared.database import reputation, runs
from shared.database.appointments import Starts
from shared.database.dialects.lists import chunks
from shared.database.engine import reading
from shared.database.transactions import fetch, in_transaction
from shared.domain.ids import AppointmentId, OwnerId, TenantId
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date
from shared.domain.records import EventKind, Problem, foreign_reference
from shared.domain.reputation import NewEvent, PastAppointment, Standing, id_on_record
from shared.domain.tally import DryRunLine
from shared.planning.context import Context
from shared.planning.paging import pages
from shared.platform import writes
from shared.tasks.reputation_updater import standings
from shared.tasks.reputation_updater.rules import NEGATIVE, crossed, events_of, recovery, settle_since

log = logging.getLogger(__name__)

JOB: Final = "ReputationUpdater"

Scores = Mapping[OwnerId, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Book:
    """What a run does for some tenants.

    `unwritten`: in a dry run, the events it would have written, by owner; `crossings`: the tenant and the scores before
    the run and now, by owner, of those whom the run brings across the booking threshold.
    """

    context: Context
    tenants: Mapping[TenantId, ServedTenant]
    unwritten: dict[OwnerId, list[NewEvent]] = field(default_factory=lambda: defaultdict(list))
    crossings: dict[OwnerId, tuple[TenantId, int, int]] = field(default_factory=dict)


def update_reputations(context: Context) -> None:
    """Settle past appointments, then mend the scores whose owners have earned it."""
    for some in chunks(list(context.served)):
        book = Book(context, {each.tenant.id: each for each in some})
        for settled in _pages_to_settle(book):
            _settle(book, settled)
        for owners in _pages_to_mend(book):
            _mend(book, owners)
        for tenant_id, before, after in book.crossings.values():
            context.tally.add(_subdomain(book, tenant_id), f"total_{crossed(before, after)}")


# Settling


def _pages_to_settle(book: Book) -> Iterator[list[PastAppointment]]:
    context = book.context
    last = fetch(context.engine, lambda connection: runs.last_complete(connection, JOB, context.now))
    since = settle_since(last, context.now)
    starts = Starts(after=since, until=context.now)
    return pages(context, partial(standings.appointments_to_settle, tenant_ids=list(book.tenants), starts=starts))


def _settle(book: Book, page: Sequence[PastAppointment]) -> None:
    """Settle a page in one transaction; a bad row or a failing tenant stays out of it."""
    subjects: dict[NewEvent, AppointmentId] = {}
    for served, own in _by_tenant(book, page):
        try:
            subjects |= {event: past.id for past in own for event in events_of(past, served)}
        except Exception as error:  # one tenant's data must not stop the others
            log.exception("its appointments cannot be settled", extra={"tenant": served.tenant.subdomain})
            book.context.tally.problem(Problem(served.tenant.subdomain, "settle", repr(error)), is_tenants=True)
    _leave_out_known_visits(book, subjects)
    new, scores = _dry_run(book, list(subjects)) if book.context.is_dry else _write(book, list(subjects))
    _note_crossings(book, new, scores)
    for event in new:
        book.context.tally.add(_subdomain(book, event.tenant_id), "events_settled")
        _report(book, "settle", f"appointment {subjects[event]}", event)


def _leave_out_known_visits(book: Book, subjects: dict[NewEvent, AppointmentId]) -> None:
    """Leave out no-shows of visits that are on record under another id, because they passed from another owner."""
    no_shows = [each for each in subjects if each.kind is EventKind.NO_SHOW]
    if not no_shows:
        return
    owner_ids = {each.owner_id for each in no_shows}
    known = fetch(book.context.engine, lambda connection: reputation.no_shows(connection, owner_ids))
    for event in no_shows:
        zone = book.tenants[event.tenant_id].zone
        visit_id = id_on_record(known.get(event.owner_id, ()), local_date(event.occurred_at, zone), zone)
        if visit_id not in (None, event.subject_id):
            del subjects[event]


def _by_tenant(book: Book, page: Sequence[PastAppointment]) -> Iterator[tuple[ServedTenant, list[PastAppointment]]]:
    """Yield each tenant's sound rows; name the ones that refer to another tenant."""
    own = defaultdict(list)
    for past in page:
        if part := past.foreign_part:
            subdomain = _subdomain(book, past.tenant_id)
            book.context.tally.problem(foreign_reference(subdomain, f"appointment {past.id}", part))
        else:
            own[past.tenant_id].append(past)
    for tenant_id, rows in own.items():
        yield book.tenants[tenant_id], rows


# Mending


def _pages_to_mend(book: Book) -> Iterator[list[Standing]]:
    # A tenant that could not be settled may have negative events to come: nobody recovers before they are written.
    failed = book.context.tally.failed_tenants
    settled = [id_ for id_, each in book.tenants.items() if each.tenant.subdomain not in failed]
    return pages(book.context, partial(standings.standings_to_mend, tenant_ids=settled))


def _mend(book: Book, page: Sequence[Standing]) -> None:
    """Give the owners of a page the recoveries they earned, in one transaction."""
    for standing in page:
        book.context.tally.add(_subdomain(book, standing.tenant_id), "total_checked")
    due = _recoveries(book, page)
    new, scores = _dry_run(book, due) if book.context.is_dry else _write_recoveries(book, due)
    _note_crossings(book, new, scores)
    for event in new:
        before, after = scores[event.owner_id]
        if after > before:
            book.context.tally.add(_subdomain(book, event.tenant_id), "total_improved")
        _report(book, "recover", f"owner {event.owner_id}", event)


def _recoveries(book: Book, page: Iterable[Standing]) -> list[NewEvent]:
    """Return the recoveries that are due; in a dry run as if the events it settled were on record."""
    due = []
    for standing in page:
        unwritten = [each.occurred_at for each in book.unwritten.get(standing.owner_id, ()) if each.kind in NEGATIVE]
        negative = max(filter(None, [standing.last_negative, *unwritten]), default=None)
        policy = book.tenants[standing.tenant_id].policy.reputation
        if step := recovery(replace(standing, last_negative=negative), policy, book.context.now):
            due.append(step)
    return due


# Writing, or a dry run


def _write(book: Book, events: Sequence[NewEvent]) -> tuple[list[NewEvent], Scores]:
    """Write events and the scores they make in one transaction; return the new ones, and their owners' scores."""
    if not events:
        return [], {}
    return in_transaction(book.context.engine, lambda connection: _record(book, connection, events))


def _write_recoveries(book: Book, due: Sequence[NewEvent]) -> tuple[list[NewEvent], Scores]:
    """Write the recoveries that are still due once their owners' scores are locked, like `_write`."""
    if not due:
        return [], {}
    owner_ids = {each.owner_id for each in due}

    def record_what_is_still_due(connection: Connection) -> tuple[list[NewEvent], Scores]:
        reputation.lock_owners(connection, owner_ids)
        return _record(book, connection, _recoveries(book, standings.standings_of(connection, owner_ids)))

    return in_transaction(book.context.engine, record_what_is_still_due)


def _record(book: Book, connection: Connection, events: Sequence[NewEvent]) -> tuple[list[NewEvent], Scores]:
    written = reputation.add_events(connection, events, book.context.now)
    new = [each for each in _distinct(events) if each.ledger_key in written]
    return new, writes.rescore(connection, {each.owner_id for each in new}, book.context.now)


def _dry_run(book: Book, events: Sequence[NewEvent]) -> tuple[list[NewEvent], Scores]:
    """Return what `_write` would return, and remember the events for the rest of the dry run."""
    with reading(book.context.engine) as connection:
        known = reputation.keys_on_record(connection, events)
        known |= {each.ledger_key for event in events for each in book.unwritten.get(event.owner_id, ())}
        new = [each for each in _distinct(events) if each.ledger_key not in known]
        for each in new:
            book.unwritten[each.owner_id].append(each)
        return new, reputation.scores(connection, {each.owner_id for each in new}, book.unwritten)


def _distinct(events: Sequence[NewEvent]) -> list[NewEvent]:
    """Return one event per key, the earlier one, as the database keeps it."""
    latest_first = sorted(events, key=lambda each: each.occurred_at, reverse=True)
    return list({each.ledger_key: each for each in latest_first}.values())


# Counting and reporting


def _note_crossings(book: Book, new: Sequence[NewEvent], scores: Scores) -> None:
    for owner_id, tenant_id in {each.owner_id: each.tenant_id for each in new}.items():
        before, after = scores[owner_id]
        _, first, _ = book.crossings.pop(owner_id, (tenant_id, before, after))
        if crossed(first, after):
            book.crossings[owner_id] = (tenant_id, first, after)


def _report(book: Book, action: str, subject: str, event: NewEvent) -> None:
    """In a dry run, add a line for an event that would be written."""
    if book.context.is_dry:
        subdomain, at = _subdomain(book, event.tenant_id), event.occurred_at
        book.context.tally.would.append(DryRunLine(action, subdomain, subject, when=at, reason=event.kind))


def _subdomain(book: Book, tenant_id: TenantId) -> str:
    return book.tenants[tenant_id].tenant.subdomain
