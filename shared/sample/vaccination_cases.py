"""Odd vaccination records for the vaccination monitor."""

from functools import partial
from typing import Any
from uuid import UUID

from shared.sample.draft import Draft, Shop
from shared.sample.owner_cases import Case, home
from shared.sample.people import add_household, add_owner, add_pet
from shared.sample.vaccinations import add_record


def _patient(draft: Draft, **changes: Any) -> tuple[Shop, UUID]:
    shop = home(draft)
    return shop, add_pet(draft, shop, add_owner(draft, shop), **({"species": "dog", "breed": "Mix"} | changes))


def expiring(draft: Draft, *, left: int) -> UUID:
    """A yearly vaccine with `left` days to its expiry."""
    shop, pet_id = _patient(draft)
    return add_record(draft, shop, pet_id, "bordetella", given=left - 365, left=left)


def never_expiring(draft: Draft) -> UUID:
    """No expiry date: no alert."""
    shop, pet_id = _patient(draft)
    return add_record(draft, shop, pet_id, "rabies", given=-200, left=None)


def boosted(draft: Draft) -> UUID:
    """About to expire, and superseded by a booster."""
    shop, pet_id = _patient(draft)
    record_id = add_record(draft, shop, pet_id, "rabies", given=-358, left=7)
    add_record(draft, shop, pet_id, "rabies", given=-10, left=1085)
    return record_id


def newer_never_expires(draft: Draft) -> UUID:
    """A newer record without expiry supersedes nothing: this one is alerted."""
    shop, pet_id = _patient(draft)
    record_id = add_record(draft, shop, pet_id, "rabies", given=-358, left=7)
    add_record(draft, shop, pet_id, "rabies", given=-5, left=None)
    return record_id


def covered_by_dhpp(draft: Draft) -> UUID:
    """Distemper, superseded by a newer combination vaccine."""
    shop, pet_id = _patient(draft)
    record_id = add_record(draft, shop, pet_id, "distemper", given=-351, left=14)
    add_record(draft, shop, pet_id, "dhpp", given=-20, left=345)
    return record_id


def not_covered_by_parvo(draft: Draft) -> UUID:
    """A combination vaccine, which a newer parvo alone does not supersede."""
    shop, pet_id = _patient(draft)
    record_id = add_record(draft, shop, pet_id, "dhpp", given=-351, left=14)
    add_record(draft, shop, pet_id, "parvo", given=-20, left=345)
    return record_id


def other_by_name(draft: Draft) -> UUID:
    """Two vaccines of type `other` with different names: both count."""
    shop, pet_id = _patient(draft)
    record_id = add_record(draft, shop, pet_id, "other", given=-351, left=14, name="Rattlesnake toxoid")
    add_record(draft, shop, pet_id, "other", given=-20, left=345, name="Giardia")
    return record_id


def imported(draft: Draft) -> UUID:
    """Entered yesterday, after its 30-day tier had begun."""
    shop, pet_id = _patient(draft)
    return add_record(draft, shop, pet_id, "rabies", given=-342, left=23, created_at=draft.ago(days=1))


def of_pet(draft: Draft, **changes: Any) -> UUID:
    """A record of a pet that gets no alerts."""
    shop, pet_id = _patient(draft, **changes)
    return add_record(draft, shop, pet_id, "rabies", given=-358, left=7)


def two_pets_at_once(draft: Draft) -> UUID:
    """Two pets of one owner: one SMS names both. Returns the first pet's record."""
    shop = home(draft)
    first, second = add_household(draft, shop, pets=2).pet_ids
    record_id = add_record(draft, shop, first, "rabies", given=-335, left=30)
    add_record(draft, shop, second, "rabies", given=-335, left=30)
    return record_id


VACCINATION_CASES: dict[str, Case] = {
    "expires in 31 days": partial(expiring, left=31),
    "expires in 30 days": partial(expiring, left=30),
    "expires in 14 days": partial(expiring, left=14),
    "expires in 7 days": partial(expiring, left=7),
    "expires today": partial(expiring, left=0),
    "expired yesterday": partial(expiring, left=-1),
    "never expires": never_expiring,
    "superseded by a booster": boosted,
    "newer record never expires": newer_never_expires,
    "distemper superseded by DHPP": covered_by_dhpp,
    "DHPP not superseded by parvo": not_covered_by_parvo,
    "other, told apart by name": other_by_name,
    "imported late": imported,
    "pet dead": partial(of_pet, is_deceased=True),
    "pet inactive": partial(of_pet, is_active=False),
    "two pets of one owner": two_pets_at_once,
}
