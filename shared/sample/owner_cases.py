"""Odd owners and pets for reminders, each with one appointment the day after tomorrow."""

from collections.abc import Callable
from datetime import datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from shared.sample.diary import book
from shared.sample.draft import Draft, Household, Shop
from shared.sample.people import add_household, add_owner, add_pet

Case = Callable[[Draft], UUID]
"""Adds the rows of one odd case and returns the id of its appointment or vaccination record."""

HOME = "hudson-paws"
"""The tenant of most cases: default settings, US dollars."""


def home(draft: Draft) -> Shop:
    """Return the tenant of most cases."""
    return draft.shops[HOME]


def far_enough(draft: Draft, shop: Shop) -> datetime:
    """Return a start in business hours with both reminders still ahead."""
    return shop.at(draft.now, 2, time(11, draft.rng.choice((0, 15, 30, 45))))


def owner_with(draft: Draft, **columns: Any) -> UUID:
    """An ordinary owner except for these columns."""
    shop = home(draft)
    return book(draft, shop, add_household(draft, shop, **columns), far_enough(draft, shop))


def owner_deleted(draft: Draft) -> UUID:
    """Deleted by the platform, which keeps the row and leaves `is_active` as it was."""
    return owner_with(draft, deleted_at=draft.ago(days=4))


def pets_with(draft: Draft, *changes: dict[str, Any]) -> UUID:
    """An appointment with one pet for each of the changes, in this order."""
    shop = home(draft)
    owner_id = add_owner(draft, shop)
    pet_ids = tuple(add_pet(draft, shop, owner_id, **columns) for columns in changes)
    return book(draft, shop, Household(owner_id, pet_ids), far_enough(draft, shop))


def pet_named(draft: Draft, *, name: str) -> UUID:
    """A pet's name that could break the text, the terminal, the database or the template."""
    return pets_with(draft, {"name": name})


def owner_who_reads_spanish(draft: Draft) -> UUID:
    """An owner whose texts use the Spanish templates."""
    shop = draft.shops["silverlake-vet"]
    household = add_household(draft, shop, first_name="Lucía", language="es")
    return book(draft, shop, household, far_enough(draft, shop))


def owner_of_another_tenant(draft: Draft) -> UUID:
    """An appointment with a foreign owner: an error, never a text."""
    shop, other = draft.shops["komorebi"], draft.shops["heelwork"]
    return book(draft, shop, add_household(draft, other), far_enough(draft, shop))


def pet_of_another_tenant(draft: Draft) -> UUID:
    """An appointment with a foreign pet."""
    shop, other = draft.shops["himal-pets"], draft.shops["heelwork"]
    foreign = add_household(draft, other).pet_ids
    return book(draft, shop, Household(add_owner(draft, shop), foreign), far_enough(draft, shop))


def owners_share_a_phone(draft: Draft) -> UUID:
    """Two owners with one number, written differently: a STOP from it counts for both."""
    shop = home(draft)
    book(draft, shop, add_household(draft, shop, phone="(212) 555-0199"), far_enough(draft, shop))
    return owner_with(draft, phone="+1 212.555.0199")


_DEAD = {"is_deceased": True}

PET_NAMES = {
    "emoji": "Luna 🐾🌙",
    "quotes": "Mr. \"Bo\" O'Malley's",
    "SQL": "Robert'); DROP TABLE pets;--",
    "a placeholder": "$phone",
    "braces": "{0.__class__} {pets}",
    "a newline": "Max\nYour card was charged",
    "control characters": "Bel\x07la\x1b[31m\u202e\u200b",
    "a hundred characters": ("Princess Penelope Peachfuzz of " * 4)[:100],
    "markup": "<script>alert(1)</script>",
}
"""Pets' names, by what is odd about them. No NUL: PostgreSQL stores none."""

OWNER_CASES: dict[str, Case] = {
    "owner opted out": partial(owner_with, sms_opted_in=False),
    "owner without phone": partial(owner_with, phone=None),
    "owner with a blank phone": partial(owner_with, phone=" "),
    "invalid phone": partial(owner_with, phone="not-a-number"),
    "owner inactive": partial(owner_with, is_active=False),
    "owner deleted": owner_deleted,
    "owner without a name": partial(owner_with, first_name=None, last_name=None),
    "owner named with a placeholder": partial(owner_with, first_name="${pets}"),
    "two owners with one phone": owners_share_a_phone,
    "owner reads Spanish": owner_who_reads_spanish,
    "owner of another tenant": owner_of_another_tenant,
    "pet of another tenant": pet_of_another_tenant,
    "two pets": partial(owner_with, pets=2),
    "three pets": partial(owner_with, pets=3),
    "three pets, one dead": lambda draft: pets_with(draft, {}, _DEAD, {}),
    "all pets dead": lambda draft: pets_with(draft, _DEAD, _DEAD),
    "no pets": pets_with,
    "pet without a name": lambda draft: pets_with(draft, {"name": None}),
    "pet deleted": lambda draft: pets_with(draft, {"deleted_at": draft.ago(days=9)}),
    **{f"pet named with {what}": partial(pet_named, name=name) for what, name in PET_NAMES.items()},
}
