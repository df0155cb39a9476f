"""Add appointments: single ones, and a week of ordinary ones."""

from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from shared.sample.draft import Draft, Household, Service, Shop

_BEFORE = timedelta(days=3)
_HALF_HOURS = [time(hour, minute) for hour in range(7, 21) for minute in (0, 30)]
_USUAL, _UNUSUAL = 20, 1  # weights of a start in and outside business hours
_OPEN, _CLOSE = time(9), time(17)


def book(draft: Draft, shop: Shop, household: Household, starts_at: datetime, **changes: Any) -> UUID:
    """Add a confirmed appointment of all the household's pets, booked days before; `changes` overrides columns."""
    service = draft.rng.choice(shop.services)
    row: dict[str, Any] = {
        "id": draft.new_id(),
        "tenant_id": shop.id,
        "owner_id": household.owner_id,
        "service_id": service.id,
        "scheduled_start": starts_at,
        "scheduled_end": starts_at + timedelta(minutes=service.minutes),
        "status": "confirmed",
        "total_amount": service.price,
        "created_at": _booked_at(draft, starts_at, least_days=3),
    } | changes
    draft.add("appointments", **row)
    for pet_id in household.pet_ids:
        draft.add("appointment_pets", appointment_id=row["id"], pet_id=pet_id)
    appointment_id: UUID = row["id"]
    return appointment_id


def add_deposit(draft: Draft, shop: Shop, household: Household, appointment_id: UUID, amount: int) -> None:
    """Add the payment of a deposit, made a week ago."""
    paid_at = draft.ago(days=7)
    draft.add(
        "payments",
        id=draft.new_id(),
        tenant_id=shop.id,
        owner_id=household.owner_id,
        appointment_id=appointment_id,
        type="deposit",
        method="card",
        status="succeeded",
        amount=amount,
        currency=shop.business.currency,
        stripe_payment_intent_id=f"pi_{draft.new_id().hex[:24]}",
        attempts=1,
        succeeded_at=paid_at,
        created_at=paid_at,
    )


def fill_week(draft: Draft, shop: Shop) -> None:
    """Add the shop's ordinary appointments, from three days before `now` until the draft's days after it."""
    slots = _slots(draft, shop)
    weights = [_USUAL if _is_usual(start, shop) else _UNUSUAL for start in slots]
    for starts_at in draft.rng.choices(slots, weights, k=shop.business.appointments):
        _book_ordinary(draft, shop, starts_at)


def _slots(draft: Draft, shop: Shop) -> list[datetime]:
    starts = (shop.at(draft.now, days, local) for days in range(-4, draft.days_ahead + 2) for local in _HALF_HOURS)
    last = draft.now + timedelta(days=draft.days_ahead)
    return [start for start in starts if draft.now - _BEFORE <= start <= last]


def _is_usual(starts_at: datetime, shop: Shop) -> bool:
    return _OPEN <= starts_at.astimezone(shop.zone).time() < _CLOSE


def _book_ordinary(draft: Draft, shop: Shop, starts_at: datetime) -> None:
    household, service = draft.rng.choice(shop.households), draft.rng.choice(shop.services)
    ends_at = starts_at + timedelta(minutes=service.minutes)
    deposit = _deposit(draft.rng, service)
    appointment_id = book(
        draft,
        shop,
        household,
        starts_at,
        service_id=service.id,
        scheduled_end=ends_at,
        total_amount=service.price,
        deposit_paid=deposit,
        created_at=_booked_at(draft, starts_at, least_days=8 if deposit else 0),
        **_course(draft, starts_at, ends_at),
    )
    if deposit:
        add_deposit(draft, shop, household, appointment_id, deposit)


def _deposit(rng: Random, service: Service) -> int | None:
    return service.price // 5 if service.price and rng.random() < 0.12 else None


def _booked_at(draft: Draft, starts_at: datetime, *, least_days: int) -> datetime:
    notice = timedelta(days=least_days, hours=draft.rng.randrange(3, 480), minutes=draft.rng.randrange(60))
    return min(starts_at, draft.now) - notice


def _course(draft: Draft, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """Return the columns for the state of an appointment at `now`."""
    if ends_at <= draft.now:
        return _outcome(draft.rng, starts_at, ends_at)
    if starts_at <= draft.now:
        return {"status": "in_progress", "arrived_at": starts_at, "actual_start": starts_at}
    return {"status": draft.rng.choices(("confirmed", "pending"), (4, 1))[0]}


def _outcome(rng: Random, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    outcome = rng.choices(("completed", "missed", "cancelled"), (88, 5, 7))[0]
    if outcome == "missed":  # nobody came, and staff did not mark it
        return {"status": "confirmed"}
    if outcome == "cancelled":
        return cancelled(starts_at - timedelta(hours=2), "staff")
    return _completed(rng, starts_at, ends_at)


def _completed(rng: Random, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """Return the columns of a visit that took place; one in eight owners arrives after the grace period."""
    minutes = rng.randrange(16, 40) if rng.random() < 0.125 else rng.randrange(-10, 15)
    arrived_at = starts_at + timedelta(minutes=minutes)
    return {
        "status": "completed",
        "arrived_at": arrived_at,
        "actual_start": max(arrived_at, starts_at),
        "updated_at": ends_at,
    }


def cancelled(at: datetime, by: str) -> dict[str, Any]:
    """Return the columns of an appointment cancelled at an instant by "owner", "staff" or "system"."""
    return {"status": "cancelled", "cancelled_at": at, "cancelled_by": by, "updated_at": at}
