"""Recent visits that were missed, kept or cancelled."""

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from shared.sample.diary import add_deposit, book, cancelled
from shared.sample.draft import Draft, Shop
from shared.sample.owner_cases import Case, home
from shared.sample.people import add_household, card

_HOUR = timedelta(hours=1)
_FIRST_OFFENCE = {"no_show_count": 0, "reputation_score": 100, "last_reputation_update": None}


def lately(draft: Draft, shop: Shop) -> datetime:
    """Return the latest local 10:00 or 14:00 that is at least two hours ago: always within 24 hours."""
    starts = [shop.at(draft.now, days, time(hour)) for days in (-1, 0) for hour in (10, 14)]
    return max(start for start in starts if start + 2 * _HOUR <= draft.now)


def past(draft: Draft, shop: Shop, owner: dict[str, Any], **changes: Any) -> UUID:
    """A past appointment of one hour; without changes, nobody came."""
    starts_at = lately(draft, shop)
    columns = {"scheduled_end": starts_at + _HOUR} | changes
    return book(draft, shop, add_household(draft, shop, **owner), starts_at, **columns)


def missed_with_card(draft: Draft) -> UUID:
    """A first offence, with a card to charge."""
    return past(draft, home(draft), card(draft, saved=True) | _FIRST_OFFENCE)


def missed_without_card(draft: Draft) -> UUID:
    """No card: staff have to collect the fee."""
    return past(draft, home(draft), card(draft, saved=False))


def missed_again(draft: Draft) -> UUID:
    """The fourth time: the last fee of the schedule, and a score that falls below the booking threshold."""
    standing = {"no_show_count": 3, "reputation_score": 45, "last_reputation_update": draft.ago(days=30)}
    return past(draft, draft.shops["silverlake-vet"], card(draft, saved=True) | standing)


def missed_two_on_one_day(draft: Draft) -> UUID:
    """Two appointments, one visit: one fee. Returns the first."""
    shop = draft.shops["silverlake-vet"]
    household = add_household(draft, shop, **card(draft, saved=True))
    starts_at = lately(draft, shop)
    first = book(draft, shop, household, starts_at, scheduled_end=starts_at + _HOUR / 2)
    book(draft, shop, household, starts_at + _HOUR / 2, scheduled_end=starts_at + _HOUR)
    return first


def missed_at(draft: Draft, *, subdomain: str) -> UUID:
    """Missed at a tenant whose currency has no default fee schedule."""
    return past(draft, draft.shops[subdomain], card(draft, saved=True))


def missed_with_deposit(draft: Draft, *, amount: int) -> UUID:
    """The deposit (pence) counts towards the fee."""
    shop = draft.shops["heelwork"]
    starts_at = lately(draft, shop)
    household = add_household(draft, shop, **(card(draft, saved=True) | _FIRST_OFFENCE))
    lesson = shop.services[1]
    columns = {"service_id": lesson.id, "total_amount": lesson.price, "deposit_paid": amount}
    created_at = draft.ago(days=8)
    appointment_id = book(
        draft, shop, household, starts_at, scheduled_end=starts_at + _HOUR, created_at=created_at, **columns
    )
    add_deposit(draft, shop, household, appointment_id, amount)
    return appointment_id


def missed_long_ago(draft: Draft) -> UUID:
    """A missed visit older than the look-back."""
    shop = home(draft)
    starts_at = shop.at(draft.now, -9, time(10))
    created_at = draft.ago(days=30)
    return book(
        draft, shop, add_household(draft, shop), starts_at, scheduled_end=starts_at + _HOUR, created_at=created_at
    )


def imported_afterwards(draft: Draft) -> UUID:
    """Entered after its start: not a no-show."""
    shop = draft.shops["harbour-tails"]
    return past(draft, shop, {}, created_at=lately(draft, shop) + _HOUR / 2)


def marked_by_staff(draft: Draft) -> UUID:
    """Marked as missed at the desk: it costs reputation, and no automatic fee."""
    shop = draft.shops["harbour-tails"]
    return past(draft, shop, {}, status="no_show", updated_at=lately(draft, shop) + 2 * _HOUR)


def kept(draft: Draft, *, minutes_late: int) -> UUID:
    """Completed; the owner arrived `minutes_late` after the start (negative: before it)."""
    shop = draft.shops["harbour-tails"]
    arrived_at = lately(draft, shop) + timedelta(minutes=minutes_late)
    ends_at = lately(draft, shop) + _HOUR
    return past(draft, shop, {}, status="completed", arrived_at=arrived_at, actual_start=arrived_at, updated_at=ends_at)


def cancelled_before(draft: Draft, *, hours: int, by: str) -> UUID:
    """Cancelled before the start; by the owner within 24 hours, that is late."""
    shop = draft.shops["heelwork"]
    return past(draft, shop, {}, **cancelled(lately(draft, shop) - hours * _HOUR, by))


PAST_CASES: dict[str, Case] = {
    "missed, card saved": missed_with_card,
    "missed, no card": missed_without_card,
    "missed for the fourth time": missed_again,
    "missed, two appointments on one day": missed_two_on_one_day,
    "missed, own fee schedule": partial(missed_at, subdomain="himal-pets"),
    "missed, no fee schedule for the currency": partial(missed_at, subdomain="komorebi"),
    "missed, deposit covers part": partial(missed_with_deposit, amount=1000),
    "missed, deposit covers all": partial(missed_with_deposit, amount=5600),
    "missed nine days ago": missed_long_ago,
    "imported after it began": imported_afterwards,
    "marked no-show by staff": marked_by_staff,
    "completed, on time": partial(kept, minutes_late=-5),
    "completed, late": partial(kept, minutes_late=25),
    "cancelled by the owner, late": partial(cancelled_before, hours=5, by="owner"),
    "cancelled by the owner, early": partial(cancelled_before, hours=60, by="owner"),
    "cancelled by staff, late": partial(cancelled_before, hours=5, by="staff"),
}
