"""A database in which many reminders are due: planned, and not sent yet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from shared.application import Application, simulation
from shared.database import migrations, tables
from shared.database.engine import open_engine
from shared.gateways.sms import ConsoleSms
from shared.runtime import run

NOW = datetime(2026, 3, 3, 17, tzinfo=UTC)
"""Noon in New York, on a Tuesday: nobody's quiet hours."""
BOOKED = datetime(2026, 1, 5, tzinfo=UTC)
TENANTS = 20
NAMES = "Bella Max Luna Charlie Lucy Cooper Daisy Milo Zoe Rocky".split()
AT_ONCE = 10_000


def prepared(url: str, many: int) -> Engine:
    """Return an engine on a new database at `url` with `many` reminders planned, each to a number of its own."""
    engine = open_engine(url)
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(tables.tenants.insert(), [_tenant(number) for number in range(TENANTS)])
    for start in range(0, many, AT_ONCE):
        with engine.begin() as connection:
            book(connection, start, min(many, start + AT_ONCE), NOW)
    run(planning_only(engine, NOW), "AppointmentReminders24h")
    return engine


def planning_only(engine: Engine, now: datetime) -> Application:
    """Return an application for which it is always `now`, and which sends nothing."""
    return replace(application_on(engine), clock=lambda: now, sms=ConsoleSms(), sms_enabled=False)


def application_on(engine: Engine) -> Application:
    """Return an application that lives at NOW."""
    began = datetime.now(UTC)
    plain = simulation(engine, lambda: NOW + (datetime.now(UTC) - began))
    unlimited = plain.defaults.sms.model_copy(update={"rate_limit_per_hour": 10_000_000})
    return replace(plain, defaults=plain.defaults.model_copy(update={"sms": unlimited}), time_budget=timedelta(hours=1))


def book(connection: Connection, first: int, last: int, now: datetime) -> None:
    """Insert appointments of owners of their own, numbered from `first` to before `last`, due at `now`: in 24 hours."""
    rows: dict[str, list[dict[str, Any]]] = {"owners": [], "pets": [], "appointments": [], "appointment_pets": []}
    for number in range(first, last):
        tenant, owner, pet, appointment = UUID(int=number % TENANTS + 1), uuid4(), uuid4(), uuid4()
        ours = {"tenant_id": tenant, "created_at": BOOKED}
        phone = f"+1{212 + number // 1_000_000}{2_000_000 + number % 1_000_000:07d}"
        rows["owners"].append({"id": owner, "first_name": "Ana", "phone": phone, **ours})
        rows["pets"].append({"id": pet, "owner_id": owner, "name": NAMES[number % len(NAMES)], **ours})
        start = now + timedelta(hours=24, minutes=number % 30)
        end = start + timedelta(hours=1)
        times = {"scheduled_start": start, "scheduled_end": end, "status": "confirmed"}
        rows["appointments"].append({"id": appointment, "owner_id": owner, **times, **ours})
        rows["appointment_pets"].append({"appointment_id": appointment, "pet_id": pet})
    for table, its in rows.items():
        connection.execute(tables.metadata.tables[table].insert(), its)


def _tenant(number: int) -> dict[str, Any]:
    return {
        "id": UUID(int=number + 1),
        "subdomain": f"paws-{number}",
        "business_name": f"Happy Paws {number}",
        "phone": "+12125550142",
        "address_line1": "12 Main St",
        "timezone": "America/New_York",
        "status": "active",
        "created_at": BOOKED,
    }
