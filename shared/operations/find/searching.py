"""Find businesses, owners, pets, visits, vaccination records, fees and texts by name, phone or id.

All words must fit, each as the beginning of a word in a name: of the thing itself, of its owner or of its business.
What hangs on an owner or a pet that fits is found with it. The work is bounded, whatever a platform holds: some twenty
statements of at most 200 rows each, of which one reads the table of owners through, and one that of pets.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.database.tenants import all_tenants
from shared.domain.contact import region_of
from shared.domain.ids import TenantId
from shared.domain.policy.errors import PolicyError
from shared.domain.policy.models import own_settings, zone_of
from shared.domain.records import Tenant, visit_id
from shared.errors import UsageError
from shared.fees.listing import refunded
from shared.operations.find import queries
from shared.operations.find.terms import Asked, read_words
from shared.operations.find.words import Found, Names, described

MOST: Final = 20
"""The most that is shown."""
MOST_WORDS: Final = 10
"""Each word is a condition on each row of two large tables."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What fits, the latest first. `are_more`: something that fits is not among it."""

    found: tuple[Found, ...]
    are_more: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A business: its name, its time zone, and the region in which its phone numbers are read."""

    name: str
    zone: ZoneInfo
    region: str


Places = Mapping[TenantId, _Place]


@dataclass(slots=True)
class _Rows:
    """Rows by what they are, each once."""

    kept: dict[str, dict[UUID, Any]] = field(default_factory=dict)

    def add(self, what: str, rows: Iterable[Any]) -> None:
        self.kept.setdefault(what, {}).update((row.id, row) for row in rows)

    def of(self, *whats: str) -> list[Any]:
        """Return the rows of some kinds."""
        return [row for what in whats for row in self.kept.get(what, {}).values()]


def find(connection: Connection, words: Sequence[str], only: Collection[TenantId], default_zone: ZoneInfo) -> Finding:
    """Return what fits all words, of some tenants or of all. Raise UsageError if there is no word.

    `default_zone`: of a business without a time zone of its own.
    """
    asked = read_words(words)
    if not asked.terms:
        raise UsageError("write a name, a phone number, or an id or its beginning")
    if len(asked.terms) > MOST_WORDS:
        raise UsageError(f"these are {len(asked.terms)} words; write at most {MOST_WORDS}")
    places = {each.id: _place(each, default_zone) for each in all_tenants(connection)}
    rows = _Rows()
    if asked.digits:
        for what, some in queries.by_beginning(connection, asked.digits, only).items():
            rows.add(what, some)
    is_id = any(rows.kept.values()) and any(map(str.isdigit, asked.digits or ""))  # no name has digits
    if not is_id:
        _by_words(connection, asked, only, places, rows)
    lines = described({what: rows.of(what) for what in rows.kept}, _names(connection, rows, places))
    return Finding(tuple(lines[:MOST]), len(lines) > MOST)


def _place(tenant: Tenant, default_zone: ZoneInfo) -> _Place:
    """Return a business, as far as its row and its settings can be read."""
    zone, country = default_zone, None
    try:
        zone = zone_of(tenant, default_zone)
        country = own_settings(tenant).get("country")
    except PolicyError:
        pass
    phone = tenant.phone if isinstance(tenant.phone, str) else None
    name = str(tenant.business_name or tenant.subdomain)
    return _Place(name, zone, region_of(country if isinstance(country, str) else None, phone, zone.key))


def _by_words(connection: Connection, asked: Asked, only: Collection[TenantId], places: Places, rows: _Rows) -> None:
    """Add the businesses, owners and pets that fit, and what hangs on them."""

    def are_its(row: Any, tenant_id: TenantId) -> bool:
        return tenant_id in places and asked.are_its(row.phone, places[tenant_id].region)

    tenants = queries.tenants_that_fit(connection, asked.terms, only)
    rows.add("business", (row for row in tenants if are_its(row, row.id)))
    owners = queries.owners_that_fit(connection, asked.terms, only)
    rows.add("owner", (row for row in owners if are_its(row, row.tenant_id)))
    pets = queries.pets_that_fit(connection, asked.terms, only) if len(asked.terms) > len(asked.phones) else []
    if asked.phones:
        theirs = queries.owners_by_id(connection, {row.owner_id for row in pets})
        called = {row.id for row in theirs if are_its(row, row.tenant_id)}
        pets = [row for row in pets if row.owner_id in called]
    rows.add("pet", pets)
    if rows.of("owner", "pet"):
        _hanging_on(connection, rows, places)
    if len(asked.terms) == len(asked.phones):
        numbers = asked.numbers({each.region for each in places.values()})
        rows.add("text", queries.texts_to(connection, numbers, only))


def _hanging_on(connection: Connection, rows: _Rows, places: Places) -> None:
    """Add visits, vaccination records, fees and texts of the owners and pets that were found."""
    whole, animals = {row.id for row in rows.of("owner")}, {row.id for row in rows.of("pet")}
    visits = queries.visits_of(connection, whole, {row.owner_id for row in rows.of("pet")}, animals)
    animals |= {row.id for row in queries.pets_of(connection, whole)}
    rows.add("visit", (row for row in visits if row.tenant_id in places))
    rows.add("vaccination", queries.vaccinations_of(connection, animals))
    missed = [visit_id(row.tenant_id, row.owner_id, _local_day(row, places)) for row in rows.of("visit")]
    rows.add("fee", queries.fees(connection, missed))
    subjects = [*(row.id for row in rows.of("visit", "vaccination")), *missed]
    rows.add("text", queries.texts_about(connection, subjects))


def _local_day(visit: Any, places: Places) -> date:
    start: datetime = visit.scheduled_start
    return start.astimezone(places[visit.tenant_id].zone).date()


def _names(connection: Connection, rows: _Rows, places: Places) -> Names:
    """Return what the lines about some rows name."""
    pets_at: dict[UUID, list[Any]] = defaultdict(list)
    for pet in queries.pets_at(connection, [row.id for row in rows.of("visit")]):
        pets_at[pet.appointment_id].append(pet)
    pets = queries.pets_by_id(connection, {row.pet_id for row in rows.of("vaccination")})
    owners = {row.owner_id for row in [*rows.of("pet", "visit", "fee", "text"), *pets]}
    return Names(
        businesses={id_: place.name for id_, place in places.items()},
        zones={id_: place.zone for id_, place in places.items()},
        owners=_by_id(queries.owners_by_id(connection, owners)),
        pets=_by_id(pets),
        pets_at=pets_at,
        refunded=refunded(connection, [row.id for row in rows.of("fee")]),
    )


def _by_id(rows: Iterable[Any]) -> dict[UUID, Any]:
    return {row.id: row for row in rows}
