"""The lives of appointments: booked weeks or minutes ahead, confirmed, moved, cancelled, kept or missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from .author import Business, Household, Pen
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


@dataclass(slots=True)
class Calendar:
    """The appointments of one business."""

    pen: Pen
    business: Business

    def fill(self, visits: int) -> None:
        for _ in range(visits):
            household = self.pen.rng.choice(self.business.households)
            day = self.pen.world.first + self.pen.rng.random() * (self.pen.world.last - self.pen.world.first + DAY)
            for _ in range(self.pen.rng.choices((1, 2, 3), (75, 18, 7))[0]):
                self.appointment(household, self.start_on(day))

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

    def appointment(self, household: Household, start: datetime) -> None:
        rng = self.pen.rng
        booked = self.pen.odd(start - self.notice())
        some = rng.randint(min(len(household.pets), 1), len(household.pets))
        pets = rng.sample(household.pets, 0 if self.pen.chance(0.05) else some)
        life = Life(self.pen, self.business.zone, booked, start, timedelta(minutes=rng.choice((30, 45, 60, 90))))
        life.book(self.business, household.owner, rng.choice((*self.business.services, None)), pets)
        life.live(rng.choices(list(LIVES), list(LIVES.values()))[0])

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

    def book(self, business: Business, owner: UUID, service: UUID | None, pets: Sequence[UUID]) -> None:
        self.key = self.pen.add(
            self.now,
            "appointments",
            tenant_id=business.tenant,
            owner_id=owner,
            service_id=service,
            scheduled_start=self.start,
            scheduled_end=self.start + self.duration,
            status=self.pen.rng.choice(("pending", "confirmed")),
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
            self.change(status="cancelled", cancelled_by=self.pen.rng.choice(("owner", "staff")))
        if life == "cancelled and restored":
            self.change(soon=True, status="confirmed", cancelled_by=None)
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

    def attend(self) -> None:
        """Check the animal in and out, or miss the visit, or forget to say; or book any of it at the wrong time."""
        rng = self.pen.rng
        status = rng.choices(("in_progress", "no_show", "completed", None), (60, 8, 6, 26))[0]
        if status is None:
            return
        late = rng.randint(20, 240) if status == "no_show" else rng.randint(-20, 20)
        at = self.moment() if self.pen.chance(0.2) else self.pen.odd(self.start + timedelta(minutes=late))
        if at <= self.now:
            return
        self.pen.alter(at, "appointments", self.key, status=status)
        if status == "in_progress":
            self.pen.alter(at + self.duration, "appointments", self.key, status="completed")
