"""Which reputation events must be on record, and what they make of the scores."""

from collections.abc import Hashable, Iterator
from datetime import datetime, timedelta
from typing import Final

from .books import Books, Event, EventLine, Moment
from .house import House
from .misses import KIND as MISSED
from .misses import note_missed, write_down_owners
from .platform import Row
from .world import DAY

SETTLED_AT_LEAST: Final = 14 * DAY
LATE: Final = timedelta(hours=24)


def update(moment: Moment) -> None:
    since = min(moment.books.last_run.get(moment.job, moment.now), moment.now - SETTLED_AT_LEAST)
    past = moment.appointments(since, moment.now)
    for house in moment.served:
        for row in past.get(house.tenant, ()):
            owner = moment.books.platform.row("owners", row["owner_id"])
            if since < row["scheduled_start"] and row["deleted_at"] is None and owner["deleted_at"] is None:
                settle(moment.books, house, row)
    for house in moment.served:
        for owner in moment.books.platform.rows("owners"):
            if owner["tenant_id"] == house.tenant and owner["deleted_at"] is None:
                recover(moment, house, owner)
    write_down_owners(moment)


def settle(books: Books, house: House, row: Row) -> None:
    for event in due_events(books, house, row):
        books.add_event(event)
    day = house.day_of(row["scheduled_start"])
    if is_missed_by_staff(books, row) and day not in house.fees.closed_on:
        note_missed(books, (row["owner_id"], day), [row])


def is_missed_by_staff(books: Books, row: Row) -> bool:
    """Whether staff marked it, and it is not yet on record, be it as another owner's."""
    key = row["id"]
    if row["status"] != MISSED or key in books.marked or is_settled(books, key):
        return False
    return not any(key in event.appointments for event in books.events.values())


def due_events(books: Books, house: House, row: Row) -> Iterator[Event]:
    """Yield what an appointment gives or costs its owner, once: what staff make of it later changes nothing."""
    owner, key, start = row["owner_id"], row["id"], row["scheduled_start"]
    if is_settled(books, key):
        return
    if row["status"] == "completed":
        yield Event(owner, "completed", key, 2, start)
        if row["arrived_at"] is not None and row["arrived_at"] <= start + house.fees.grace:
            yield Event(owner, "on_time", key, 5, start)
    elif row["status"] == "cancelled" and row["cancelled_by"] == "owner" and is_late(row["cancelled_at"], start):
        yield Event(owner, "late_cancellation", key, -10, row["cancelled_at"])


def is_settled(books: Books, appointment: Hashable) -> bool:
    return any((kind, appointment) in books.events for kind in ("completed", "late_cancellation"))


def is_late(cancelled_at: datetime | None, start: datetime) -> bool:
    return cancelled_at is not None and cancelled_at > start - LATE


def recover(moment: Moment, house: House, owner: Row) -> None:
    """Let a score come back one step after enough good days. A recovery makes the days count anew."""
    books = moment.books
    if owner["reputation_score"] >= 100:
        return
    on_record = [event.occurred_at for event in books.events_of(owner["id"]) if event.points < 0 or is_step(event)]
    _, found_at = books.openings.get(owner["id"], (0, owner["last_reputation_update"] or owner["created_at"]))
    if max(on_record, default=found_at) <= moment.now - house.recovery.wait:
        books.add_event(Event(owner["id"], "recovery", (owner["id"], moment.now), house.recovery.points, moment.now))


def is_step(event: Event) -> bool:
    return event.kind == "recovery"


def lines(books: Books) -> Iterator[EventLine]:
    """Yield all events on record as they are compared."""
    for owner, (score, _) in books.openings.items():
        yield owner, "opening", owner, score, False
    for event in books.events.values():
        subject = event.owner if is_step(event) else event.subject
        yield event.owner, event.kind, subject, event.points, event.is_reversed
