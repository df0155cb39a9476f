"""The lives of appointments: booked weeks or minutes ahead, confirmed, moved, cancelled, kept or missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from .author import Business, Household, Pen
from .owners import Merger
from .world import DAY, HOUR

AWKWARD_TIMES: Final = tuple(
    "00:30 05:30 06:15 07:00 08:00 08:30 08:45 09:00 09:30 12:45 15:00 20:00 21:30 22:20 22:50 23:00 23:10".split()
)
LATE_TIMES: Final = ("20:35", "20:40", "20:50", "20:55")
"""Starts whose 24-hour reminder is taken as quiet hours begin, and waits all night."""

MORNING_TIMES: Final = ("09:00", "09:10", "09:20", "09:45")
"""Starts whose 2-hour reminder is taken half an hour before quiet hours end."""

LIVES: Final = {
    "kept": 56,
    "moved": 14,
    "moved twice": 4,
    "moved away and back": 6,
    "cancelled": 12,
    "cancelled and restored": 2,
    "moved and cancelled": 3,
    "deleted": 3,
}


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

    def bury(self, life: "Life", pets: Sequence[UUID]) -> None:
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


@dataclass(slots=True)
class Life:
    """One appointment on its way. `now`: its latest change."""

    pen: Pen
    zone: ZoneInfo
    now: datetime
    start: datetime
    duration: timedelta
    key: UUID = UUID(int=0)
    owner: UUID = UUID(int=0)
    snow: date | None = None
    is_written_down: bool = True

    def book(self, business: Business, owner: UUID, service: UUID | None, pets: Sequence[UUID]) -> None:
        self.owner = owner
        self.key = self.pen.add(
            self.now,
            "appointments",
            tenant_id=business.tenant,
            owner_id=owner,
            service_id=service,
            scheduled_start=self.start,
            scheduled_end=self.start + self.duration,
            status=self.pen.rng.choice(("pending", "confirmed")),
            arrived_at=None,
            actual_start=None,
            cancelled_at=None,
            cancelled_by=None,
            total_amount=self.pen.rng.choice((1500, 4000, 12000) if service is None else (None, 3000, 6000)),
            deposit_paid=self.pen.rng.choices((None, 0, 1000, 9000), (70, 10, 12, 8))[0],
            no_show_fee_charged=None,
        )
        for pet in pets:
            self.pen.link(self.now, self.key, pet)

    def live(self, life: str) -> None:
        original = self.start
        if life.startswith("moved"):
            self.move(self.elsewhere())
        if life == "moved twice":
            self.move(self.elsewhere())
        if life == "moved away and back":
            self.move(original, soon=True)
        if life.endswith("cancelled") or life == "cancelled and restored":
            self.cancel()
        if life == "cancelled and restored":
            self.change(soon=True, status="confirmed", cancelled_by=None, cancelled_at=None)
        if life == "deleted":
            self.change(deleted_at=self.now)
        if "cancelled" in life or life == "deleted":
            return
        self.attend()

    def change(self, *, soon: bool = False, **values: Any) -> None:
        self.now = self.pen.odd(self.now + timedelta(minutes=self.pen.rng.randint(2, 400))) if soon else self.moment()
        self.pen.alter(self.now, "appointments", self.key, **values)

    def move(self, start: datetime, *, soon: bool = False) -> None:
        self.start = start
        self.change(soon=soon, scheduled_start=start, scheduled_end=start + self.duration)

    def moment(self) -> datetime:
        """Return an instant after the latest change, near the leads and while a text waits more than elsewhere."""
        rng = self.pen.rng
        local = self.start.astimezone(self.zone).strftime("%H:%M")
        is_waiting = local in (*LATE_TIMES, *MORNING_TIMES) and self.pen.chance(0.7)
        instant = (
            self.while_waiting(local)
            if is_waiting
            else self.start
            - rng.choice(
                (
                    rng.uniform(0, max((self.start - self.now) / HOUR, 1)),
                    rng.uniform(18, 34),
                    rng.uniform(6, 14),
                    rng.uniform(0.1, 4),
                )
            )
            * HOUR
        )
        if instant <= self.now + timedelta(minutes=2):
            instant = self.now + timedelta(minutes=self.pen.rng.randint(2, 300))
        return self.pen.odd(instant)

    def while_waiting(self, local: str) -> datetime:
        if local in MORNING_TIMES:
            return self.pen.local(self.start, self.zone, "07:45")
        days, near = self.pen.rng.choice(((1, "21:40"), (1, "22:40"), (0, "00:10"), (0, "05:00"), (0, "07:45")))
        return self.pen.local(self.start - days * DAY, self.zone, near)

    def elsewhere(self) -> datetime:
        """Return another start: on the same day, days away, or soon after the next change."""
        rng = self.pen.rng
        quarter = timedelta(minutes=15)
        style = rng.random()
        if style < 0.3:
            return self.start + rng.choice((-1, 1)) * rng.randint(1, 24) * quarter
        if style < 0.75:
            return self.start + rng.choice((-1, 1, 1)) * rng.randint(20, 400) * quarter
        return self.now.replace(minute=0, second=0) + rng.randint(2, 120) * quarter

    def cancel(self) -> None:
        """Cancel the appointment; every so often nobody writes down when."""
        by = self.pen.rng.choices(("owner", "staff", "system"), (60, 30, 10))[0]
        self.change(status="cancelled", cancelled_by=by)
        if not self.pen.chance(0.1):
            self.pen.alter(self.now, "appointments", self.key, cancelled_at=self.now)

    def attend(self) -> None:
        """Come or stay away; and have the desk write it down, forget it, or get it wrong."""
        rng = self.pen.rng
        story = rng.choices(list(STORIES), list(STORIES.values()))[0]
        if self.start.astimezone(self.zone).date() == self.snow and self.pen.chance(0.9):
            story = "missed"
        if not self.is_written_down and story not in ("missed", "no_show"):
            return
        lateness = {"comes late": rng.randint(16, 90), "no_show": rng.randint(20, 600)}.get(story, rng.randint(-20, 15))
        at = self.pen.odd(self.start + timedelta(minutes=lateness))
        if story == "comes at a wrong time":
            at = self.moment()
        if at > self.now:
            self.write(story, at)
        if story in ("missed", "no_show"):
            self.aftermath()

    def write(self, story: str, at: datetime) -> None:
        """Have the desk write down what happened."""
        written: dict[str, dict[str, Any]] = {
            "no_show": {"status": "no_show"},
            "only arrives": {"arrived_at": at},
            "only starts": {"actual_start": at},
            "cancelled": {"status": "cancelled", "cancelled_by": "owner", "cancelled_at": at},
        }
        if story in written:
            self.pen.alter(at, "appointments", self.key, **written[story])
        elif story == "completed":
            self.pen.alter(at + self.duration, "appointments", self.key, status="completed")
        elif story != "missed":
            self.come(at)

    def come(self, at: datetime) -> None:
        begun = self.pen.odd(at + timedelta(minutes=self.pen.rng.randint(1, 12)))
        self.pen.alter(at, "appointments", self.key, arrived_at=at)
        self.pen.alter(begun, "appointments", self.key, status="in_progress", actual_start=begun)
        self.pen.alter(begun + self.duration, "appointments", self.key, status="completed")

    def aftermath(self) -> None:
        """Let staff think again, once or more, about a missed visit, or waive its fee."""
        rng = self.pen.rng
        what = rng.choices(list(AFTERMATHS), list(AFTERMATHS.values()))[0]
        at = max(self.start + min(self.duration, DAY), self.now)
        for status in filter(None, what.split()):
            at = self.pen.odd(at + rng.choice((rng.uniform(0.3, 20), rng.uniform(16, 90))) * HOUR)
            if status == "waived":
                visit = self.owner, self.start.astimezone(self.zone).date()
                self.pen.alter(at, "payments", visit, status="waived")
            elif status == "cancelled":
                self.now = at
                self.cancel_at(at)
            elif status == "moved":
                start = at.replace(minute=0, second=0) + rng.randint(3, 50) * HOUR
                self.pen.alter(
                    at,
                    "appointments",
                    self.key,
                    status="confirmed",
                    scheduled_start=start,
                    scheduled_end=start + self.duration,
                )
            elif status == "deleted":
                self.pen.alter(at, "appointments", self.key, deleted_at=at)
            else:
                self.pen.alter(at, "appointments", self.key, status=status)

    def cancel_at(self, at: datetime) -> None:
        by = self.pen.rng.choice(("owner", "staff"))
        self.pen.alter(at, "appointments", self.key, status="cancelled", cancelled_by=by, cancelled_at=at)


STORIES: Final = {
    "comes in time": 44,
    "comes late": 12,
    "comes at a wrong time": 6,
    "completed": 5,
    "only arrives": 3,
    "only starts": 2,
    "no_show": 6,
    "missed": 22,
}
"""How often it goes so."""

AFTERMATHS: Final = {
    "": 52,
    "completed": 12,
    "confirmed": 6,
    "cancelled": 5,
    "waived": 7,
    "completed no_show": 4,
    "confirmed no_show": 3,
    "no_show confirmed no_show": 3,
    "waived completed": 2,
    "moved": 4,
    "deleted": 2,
}
"""What staff write down afterwards, one thing after the other, and how often."""
