"""Appointments with an odd time, booking or state for reminders."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from shared.sample.diary import book, cancelled
from shared.sample.draft import Draft, Shop
from shared.sample.owner_cases import Case, far_enough, home
from shared.sample.people import add_household

_MIDDAY = 14.5  # hours
_SENDING_AS_USUAL = ("hudson-paws", "silverlake-vet", "heelwork", "himal-pets", "komorebi")  # their 2h reminder is on


def awake(draft: Draft) -> Shop:
    """Return the tenant whose local time is nearest midday, so that quiet hours do not affect the case."""
    return min((draft.shops[name] for name in _SENDING_AS_USUAL), key=lambda shop: _from_midday(shop, draft.now))


def _from_midday(shop: Shop, now: datetime) -> float:
    local = now.astimezone(shop.zone)
    return abs(local.hour + local.minute / 60 - _MIDDAY)


def booked_inside_24h(draft: Draft) -> UUID:
    """Starts in less than a day, booked an hour ago: the 24h reminder is skipped."""
    shop = awake(draft)
    return book(draft, shop, add_household(draft, shop), draft.now + timedelta(hours=21), created_at=draft.ago(hours=1))


def booked_inside_2h(draft: Draft) -> UUID:
    """Starts in 90 minutes, booked ten minutes ago: both reminders are skipped."""
    shop = awake(draft)
    return book(
        draft, shop, add_household(draft, shop), draft.now + timedelta(minutes=90), created_at=draft.ago(minutes=10)
    )


def moved_inside_24h(draft: Draft) -> UUID:
    """Booked long ago, moved half an hour ago to five hours from now: reminded at once."""
    shop = awake(draft)
    starts_at = draft.now + timedelta(hours=5)
    changes = {"created_at": draft.ago(days=12), "updated_at": draft.ago(minutes=30)}
    return book(draft, shop, add_household(draft, shop), starts_at, **changes)


def two_on_one_day(draft: Draft) -> UUID:
    """One visit of two appointments: the first one's SMS includes the second. Returns the first."""
    shop = home(draft)
    household = add_household(draft, shop, pets=2)
    first = book(draft, shop, household, shop.at(draft.now, 2, time(10)))
    book(draft, shop, household, shop.at(draft.now, 2, time(15, 30)))
    return first


def starting_at(draft: Draft, local: time) -> UUID:
    """A start near quiet hours (21:00 to 08:00)."""
    shop = home(draft)
    return book(draft, shop, add_household(draft, shop), shop.at(draft.now, 2, local))


def with_state(draft: Draft, **changes: Any) -> UUID:
    """An appointment without reminders."""
    shop = home(draft)
    return book(draft, shop, add_household(draft, shop), far_enough(draft, shop), **changes)


def cancelled_in_time(draft: Draft) -> UUID:
    """Cancelled by its owner, two days before the start."""
    return with_state(draft, **cancelled(draft.ago(minutes=5), "owner"))


def completed_ahead(draft: Draft) -> UUID:
    """The owner came early, and staff completed the later appointment."""
    arrived_at = draft.ago(hours=2)
    return with_state(draft, status="completed", arrived_at=arrived_at, actual_start=arrived_at, updated_at=arrived_at)


def deleted(draft: Draft) -> UUID:
    """Deleted by the platform; the status is left as it was."""
    return with_state(draft, deleted_at=draft.ago(hours=3))


def without_service(draft: Draft) -> UUID:
    """An appointment without its optional service and amount."""
    return with_state(draft, service_id=None, total_amount=None)


def in_the_year_9999(draft: Draft) -> UUID:
    """An appointment for "some day". In Kathmandu it is the last evening that Python can represent."""
    shop = draft.shops["himal-pets"]
    return book(draft, shop, add_household(draft, shop), datetime(9999, 12, 31, 17, tzinfo=UTC))


TIMING_CASES: dict[str, Case] = {
    "booked inside 24h": booked_inside_24h,
    "booked inside 2h": booked_inside_2h,
    "moved inside 24h": moved_inside_24h,
    "two appointments on one day": two_on_one_day,
    "starts at 08:30": partial(starting_at, local=time(8, 30)),
    "starts at 09:00": partial(starting_at, local=time(9)),
    "starts at 23:10": partial(starting_at, local=time(23, 10)),
    "cancelled": cancelled_in_time,
    "completed": completed_ahead,
    "deleted": deleted,
    "without service": without_service,
    "in the year 9999": in_the_year_9999,
}
