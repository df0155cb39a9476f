"""What is found, in words for people: what it is, whose, when, and the command that explains it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.domain.ids import FeeId, TenantId
from shared.domain.records import mask_phone
from shared.messages.wording import fee_words
from shared.operations.ids import shortened
from shared.operations.words import KIND_WORDS, moment_words

_RANK: Final = ("business", "owner", "pet", "visit", "vaccination", "fee", "text")
"""The order of what is equally recent."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that fits.

    `what`: "visit", "owner" …; `whose`: its pets, its owner with a masked phone, its business; `at`: aware, by which
    the latest comes first (the start of a visit, when a text left or may leave, the day of a fee's visit or on which a
    vaccine was given; of owners and pets their latest visit; else when the row was made); `when`: a time that people
    look for, local time of the business; `command`: what explains it, after `python -m shared`.
    """

    what: str
    id: UUID
    whose: str
    at: datetime
    when: str
    state: str
    command: str


@dataclass(frozen=True, slots=True)
class Names:
    """What lines name: rows by id, the pets of visits, what of fees was refunded."""

    businesses: Mapping[TenantId, str]
    zones: Mapping[TenantId, ZoneInfo]
    owners: Mapping[UUID, Any]
    pets: Mapping[UUID, Any]
    pets_at: Mapping[UUID, list[Any]]
    refunded: Mapping[FeeId, int]

    def whose(self, row: Any, pets: Iterable[Any] = ()) -> str:
        """Return pets, owner and business of a row in words."""
        owner = self.owners.get(row.owner_id)
        who = f"{_name(owner)}, {mask_phone(owner.phone)}" if owner else "an owner that is not there"
        named = ", ".join(each.name or "a pet without a name" for each in pets)
        return ", ".join(filter(None, (named, who, self.businesses[row.tenant_id])))


def described(rows: Mapping[str, Iterable[Any]], names: Names) -> list[Found]:
    """Return rows, by what they are, as lines, the latest first. Rows of a business that is not there are left out."""
    rows = {what: [row for row in some if _tenant_id(row) in names.zones] for what, some in rows.items()}
    ids = Counter((what, shortened(row.id)) for what, some in rows.items() for row in some)
    latest = _latest_visits(rows.get("visit", ()), names)

    def typed(what: str, id_: UUID) -> str:
        return str(id_) if ids[what, shortened(id_)] > 1 else shortened(id_)

    found = [_LINES[what](row, names, latest, typed) for what, some in rows.items() for row in some]
    return sorted(found, key=lambda each: (each.at, -_RANK.index(each.what), each.id.int), reverse=True)


def _tenant_id(row: Any) -> TenantId:
    found: TenantId = row.id if hasattr(row, "subdomain") else row.tenant_id
    return found


def _latest_visits(visits: Iterable[Any], names: Names) -> dict[UUID, datetime]:
    """Return the start of the latest of the visits, by owner and by pet."""
    latest: dict[UUID, datetime] = {}
    for row in visits:
        for id_ in (row.owner_id, *(pet.id for pet in names.pets_at.get(row.id, ()))):
            latest[id_] = max(row.scheduled_start, latest.get(id_, row.scheduled_start))
    return latest


Latest = Mapping[UUID, datetime]
Typed = Callable[[str, UUID], str]
Line = Callable[[Any, Names, Latest, Typed], Found]


def _business(row: Any, names: Names, _latest: Latest, _typed: Typed) -> Found:
    whose = f"{row.business_name}, {row.subdomain}"
    when = f"since {row.created_at.astimezone(names.zones[row.id]):%Y-%m-%d}"
    is_served = row.is_active and row.deleted_at is None and row.status in ("trial", "active")
    state = row.status if is_served else f"{row.status}, not served"
    return Found("business", row.id, whose, row.created_at, when, state, f"tenants check {row.subdomain}")


def _owner(row: Any, names: Names, latest: Latest, typed: Typed) -> Found:
    whose = f"{_name(row)}, {mask_phone(row.phone)}, {names.businesses[row.tenant_id]}"
    state = "deleted" if row.deleted_at else "active" if row.is_active else "inactive"
    return _person("owner", row, whose, state, latest, names, f"explain owner {typed('owner', row.id)}")


def _pet(row: Any, names: Names, latest: Latest, typed: Typed) -> Found:
    state = "died" if row.is_deceased else "deleted" if row.deleted_at else row.species or ""
    owner = f"explain owner {typed('owner', row.owner_id)}"
    return _person("pet", row, names.whose(row, [row]), state, latest, names, owner)


def _person(what: str, row: Any, whose: str, state: str, latest: Latest, names: Names, command: str) -> Found:
    zone, visit = names.zones[row.tenant_id], latest.get(row.id)
    when = f"latest visit {moment_words(visit, zone)}" if visit else f"since {row.created_at.astimezone(zone):%Y-%m-%d}"
    return Found(what, row.id, whose, visit or row.created_at, when, state, command)


def _visit(row: Any, names: Names, _latest: Latest, typed: Typed) -> Found:
    whose = names.whose(row, names.pets_at.get(row.id, ()))
    when = moment_words(row.scheduled_start, names.zones[row.tenant_id])
    state = "deleted" if row.deleted_at else row.status.replace("_", " ")
    command = f"explain appointment {typed('visit', row.id)}"
    return Found("visit", row.id, whose, row.scheduled_start, when, state, command)


def _vaccination(row: Any, names: Names, _latest: Latest, typed: Typed) -> Found:
    pet, business = names.pets.get(row.pet_id), names.businesses[row.tenant_id]
    given = row.administered_date
    at = _midnight(given, names.zones[row.tenant_id]) if given else row.created_at
    when = f"expires {row.expiry_date}" if row.expiry_date else "never expires"
    whose = names.whose(pet, [pet]) if pet else f"a pet that is not there, {business}"
    command = f"explain vaccination {typed('vaccination', row.id)}"
    return Found("vaccination", row.id, whose, at, when, row.name or row.type, command)


def _fee(row: Any, names: Names, _latest: Latest, typed: Typed) -> Found:
    amount = fee_words(row.amount, names.refunded.get(row.id, 0), row.currency)
    at, when = _midnight(row.visit_on, names.zones[row.tenant_id]), f"visit on {row.visit_on}"
    state = f"{amount}, {row.status.replace('_', ' ')}"
    return Found("fee", row.id, names.whose(row), at, when, state, f"explain payment {typed('fee', row.id)}")


def _text(row: Any, names: Names, _latest: Latest, typed: Typed) -> Found:
    at = row.sent_at or row.not_before
    when = f"{'sent' if row.sent_at else 'from'} {moment_words(at, names.zones[row.tenant_id])}"
    state, command = f"{KIND_WORDS[row.kind]}, {row.status}", f"explain text {typed('text', row.id)}"
    return Found("text", row.id, names.whose(row), at, when, state, command)


_LINES: Final[Mapping[str, Line]] = {
    "business": _business,
    "owner": _owner,
    "pet": _pet,
    "visit": _visit,
    "vaccination": _vaccination,
    "fee": _fee,
    "text": _text,
}


def _name(owner: Any) -> str:
    return " ".join(filter(None, (owner.first_name, owner.last_name))) or "an owner without a name"


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), zone)
