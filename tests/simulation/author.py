"""Makes up a world: the businesses, their owners and pets. The same seed makes the same world."""

import json
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, count
from random import Random
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from .places import GOES, UNSAID, Place
from .platform import Change
from .world import DAY, HOUR, World

OWNERS_PER_TENANT: Final = 40
TWINS_PER_TENANT: Final = 4
UNUSABLE_NUMBERS: Final = ("12345", "+1 000 000 0000", "call the shop")


@dataclass(slots=True)
class Pen:
    """Writes changes into a world, at instants at which no run happens."""

    world: World
    rng: Random

    def add(self, at: datetime, table: str, **values: Any) -> UUID:
        key = UUID(int=self.rng.getrandbits(128), version=4)
        row = {"id": key, **values, "created_at": at, "updated_at": at, "deleted_at": values.get("deleted_at")}
        self.world.changes.append(Change(at, table, key, row, is_new=True))
        return key

    def alter(self, at: datetime, table: str, key: Hashable, **values: Any) -> None:
        self.world.changes.append(Change(at, table, key, {**values, "updated_at": at}))

    def link(self, at: datetime, appointment: UUID, pet: UUID) -> None:
        row = {"appointment_id": appointment, "pet_id": pet}
        self.world.changes.append(Change(at, "appointment_pets", (appointment, pet), row, is_new=True))

    def odd(self, instant: datetime) -> datetime:
        """Return an instant of the same minute, but never the full minute, when runs happen."""
        return instant.replace(second=self.rng.randint(1, 59), microsecond=0)

    def between(self, earliest: datetime, latest: datetime) -> datetime:
        return self.odd(earliest + self.rng.random() * (latest - earliest))

    def sometime(self, low: float = 0.02, high: float = 0.98) -> datetime:
        """Return an instant between two shares of the simulated time."""
        span = self.world.last - self.world.first
        return self.between(self.world.first + low * span, self.world.first + high * span)

    def local(self, day: datetime, zone: ZoneInfo, near: str) -> datetime:
        """Return an instant near a local time of the local day."""
        wall = datetime.combine(day.astimezone(zone).date(), time.fromisoformat(near), zone)
        return self.odd(wall.astimezone(UTC) + timedelta(minutes=self.rng.randint(-9, 9)))

    def sometime_in(self, zone: ZoneInfo) -> datetime:
        """Return an instant of the simulated time, every other one when a text is likely to wait."""
        instant = self.sometime()
        return instant if self.chance(0.5) else self.local(instant, zone, self.rng.choice(("21:30", "06:00", "07:50")))

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    @property
    def long_ago(self) -> datetime:
        return self.world.first - 90 * DAY + timedelta(seconds=7)


@dataclass(frozen=True, slots=True)
class Household:
    """An owner and pets. `pets` may be none."""

    owner: UUID
    pets: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Business:
    """A tenant with all that its appointments need. `twins`: households that are one, entered twice."""

    tenant: UUID
    place: Place
    services: tuple[UUID, ...]
    households: tuple[Household, ...]
    twins: tuple[tuple[Household, Household], ...]
    first: date

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.place)

    @property
    def snow(self) -> date | None:
        """The local day on which hardly anybody comes."""
        return self.first + timedelta(days=self.place.snow) if self.place.snow else None


@dataclass(slots=True)
class Author:
    pen: Pen
    serials: Iterator[int] = field(default_factory=lambda: count(1))

    def business(self, place: Place) -> Business:
        pen = self.pen
        columns: dict[str, Any] = {"status": "active", "is_active": True, "currency": "USD"} | dict(place.columns)
        if place.zone != UNSAID:
            columns["timezone"] = place.zone
        tenant = pen.add(
            pen.long_ago,
            "tenants",
            business_name=business_name(place.subdomain),
            subdomain=place.subdomain,
            phone=place.phone,
            settings=self.dated(json.dumps(place.settings)) if place.settings else None,
            **columns,
        )
        zone = zone_of(place)
        at = pen.long_ago
        for share, values in place.later:
            at = max(pen.local(pen.sometime(share, share), zone, "22:15"), at + 4 * HOUR)
            said = {key: self.dated(value) if key == "settings" else value for key, value in values.items()}
            pen.alter(at, "tenants", tenant, **{"deleted_at": at} if values == GOES else said)
        names = ("Grooming", "Day care")
        services = [pen.add(pen.long_ago, "services", tenant_id=tenant, name=name, price=4500) for name in names]
        households = [self.household(tenant, place) for _ in range(OWNERS_PER_TENANT)]
        twins = tuple(self.twins(tenant, place) for _ in range(TWINS_PER_TENANT))
        households += chain.from_iterable(twins)
        return Business(tenant, place, tuple(services), tuple(households), twins, pen.world.first.date())

    def dated(self, settings: str | None) -> str | None:
        """Return settings with dates in the place of "day+4", the fourth after the first."""
        first = self.pen.world.first.date()
        return settings and re.sub(r"day\+(\d+)", lambda found: str(first + timedelta(days=int(found[1]))), settings)

    def twins(self, tenant: UUID, place: Place) -> tuple[Household, Household]:
        """Write down one household twice, with one number."""
        serial = next(self.serials)
        one, other = (
            self.household(tenant, place, self.owner(tenant, place, "reachable", self.phone(place, serial)))
            for _ in range(2)
        )
        return one, other

    def household(self, tenant: UUID, place: Place, owner: UUID | None = None) -> Household:
        owner = owner or self.owner(tenant, place)
        pets = self.pen.rng.choice((0, 1, 1, 2, 2, 3))
        return Household(owner, tuple(self.pet(tenant, owner, place) for _ in range(pets)))

    def owner(self, tenant: UUID, place: Place, fate: str = "", phone: str = "") -> UUID:
        pen = self.pen
        fate = fate or pen.rng.choices(list(FATES), [weight for weight, _, _ in FATES.values()])[0]
        _, at_first, later = FATES[fate]
        first: dict[str, Any] = {
            "phone": phone or self.phone(place),
            "sms_opted_in": True,
            "is_active": True,
        } | at_first
        if first["phone"] == "unusable":
            first["phone"] = pen.rng.choice(UNUSABLE_NUMBERS)
        if "deleted_at" in first:
            first["deleted_at"] = pen.long_ago
        owner = pen.add(
            pen.long_ago,
            "owners",
            tenant_id=tenant,
            first_name=f"Kim{next(self.serials)}",
            **first,
            **self.card(),
            **self.standing(),
        )
        if pen.chance(0.15):
            pen.alter(pen.sometime(), "owners", owner, **self.card())
        for at, values in zip(sorted(pen.sometime_in(zone_of(place)) for _ in later), later, strict=True):
            pen.alter(at, "owners", owner, **self.filled(values, place, at))
        return owner

    def card(self) -> dict[str, Any]:
        customer, has_card = self.pen.rng.choices(
            ((f"cus_{next(self.serials)}", True), ("cus_without_card", False), (None, True), (None, False)),
            (60, 12, 8, 20),
        )[0]
        return {"stripe_customer_id": customer, "has_payment_method": has_card}

    def standing(self) -> dict[str, Any]:
        """Return what the row says of the past: most owners have a good name."""
        rng, first = self.pen.rng, self.pen.world.first
        days = rng.choice((None, None, 1, 5, 30, 86, 100))
        return {
            "no_show_count": rng.choices((0, 1, 2, 5), (70, 15, 10, 5))[0],
            "reputation_score": rng.choices((100, 98, 90, 45, 31, 10, 0), (50, 10, 12, 10, 8, 5, 5))[0],
            "last_reputation_update": days and first - days * DAY + timedelta(seconds=11),
        }

    def filled(self, values: dict[str, Any], place: Place, at: datetime) -> dict[str, Any]:
        """Return the values of a change, with what can only be known now in the place of "new"."""
        new = {"phone": self.phone(place), "deleted_at": at}
        return {key: new[key] if value == "new" else value for key, value in values.items()}

    def phone(self, place: Place, number: int | None = None) -> str:
        serial = f"{number or next(self.serials):04d}"
        number = _numbered(self.pen.rng.choice(place.numbers.written), serial)
        self.pen.world.e164[number] = _numbered(place.numbers.e164, serial)
        return number

    def pet(self, tenant: UUID, owner: UUID, place: Place) -> UUID:
        pen = self.pen
        fate = pen.rng.choices(list(PET_FATES), list(PET_FATES.values()))[0]
        pet = pen.add(
            pen.long_ago,
            "pets",
            tenant_id=tenant,
            owner_id=owner,
            name=pen.rng.choices((f"Rex{next(self.serials)}", None, ""), (90, 6, 4))[0],
            is_deceased=fate == "is dead",
            is_active=fate not in ("is inactive", "becomes active"),
            deleted_at=pen.long_ago if fate == "is deleted" else None,
            vaccination_status=pen.rng.choice(("unknown", "current")),
            vaccination_expires_at=None,
        )
        at = pen.sometime_in(zone_of(place))
        later: dict[str, dict[str, Any]] = {
            "dies": {"is_deceased": True},
            "gets deleted": {"deleted_at": at},
            "becomes inactive": {"is_active": False},
            "becomes active": {"is_active": True},
        }
        if fate in later:
            pen.alter(at, "pets", pet, **later[fate])
        return pet


PET_FATES: Final = {
    "lives": 74,
    "is dead": 5,
    "dies": 8,
    "is deleted": 2,
    "gets deleted": 3,
    "is inactive": 2,
    "becomes inactive": 4,
    "becomes active": 2,
}
"""How often it befalls a pet."""

FATES: Final[dict[str, tuple[int, dict[str, Any], tuple[dict[str, Any], ...]]]] = {
    "reachable": (56, {}, ()),
    "opted out": (3, {"sms_opted_in": False}, ()),
    "without a phone": (2, {"phone": None}, ()),
    "with an empty phone": (1, {"phone": ""}, ()),
    "with an unusable phone": (3, {"phone": "unusable"}, ()),
    "inactive": (2, {"is_active": False}, ()),
    "deleted": (2, {"deleted_at": "long ago"}, ()),
    "opts out": (4, {}, ({"sms_opted_in": False},)),
    "opts in": (4, {"sms_opted_in": False}, ({"sms_opted_in": True},)),
    "opts out and in": (5, {}, ({"sms_opted_in": False}, {"sms_opted_in": True})),
    "gives a phone": (4, {"phone": None}, ({"phone": "new"},)),
    "corrects the phone": (3, {"phone": "unusable"}, ({"phone": "new"},)),
    "changes the phone": (4, {}, ({"phone": "new"}, {"phone": "new"})),
    "loses the phone": (3, {}, ({"phone": None}, {"phone": "new"})),
    "becomes inactive": (2, {}, ({"is_active": False}, {"is_active": True})),
    "gets deleted": (2, {}, ({"deleted_at": "new"},)),
}
"""How often it befalls an owner, what the row holds at first, and what it gets later on, in this order."""


def zone_of(place: Place) -> ZoneInfo:
    return ZoneInfo({UNSAID: "America/New_York", None: "UTC"}.get(place.zone) or str(place.zone))


def business_name(subdomain: str) -> str:
    return f"{subdomain.capitalize()} Pets"


def _numbered(mask: str, serial: str) -> str:
    """Put the digits of the serial number into the places of the mask."""
    digits = iter(serial)
    return "".join(next(digits) if letter == "#" else letter for letter in mask)
