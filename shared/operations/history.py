"""Read the history of one appointment, vaccination, owner, payment or text from the database."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, select

from shared.database.dialects.lists import chunks
from shared.database.rows.promises import OF_PLATFORM, fault_of, has_placeholder_date, row_name
from shared.database.rows.reading import read
from shared.database.tables import (
    appointments,
    consent_events,
    decisions,
    fee_actions,
    notifications,
    owners,
    payment_attempts,
    payments,
    pets,
    reputation_events,
    services,
    tenants,
    vaccination_records,
)
from shared.database.tenants import tenant_of
from shared.fees.visit_queries import AROUND
from shared.operations.remembered import (
    ActionRecord,
    AppointmentRecord,
    AttemptRecord,
    ConsentRecord,
    DecisionRecord,
    EventRecord,
    PaymentRecord,
    Remembered,
    records,
)


class UnreadableRow(Exception):
    """A row holds a bad value, or its tenant does not exist. The message names the row and the fault."""


def of_appointment(connection: Connection, id_: UUID) -> Remembered | None:
    """Return everything about an appointment, and about its visit if that was missed."""
    row = _row(connection, appointments, id_)
    if row is None:
        return None
    fees = _all(connection, payments, payments.c.appointment_id, [id_])
    return _remembered(connection, row, [id_], fees, _events_about(connection, [id_, *(fee.id for fee in fees)]))


def of_vaccination(connection: Connection, id_: UUID) -> Remembered | None:
    """Return everything about a vaccination record."""
    row = _row(connection, vaccination_records, id_)
    return _remembered(connection, row, [id_]) if row else None


def of_payment(connection: Connection, id_: UUID) -> Remembered | None:
    """Return everything about a payment, its visit, and the reminders of the appointments around that visit."""
    row = _row(connection, payments, id_)
    if row is None:
        return None
    visit = records(AppointmentRecord, _around(connection, row))
    subjects = [each.id for each in visit]
    return replace(_remembered(connection, row, subjects, [row], _events_about(connection, [id_])), visit=visit)


def _around(connection: Connection, payment: Row[Any]) -> Sequence[Row[Any]]:
    """Return the owner's appointments around a payment's. Index: appointments (owner_id, scheduled_start)."""
    first = _row(connection, appointments, payment.appointment_id) if payment.appointment_id else None
    if first is None:
        return []
    query = select(appointments).where(
        appointments.c.owner_id == payment.owner_id,
        appointments.c.tenant_id == payment.tenant_id,
        appointments.c.scheduled_start.between(first.scheduled_start - AROUND, first.scheduled_start + AROUND),
    )
    return read(connection, query)


def of_owner(connection: Connection, id_: UUID) -> Remembered | None:
    """Return everything about an owner: appointments, vaccinations, payments, the score, and the consent to texts."""
    row = _row(connection, owners, id_)
    if row is None:
        return None
    visits = [each.id for each in _all(connection, appointments, appointments.c.owner_id, [id_])]
    animals = [each.id for each in _all(connection, pets, pets.c.owner_id, [id_])]
    vaccinations = [each.id for each in _all(connection, vaccination_records, vaccination_records.c.pet_id, animals)]
    fees = _all(connection, payments, payments.c.owner_id, [id_])
    events = _all(connection, reputation_events, reputation_events.c.owner_id, [id_])
    consents = records(ConsentRecord, _all(connection, consent_events, consent_events.c.owner_id, [id_]))
    return replace(_remembered(connection, row, [*visits, *vaccinations], fees, events), consents=consents)


def of_text(connection: Connection, id_: UUID) -> Remembered | None:
    """Return a text with the decisions that it carries out: none once it is cancelled. Indexes: primary key; decisions
    (notification_id).
    """
    row = _row(connection, notifications, id_)
    if row is None:
        return None
    about = select(decisions.c.subject_id).where(decisions.c.notification_id == id_)
    found = _remembered(connection, row, connection.execute(about).scalars().all())
    return replace(found, decisions=[each for each in found.decisions if each.notification_id == id_])


def service_of(connection: Connection, id_: UUID | None) -> str | None:
    """The name of a service. Index: primary key."""
    query = select(services.c.name).where(services.c.id == id_)
    name: str | None = connection.execute(query).scalar() if id_ else None
    return name


def _remembered(
    connection: Connection,
    row: Row[Any],
    subjects: Collection[UUID],
    fees: Sequence[Row[Any]] = (),
    events: Sequence[Row[Any]] = (),
) -> Remembered:
    tenant = _row(connection, tenants, row.tenant_id)
    if tenant is None:
        raise UnreadableRow(f"there is no business {row.tenant_id}, to which it belongs")
    fee_ids = [fee.id for fee in fees]
    decided = _decisions(connection, {*subjects, *fee_ids, *(event.subject_id for event in events)})
    attempts = _all(connection, payment_attempts, payment_attempts.c.payment_id, fee_ids)
    actions = _all(connection, fee_actions, fee_actions.c.payment_id, fee_ids)
    return Remembered(
        row,
        tenant_of(tenant),
        decisions=records(DecisionRecord, decided),
        payments=records(PaymentRecord, fees),
        attempts=records(AttemptRecord, attempts),
        events=records(EventRecord, events),
        actions=records(ActionRecord, actions),
        visit=[],
        consents=[],
    )


def _row(connection: Connection, table: Table, id_: UUID) -> Row[Any] | None:
    row = connection.execute(select(table).where(table.c.id == id_)).one_or_none()
    for column, value in zip(table.columns, row or (), strict=False):
        fault = fault_of(column, value) if table in OF_PLATFORM and column.name != "updated_at" else None
        if fault and not has_placeholder_date(column, value):
            raise UnreadableRow(f"{row_name(table, id_)} cannot be explained: {fault}")
    return row


def _all(connection: Connection, table: Table, column: Any, ids: Sequence[UUID]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for some in chunks(ids):
        found += read(connection, select(table).where(column.in_(some)))
    return found


def _events_about(connection: Connection, subjects: Sequence[UUID]) -> list[Row[Any]]:
    return _all(connection, reputation_events, reputation_events.c.subject_id, subjects)


def _decisions(connection: Connection, subjects: Collection[UUID]) -> list[Row[Any]]:
    """Return decisions with the state of their texts. Index: decisions (subject_id, kind)."""
    found: list[Row[Any]] = []
    texts = (
        notifications.c.status,
        notifications.c.reason.label("text_reason"),
        notifications.c.not_before,
        notifications.c.sent_at,
        notifications.c.to_phone,
        notifications.c.body,
        notifications.c.segments,
        notifications.c.error_code,
        notifications.c.provider_message_id,
        notifications.c.updated_at,
    )
    for some in chunks(sorted(subjects)):
        query = (
            select(decisions, *texts)
            .outerjoin(notifications, notifications.c.id == decisions.c.notification_id)
            .where(decisions.c.subject_id.in_(some))
        )
        found += connection.execute(query).all()
    return found
