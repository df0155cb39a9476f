"""Rows for tests: each function inserts one row with ordinary values, overridden by name, and returns its id."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Insert, Table, select

from shared.database import tables

BOOKED = datetime(2026, 1, 5, 15, tzinfo=UTC)
NOON = datetime(2026, 3, 3, 17, tzinfo=UTC)
"""A Tuesday, noon in New York: nobody's quiet hours."""


@dataclass(slots=True)
class Draft:
    """Keeps the rows that are inserted, those of one table with the same columns together."""

    kept: defaultdict[tuple[str, ...], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def execute(self, statement: Insert, row: dict[str, Any]) -> None:
        self.kept[statement.table.name, *row].append(row)


@contextmanager
def all_at_once(connection: Connection) -> Iterator[Connection]:
    """Yield what takes single rows in the connection's place, and insert them together in the end: that is quicker."""
    draft = Draft()
    yield cast(Connection, draft)
    for table in tables.metadata.sorted_tables:
        for (name, *_), alike in draft.kept.items():
            if name == table.name:
                connection.execute(table.insert(), alike)


def insert(connection: Connection, table: Table, **columns: Any) -> UUID:
    """Insert a row."""
    row = {"id": uuid4(), "created_at": BOOKED, **columns}
    connection.execute(table.insert(), row)
    return row["id"]


def tenant(connection: Connection, subdomain: str = "paws", **columns: Any) -> UUID:
    """An active groomer in New York."""
    ordinary = {
        "subdomain": subdomain,
        "business_name": "Happy Paws",
        "phone": "+12125550142",
        "address_line1": "12 Main St",
        "timezone": "America/New_York",
        "status": "active",
    }
    return insert(connection, tables.tenants, **ordinary | columns)


def owner(connection: Connection, tenant_id: UUID, **columns: Any) -> UUID:
    """An owner who may be texted."""
    ordinary = {"first_name": "Ana", "phone": "+12125550143", "sms_opted_in": True, "language": "en"}
    return insert(connection, tables.owners, tenant_id=tenant_id, **ordinary | columns)


def pet(connection: Connection, tenant_id: UUID, owner_id: UUID, **columns: Any) -> UUID:
    """A living dog named Bella."""
    return insert(
        connection, tables.pets, tenant_id=tenant_id, owner_id=owner_id, **{"name": "Bella", "species": "dog"} | columns
    )


def appointment(
    connection: Connection, tenant_id: UUID, starts_at: datetime, *, owner_id: UUID | None = None, **columns: Any
) -> UUID:
    """A confirmed appointment of an hour, by default of a new owner with one pet."""
    pets = columns.pop("pets", None)
    if owner_id is None:
        owner_id = owner(connection, tenant_id)
        pets = [pet(connection, tenant_id, owner_id)] if pets is None else pets
    ordinary = {"scheduled_end": starts_at + timedelta(hours=1), "status": "confirmed"}
    id_ = insert(
        connection,
        tables.appointments,
        tenant_id=tenant_id,
        owner_id=owner_id,
        scheduled_start=starts_at,
        **ordinary | columns,
    )
    for pet_id in pets or ():
        connection.execute(tables.appointment_pets.insert(), {"appointment_id": id_, "pet_id": pet_id})
    return id_


def reminder(connection: Connection, appointment_id: UUID, occurs_at: datetime, *, status: str = "delivered") -> UUID:
    """A 24-hour reminder of an appointment, for the start it had then, sent in time."""
    its = connection.execute(select(tables.appointments).where(tables.appointments.c.id == appointment_id)).one()
    sent_at = occurs_at - timedelta(hours=24)
    text = insert(
        connection,
        tables.notifications,
        tenant_id=its.tenant_id,
        owner_id=its.owner_id,
        kind="reminder_24h",
        to_phone="+12125550143",
        body="Happy Paws reminder",
        segments=1,
        status=status,
        not_before=sent_at,
        useful_until=occurs_at,
        priority=1,
        run_id=uuid4(),
        sent_at=sent_at,
    )
    decision(
        connection,
        its.tenant_id,
        kind="reminder_24h",
        subject_id=appointment_id,
        occurrence=occurs_at.isoformat(),
        occurs_at=occurs_at,
        outcome="notify",
        notification_id=text,
        decided_at=sent_at,
    )
    return text


def decision(
    connection: Connection, tenant_id: UUID, *, kind: str, subject_id: UUID, occurrence: str, **columns: Any
) -> None:
    """What an earlier run decided; it has no id, and its key is that of the ledger."""
    row = {
        "ledger_key": f"{kind}:{subject_id}:{occurrence}",
        "tenant_id": tenant_id,
        "kind": kind,
        "subject_type": "vaccination" if kind == "vaccination_expiring" else "appointment",
        "subject_id": subject_id,
        "occurrence": occurrence,
        "run_id": uuid4(),
        "decided_at": BOOKED,
    }
    connection.execute(tables.decisions.insert(), row | columns)


def vaccination(connection: Connection, tenant_id: UUID, pet_id: UUID, expires_on: date | None, **columns: Any) -> UUID:
    """A rabies shot, entered long ago."""
    ordinary = {"type": "rabies", "expiry_date": expires_on}
    return insert(connection, tables.vaccination_records, tenant_id=tenant_id, pet_id=pet_id, **ordinary | columns)


def change(engine: Engine, table: Table, id_: UUID, **columns: Any) -> None:
    """Update a row."""
    with engine.begin() as connection:
        connection.execute(table.update().where(table.c.id == id_).values(**columns))


def all_of(engine: Engine, table: Table) -> list[Any]:
    """Every row of a table, in the order of its primary key."""
    with engine.connect() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key.columns)))


def only(engine: Engine, table: Table) -> Any:
    """The one row of a table."""
    (row,) = all_of(engine, table)
    return row
