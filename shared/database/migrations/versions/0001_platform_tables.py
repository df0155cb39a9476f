"""The platform's tables. A platform that has its own, or shows us views, is stamped instead of running this.

Written out, not taken from tables.py: a migration must go on making what it made on the day it was released.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TABLES = (
    "tenants",
    "owners",
    "pets",
    "services",
    "appointments",
    "appointment_pets",
    "vaccination_records",
    "payments",
)
_VACCINATION_STATUSES = ("current", "expiring_soon", "expired", "unknown")


def upgrade() -> None:
    _create_tenants()
    _create_owners()
    _create_pets()
    _create_services()
    _create_appointments()
    _create_appointment_pets()
    _create_vaccination_records()
    _create_payments()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_tenants() -> None:
    op.create_table(
        "tenants",
        _id(),
        sa.Column("business_name", sa.Unicode(200), nullable=False),
        sa.Column("subdomain", sa.String(100), nullable=False, unique=True),
        sa.Column("email", sa.Unicode(254)),
        sa.Column("phone", sa.String(40)),
        sa.Column("address_line1", sa.Unicode(200)),
        sa.Column("address_line2", sa.Unicode(200)),
        sa.Column("city", sa.Unicode(100)),
        sa.Column("state", sa.Unicode(100)),
        sa.Column("zip_code", sa.String(20)),
        sa.Column("timezone", sa.String(64), server_default="America/New_York"),
        sa.Column("currency", sa.String(3), nullable=False, server_default="USD"),
        sa.Column("status", sa.String(20), nullable=False, server_default="trial"),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("settings", sa.UnicodeText),
        *_stamps(),
        _one_of("status", ("trial", "active", "suspended", "inactive")),
    )


def _create_owners() -> None:
    op.create_table(
        "owners",
        _id(),
        _reference("tenant_id", "tenants.id"),
        sa.Column("first_name", sa.Unicode(100)),
        sa.Column("last_name", sa.Unicode(100)),
        sa.Column("email", sa.Unicode(254)),
        sa.Column("phone", sa.String(40)),
        sa.Column("sms_opted_in", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("language", sa.String(10), server_default="en"),
        sa.Column("stripe_customer_id", sa.String(255)),
        sa.Column("has_payment_method", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("no_show_count", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("late_cancellation_count", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("completed_appointment_count", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("reputation_score", sa.SmallInteger, nullable=False, server_default=sa.text("100")),
        _instant("last_reputation_update"),
        *_stamps(),
        sa.CheckConstraint("reputation_score BETWEEN 0 AND 100", name="reputation_score"),
    )


def _create_pets() -> None:
    op.create_table(
        "pets",
        _id(),
        _reference("tenant_id", "tenants.id"),
        _reference("owner_id", "owners.id"),
        sa.Column("name", sa.Unicode(100)),
        sa.Column("species", sa.String(40)),
        sa.Column("breed", sa.Unicode(100)),
        sa.Column("date_of_birth", sa.Date),
        sa.Column("vaccination_status", sa.String(20), nullable=False, server_default="unknown"),
        sa.Column("vaccination_expires_at", sa.Date),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("is_deceased", sa.Boolean, nullable=False, server_default=sa.false()),
        *_stamps(),
        _one_of("vaccination_status", _VACCINATION_STATUSES),
    )


def _create_services() -> None:
    op.create_table(
        "services",
        _id(),
        _reference("tenant_id", "tenants.id"),
        sa.Column("name", sa.Unicode(200), nullable=False),
        sa.Column("price", sa.Integer),
        sa.Column("duration_minutes", sa.Integer),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        *_stamps(),
    )


def _create_appointments() -> None:
    op.create_table(
        "appointments",
        _id(),
        _reference("tenant_id", "tenants.id"),
        _reference("owner_id", "owners.id"),
        _reference("service_id", "services.id", nullable=True),
        _instant("scheduled_start", nullable=False),
        _instant("scheduled_end", nullable=False),
        sa.Column("status", sa.String(20), nullable=False, server_default="pending"),
        _instant("arrived_at"),
        _instant("actual_start"),
        _instant("cancelled_at"),
        sa.Column("cancelled_by", sa.String(10)),
        sa.Column("total_amount", sa.Integer),
        sa.Column("deposit_paid", sa.Integer),
        sa.Column("no_show_fee_charged", sa.Integer),
        *_stamps(),
        _one_of("status", ("pending", "confirmed", "in_progress", "completed", "cancelled", "no_show")),
        _one_of("cancelled_by", ("owner", "staff", "system")),
    )


def _create_appointment_pets() -> None:
    op.create_table(
        "appointment_pets",
        sa.Column("appointment_id", sa.Uuid, sa.ForeignKey("appointments.id"), primary_key=True),
        sa.Column("pet_id", sa.Uuid, sa.ForeignKey("pets.id"), primary_key=True),
    )


def _create_vaccination_records() -> None:
    vaccines = "rabies distemper parvo bordetella leukemia lyme dhpp fvrcp leptospirosis influenza other"
    op.create_table(
        "vaccination_records",
        _id(),
        _reference("tenant_id", "tenants.id"),
        _reference("pet_id", "pets.id"),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("name", sa.Unicode(200)),
        sa.Column("status", sa.String(20), nullable=False, server_default="unknown"),
        sa.Column("administered_date", sa.Date),
        sa.Column("expiry_date", sa.Date),
        *_stamps(),
        _one_of("type", vaccines.split()),
        _one_of("status", _VACCINATION_STATUSES),
    )


def _create_payments() -> None:
    statuses = "pending processing succeeded failed requires_action needs_refund cancelled waived refunded"
    op.create_table(
        "payments",
        _id(),
        # No foreign keys: to adopt a platform is to leave its tables as they are.
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("appointment_id", sa.Uuid),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("method", sa.String(20)),
        sa.Column("status", sa.String(20), nullable=False, server_default="pending"),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("offence_number", sa.Integer),
        sa.Column("visit_on", sa.Date),
        sa.Column("description", sa.Unicode(500)),
        sa.Column("policy", sa.JSON),
        sa.Column("stripe_payment_intent_id", sa.String(255)),
        sa.Column("failure_code", sa.String(100)),
        sa.Column("failure_message", sa.Unicode(500)),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _instant("due_at"),
        _instant("next_attempt_at"),
        sa.Column("claimed_by", sa.String(64)),
        _instant("claimed_until"),
        _instant("succeeded_at"),
        *_stamps(deletable=False),
        _one_of("type", ("no_show_fee", "deposit", "full_payment", "tip", "refund", "other")),
        _one_of("status", statuses.split()),
    )


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid, primary_key=True)


def _reference(name: str, target: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey(target), nullable=nullable)


def _instant(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _stamps(*, deletable: bool = True) -> list[sa.Column[Any]]:
    # SQL Server's CURRENT_TIMESTAMP is local time without an offset.
    is_mssql = op.get_context().dialect.name == "mssql"
    now = sa.text("SYSDATETIMEOFFSET()") if is_mssql else sa.func.current_timestamp()
    created = sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now)
    names = ("updated_at", "deleted_at") if deletable else ("updated_at",)
    return [created, *(_instant(name) for name in names)]


def _one_of(column: str, values: Sequence[str]) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({quoted})", name=column)
