"""What happens on both platforms: three days of two businesses, so that every job has something to do.

The days are those from Friday, 13 March 2026, to Sunday; New York is four hours behind UTC.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import Engine

FIRST = datetime(2026, 3, 13, tzinfo=UTC)
LAST = FIRST + timedelta(days=3)
LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

PEOPLE = {
    "Ana": "+12125550101",  # comes on Saturday
    "Ben": "+12125550102",  # does not want to be texted
    "Cara": "+12125550103",  # has three pets with vaccinations that expire
    "Dan": "+12125550104",  # misses a visit, with a saved card
    "Eve": "+12125550105",  # recovers
    "Fay": "+12125550106",  # cancels late
    "Hal": "+12125550108",  # comes on Friday
    "Ivy": "+12125550109",  # books in the middle of the days
    "Jon": "+12125550110",  # sent STOP: the provider refuses his texts
}
STOPPED = PEOPLE["Jon"]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of March 2026, in UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


VISITS = {
    "Ana": at(14, 19),
    "Ben": at(14, 20),
    "Dan": at(13, 14),
    "Fay": at(13, 21),
    "Hal": at(13, 13),
    "Jon": at(14, 18),
}
"""When each visit that is booked already starts: three in the afternoon in New York is 19:00."""
IVY_BOOKS, IVY_COMES = at(13, 15), at(14, 22)
_KEPT = {name: VISITS[name] for name in ("Ana", "Ben", "Hal", "Jon")} | {"Ivy": IVY_COMES}
SHOTS = {
    "Coco": ("rabies", date(2026, 4, 13)),
    "Duke": ("dhpp", date(2026, 3, 28)),
    "Echo": ("bordetella", date(2026, 3, 21)),
}
"""Cara's pets: what expires when. On Saturday there are 30, 14 and 7 days left."""


class Platform(Protocol):
    """A platform with a database of its own."""

    engine: Engine

    def fill(self) -> None:
        """Put in the people, their pets and visits."""

    def owner_ids(self) -> dict[str, UUID]:
        """Return the owners' ids by their first names."""

    def visit_of(self, name: str) -> UUID:
        """Return the id of an owner's visit."""

    def state_of(self, name: str) -> tuple[str, object]:
        """Return the state of an owner's visit in the platform's own word, and the fee written beside it."""

    def book(self, name: str, starts_at: datetime, booked_at: datetime) -> None:
        """Book a visit for an owner's pets."""

    def check_in(self, name: str, now: datetime) -> None:
        """Let an owner's visit begin."""

    def complete(self, name: str, now: datetime) -> None:
        """Let an owner's visit end."""

    def cancel(self, name: str, now: datetime) -> None:
        """Let an owner cancel the visit."""

    def wants_texts(self, name: str) -> bool:
        """Whether an owner still agrees to be texted."""

    def read_everything(self) -> None:
        """Read every row as the platform's application does."""


def live(platform: Platform, now: datetime) -> None:
    """Do what people do in the hour that begins at `now`."""
    if now == IVY_BOOKS:
        platform.book("Ivy", IVY_COMES, now)
    for name, starts_at in _KEPT.items():
        if now == starts_at:
            platform.check_in(name, now)
        if now == starts_at + HOUR:
            platform.complete(name, now)
    if now == at(13, 16):
        platform.cancel("Fay", now)
    if now.hour % 6 == 0:
        platform.read_everything()
