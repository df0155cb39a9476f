"""A business, an owner and appointments to write about."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.domain.records import Appointment, AppointmentStatus, Owner, Pet, Tenant

TENANT_ID = uuid4()
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 5, 15, tzinfo=UTC)  # a Thursday, 10:00 in New York


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(
        id=TENANT_ID,
        subdomain="happy",
        business_name="Happy Paws Grooming",
        phone="(555) 010-0142",
        address="12 Main St, Springfield, IL 62701",
        timezone="America/New_York",
        currency="USD",
        settings=None,
    )


@pytest.fixture
def owner() -> Owner:
    return Owner(
        id=uuid4(),
        tenant_id=TENANT_ID,
        first_name="Ana",
        phone="+15550100199",
        sms_opted_in=True,
        language="en",
        is_active=True,
    )


def a_pet(name: str | None, *, is_deceased: bool = False, is_deleted: bool = False) -> Pet:
    return Pet(id=uuid4(), tenant_id=TENANT_ID, name=name, is_deceased=is_deceased, is_deleted=is_deleted)


@pytest.fixture
def booked(owner: Owner) -> Callable[..., Appointment]:
    def book(*pets: Pet, at: str = "2026-03-06T15:00Z", service: str | None = "Full groom") -> Appointment:
        return Appointment(
            id=uuid4(),
            tenant_id=TENANT_ID,
            owner=owner,
            service_tenant_id=TENANT_ID,
            service_name=service,
            pets=pets,
            starts_at=datetime.fromisoformat(at),
            created_at=NOW,
            status=AppointmentStatus.CONFIRMED,
            is_deleted=False,
        )

    return book
