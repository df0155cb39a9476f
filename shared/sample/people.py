"""Add tenants with their services, owners and pets."""

import json
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.sample.businesses import PRICE_FACTORS, SERVICES, Business
from shared.sample.draft import Draft, Household, Service, Shop
from shared.sample.phones import numbers
from shared.sample.seattle import draw_breed, draw_name, draw_species

_STANDINGS = ((0, 100), (1, 85), (2, 64), (4, 28))  # no-shows so far, and the score after them
_STANDING_WEIGHTS = (85, 9, 4, 2)


def open_shop(draft: Draft, business: Business) -> Shop:
    """Add a tenant with its services and ordinary customers."""
    phones = numbers(business.owner_phones, business.region, draft.rng)
    shop = Shop(draft.new_id(), business, ZoneInfo(business.timezone), phones)
    draft.shops[business.subdomain] = shop
    draft.add(
        "tenants",
        id=shop.id,
        business_name=business.name,
        subdomain=business.subdomain,
        email=f"desk@{business.subdomain}.example",
        phone=business.phone,
        address_line1=business.address,
        city=business.city,
        state=business.state or None,
        zip_code=business.zip_code,
        timezone=business.timezone,
        currency=business.currency,
        status=business.status,
        is_active=True,
        settings=json.dumps(business.settings) if business.settings else None,
        created_at=draft.ago(days=2000),
    )
    for name, price, minutes in SERVICES[business.trade]:
        _add_service(draft, shop, name, price, minutes)
    shop.households += [add_household(draft, shop, pets=_pet_count(draft.rng)) for _ in range(business.owners)]
    return shop


def add_household(draft: Draft, shop: Shop, *, pets: int = 1, **owner: Any) -> Household:
    """Add an owner with ordinary pets; `owner` overrides columns of the owner."""
    owner_id = add_owner(draft, shop, **owner)
    return Household(owner_id, tuple(add_pet(draft, shop, owner_id) for _ in range(pets)))


def add_owner(draft: Draft, shop: Shop, **changes: Any) -> UUID:
    """Add an owner who can be texted; `changes` overrides columns."""
    rng = draft.rng
    first, last = (rng.choice(names.split()) for names in (shop.business.first_names, shop.business.last_names))
    missed, score = rng.choices(_STANDINGS, _STANDING_WEIGHTS)[0]
    row: dict[str, Any] = {
        "id": draft.new_id(),
        "tenant_id": shop.id,
        "first_name": first,
        "last_name": last,
        "phone": next(shop.phones),
        "sms_opted_in": True,
        "language": "en",
        **card(draft, saved=rng.random() < 0.6),
        "is_active": True,
        "no_show_count": missed,
        "late_cancellation_count": 0,
        "completed_appointment_count": rng.randrange(30),
        "reputation_score": score,
        "last_reputation_update": draft.ago(days=rng.randrange(20, 120)) if missed else None,
        "created_at": draft.ago(days=rng.randrange(1200, 1900)),
    } | changes
    email = f"{first}.{last}.{row['id'].hex[:6]}@mail.example".lower().replace("'", "")
    draft.add("owners", **({"email": email} | row))
    owner_id: UUID = row["id"]
    return owner_id


def card(draft: Draft, *, saved: bool) -> dict[str, Any]:
    """Return an owner's columns for a saved card, or for none."""
    customer = f"cus_{draft.new_id().hex[:14]}" if saved else None
    return {"stripe_customer_id": customer, "has_payment_method": saved}


def add_pet(draft: Draft, shop: Shop, owner_id: UUID, **changes: Any) -> UUID:
    """Add a living cat or dog; `changes` overrides columns."""
    rng = draft.rng
    species = draw_species(rng)
    row: dict[str, Any] = {
        "id": draft.new_id(),
        "tenant_id": shop.id,
        "owner_id": owner_id,
        "name": draw_name(rng, species),
        "species": species,
        "breed": draw_breed(rng, species),
        "date_of_birth": shop.today(draft.now) - timedelta(days=rng.randrange(1200, 5000)),
        "vaccination_status": "unknown",
        "is_active": True,
        "is_deceased": False,
        "created_at": draft.ago(days=rng.randrange(1160, 1200)),
    } | changes
    draft.add("pets", **row)
    pet_id: UUID = row["id"]
    return pet_id


def _pet_count(rng: Random) -> int:
    return rng.choices((1, 2, 3), (70, 22, 8))[0]


def _add_service(draft: Draft, shop: Shop, name: str, cents: int | None, minutes: int) -> None:
    price = None if cents is None else round(cents * PRICE_FACTORS[shop.business.currency])
    service = Service(draft.new_id(), price, minutes)
    shop.services.append(service)
    draft.add(
        "services",
        id=service.id,
        tenant_id=shop.id,
        name=name,
        price=price,
        duration_minutes=minutes,
        is_active=True,
        created_at=draft.ago(days=1990),
    )
