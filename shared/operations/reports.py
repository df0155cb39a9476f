"""Queries for the demo's reports: texts sent, reasons not to send, fees."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from shared.database.dialects.lists import chunks
from shared.database.rows.reading import read
from shared.database.tables import decisions, notifications, payments, tenants
from shared.domain.ids import AppointmentId
from shared.domain.records import Kind, NotificationStatus, Outcome
from shared.fees.listing import refunded
from shared.messages.wording import fee_words


@dataclass(frozen=True, slots=True)
class SentText:
    """An SMS as it was sent. `sent_at`: local time of the business."""

    business: str
    kind: Kind
    sent_at: datetime
    to_phone: str
    body: str
    segments: int


@dataclass(frozen=True, slots=True)
class ReminderDecision:
    """A reminder's decision about one appointment."""

    subject_id: UUID
    kind: Kind
    outcome: Outcome
    reason: str | None


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A no-show fee as a line of a list. `money`: its amount as people write it, and what was given back of it."""

    visit_on: date
    business: str
    offence_number: int
    money: str
    status: str
    note: str | None


def fees(connection: Connection) -> list[FeeLine]:
    """Return every no-show fee, ordered by visit."""
    query = (
        select(*_FEE, tenants.c.business_name)
        .join(tenants, tenants.c.id == payments.c.tenant_id)
        .where(payments.c.type == "no_show_fee")
        .order_by(payments.c.visit_on, tenants.c.subdomain, payments.c.offence_number, payments.c.amount)
    )
    found = read(connection, query)
    back = refunded(connection, [row.id for row in found])
    return [
        FeeLine(
            row.visit_on,
            row.business_name,
            row.offence_number,
            fee_words(row.amount, back.get(row.id, 0), row.currency),
            row.status,
            row.failure_code,
        )
        for row in found
    ]


_FEE = (
    payments.c.id,
    payments.c.tenant_id,
    payments.c.visit_on,
    payments.c.offence_number,
    payments.c.amount,
    payments.c.currency,
    payments.c.status,
    payments.c.failure_code,
)


def sent_texts(connection: Connection) -> list[SentText]:
    """Return every SMS that the provider took, oldest first."""
    query = (
        select(notifications, tenants.c.business_name, tenants.c.timezone)
        .join(tenants, tenants.c.id == notifications.c.tenant_id)
        .where(notifications.c.status == NotificationStatus.SENT)
        .order_by(notifications.c.sent_at, tenants.c.subdomain, notifications.c.body)
    )
    return [
        SentText(
            row.business_name,
            Kind(row.kind),
            row.sent_at.astimezone(ZoneInfo(row.timezone)),
            row.to_phone,
            row.body,
            row.segments,
        )
        for row in read(connection, query)
    ]


def reasons_not_sent(connection: Connection) -> dict[str, int]:
    """Count the decisions by reason not to send."""
    query = (
        select(decisions.c.reason, func.count())
        .where(decisions.c.outcome != Outcome.NOTIFY)
        .group_by(decisions.c.reason)
        .order_by(func.count().desc(), decisions.c.reason)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def decisions_about(connection: Connection, subject_ids: Iterable[UUID]) -> list[ReminderDecision]:
    """Return the decisions about some subjects, oldest first. Index: decisions (subject_id, kind)."""
    found = []
    for ids in chunks(list(subject_ids)):
        query = select(decisions).where(decisions.c.subject_id.in_(ids))
        found += [
            ReminderDecision(row.subject_id, Kind(row.kind), Outcome(row.outcome), row.reason)
            for row in connection.execute(query.order_by(decisions.c.occurs_at, decisions.c.kind))
        ]
    return found


def appointments_waiting(connection: Connection, limit: int) -> list[AppointmentId]:
    """Return appointments whose reminder waits in the outbox, soonest first."""
    query = (
        select(decisions.c.subject_id)
        .join(notifications, notifications.c.id == decisions.c.notification_id)
        .where(
            notifications.c.status == NotificationStatus.PLANNED,
            notifications.c.kind.in_((Kind.REMINDER_24H, Kind.REMINDER_2H)),
        )
        .order_by(notifications.c.not_before, decisions.c.ledger_key)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())
