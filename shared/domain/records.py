"""The frozen values that rules, messages and delivery use. Database rows go no further than this."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from shared.domain.ids import AppointmentId, OwnerId, PetId, TenantId, VaccinationId, VisitId


class Kind(StrEnum):
    """What a decision or a notification is about."""

    REMINDER_24H = "reminder_24h"
    REMINDER_2H = "reminder_2h"
    VACCINATION_EXPIRING = "vaccination_expiring"
    NO_SHOW = "no_show"
    NO_SHOW_NOTICE = "no_show_notice"
    FEE_RECEIPT = "fee_receipt"
    FEE_FAILED = "fee_failed"


REMINDERS = (Kind.REMINDER_24H, Kind.REMINDER_2H)
"""The kinds that remind of an appointment."""
FEE_TEXTS = (Kind.NO_SHOW_NOTICE, Kind.FEE_RECEIPT, Kind.FEE_FAILED)
"""The kinds that are about a missed visit and its fee."""
TEXTS = tuple(kind for kind in Kind if kind is not Kind.NO_SHOW)
"""The kinds that are texts, each with a template. A no-show is a decision, not a text."""


class Outcome(StrEnum):
    """What was decided about one occurrence of one subject."""

    NOTIFY = "notify"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


RETAKEN = frozenset({Outcome.SKIPPED, Outcome.CANCELLED})
"""Outcomes that never reached the provider, so that a later run may decide again."""


class AppointmentStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class NotificationStatus(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    DEAD = "dead"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class EventKind(StrEnum):
    """What changed an owner's reputation. An opening holds the score found before the first other event."""

    OPENING = "opening"
    NO_SHOW = "no_show"
    LATE_CANCELLATION = "late_cancellation"
    COMPLETED = "completed"
    ON_TIME = "on_time"
    RECOVERY = "recovery"


class ConsentSource(StrEnum):
    """How an owner's consent to texts was given or withdrawn."""

    REPLY = "reply"
    REFUSAL = "refusal"
    RECEIPT = "receipt"
    PLATFORM = "platform"


class RunStatus(StrEnum):
    """How a run goes. Done, it `SUCCEEDED`, or ended `WITH_ERRORS`, or is `HELD`: without any, but days wait."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    WITH_ERRORS = "with_errors"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One active pet-care business. `settings`: its JSON as stored; `fault`: why its row cannot be used, in words."""

    id: TenantId
    subdomain: str
    business_name: str
    phone: str | None
    address: str | None
    timezone: str | None
    currency: str
    settings: str | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """One pet parent. `is_active`: neither switched off nor deleted."""

    id: OwnerId
    tenant_id: TenantId
    first_name: str | None
    phone: str | None
    sms_opted_in: bool
    language: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Pet:
    """One animal. `owner_tenant_id`: its owner's business; None if there is no such owner."""

    id: PetId
    tenant_id: TenantId
    name: str | None
    is_deceased: bool
    is_deleted: bool
    owner_tenant_id: TenantId | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment with all that a reminder needs. `starts_at`, `created_at`: aware UTC instants."""

    id: AppointmentId
    tenant_id: TenantId
    owner: Owner
    service_tenant_id: TenantId | None
    service_name: str | None
    pets: tuple[Pet, ...]
    starts_at: datetime
    created_at: datetime
    status: AppointmentStatus
    is_deleted: bool

    @property
    def foreign_part(self) -> str | None:
        """Which of its rows is foreign: "owner", "pet", …; None if none."""
        if self.owner.tenant_id != self.tenant_id:
            return "owner"
        if any(pet.tenant_id != self.tenant_id for pet in self.pets):
            return "pet"
        if any(pet.owner_tenant_id not in (None, self.tenant_id) for pet in self.pets):
            return "pet's owner"
        return None if self.service_tenant_id in (None, self.tenant_id) else "service"


@dataclass(frozen=True, slots=True)
class Vaccination:
    """A vaccination record with all that an alert needs. `created_at`: aware UTC; `expires_on`: None for never.

    `vaccine`: the type as stored; `name`: what staff call it. `is_pet_active`: neither switched off nor deleted.
    `is_superseded`: a newer record of the pet takes its place.
    """

    id: VaccinationId
    tenant_id: TenantId
    owner: Owner
    pet: Pet
    is_pet_active: bool
    vaccine: str
    name: str | None
    expires_on: date | None
    created_at: datetime
    is_superseded: bool
    is_deleted: bool

    @property
    def foreign_part(self) -> str | None:
        """Which of its rows is foreign: "pet" or "pet's owner"; None if none."""
        if self.pet.tenant_id != self.tenant_id:
            return "pet"
        return None if self.owner.tenant_id == self.tenant_id else "pet's owner"


@dataclass(frozen=True, slots=True)
class ExpiryWindow:
    """The expiry dates, `first` to `last` inclusive, for the alert `tier` days before expiry."""

    tier: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad row or one bad tenant: it is counted and named, and stops nobody else."""

    tenant: str
    subject: str
    reason: str


def foreign_reference(subdomain: str, subject: str, part: str) -> Problem:
    """Return the problem of a row that is left out because a `part` of it is foreign."""
    return Problem(subdomain, subject, f"its {part} belongs to another business")


_NAMESPACE: Final = UUID("6f1f3c52-7c0e-5f0b-9a5e-2f4a1f0f8d11")  # never changes: ids on record were made with it


def visit_id(tenant_id: TenantId, owner_id: OwnerId, on: date) -> VisitId:
    """Return the id of a visit: all appointments of one owner with one tenant on one tenant-local day."""
    return VisitId(lasting_id(f"{tenant_id}:{owner_id}:{on.isoformat()}"))


def lasting_id(key: str) -> UUID:
    """Return the id of a key, which is the same for ever."""
    return uuid5(_NAMESPACE, key)


def ensure_aware(instant: datetime) -> datetime:
    """Return `instant`; raise ValueError when it carries no UTC offset."""
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no UTC offset; write it like 2026-03-01T06:30:00Z")
    return instant


def mask_phone(phone: str | None) -> str:
    """Return a phone number fit for a log: `+1•••••0142`. At most the last four digits are kept."""
    if not phone:
        return "no phone"
    digits = "".join(c for c in phone if c.isdigit())
    return f"{'+' + digits[:1] if phone.startswith('+') else ''}•••••{digits[-4:] if len(digits) > 7 else ''}"
