"""The lives of vaccination records: given long ago, renewed, corrected, deleted, or brought in late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from .author import Business, Pen
from .world import DAY

VACCINES: Final = ("rabies", "rabies", "dhpp", "distemper", "parvo", "bordetella", "other", "other")
NAMES: Final = ("Canine Flu", " canine  flu ", "CANINE FLU", "Lepto 4", "lepto 4", "", None)
YEAR: Final = timedelta(days=365)

LIVES: Final = {
    "lasts": 48,
    "renewed": 16,
    "renewed without expiry": 3,
    "renewed by another vaccine": 7,
    "repeated": 5,
    "corrected": 7,
    "loses its expiry": 2,
    "deleted": 5,
    "deleted and restored": 3,
}
"""How often it goes so."""


@dataclass(slots=True)
class Cabinet:
    """The vaccination records of one business."""

    pen: Pen
    business: Business

    def fill(self) -> None:
        imported_at = self.pen.local(self.pen.sometime(0.3, 0.6), self.business.zone, "06:40")
        for household in self.business.households:
            for pet in household.pets:
                for _ in range(self.pen.rng.choice((0, 1, 2, 3))):
                    self.live(pet, self.pen.long_ago)
                if self.pen.chance(0.2):
                    self.live(pet, imported_at)
                if self.pen.chance(0.15):
                    self.live(pet, self.pen.sometime_in(self.business.zone))

    def live(self, pet: UUID, written_at: datetime) -> None:
        rng = self.pen.rng
        life = rng.choices(list(LIVES), list(LIVES.values()))[0]
        vaccine, name = rng.choice(VACCINES), rng.choice(NAMES)
        expiry = self.expiry()
        given = rng.choices((expiry - YEAR, expiry - 3 * YEAR, None), (80, 12, 8))[0]
        record = self.write(written_at, pet, vaccine, name, given, None if self.pen.chance(0.07) else expiry)
        later = max(self.moment(expiry), written_at + timedelta(minutes=3))
        today = later.astimezone(self.business.zone).date()
        if life == "renewed":
            self.write(later, pet, vaccine, name, today, today + rng.choice((YEAR, 3 * YEAR, timedelta(days=21))))
        elif life == "renewed without expiry":
            self.write(later, pet, vaccine, name, today, None)
        elif life == "renewed by another vaccine":
            others = {"distemper": "dhpp", "parvo": "dhpp", "dhpp": "parvo"}
            self.write(later, pet, others.get(vaccine, vaccine), "Canine flu", today, today + YEAR)
        elif life == "repeated":
            again = given if self.pen.chance(0.7) else None
            self.write(rng.choice((written_at, later)), pet, vaccine, name, again, rng.choice((expiry, self.expiry())))
        elif life != "lasts":
            self.alter(later, record, life)

    def moment(self, expiry: date) -> datetime:
        """Return an instant, every other one of the morning on which a tier begins and a text about it may wait."""
        if self.pen.chance(0.5):
            return self.pen.sometime_in(self.business.zone)
        begins = expiry - self.pen.rng.choice((7, 14, 30)) * DAY
        noon = datetime.combine(begins, time(12), self.business.zone)
        return self.pen.local(max(noon, self.pen.world.first), self.business.zone, "06:40")

    def alter(self, at: datetime, record: UUID, life: str) -> None:
        values: dict[str, dict[str, Any]] = {
            "corrected": {"expiry_date": self.expiry()},
            "loses its expiry": {"expiry_date": None},
        }
        self.pen.alter(at, "vaccination_records", record, **values.get(life, {"deleted_at": at}))
        if life == "deleted and restored":
            self.pen.alter(at + self.pen.rng.uniform(0.1, 3) * DAY, "vaccination_records", record, deleted_at=None)

    def expiry(self) -> date:
        """Return a date of which some tier begins or ends in the simulated time, most often."""
        world, rng = self.pen.world, self.pen.rng
        far = rng.choices((rng.randint(-12, 46), rng.randint(0, 25), rng.randint(46, 700)), (50, 40, 10))[0]
        return world.first.date() + timedelta(days=far)

    def write(
        self, at: datetime, pet: UUID, vaccine: str, name: str | None, given: date | None, expiry: date | None
    ) -> UUID:
        return self.pen.add(
            at,
            "vaccination_records",
            tenant_id=self.business.tenant,
            pet_id=pet,
            type=vaccine,
            name=name,
            status=self.pen.rng.choice(("unknown", "current")),
            administered_date=given,
            expiry_date=expiry,
        )


def lend_records(pen: Pen, businesses: Sequence[Business]) -> None:
    """Write bad rows: vaccination records of another business's pet."""
    for here, other in pairwise(businesses):
        stranger = next(home for home in other.households if home.pets)
        soon = pen.world.first.date() + timedelta(days=10)
        Cabinet(pen, here).write(pen.long_ago, stranger.pets[0], "rabies", None, soon - YEAR, soon)
