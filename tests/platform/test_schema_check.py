"""What `db check` finds missing, and that what it says to run is what was missing."""

import pytest
from sqlalchemy import Engine

from shared.database import tables
from shared.platform.schema_check import lacks
from tests.database.business import planted


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def execute_as_said(engine: Engine, line: str) -> None:
    statement = line.partition("run: ")[2]
    if engine.dialect.name == "sqlite":
        execute(engine, statement)
    else:  # which builds no index CONCURRENTLY in a transaction
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)


def test_a_migrated_database_lacks_nothing(engine: Engine) -> None:
    assert lacks(engine) == []


MISSING = {
    "DROP TABLE leases": "there is no table leases; run: CREATE TABLE leases (",
    "ALTER TABLE runs DROP COLUMN host": "there is no column runs.host; run: ALTER TABLE runs ADD host",
    "ALTER TABLE owners DROP COLUMN no_show_count": "there is no column owners.no_show_count; run: ALTER TABLE owners",
    "DROP INDEX ix_pets_owner_id": "no index of pets begins with (owner_id), so that jobs would read all of it; run: ",
    "DROP INDEX uq_notifications_provider_message_id": (
        "nothing keeps notifications (provider_message_id) unique, so that what must happen once could happen twice"
    ),
}


@pytest.mark.parametrize("broken", MISSING)
def test_what_is_missing_is_named_and_what_is_said_makes_it(engine: Engine, broken: str) -> None:
    execute(engine, broken)
    (said,) = lacks(engine)
    assert said.startswith(MISSING[broken])
    execute_as_said(engine, said)
    assert lacks(engine) == []


def test_to_look_leaves_the_declared_tables_as_they_are(engine: Engine) -> None:
    execute(engine, "DROP INDEX ix_pets_owner_id")
    assert "ix_pets_owner_id" in str(lacks(engine))
    (index,) = [each for each in tables.pets.indexes if each.name == "ix_pets_owner_id"]
    index.create(engine)  # in a transaction
    assert lacks(engine) == []


KEYS = {
    "decisions": "ALTER TABLE decisions DROP CONSTRAINT pk_decisions",
    "reputation_events": "ALTER TABLE reputation_events DROP CONSTRAINT uq_reputation_events_ledger_key",
}
TYPES = {
    "ALTER TABLE payments ALTER amount TYPE numeric(10, 2)": (
        "payments.amount is NUMERIC(10, 2) and has to be INTEGER: amounts are whole numbers in the minor unit"
    ),
    "ALTER TABLE appointments ALTER scheduled_end TYPE timestamp": (
        "appointments.scheduled_end is TIMESTAMP WITHOUT TIME ZONE and has to be TIMESTAMP WITH TIME ZONE"
    ),
    "ALTER TABLE decisions ALTER run_id TYPE varchar(36)": "decisions.run_id is VARCHAR(36) and has to be UUID",
    "ALTER TABLE owners ALTER sms_opted_in DROP DEFAULT, ALTER sms_opted_in TYPE integer USING 1": (
        "owners.sms_opted_in is INTEGER and has to be BOOLEAN"
    ),
}


@pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
class TestOnPostgres:
    @pytest.mark.parametrize("table", KEYS)
    def test_a_key_that_is_missing_is_named_and_made(self, engine: Engine, table: str) -> None:
        execute(engine, KEYS[table])
        (said,) = lacks(engine)
        assert said.startswith(f"nothing keeps {table} (ledger_key) unique")
        execute_as_said(engine, said)
        assert lacks(engine) == []

    @pytest.mark.parametrize("change", TYPES)
    def test_a_type_that_would_lose_or_confuse_values_is_named(self, engine: Engine, change: str) -> None:
        execute(engine, change)
        assert lacks(engine) == [f"{TYPES[change]}; change its type"]

    def test_a_type_of_words_is_not_taken_for_text(self, engine: Engine) -> None:
        execute(
            engine,
            "CREATE TYPE vaccine AS ENUM ('rabies', 'other')",
            "ALTER TABLE vaccination_records DROP CONSTRAINT ck_vaccination_records_type",
            "ALTER TABLE vaccination_records ALTER type TYPE vaccine USING type::vaccine",
        )
        (said,) = lacks(engine)
        assert said.startswith("vaccination_records.type is vaccine and has to be VARCHAR(20)")

    def test_a_platforms_own_types_of_text_and_json_are_as_good(self, engine: Engine) -> None:
        execute(engine, "ALTER TABLE payments ALTER policy TYPE jsonb", "ALTER TABLE owners ALTER phone TYPE text")
        assert lacks(engine) == []

    def test_an_index_whose_build_failed_does_not_count(self, engine: Engine) -> None:
        execute(engine, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_pets_owner_id'::regclass")
        (said,) = lacks(engine)
        assert said.startswith("no index of pets begins with (owner_id)")

    def test_an_index_of_another_name_that_begins_so_is_as_good(self, engine: Engine) -> None:
        execute(engine, "DROP INDEX ix_pets_owner_id", "CREATE INDEX theirs ON pets (owner_id, name)")
        assert lacks(engine) == []


OTHERWISE = {
    "appointments.scheduled_start": ("2026-03-03T17:00:00", "2026-03-03 17:00:00Z", "tomorrow", "2026-03-03"),
    "vaccination_records.expiry_date": ("2026-03-03 00:00:00", "03/03/2026", "n/a"),
}


@pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("column", "text"), [(column, text) for column, its in OTHERWISE.items() for text in its])
def test_an_instant_or_a_date_that_is_written_otherwise_is_named_by_its_row(
    engine: Engine, column: str, text: str
) -> None:
    with engine.begin() as connection:
        business = planted(connection, "Paws", "212")
    ids = {"appointments": business.ids["tomorrow"], "vaccination_records": business.ids["shot"]}
    table, _, name = column.partition(".")
    assert lacks(engine) == []
    execute(engine, f"UPDATE {table} SET {name} = '{text}' WHERE id = '{ids[table].hex}'")
    (said,) = lacks(engine)
    assert said.startswith(f"{column} of 1 rows, the first of them {ids[table]}, is not written like 2026-03-01")
