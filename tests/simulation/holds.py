"""Which days wait for a person: too much of the day is missing, or the business does not write down who comes."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from .books import Books, Moment, is_attended
from .house import House
from .platform import Row
from .stays import found_from
from .world import DAY

LEAST_MISSING: Final = 3
LEAST_OVER: Final = 5
DAYS_OF_RECORDS: Final = 14


def why_held(moment: Moment, house: House, day: date, candidates: list[Row]) -> str | None:
    """Return why a day is not to be marked before a person has looked at it."""
    if not candidates or (house.subdomain, day) in moment.accepted:
        return None
    if writes_down_nobody(moment, house):
        return "attendance_not_recorded"
    return "surge" if is_surge(moment.books, house, day, candidates) else None


def is_surge(books: Books, house: House, day: date, candidates: list[Row]) -> bool:
    """Whether more than half of a day is missing, what was marked before included."""
    there = [row for row in kept(books, house) if house.day_of(row["scheduled_start"]) == day]
    marked = sum(row["status"] == "no_show" and books.is_final(missed(row)) for row in there)
    missing = marked + len(candidates)
    return missing >= LEAST_MISSING and missing > len(there) / 2


def writes_down_nobody(moment: Moment, house: House) -> bool:
    """Whether fewer than a third of the last 14 local days' appointments that are over have any record of who came."""
    before = house.day_of(moment.now) - DAYS_OF_RECORDS * DAY
    over = [
        row
        for row in kept(moment.books, house)
        if house.day_of(row["scheduled_start"]) > before and found_from(house, row) <= moment.now
    ]
    return len(over) >= LEAST_OVER and sum(is_recorded(moment.books, row) for row in over) < len(over) / 3


def is_recorded(books: Books, row: Row) -> bool:
    """Whether staff wrote down that somebody came or did not. Our own marks are no record."""
    return is_attended(row) or (row["status"] == "no_show" and row["id"] not in books.marked)


def kept(books: Books, house: House) -> Iterator[Row]:
    """Yield a business's appointments that were neither cancelled nor deleted."""
    return (
        row
        for row in books.platform.rows("appointments")
        if row["tenant_id"] == house.tenant
        and row["status"] != "cancelled"
        and row["deleted_at"] is None
        and not books.is_foreign(row)
    )


def missed(row: Row) -> tuple[str, object, object]:
    """Return what is decided about an appointment that was missed."""
    return "no_show", row["id"], row["scheduled_start"]
