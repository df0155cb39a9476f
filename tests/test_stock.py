"""The databases that tests are lent: each is empty and has the schema of the migrations, whatever the last one did."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from shared.database import tables
from shared.database.migrations import HEAD, current
from tests import rows
from tests.databases import Stock
from tests.rows import NOON


def everything(engine: Engine) -> list[object]:
    return [each for table in tables.metadata.sorted_tables for each in rows.all_of(engine, table)]


def test_the_next_finds_an_empty_database(stock: Stock) -> None:
    with stock.lent() as first, first.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, NOON + timedelta(hours=24))
    with stock.lent() as second:
        assert second.url == first.url
        assert everything(second) == []
        assert current(second) == HEAD


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (id INTEGER)",
        "CREATE INDEX more ON owners (phone)",
        "DROP INDEX ix_decisions_subject_id",
        "ALTER TABLE owners RENAME COLUMN phone TO telephone",
        "ALTER TABLE runs RENAME TO walks",
        "UPDATE petcare_version SET version_num = '0001'",
        "DELETE FROM petcare_version",
    ],
)
def test_nobody_is_lent_a_schema_that_another_changed(stock: Stock, statement: str) -> None:
    with stock.lent() as first, first.begin() as connection:
        connection.execute(text(statement))
    with stock.lent() as second:
        assert second.url != first.url
        assert current(second) == HEAD
