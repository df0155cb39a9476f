"""Reputation events and the scores folded from them. Owners are always locked before their events are touched.

In that order two runs on the same owners wait for each other and never deadlock. A transaction that makes several of
these calls on different owners, or writes to owners otherwise, locks all of them first.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, case, select, update

from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import insert_absent, locked
from shared.database.rows.promises import is_sound, or_default
from shared.database.rows.reading import read
from shared.database.tables import owners, reputation_events
from shared.domain.ids import OwnerId, VisitId
from shared.domain.records import EventKind
from shared.domain.reputation import BEST_SCORE, Event, NewEvent, NoShow, fold


def lock_owners(connection: Connection, owner_ids: Iterable[OwnerId]) -> None:
    """Lock the owners' rows, in the order of their ids, until the transaction ends; change nothing. Index: primary key.

    No UPDATE that writes what is there: it would set off the triggers of a platform.
    """
    for some in chunks(sorted(set(owner_ids))):
        connection.execute(_LOCK, {"owner_ids": some}).all()


def add_events(connection: Connection, events: Sequence[NewEvent], now: datetime) -> set[str]:
    """Write the events whose key is new, the earlier of two with the same key; return the keys written.

    An opening with the score found precedes an owner's first event. Rescore the owners in the same transaction.
    """
    add_openings(connection, {each.owner_id for each in events}, now)
    latest_first = sorted(events, key=lambda each: each.occurred_at, reverse=True)
    rows = {each.ledger_key: _row(each, now) for each in latest_first}
    return insert_absent(connection, reputation_events, list(rows.values()), "ledger_key")


def add_openings(connection: Connection, owner_ids: Collection[OwnerId], now: datetime) -> None:
    """Write openings with the scores found, for the owners that have no event yet."""
    lock_owners(connection, owner_ids)
    insert_absent(connection, reputation_events, _openings(connection, owner_ids, now), "ledger_key")


def no_shows(connection: Connection, owner_ids: Iterable[OwnerId]) -> dict[OwnerId, list[NoShow]]:
    """The no-show events of some owners, standing ones first.

    Index: reputation_events (owner_id, subject_id).
    """
    found: dict[OwnerId, list[NoShow]] = defaultdict(list)
    for ids in chunks(sorted(set(owner_ids))):
        for row in connection.execute(_NO_SHOWS, {"owner_ids": ids}):
            found[row.owner_id].append(NoShow(row.subject_id, row.occurred_at))
    return found


def taken_back(connection: Connection, visit_ids: Iterable[VisitId]) -> set[VisitId]:
    """Return the visits whose no-show event was reversed: they are settled for good. Index: the unique key."""
    found: set[VisitId] = set()
    for ids in chunks(sorted(set(visit_ids))):
        keys = [f"{EventKind.NO_SHOW}:{each}" for each in ids]
        found |= set(connection.execute(_TAKEN_BACK, {"ledger_keys": keys}).scalars())
    return found


def reverse_events(connection: Connection, event_ids: Iterable[UUID], reason: str, now: datetime) -> set[UUID]:
    """Reverse the events that are not reversed yet; return those that this call reversed.

    Rescore the owners in the same transaction.
    """
    chosen = [reputation_events.c.id.in_(ids) for ids in chunks(sorted(set(event_ids)))]
    lock_owners(
        connection,
        [
            id_
            for some in chosen
            for id_ in connection.execute(select(reputation_events.c.owner_id).where(some)).scalars()
        ],
    )
    statement = (
        update(reputation_events)
        .where(reputation_events.c.reversed_at.is_(None))
        .values(reversed_at=now, reversed_reason=reason)
        .returning(reputation_events.c.id)
    )
    return {id_ for some in chosen for id_ in connection.execute(statement.where(some)).scalars()}


def scores(
    connection: Connection, owner_ids: Iterable[OwnerId], unwritten: Mapping[OwnerId, Sequence[NewEvent]] | None = None
) -> dict[OwnerId, tuple[int, int]]:
    """Each owner's score on record and as folded from the events, including the `unwritten` ones by owner.

    Index: reputation_events (owner_id, subject_id).
    """
    found: dict[OwnerId, tuple[int, int]] = {}
    for ids in chunks(sorted(set(owner_ids))):
        events = _events(connection, ids)
        for id_, found_score in connection.execute(_AS_IT_STANDS, {"owner_ids": ids}):
            # NULL and nonsense count as the best score: the folded score overwrites them.
            score = found_score if is_sound(owners.c.reputation_score, found_score) else None
            score = or_default(owners.c.reputation_score, score)
            new = [each.recorded() for each in (unwritten or {}).get(id_, ())]
            found[id_] = (score, _folded(score, events[id_], new))
    return found


def keys_on_record(connection: Connection, events: Iterable[NewEvent]) -> set[str]:
    """The keys of the events that are on record already. Index: the unique key."""
    found: set[str] = set()
    for keys in chunks(sorted({each.ledger_key for each in events})):
        query = select(reputation_events.c.ledger_key).where(reputation_events.c.ledger_key.in_(keys))
        found |= set(connection.execute(query).scalars())
    return found


SCORE = (owners.c.reputation_score, owners.c.last_reputation_update, owners.c.created_at)
"""What an owner's opening is made of. Queries that lead to events read these too: nonsense here means no event."""
OF_OWNER = and_(owners.c.id == reputation_events.c.owner_id, owners.c.tenant_id == reputation_events.c.tenant_id)
"""An event of the owner's own business: another business's events do not count."""


_LOCK = locked(select(owners.c.id).where(among(owners.c.id, "owner_ids")).order_by(owners.c.id), owners)
_AS_IT_STANDS = select(owners.c.id, owners.c.reputation_score).where(among(owners.c.id, "owner_ids"))
_IS_AMONG = among(reputation_events.c.owner_id, "owner_ids")
_EVENTS = select(reputation_events).join(owners, OF_OWNER).where(_IS_AMONG)
_NO_SHOWS = _EVENTS.where(reputation_events.c.kind == EventKind.NO_SHOW).order_by(
    case((reputation_events.c.reversed_at.is_(None), 0), else_=1), reputation_events.c.id
)
_TAKEN_BACK = select(reputation_events.c.subject_id).where(
    among(reputation_events.c.ledger_key, "ledger_keys"), reputation_events.c.reversed_at.is_not(None)
)
_WITHOUT_OPENING = select(owners.c.id, owners.c.tenant_id, *SCORE).where(
    among(owners.c.id, "owner_ids"),
    owners.c.id.not_in(
        select(reputation_events.c.owner_id).where(reputation_events.c.kind == EventKind.OPENING, _IS_AMONG)
    ),
)


def _folded(score: int, on_record: Sequence[Event], new: Sequence[Event]) -> int:
    """Return the folded score. With no event on record, the opening would be written now and hold `score`."""
    if not on_record:
        return fold(score, new) if new else score
    opening = next((each.points for each in on_record if each.kind is EventKind.OPENING), BEST_SCORE)
    return fold(opening, [*(each for each in on_record if each.kind is not EventKind.OPENING), *new])


def _events(connection: Connection, owner_ids: Sequence[OwnerId]) -> dict[OwnerId, list[Event]]:
    found: dict[OwnerId, list[Event]] = defaultdict(list)
    for row in connection.execute(_EVENTS, {"owner_ids": owner_ids}):
        event = Event(row.id, EventKind(row.kind), row.points, row.occurred_at, row.reversed_at is not None)
        found[row.owner_id].append(event)
    return found


def _openings(connection: Connection, owner_ids: Iterable[OwnerId], now: datetime) -> list[dict[str, Any]]:
    """Return openings for the owners that have none, dated by the instant from which their recovery counts."""
    found = []
    for ids in chunks(sorted(owner_ids)):
        for id_, tenant_id, score, updated, created in read(connection, _WITHOUT_OPENING, {"owner_ids": ids}):
            found_score = or_default(owners.c.reputation_score, score)
            opening = NewEvent(tenant_id, id_, EventKind.OPENING, found_score, id_, updated or created)
            found.append(_row(opening, now))
    return found


def _row(event: NewEvent, now: datetime) -> dict[str, Any]:
    return {
        "id": event.id,
        "tenant_id": event.tenant_id,
        "owner_id": event.owner_id,
        "kind": event.kind,
        "points": event.points,
        "subject_id": event.subject_id,
        "ledger_key": event.ledger_key,
        "occurred_at": event.occurred_at,
        "created_at": now,
    }
