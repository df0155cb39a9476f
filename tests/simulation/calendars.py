"""The appointments of a business: how many, for whom, when, for how long, and entered under which name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

from .author import Business, Household, Pen
from .lives import LATE_TIMES, LIVES, MORNING_TIMES, Life
from .owners import Merger
from .world import DAY, HOUR

AWKWARD_TIMES: Final = tuple(
    "00:30 05:30 06:15 07:00 08:00 08:30 08:45 09:00 09:30 12:45 15:00 20:00 21:30 22:20 22:50 23:00 23:10".split()
)
TWINS: Final = (
    ("missed", "missed"),
    ("missed", "missed"),
    ("missed", "comes"),
    ("missed", "cancelled"),
    ("no_show", "missed"),
    ("missed", "no_show"),
)
"""What two of one household do on one day."""


@dataclass(slots=True)
class Calendar:
    """The appointments of one business."""

    pen: Pen
    business: Business
    taken: set[tuple[UUID, datetime]] = field(default_factory=set)

    def fill(self, visits: int) -> None:
        world, rng = self.pen.world, self.pen.rng
        for _ in range(round(visits * self.business.place.trade)):
            household = rng.choice(self.business.households)
            day = world.first + rng.random() * (world.last - world.first + DAY)
            for _ in range(rng.choices((1, 2, 3), (75, 18, 7))[0]):
                self.appointment(household, self.free(household, self.start_on(day)))
        if self.business.place.desk[0][1] < 1:
            for _ in range(5):  # from before anything was switched on
                household = rng.choice(self.business.households)
                day = world.first - rng.uniform(0.5, 9) * DAY
                self.appointment(household, self.free(household, self.start_on(day)))

    def start_on(self, day: datetime) -> datetime:
        """Return a start on the local day of an instant: at an awkward time, in working hours, or at any minute."""
        rng = self.pen.rng
        style = rng.random()
        if style < 0.5:
            local = time.fromisoformat(
                rng.choice(rng.choice((AWKWARD_TIMES, AWKWARD_TIMES, LATE_TIMES, MORNING_TIMES)))
            )
        elif style < 0.85:
            local = time(rng.randint(8, 18), rng.choice((0, 10, 15, 30, 40, 45)))
        else:
            local = time(rng.randint(0, 23), rng.randint(0, 59), fold=rng.randint(0, 1))
        zone = self.business.zone
        return datetime.combine(day.astimezone(zone).date(), local, zone).astimezone(UTC)

    def free(self, household: Household, start: datetime) -> datetime:
        """Return the first start from this one on that the owner has not taken: scores depend on the order in time."""
        while (household.owner, start) in self.taken:
            start += timedelta(minutes=5)
        self.taken.add((household.owner, start))
        return start

    def appointment(self, household: Household, start: datetime) -> None:
        rng = self.pen.rng
        booked = self.pen.odd(start - self.notice())
        some = rng.randint(min(len(household.pets), 1), len(household.pets))
        pets = rng.sample(household.pets, 0 if self.pen.chance(0.05) else some)
        life = Life(self.pen, self.business.zone, booked, start, self.duration(start))
        life.book(self.business, household.owner, rng.choice((*self.business.services, None)), pets)
        life.snow = self.business.snow
        life.is_written_down = self.pen.chance(self.share_written_down(start))
        life.live(rng.choices(list(LIVES), list(LIVES.values()))[0])
        if self.pen.chance(0.04):
            self.bury(life, pets)

    def duration(self, start: datetime) -> timedelta:
        """Return half an hour or up to a fortnight. Stays end at a time of day, also where clocks change meanwhile."""
        rng, zone = self.pen.rng, self.business.zone
        if not self.pen.chance(self.business.place.boards):
            return timedelta(minutes=rng.choice((30, 45, 60, 90)))
        if self.pen.chance(0.15):
            return rng.choice((11, 12, 13)) * HOUR  # a night or a long day: a stay or not
        day = start.astimezone(zone).date() + rng.choice((1, 2, 2, 7, 7, 14)) * DAY
        end = datetime.combine(day, time(rng.choice((0, 7, 11, 17))), zone)
        return end.astimezone(UTC) - start

    def share_written_down(self, start: datetime) -> float:
        world = self.pen.world
        passed = (start - world.first) / (world.last - world.first)
        return [share for since, share in self.business.place.desk if since <= passed or since < 0][-1]

    def bury(self, life: Life, pets: Sequence[UUID]) -> None:
        """Let all pets of an appointment die around it; every so often that was a mistake."""
        for pet in pets:
            at = self.pen.odd(life.start + self.pen.rng.uniform(-20, 40) * HOUR)
            self.pen.alter(at, "pets", pet, is_deceased=True)
            if self.pen.chance(0.25):
                back = self.pen.odd(at + self.pen.rng.uniform(1, 60) * HOUR)
                self.pen.alter(back, "pets", pet, is_deceased=False)

    def entered_twice(self) -> Iterator[Merger]:
        """Have households that were entered twice miss visits, and have somebody make one of the two."""
        rng, world = self.pen.rng, self.pen.world
        for one, other in self.business.twins:
            days = [world.first + rng.uniform(0.3, 12) * DAY for _ in range(rng.choice((2, 3)))]
            for day in days:
                starts = [self.start_on(day)] * 2 if self.pen.chance(0.3) else [self.start_on(day) for _ in range(2)]
                for household, start, story in zip((one, other), starts, rng.choice(TWINS), strict=True):
                    self.free(household, start)
                    self.short_life(household, start, story)
            found = rng.choice(days).replace(hour=6, minute=30) + DAY
            hours = rng.choice((rng.uniform(-9, 0), rng.uniform(0, 7), rng.uniform(1, 24), rng.uniform(24, 90)))
            yield Merger(self.pen.odd(found + hours * HOUR), one.owner, other.owner)

    def short_life(self, household: Household, start: datetime, story: str) -> None:
        life = Life(self.pen, self.business.zone, self.pen.odd(start - 30 * HOUR), start, HOUR)
        life.book(self.business, household.owner, None, household.pets)
        life.write(story, self.pen.odd(start + timedelta(minutes=3)))

    def notice(self) -> timedelta:
        """Return how long before its start an appointment is booked. An import comes after its start."""
        rng = self.pen.rng
        spans = ((240, 1200), (36, 240), (20, 30), (2, 24), (0.2, 3), (-30, 0))
        low, high = rng.choices(spans, (40, 28, 10, 14, 6, 2))[0]
        return rng.uniform(low, high) * HOUR
