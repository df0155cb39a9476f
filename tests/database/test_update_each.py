"""Many rows updated in one statement, each with values of its own."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Engine, event, true

from shared.database import tables
from shared.database.dialects.writing import update_each
from tests import rows
from tests.rows import NOON


def notifications(engine: Engine, many: int) -> list:
    """Insert some notifications and return their ids, in order."""
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        plain = {"tenant_id": tenant, "owner_id": owner, "kind": "reminder_2h", "priority": 0, "run_id": uuid4()}
        times = {"not_before": NOON, "useful_until": NOON + timedelta(hours=1)}
        return sorted(rows.insert(connection, tables.notifications, **plain, **times) for _ in range(many))


def test_each_row_gets_its_own_values_of_every_type(engine: Engine) -> None:
    first, second = notifications(engine, 2)
    exact = datetime(2026, 3, 8, 9, 59, 59, 123456, tzinfo=UTC)
    changes = [
        {"id": first, "status": "sent", "sent_at": exact, "attempts": 3, "body": 'Ñandú "x" \\ 🐶\n', "run_id": second},
        {"id": second, "status": "failed", "sent_at": None, "attempts": 0, "body": None, "run_id": first},
    ]
    with engine.begin() as connection:
        update_each(connection, tables.notifications, changes, "id", true())
    found = [{name: getattr(each, name) for name in changes[0]} for each in rows.all_of(engine, tables.notifications)]
    assert found == changes


def test_a_row_that_is_not_as_expected_stays_as_it_is(engine: Engine) -> None:
    first, second = notifications(engine, 2)
    rows.change(engine, tables.notifications, first, status="cancelled")
    changes = [{"id": each, "status": "sent"} for each in (first, second)]
    with engine.begin() as connection:
        update_each(connection, tables.notifications, changes, "id", tables.notifications.c.status == "planned")
    assert [each.status for each in rows.all_of(engine, tables.notifications)] == ["cancelled", "sent"]


def test_it_is_one_statement_however_many_rows(engine: Engine) -> None:
    ids = notifications(engine, 3000)
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *heard: statements.append(heard[2]))
    with engine.begin() as connection:
        update_each(connection, tables.notifications, [{"id": each, "attempts": 5} for each in ids], "id", true())
    assert len([each for each in statements if each.startswith("UPDATE")]) == 1
    assert {each.attempts for each in rows.all_of(engine, tables.notifications)} == {5}


def test_no_rows_are_no_statement(engine: Engine) -> None:
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *heard: statements.append(heard[2]))
    with engine.connect() as connection:
        update_each(connection, tables.notifications, [], "id", true())
    assert [each for each in statements if not each.startswith("BEGIN")] == []
