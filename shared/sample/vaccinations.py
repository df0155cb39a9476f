"""Add vaccination records: for every ordinary pet, and single ones."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from shared.sample.draft import Draft, Shop

_YEAR = 365  # days
_COURSES = {
    "dog": (("rabies", 3, 0.9), ("dhpp", 1, 0.8), ("bordetella", 1, 0.4), ("leptospirosis", 1, 0.3)),
    "cat": (("rabies", 1, 0.7), ("fvrcp", 3, 0.8), ("leukemia", 1, 0.3)),
}
"""By species: vaccine, years of protection, and share of animals that have it."""

_DAYS_LEFT = (range(-60, 0), range(5), range(5, 11), range(12, 18), range(28, 35), range(40, 360))
_DAYS_LEFT_WEIGHTS = (8, 3, 5, 5, 6, 73)


def vaccinate_all(draft: Draft, shop: Shop) -> None:
    """Add records for all pets that the shop has so far."""
    for pet in [row for row in draft.rows["pets"] if row["tenant_id"] == shop.id]:
        for vaccine, years, share in _COURSES[pet["species"]]:
            if draft.rng.random() < share:
                _vaccinate(draft, shop, pet["id"], vaccine, years)


def _vaccinate(draft: Draft, shop: Shop, pet_id: UUID, vaccine: str, years: int) -> None:
    rng = draft.rng
    left = rng.choice(rng.choices(_DAYS_LEFT, _DAYS_LEFT_WEIGHTS)[0])
    if rng.random() < 0.03:
        add_record(draft, shop, pet_id, vaccine, given=left - years * _YEAR, left=None)
        return
    add_record(draft, shop, pet_id, vaccine, given=left - years * _YEAR, left=left)
    if years == 1 and rng.random() < 0.1:
        add_record(draft, shop, pet_id, vaccine, given=left - 2 * _YEAR, left=left - _YEAR + 14)


def add_record(
    draft: Draft, shop: Shop, pet_id: UUID, vaccine: str, *, given: int, left: int | None, **changes: Any
) -> UUID:
    """Add a record: `given` days after today (negative), expiring `left` days after it (None: never)."""
    today = shop.today(draft.now)
    given_on = today + timedelta(days=given)
    row: dict[str, Any] = {
        "id": draft.new_id(),
        "tenant_id": shop.id,
        "pet_id": pet_id,
        "type": vaccine,
        "status": "unknown" if left is None else "current",
        "administered_date": given_on,
        "expiry_date": None if left is None else today + timedelta(days=left),
        "created_at": min(_noon(given_on, shop), draft.now),
    } | changes
    draft.add("vaccination_records", **row)
    record_id: UUID = row["id"]
    return record_id


def _noon(on: date, shop: Shop) -> datetime:
    return datetime.combine(on, time(12), shop.zone).astimezone(UTC)
