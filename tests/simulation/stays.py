"""From when on an appointment may be found missed: an ordinary one once it is over, a stay after its first day."""

from datetime import datetime
from typing import Final

from .house import House
from .local_time import day_begins
from .platform import Row
from .world import DAY, HOUR

SHORTEST_STAY: Final = 12 * HOUR


def is_stay(house: House, row: Row) -> bool:
    """Whether it ends on a later local day and lasts twelve hours or more, as they pass and not as clocks show them."""
    start, end = row["scheduled_start"], row["scheduled_end"]
    return house.day_of(end) > house.day_of(start) and end - start >= SHORTEST_STAY


def found_from(house: House, row: Row) -> datetime:
    """Return the first instant at which it is missed if nobody has arrived."""
    start: datetime = row["scheduled_start"]
    end: datetime = row["scheduled_end"]
    if is_stay(house, row):
        end = day_begins(house.quiet.zone, house.day_of(start) + DAY)
    return max(start + house.fees.grace, end)
