"""A business, owners and appointments to decide about, and local time worked out minute by minute."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from shared.domain.plans import Undecided
from shared.domain.policy.models import ServedTenant, TenantPolicy, policy_of
from shared.domain.quiet_hours import QuietHours, parse_quiet_hours
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, AppointmentStatus, Kind, Outcome, Owner, Pet, Tenant
from shared.tasks.appointment_reminders.rules import LEADS

TENANT_ID, ELSEWHERE, RUN_ID = UUID(int=1), UUID(int=2), UUID(int=3)
DAY_BEFORE, TWO_HOURS = LEADS[Kind.REMINDER_24H], LEADS[Kind.REMINDER_2H]
NEW_YORK = ZoneInfo("America/New_York")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    """An instant written with its offset, such as "2026-03-08T07:00Z"."""
    return datetime.fromisoformat(text).astimezone(UTC)


def local(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """The first instant at which clocks in `zone` show `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def quiet(span: str) -> QuietHours | None:
    """Quiet hours as a tenant writes them."""
    parsed = parse_quiet_hours(span)
    assert parsed is None or isinstance(parsed, QuietHours)
    return parsed


NIGHT = QuietHours(start=time(21), end=time(8))


def a_pet(*, tenant_id: UUID = TENANT_ID, is_deceased: bool = False, is_deleted: bool = False) -> Pet:
    return Pet(id=uuid4(), tenant_id=tenant_id, name="Bella", is_deceased=is_deceased, is_deleted=is_deleted)


def an_owner(**changes: Any) -> Owner:
    facts = {
        "id": uuid4(),
        "tenant_id": TENANT_ID,
        "first_name": "Ana",
        "phone": "+12065550100",
        "sms_opted_in": True,
        "language": "en",
        "is_active": True,
    }
    return Owner(**{**facts, **changes})


def booked(starts_at: datetime, **changes: Any) -> Appointment:
    """An appointment booked long ago by an owner who may be texted."""
    facts = {
        "id": uuid4(),
        "tenant_id": TENANT_ID,
        "service_tenant_id": TENANT_ID,
        "service_name": "Full groom",
        "pets": (a_pet(),),
        "created_at": LONG_AGO,
        "status": AppointmentStatus.CONFIRMED,
        "is_deleted": False,
    }
    return Appointment(**{"owner": an_owner(), **facts, "starts_at": starts_at, **changes})


def undecided(
    appointment: Appointment, earlier: Outcome | None = None, earlier_reason: Reason | None = None
) -> Undecided:
    return Undecided(appointment, earlier, earlier_reason)


def a_tenant(settings: str | None = None, *, timezone: str | None = None) -> Tenant:
    return Tenant(
        id=TENANT_ID,
        subdomain="happy",
        business_name="Happy Paws",
        phone=None,
        address=None,
        timezone=timezone,
        currency="USD",
        settings=settings,
    )


def policy(settings: Mapping[str, Any]) -> TenantPolicy:
    return policy_of(a_tenant(json.dumps(settings)), TenantPolicy())


def served(settings: Mapping[str, Any] | None = None, zone: ZoneInfo = NEW_YORK) -> ServedTenant:
    return ServedTenant(a_tenant(), policy(settings or {}), zone, "US")


# Minute by minute: slow, and hard to get wrong. Instants are whole minutes.


def shows_quiet(instant: datetime, hours: QuietHours | None, zone: ZoneInfo) -> bool:
    """Whether a clock on the wall stands inside the quiet hours."""
    if hours is None:
        return False
    shown = instant.astimezone(zone).time()
    wraps = hours.start > hours.end
    return (shown >= hours.start or shown < hours.end) if wraps else (hours.start <= shown < hours.end)


def first_open(instant: datetime, hours: QuietHours | None, zone: ZoneInfo) -> datetime:
    """The instant itself, or the first whole minute whose local time is at or past the end of the quiet hours."""
    while hours is not None and shows_quiet(instant, hours, zone):
        shown = instant.astimezone(zone).replace(tzinfo=None)
        end = datetime.combine(shown, hours.end)
        end += timedelta(days=end <= shown)
        while instant.astimezone(zone).replace(tzinfo=None) < end:
            instant += MINUTE
    return instant
