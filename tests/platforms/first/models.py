"""Its models, as of its migration 001. Its enums raise LookupError for a value that they do not know."""

import enum
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, JSON, DateTime, Enum, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class TenantStatus(enum.Enum):
    TRIAL = "trial"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class UserRole(enum.Enum):
    TENANT_ADMIN = "tenant_admin"
    STAFF = "staff"
    CUSTOMER = "customer"


class AppointmentStatus(enum.Enum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    RESCHEDULED = "rescheduled"


class VaccinationType(enum.Enum):
    RABIES = "rabies"
    DISTEMPER = "distemper"
    PARVO = "parvo"
    BORDETELLA = "bordetella"
    LEUKEMIA = "leukemia"
    LYME = "lyme"
    DHPP = "dhpp"
    FVRCP = "fvrcp"
    OTHER = "other"


class VaccinationStatus(enum.Enum):
    CURRENT = "current"
    EXPIRING_SOON = "expiring_soon"
    EXPIRED = "expired"


class PaymentType(enum.Enum):
    FULL_PAYMENT = "full_payment"
    NO_SHOW_FEE = "no_show_fee"


class PaymentStatus(enum.Enum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"


class PaymentMethod(enum.Enum):
    CARD = "card"
    CASH = "cash"


class Base(DeclarativeBase):
    """What all of its tables have."""

    type_annotation_map = {datetime: DateTime(timezone=True), UUID: Uuid}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    updated_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


def _enum(of: type[enum.Enum], name: str) -> Any:
    """A native enum with the members' names, as SQLAlchemy stores them."""
    return mapped_column(Enum(of, name=name))


class Tenant(Base):
    __tablename__ = "tenants"
    business_name: Mapped[str] = mapped_column(String(255))
    subdomain: Mapped[str] = mapped_column(String(63), unique=True)
    email: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(20))
    address_line1: Mapped[str | None] = mapped_column(String(255))
    timezone: Mapped[str | None] = mapped_column(String(50))
    currency: Mapped[str | None] = mapped_column(String(3))
    status: Mapped[TenantStatus] = _enum(TenantStatus, "tenant_status")
    is_active: Mapped[bool] = mapped_column(default=True)
    settings: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class User(Base):
    __tablename__ = "users"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id"))
    email: Mapped[str] = mapped_column(String(255))
    role: Mapped[UserRole] = _enum(UserRole, "user_role")


class Owner(Base):
    __tablename__ = "owners"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(20))
    sms_opted_in: Mapped[bool] = mapped_column(default=True)
    stripe_customer_id: Mapped[str | None] = mapped_column(String(255))
    has_payment_method: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)


class Pet(Base):
    __tablename__ = "pets"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("owners.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    species: Mapped[str] = mapped_column(String(50))
    vaccination_status: Mapped[VaccinationStatus | None] = _enum(VaccinationStatus, "vaccination_status")
    vaccination_expires_at: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_deceased: Mapped[bool] = mapped_column(default=False)


class Service(Base):
    __tablename__ = "services"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id"))
    name: Mapped[str] = mapped_column(String(255))
    price: Mapped[int]  # cents


class Appointment(Base):
    __tablename__ = "appointments"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("owners.id"))
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("services.id"))
    pet_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    scheduled_start: Mapped[datetime]
    scheduled_end: Mapped[datetime]
    actual_start: Mapped[datetime | None]
    status: Mapped[AppointmentStatus] = _enum(AppointmentStatus, "appointment_status")
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    total_amount: Mapped[int | None]
    deposit_paid: Mapped[int | None]
    no_show_fee_charged: Mapped[int | None]
    __table_args__ = (
        Index("ix_appointments_tenant_start", "tenant_id", "scheduled_start"),
        Index("ix_appointments_owner_start", "owner_id", "scheduled_start"),
    )


class VaccinationRecord(Base):
    __tablename__ = "vaccination_records"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id"))
    pet_id: Mapped[UUID] = mapped_column(ForeignKey("pets.id"), index=True)
    vaccination_type: Mapped[VaccinationType] = _enum(VaccinationType, "vaccination_type")
    vaccine_name: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[VaccinationStatus | None] = _enum(VaccinationStatus, "vaccination_status")
    administered_date: Mapped[date | None]
    expiry_date: Mapped[date | None]
    __table_args__ = (Index("ix_vaccination_records_tenant_expiry", "tenant_id", "expiry_date"),)


class Payment(Base):
    __tablename__ = "payments"
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("owners.id"))
    type: Mapped[PaymentType] = _enum(PaymentType, "payment_type")
    status: Mapped[PaymentStatus] = _enum(PaymentStatus, "payment_status")
    method: Mapped[PaymentMethod] = _enum(PaymentMethod, "payment_method")
    amount: Mapped[int]
    tip_amount: Mapped[int]
    refund_amount: Mapped[int]
    net_amount: Mapped[int]
