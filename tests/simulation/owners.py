"""Owners that were entered twice and are made one: their appointments and pets are the other's from then on."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .platform import Change

TABLES = ("appointments", "pets")


@dataclass(frozen=True, slots=True)
class Merger:
    """At this instant all that `old` has becomes `new`'s, and `old` is deleted."""

    at: datetime
    old: Hashable
    new: Hashable


def merge(changes: Iterable[Change], mergers: Iterable[Merger]) -> Iterator[Change]:
    """Yield the changes with those of the mergers; what is booked or closed after one is the new owner's."""
    by_owner = {merger.old: merger for merger in mergers}
    for merger in by_owner.values():
        yield _of(merger, "owners", merger.old, deleted_at=merger.at)
    for change in changes:
        merger = by_owner.get(_owner(change))
        if merger is None:
            yield change
        elif change.at > merger.at:
            yield _renamed(change, merger.new)
        else:
            yield change
            if change.table in TABLES:
                yield _of(merger, change.table, change.key, owner_id=merger.new)


def _owner(change: Change) -> Any:
    """Return whose a new row is, or the payment that is closed."""
    if change.table == "payments":
        owner, _ = change.key
        return owner
    return change.values.get("owner_id")


def _renamed(change: Change, owner: Hashable) -> Change:
    if change.table == "payments":
        _, day = change.key
        return replace(change, key=(owner, day))
    return replace(change, values={**change.values, "owner_id": owner})


def _of(merger: Merger, table: str, key: Hashable, **values: Any) -> Change:
    return Change(merger.at, table, key, {**values, "updated_at": merger.at})
