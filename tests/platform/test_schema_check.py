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
        "payments.amount is NUMERIC(10, 2) and has to be INTEGER: amounts are whole numbers in the minor unit; "
        "beware: that takes its currency to have two decimals, as USD has; "
        "run: ALTER TABLE payments ALTER COLUMN amount TYPE INTEGER USING round(amount * 100)::integer"
    ),
    "ALTER TABLE appointments ALTER scheduled_end TYPE timestamp": (
        "appointments.scheduled_end is TIMESTAMP WITHOUT TIME ZONE and has to be TIMESTAMP WITH TIME ZONE; "
        "beware: write the zone that its times are in for 'UTC'; run: ALTER TABLE appointments "
        "ALTER COLUMN scheduled_end TYPE TIMESTAMP WITH TIME ZONE USING scheduled_end AT TIME ZONE 'UTC'"
    ),
    "ALTER TABLE vaccination_records ALTER expiry_date TYPE timestamptz": (
        "vaccination_records.expiry_date is TIMESTAMP WITH TIME ZONE and has to be DATE; beware: the time of day is "
        "lost; run: ALTER TABLE vaccination_records ALTER COLUMN expiry_date TYPE DATE USING expiry_date::date"
    ),
    "ALTER TABLE decisions ALTER run_id TYPE varchar(36)": (
        "decisions.run_id is VARCHAR(36) and has to be UUID; "
        "run: ALTER TABLE decisions ALTER COLUMN run_id TYPE UUID USING run_id::uuid"
    ),
    "ALTER TABLE decisions ALTER occurrence TYPE varchar(20)": (
        "decisions.occurrence is VARCHAR(20), too short for VARCHAR(100); "
        "run: ALTER TABLE decisions ALTER COLUMN occurrence TYPE VARCHAR(100) USING occurrence"
    ),
    "ALTER TABLE owners ALTER sms_opted_in DROP DEFAULT, ALTER sms_opted_in TYPE integer USING 1, "
    "ALTER sms_opted_in SET DEFAULT 0": (
        "owners.sms_opted_in is INTEGER and has to be BOOLEAN; run: ALTER TABLE owners "
        "ALTER COLUMN sms_opted_in DROP DEFAULT, ALTER COLUMN sms_opted_in TYPE BOOLEAN USING sms_opted_in <> 0, "
        "ALTER COLUMN sms_opted_in SET DEFAULT true"
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
        assert lacks(engine) == [TYPES[change]]
        execute_as_said(engine, TYPES[change])
        assert lacks(engine) == []

    def test_a_type_of_words_is_not_taken_for_text(self, engine: Engine) -> None:
        execute(
            engine,
            "CREATE TYPE vaccine AS ENUM ('rabies', 'other')",
            "ALTER TABLE vaccination_records DROP CONSTRAINT ck_vaccination_records_type",
            "ALTER TABLE vaccination_records ALTER type TYPE vaccine USING type::vaccine",
        )
        (said,) = lacks(engine)
        assert said.startswith(
            "vaccination_records.type is vaccine (rabies, other) and has to be VARCHAR(20) (rabies, distemper, "
        )
        assert said.endswith("ALTER COLUMN type TYPE VARCHAR(20) USING lower(type::text)")
        execute_as_said(engine, said)
        assert lacks(engine) == []

    def test_values_of_an_enum_that_the_jobs_do_not_know_are_named(self, engine: Engine) -> None:
        execute(
            engine,
            "CREATE TYPE state AS ENUM ('TRIAL', 'ACTIVE', 'CHURNED')",
            "ALTER TABLE tenants DROP CONSTRAINT ck_tenants_status",
            "ALTER TABLE tenants ALTER status DROP DEFAULT, ALTER status TYPE state USING upper(status)::state",
        )
        (said,) = lacks(engine)
        assert said.startswith("tenants.status is state (TRIAL, ACTIVE, CHURNED) and has to be VARCHAR(20) (trial, ")
        assert "beware: say which of the known values each of these is: churned; run: " in said

    def test_a_column_that_the_jobs_cannot_fill_is_named(self, engine: Engine) -> None:
        execute(
            engine,
            "ALTER TABLE payments ADD tip_amount integer NOT NULL, ADD net integer NOT NULL DEFAULT 0",
            "ALTER TABLE payments ALTER method SET NOT NULL",
            "ALTER TABLE owners ADD surname text NOT NULL",  # into which the jobs insert nothing
        )
        said = lacks(engine)
        assert [each.partition(",")[0] for each in said] == [
            "payments.method takes no NULL",
            "payments.tip_amount takes no NULL",
        ]

    def test_a_type_that_nobody_knows_is_named_as_such(self, engine: Engine) -> None:
        execute(engine, "ALTER TABLE owners ALTER phone TYPE tsvector USING phone::tsvector")
        assert [each.partition(" and")[0] for each in lacks(engine)] == ["owners.phone is TSVECTOR"]

    def test_a_domain_is_as_good_as_the_type_behind_it(self, engine: Engine) -> None:
        execute(engine, "CREATE DOMAIN phone AS text CHECK (value <> '')", "ALTER TABLE owners ALTER phone TYPE phone")
        assert lacks(engine) == []

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
