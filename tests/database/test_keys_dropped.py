"""Migration 0006 takes the foreign keys into the platform's tables from an installation that has them, and no row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import IntegrityError

from shared.database import migrations
from shared.database.tables import metadata, owners, payment_attempts
from tests.database.business import planted
from tests.database.test_migrations import PLATFORM_TABLES, Shape, declared, execute, made_by, shape
from tests.databases import Databases
from tests.rows import NOON

__all__ = ["declared"]
EARLIER = Path(__file__).parent / "earlier"
IN_ANY_ORDER = {
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "SET LOCAL session_replication_role = replica",
}
"""What lets a transaction insert rows before those that they refer to."""
OURS = sorted(set(metadata.tables) - (PLATFORM_TABLES - {"payments"}))


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """A database as 0005 left it, with a row in every table that had such keys."""
    with made_by(databases) as engine:
        schema = (EARLIER / f"0005_{engine.dialect.name}.sql").read_text(encoding="utf-8")
        execute(engine, *filter(str.strip, schema.split(";")))
        migrations.stamp(engine, "0005")
        with engine.begin() as connection:
            connection.exec_driver_sql(IN_ANY_ORDER[engine.dialect.name])
            planted(connection, "Paws", "212")
        yield engine


def keys(engine: Engine) -> list[str]:
    """Return the tables that each foreign key of ours connects."""
    inspector = inspect(engine)
    return sorted(f"{name} → {key['referred_table']}" for name in OURS for key in inspector.get_foreign_keys(name))


def contents(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        found: dict[str, Any] = {name: connection.execute(select(table)) for name, table in metadata.tables.items()}
        return {name: sorted(map(str, rows)) for name, rows in found.items()}


def test_the_keys_into_the_platforms_tables_are_gone_and_every_row_is_there(engine: Engine, declared: Shape) -> None:
    before, had = contents(engine), keys(engine)
    assert {each.partition(" ")[0] for each in had if not each.endswith("payments")} == {
        *("payments", "decisions", "notifications", "reputation_events", "phone_blocks", "pauses")
    }
    assert [name for name in ("payments", "decisions", "notifications", "reputation_events") if not before[name]] == []
    migrations.upgrade(engine)
    assert keys(engine) == ["fee_actions → payments", "payment_attempts → payments"]
    assert contents(engine) == before
    assert shape(engine) == declared


def test_going_back_and_forth_loses_no_row_either(engine: Engine, declared: Shape) -> None:
    before = contents(engine)
    migrations.upgrade(engine)
    migrations.downgrade(engine, "0005")
    assert contents(engine) == before
    migrations.upgrade(engine)
    assert (contents(engine), shape(engine)) == (before, declared)


def test_the_platform_may_now_delete_what_our_rows_are_about(engine: Engine) -> None:
    migrations.upgrade(engine)
    for name in ("vaccination_records", "appointment_pets", "appointments", "pets"):
        execute(engine, f"DELETE FROM {name}")
    with engine.begin() as connection:
        connection.execute(owners.delete())
    assert contents(engine)["decisions"]


def test_the_keys_among_our_own_tables_still_hold(engine: Engine) -> None:
    migrations.upgrade(engine)
    row = {"payment_id": uuid4(), "attempt": 1, "idempotency_key": "k", "started_at": NOON}
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(payment_attempts.insert(), row)
