"""The schema of docs/schema.md as SQLAlchemy tables. The migrations build it; a test keeps the two in step.

No table of ours has a foreign key into the platform's: those may be views, and are altered by the platform alone. Each
index names the query it serves. Money is in minor units of the row's currency, instants are aware UTC.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    Unicode,
    UnicodeText,
    Uuid,
    false,
    func,
    text,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from shared.domain.breaker import BreakerState
from shared.domain.fees import ActionOutcome, FeeAction
from shared.domain.records import (
    AppointmentStatus,
    ConsentSource,
    EventKind,
    NotificationStatus,
    Outcome,
    RunStatus,
    ensure_aware,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant: `timestamptz`, `datetimeoffset`, and on SQLite text in UTC that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = ensure_aware(value).astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _id() -> Column[Any]:
    return Column("id", Uuid, primary_key=True)


def _tenant_id() -> Column[Any]:
    return Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False)


def _instant(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=nullable)


def _stamps(*, deletable: bool = True) -> list[Column[Any]]:
    columns = [
        Column("created_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
        _instant("updated_at"),
    ]
    return [*columns, _instant("deleted_at")] if deletable else columns


def _key(length: int) -> TypeEngine[str]:
    """Text that is compared exactly, whatever the database's collation."""
    return String(length).with_variant(String(length, collation="Latin1_General_100_BIN2"), "mssql")


def _one_of(column: str, values: Sequence[str]) -> CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({quoted})", name=column, info={column: tuple(values)})


TENANT_STATUSES = ("trial", "active", "suspended", "inactive")
VACCINES = (
    "rabies distemper parvo bordetella leukemia lyme dhpp fvrcp leptospirosis influenza other"  # one word each
).split()
VACCINATION_STATUSES = ("current", "expiring_soon", "expired", "unknown")
PAYMENT_TYPES = ("no_show_fee", "deposit", "full_payment", "tip", "refund", "other")
PAYMENT_STATUSES = (
    "pending processing succeeded failed requires_action needs_refund cancelled waived refunded"
).split()

tenants = Table(
    "tenants",
    metadata,
    _id(),
    Column("business_name", Unicode(200), nullable=False),
    Column("subdomain", String(100), nullable=False, unique=True),
    Column("email", Unicode(254)),
    Column("phone", String(40)),
    Column("address_line1", Unicode(200)),
    Column("address_line2", Unicode(200)),
    Column("city", Unicode(100)),
    Column("state", Unicode(100)),
    Column("zip_code", String(20)),
    Column("timezone", String(64), server_default="America/New_York"),
    Column("currency", String(3), nullable=False, server_default="USD"),
    Column("status", String(20), nullable=False, server_default="trial"),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("settings", UnicodeText),
    *_stamps(),
    _one_of("status", TENANT_STATUSES),
)

owners = Table(
    "owners",
    metadata,
    _id(),
    _tenant_id(),
    Column("first_name", Unicode(100)),
    Column("last_name", Unicode(100)),
    Column("email", Unicode(254)),
    Column("phone", String(40)),
    Column("sms_opted_in", Boolean, nullable=False, server_default=true()),
    Column("language", String(10), server_default="en"),
    Column("stripe_customer_id", String(255)),
    Column("has_payment_method", Boolean, nullable=False, server_default=false()),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("no_show_count", Integer, nullable=False, server_default=text("0")),
    Column("late_cancellation_count", Integer, nullable=False, server_default=text("0")),
    Column("completed_appointment_count", Integer, nullable=False, server_default=text("0")),
    Column("reputation_score", SmallInteger, nullable=False, server_default=text("100")),
    _instant("last_reputation_update"),
    *_stamps(),
    CheckConstraint("reputation_score BETWEEN 0 AND 100", name="reputation_score"),
)

pets = Table(
    "pets",
    metadata,
    _id(),
    _tenant_id(),
    Column("owner_id", Uuid, ForeignKey("owners.id"), nullable=False),
    Column("name", Unicode(100)),
    Column("species", String(40)),
    Column("breed", Unicode(100)),
    Column("date_of_birth", Date),
    Column("vaccination_status", String(20), nullable=False, server_default="unknown"),
    Column("vaccination_expires_at", Date),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("is_deceased", Boolean, nullable=False, server_default=false()),
    *_stamps(),
    _one_of("vaccination_status", VACCINATION_STATUSES),
)
# vaccinations_of_owners_to_alert: the other records of an owner's pets.
Index("ix_pets_owner_id", pets.c.owner_id)

services = Table(
    "services",
    metadata,
    _id(),
    _tenant_id(),
    Column("name", Unicode(200), nullable=False),
    Column("price", Integer),
    Column("duration_minutes", Integer),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    *_stamps(),
)

appointments = Table(
    "appointments",
    metadata,
    _id(),
    _tenant_id(),
    Column("owner_id", Uuid, ForeignKey("owners.id"), nullable=False),
    Column("service_id", Uuid, ForeignKey("services.id")),
    _instant("scheduled_start", nullable=False),
    _instant("scheduled_end", nullable=False),
    Column("status", String(20), nullable=False, server_default="pending"),
    _instant("arrived_at"),
    _instant("actual_start"),
    _instant("cancelled_at"),
    Column("cancelled_by", String(10)),
    Column("total_amount", Integer),
    Column("deposit_paid", Integer),
    Column("no_show_fee_charged", Integer),
    *_stamps(),
    _one_of("status", list(AppointmentStatus)),
    _one_of("cancelled_by", ("owner", "staff", "system")),
)
# appointments_to_remind and appointments_that_expired: a range of starts of some tenants.
Index("ix_appointments_tenant_id_scheduled_start", appointments.c.tenant_id, appointments.c.scheduled_start)
# appointments_to_remind of given owners: the other appointments of a visit.
Index("ix_appointments_owner_id_scheduled_start", appointments.c.owner_id, appointments.c.scheduled_start)

appointment_pets = Table(
    "appointment_pets",
    metadata,
    Column("appointment_id", Uuid, ForeignKey("appointments.id"), primary_key=True),
    Column("pet_id", Uuid, ForeignKey("pets.id"), primary_key=True),
)

vaccination_records = Table(
    "vaccination_records",
    metadata,
    _id(),
    _tenant_id(),
    Column("pet_id", Uuid, ForeignKey("pets.id"), nullable=False),
    Column("type", String(20), nullable=False),
    Column("name", Unicode(200)),
    Column("status", String(20), nullable=False, server_default="unknown"),
    Column("administered_date", Date),
    Column("expiry_date", Date),
    *_stamps(),
    _one_of("type", VACCINES),
    _one_of("status", VACCINATION_STATUSES),
)
# vaccinations_to_alert: a range of expiry dates of some tenants; outdated_records: all of some tenants.
Index(
    "ix_vaccination_records_tenant_id_expiry_date", vaccination_records.c.tenant_id, vaccination_records.c.expiry_date
)
# superseded: the other records of a pet.
Index("ix_vaccination_records_pet_id", vaccination_records.c.pet_id)

payments = Table(
    "payments",
    metadata,
    _id(),
    Column("tenant_id", Uuid, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("appointment_id", Uuid),
    Column("type", String(20), nullable=False),
    Column("method", String(20)),
    Column("status", String(20), nullable=False, server_default="pending"),
    Column("amount", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("offence_number", Integer),
    Column("visit_on", Date),
    Column("description", Unicode(500)),
    Column("policy", JSON),
    Column("stripe_payment_intent_id", String(255)),
    Column("failure_code", String(100)),
    Column("failure_message", Unicode(500)),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _instant("due_at"),
    _instant("next_attempt_at"),
    Column("claimed_by", String(64)),
    _instant("claimed_until"),
    _instant("succeeded_at"),
    *_stamps(deletable=False),
    _one_of("type", PAYMENT_TYPES),
    _one_of("status", PAYMENT_STATUSES),
)
# claim and due of fees: what is to be collected.
Index("ix_payments_status_next_attempt_at", payments.c.status, payments.c.next_attempt_at)
# claim_lapsed of fees: what a worker took and never recorded.
Index("ix_payments_status_claimed_until", payments.c.status, payments.c.claimed_until)

decisions = Table(
    "decisions",
    metadata,
    Column("ledger_key", _key(200), primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject_type", String(40), nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("occurrence", String(100), nullable=False),
    # The start a reminder was about, typed so that the database can compare it with the appointment's; for a text
    # about a fee, when the event it reports happened.
    _instant("occurs_at"),
    Column("outcome", String(20), nullable=False),
    Column("reason", String(40)),
    # No foreign key: decisions are inserted first, and only the winners get notifications.
    Column("notification_id", Uuid),
    Column("run_id", Uuid, nullable=False),
    _instant("decided_at", nullable=False),
    _one_of("outcome", list(Outcome)),
    CheckConstraint(
        "notification_id IS NULL OR outcome = 'notify'",
        name="notification",
    ),
)
# appointments_to_remind: decisions already made. explain: all about one subject.
Index("ix_decisions_subject_id", decisions.c.subject_id, decisions.c.kind)
# members: the decisions behind claimed notifications.
Index("ix_decisions_notification_id", decisions.c.notification_id)

notifications = Table(
    "notifications",
    metadata,
    _id(),
    Column("tenant_id", Uuid, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("to_phone", String(20)),
    Column("body", Unicode(1600)),
    Column("segments", SmallInteger),
    # In millionths of the currency's unit: a text costs less than a cent.
    Column("price_micros", Integer),
    Column("price_currency", String(3)),
    Column("status", String(20), nullable=False, server_default="planned"),
    Column("reason", String(40)),
    _instant("not_before", nullable=False),
    _instant("useful_until", nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    # How often nobody knew whether the provider took it; how often the provider, asked, gave no clear answer.
    Column("ambiguities", SmallInteger, nullable=False, server_default=text("0")),
    Column("unclear_answers", SmallInteger, nullable=False, server_default=text("0")),
    _instant("attempted_at"),
    Column("provider_message_id", _key(64)),
    Column("error_code", String(40)),
    Column("claimed_by", String(64)),
    _instant("claimed_until"),
    Column("run_id", Uuid, nullable=False),
    _instant("created_at", nullable=False),
    _instant("sent_at"),
    _instant("updated_at"),
    _one_of("status", list(NotificationStatus)),
)
# Exactly one notification for each message the provider took: an index, since a constraint of SQL Server would allow
# only one NULL, that is one unsent text.
Index(
    "uq_notifications_provider_message_id",
    notifications.c.provider_message_id,
    unique=True,
    mssql_where=notifications.c.provider_message_id.is_not(None),
)
# claim: what is planned and due, in the order in which it leaves.
Index(
    "ix_notifications_status_priority_not_before",
    notifications.c.status,
    notifications.c.priority,
    notifications.c.not_before,
    notifications.c.id,
)
# expire: what is planned and useless.
Index("ix_notifications_status_useful_until", notifications.c.status, notifications.c.useful_until)
# lapsed: what a worker took and never recorded.
Index("ix_notifications_status_claimed_until", notifications.c.status, notifications.c.claimed_until)
# message_ids_to: the texts a number already got, when the provider's log is asked.
Index("ix_notifications_to_phone", notifications.c.to_phone)
# sent_since: how much each tenant sent in the last hour. awaiting_receipts: what was sent lately.
Index("ix_notifications_sent_at_tenant_id", notifications.c.sent_at, notifications.c.tenant_id)
# waiting: what a run planned and could not send yet.
Index("ix_notifications_run_id", notifications.c.run_id)

payment_attempts = Table(
    "payment_attempts",
    metadata,
    Column("payment_id", Uuid, ForeignKey("payments.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("idempotency_key", String(255), nullable=False),
    Column("parameters", JSON),
    Column("outcome", String(40)),
    Column("code", String(100)),
    Column("stripe_charge_id", String(255)),
    _instant("started_at", nullable=False),
    _instant("finished_at"),
)

fee_actions = Table(
    "fee_actions",
    metadata,
    _id(),
    Column("payment_id", Uuid, ForeignKey("payments.id"), nullable=False),
    Column("action", String(20), nullable=False),
    Column("who", Unicode(200), nullable=False),
    Column("why", Unicode(500), nullable=False),
    # For a refund: minor units, the key under which it is asked for, and the provider's id.
    Column("amount", Integer),
    Column("idempotency_key", String(255)),
    Column("outcome", String(20)),
    Column("code", String(100)),
    Column("stripe_refund_id", String(255)),
    _instant("created_at", nullable=False),
    _instant("updated_at"),
    _one_of("action", list(FeeAction)),
    _one_of("outcome", list(ActionOutcome)),
)
# refunds of a fee; explain: what staff did to it.
Index("ix_fee_actions_payment_id", fee_actions.c.payment_id)

reputation_events = Table(
    "reputation_events",
    metadata,
    _id(),
    Column("tenant_id", Uuid, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("points", SmallInteger, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("ledger_key", _key(200), nullable=False, unique=True),
    _instant("occurred_at", nullable=False),
    _instant("reversed_at"),
    Column("reversed_reason", String(40)),
    _instant("created_at", nullable=False),
    _one_of("kind", list(EventKind)),
)
# scores and standings: the events of some owners. appointments_to_settle: whether an appointment has its event.
Index("ix_reputation_events_owner_id_subject_id", reputation_events.c.owner_id, reputation_events.c.subject_id)
# visits_in_doubt and corrected fees: the no-shows of the last 60 days.
Index("ix_reputation_events_kind_occurred_at", reputation_events.c.kind, reputation_events.c.occurred_at)

phone_blocks = Table(
    "phone_blocks",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("phone_hash", String(64), primary_key=True),
    Column("reason", String(40), nullable=False),
    _instant("created_at", nullable=False),
)

consent_events = Table(
    "consent_events",
    metadata,
    _id(),
    Column("tenant_id", Uuid, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("phone_hash", String(64), nullable=False),
    Column("given", Boolean, nullable=False),
    _instant("happened_at", nullable=False),
    Column("source", String(20), nullable=False),
    Column("notification_id", Uuid),
    _instant("created_at", nullable=False),
    _one_of("source", list(ConsentSource)),
)
# changed_by_others: the last event of an owner.
Index("ix_consent_events_owner_id_happened_at", consent_events.c.owner_id, consent_events.c.happened_at)
# given_at: when consent was last given for a number.
Index("ix_consent_events_tenant_id_phone_hash", consent_events.c.tenant_id, consent_events.c.phone_hash)

runs = Table(
    "runs",
    metadata,
    _id(),
    Column("task", String(64), nullable=False),
    _instant("now", nullable=False),
    _instant("started_at", nullable=False),
    _instant("finished_at"),
    Column("status", String(20), nullable=False),
    Column("tenants", JSON(none_as_null=True)),
    Column("is_complete", Boolean, nullable=False, server_default=false()),
    Column("result", JSON),
    Column("error", UnicodeText),
    Column("host", String(200)),
    _one_of("status", list(RunStatus)),
)
# switch_on, last_complete: the successful runs of a job. runs: its history.
Index("ix_runs_task_started_at", runs.c.task, runs.c.started_at)

leases = Table(
    "leases",
    metadata,
    Column("name", _key(100), primary_key=True),
    Column("holder", String(64), nullable=False),
    _instant("expires_at", nullable=False),
)

breakers = Table(
    "breakers",
    metadata,
    Column("name", _key(40), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("holder", String(64)),
    _instant("since"),
    _instant("until"),
    Column("openings", SmallInteger, nullable=False),
    Column("code", String(40)),
    _one_of("state", list(BreakerState)),
)

pauses = Table(
    "pauses",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    _instant("until", nullable=False),
    Column("code", String(40)),
    Column("is_sender_trouble", Boolean, nullable=False, server_default=false()),
    _instant("created_at", nullable=False),
)

provider_clocks = Table(
    "provider_clocks",
    metadata,
    Column("name", _key(40), primary_key=True),
    Column("skew_seconds", BigInteger, nullable=False),
    _instant("seen_at", nullable=False),
)

commits = Table(
    "commits",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
)
# forget: the keys of past days.
Index("ix_commits_at", commits.c.at)
