"""What happens to the platform's rows: scripted changes, and the rows in memory as they are after them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, insert, update

from shared.database.tables import metadata

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """At this instant a row comes into being, or some of its columns get other values."""

    at: datetime
    table: str
    key: Hashable
    values: Row
    is_new: bool = False


@dataclass(slots=True)
class Platform:
    """The platform's rows by table and key, and the pets of each appointment."""

    tables: defaultdict[str, dict[Hashable, Row]] = field(default_factory=lambda: defaultdict(dict))
    pets_of: defaultdict[Hashable, list[Hashable]] = field(default_factory=lambda: defaultdict(list))
    touched_at: dict[Hashable, datetime] = field(default_factory=dict)

    def apply(self, change: Change) -> None:
        if change.is_new:
            self.tables[change.table][change.key] = dict(change.values)
        else:
            self.tables[change.table][change.key].update(change.values)
        if change.table == "appointment_pets":
            self.pets_of[change.values["appointment_id"]].append(change.values["pet_id"])
        self.touched_at[change.key] = change.at

    def row(self, table: str, key: Hashable) -> Row:
        return self.tables[table][key]

    def rows(self, table: str) -> Iterable[Row]:
        return self.tables[table].values()

    def pets(self, appointment_id: Hashable) -> list[Row]:
        """Return the pets of an appointment that were not deleted."""
        pets = (self.row("pets", key) for key in self.pets_of[appointment_id])
        return [pet for pet in pets if pet["deleted_at"] is None]


def write(connection: Connection, changes: Iterable[Change]) -> None:
    """Bring the changes into the database, neighbours of one table together."""

    def shape(change: Change) -> tuple[str, bool, tuple[str, ...]]:
        return change.table, change.is_new, tuple(change.values)

    for (name, is_new, _), together in groupby(changes, key=shape):
        table = metadata.tables[name]
        if is_new:
            connection.execute(insert(table), [change.values for change in together])
        else:
            for change in together:
                connection.execute(update(table).where(table.c.id == change.key).values(change.values))
