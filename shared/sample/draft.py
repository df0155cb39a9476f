"""The sample under construction."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.database.tables import metadata
from shared.sample.businesses import Business

Rows = dict[str, list[dict[str, Any]]]
"""The rows of each table, by the table's name; every row has all columns of its table."""


@dataclass(frozen=True, slots=True)
class Service:
    id: UUID
    price: int | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Household:
    """An owner with all their pets."""

    owner_id: UUID
    pet_ids: tuple[UUID, ...]


@dataclass
class Shop:
    """One tenant of the sample. `phones`: numbers not yet given to an owner; `households`: its ordinary customers."""

    id: UUID
    business: Business
    zone: ZoneInfo
    phones: Iterator[str]
    services: list[Service] = field(default_factory=list)
    households: list[Household] = field(default_factory=list)

    def today(self, now: datetime) -> date:
        """Return the tenant's local date at `now`."""
        return now.astimezone(self.zone).date()

    def at(self, now: datetime, days: int, local: time) -> datetime:
        """Return the UTC instant of a local time of day, `days` after the tenant's today."""
        on = self.today(now) + timedelta(days=days)
        return datetime.combine(on, local, self.zone).astimezone(UTC)


@dataclass
class Draft:
    """The rows so far. Every random choice and id comes from `rng`, so the seed determines the sample.

    `days_ahead`: how many days after `now` ordinary appointments are booked.
    """

    now: datetime
    rng: Random
    days_ahead: int = 4
    shops: dict[str, Shop] = field(default_factory=dict)
    rows: Rows = field(default_factory=lambda: {name: [] for name in metadata.tables})

    def new_id(self) -> UUID:
        """Return a UUID that the seed determines."""
        return UUID(int=self.rng.getrandbits(128), version=4)

    def add(self, table: str, **values: Any) -> None:
        """Add a row; other columns are null. Raise KeyError for an unknown column."""
        row: dict[str, Any] = dict.fromkeys(metadata.tables[table].columns.keys())
        if unknown := values.keys() - row.keys():
            raise KeyError(f"{table} has no column {min(unknown)}")
        self.rows[table].append(row | values)

    def ago(self, **span: float) -> datetime:
        """Return the instant a span before `now`: `ago(days=3)`."""
        return self.now - timedelta(**span)
