"""What happens to the platform's rows: scripted changes, and the rows in memory as they are after them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, insert, update

from shared.database.tables import metadata

Row = dict[str, Any]

Visit = tuple[Hashable, date]
"""An owner and a local day. An owner is one tenant's."""

PARENTS: Final = {"appointments": "owner_id", "vaccination_records": "pet_id"}
OPEN_FEES: Final = ("pending", "failed", "requires_action")


@dataclass(frozen=True, slots=True)
class Change:
    """At this instant a row comes into being, or some of its columns get other values."""

    at: datetime
    table: str
    key: Any
    values: Row
    is_new: bool = False


@dataclass(slots=True)
class Platform:
    """The platform's rows by table and key, and the pets of each appointment."""

    tables: defaultdict[str, dict[Hashable, Row]] = field(default_factory=lambda: defaultdict(dict))
    pets_of: defaultdict[Hashable, list[Hashable]] = field(default_factory=lambda: defaultdict(list))
    touched_at: dict[Hashable, datetime] = field(default_factory=dict)
    keys_of: defaultdict[tuple[str, Hashable], list[Hashable]] = field(default_factory=lambda: defaultdict(list))

    def apply(self, change: Change) -> None:
        if change.table == "payments":
            self.settle(change)
        elif change.is_new:
            self.tables[change.table][change.key] = dict(change.values)
            if change.table in PARENTS:
                self.keys_of[change.table, change.values[PARENTS[change.table]]].append(change.key)
        else:
            self.pass_on(change)
            self.tables[change.table][change.key].update(change.values)
        if change.table == "appointment_pets":
            self.pets_of[change.values["appointment_id"]].append(change.values["pet_id"])
        self.touched_at[change.key] = change.at

    def pass_on(self, change: Change) -> None:
        """Note whose the row is from now on, if it changes hands."""
        parent = PARENTS.get(change.table)
        if parent in change.values:
            self.keys_of[change.table, self.row(change.table, change.key)[parent]].remove(change.key)
            self.keys_of[change.table, change.values[parent]].append(change.key)

    def settle(self, change: Change) -> None:
        """Let staff close what an owner has to pay for a day, if it is still open."""
        for fee in self.rows("payments"):
            if (fee["owner"], fee["day"]) == change.key and fee["status"] in OPEN_FEES:
                fee.update(change.values)

    def row(self, table: str, key: Hashable) -> Row:
        return self.tables[table][key]

    def rows(self, table: str) -> Iterable[Row]:
        return self.tables[table].values()

    def children(self, table: str, parent: Hashable) -> list[Row]:
        """Return the appointments of an owner, or the vaccination records of a pet."""
        return [self.row(table, key) for key in self.keys_of[table, parent]]

    def pets(self, appointment_id: Hashable) -> list[Row]:
        """Return the pets of an appointment that were not deleted."""
        return [pet for pet in self.linked_pets(appointment_id) if pet["deleted_at"] is None]

    def linked_pets(self, appointment_id: Hashable) -> list[Row]:
        return [self.row("pets", key) for key in self.pets_of[appointment_id]]


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
                connection.execute(update(table).where(*_its_row(table, change.key)).values(change.values))


def _its_row(table: Table, key: Any) -> list[ColumnElement[bool]]:
    if table.name != "payments":
        return [table.c.id == key]
    owner, day = key
    return [table.c.owner_id == owner, table.c.visit_on == day, table.c.status.in_(OPEN_FEES)]
