"""The lives of appointments: booked weeks or minutes ahead, confirmed, moved, cancelled, kept or missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from .author import Business, Pen
from .world import DAY, HOUR

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
