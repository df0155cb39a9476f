"""Beside a platform's views: what `db check` and `db upgrade` make of them, and that the platform stays as it is."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, inspect, text

from shared.application import simulation
from shared.database import migrations
from shared.database.engine import ensure_ready, open_engine
from shared.database.tables import metadata
from shared.jobs import JOBS
from shared.platform.schema_check import lacks, platform_lacks
from shared.runtime import run
from tests.cli.conftest import shell
from tests.cli.shell import Shell
from tests.database.business import planted
from tests.database.test_migrations import PLATFORM_TABLES, execute, own_tables_without, read, shape
from tests.databases import Databases
from tests.doubles import Clock
from tests.rows import NOON

__all__ = ["shell"]
pytestmark = pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
SEEN = sorted(PLATFORM_TABLES - {"payments"})
NEXT = "run: python -m shared db upgrade"


@dataclass(frozen=True, slots=True)
class Adopted:
    """A platform with tables of its own, and what we see of it."""

    platform: Engine
    ours: Engine

    @property
    def settings(self) -> dict[str, str]:
        url = self.ours.url.render_as_string(hide_password=False)
        return {"DATABASE_URL": url, "DATABASE_SCHEMA": "petcare"}

    def view(self, name: str, columns: str = "*") -> None:
        execute(
            self.platform,
            f"DROP VIEW IF EXISTS petcare.{name}",
            f"CREATE VIEW petcare.{name} AS SELECT {columns} FROM public.{name}",
        )


@pytest.fixture
def adopted(databases: Databases) -> Iterator[Adopted]:
    """Simple views of all that is to be seen, and no migration yet."""
    platform = open_engine(url := databases.empty())
    own_tables_without(platform)
    execute(platform, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    execute(platform, "INSERT INTO alembic_version VALUES ('0001')", "CREATE SCHEMA petcare")
    found = Adopted(platform, open_engine(url, "petcare"))
    for name in SEEN:
        found.view(name)
    yield found
    for each in (found.platform, found.ours):
        each.dispose()
    databases.drop(url)


def test_our_tables_are_made_beside_the_views_and_the_platform_stays_as_it_is(adopted: Adopted) -> None:
    before = shape(adopted.platform)
    migrations.upgrade(adopted.ours)
    ensure_ready(adopted.ours)
    assert lacks(adopted.ours) == []
    assert shape(adopted.platform) == before
    assert read(adopted.platform, "SELECT version_num FROM alembic_version") == ("0001",)
    assert sorted(inspect(adopted.ours).get_view_names("petcare")) == SEEN
    assert "payments" in inspect(adopted.ours).get_table_names("petcare")


def test_the_jobs_run_on_views(adopted: Adopted) -> None:
    migrations.upgrade(adopted.ours)
    with adopted.ours.begin() as connection:
        planted(connection, "Paws", "212")
    application = simulation(adopted.ours, Clock(NOON))
    errors = {job: run(application, job)["errors"] for job in JOBS}
    assert not any(errors.values()), errors
    assert read(adopted.platform, "SELECT count(*) > 0 FROM public.appointments WHERE status = 'no_show'") == (True,)
    assert read(adopted.platform, "SELECT count(*) FROM public.payments") == (0,)
    assert read(adopted.platform, "SELECT count(*) > 0 FROM petcare.payments") == (True,)


def test_before_any_migration_the_check_says_what_comes_next_and_changes_nothing(
    adopted: Adopted, shell: Shell
) -> None:
    done = shell("db", "check", **adopted.settings)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: what ")
    assert done.err.endswith(f"is what the jobs need, and our tables are missing; {NEXT}\n")
    assert inspect(adopted.ours).get_table_names("petcare") == []
    assert shell("db", "upgrade", **adopted.settings).code == 0
    assert shell("db", "check", **adopted.settings).code == 0


def but_for(name: str, column: str, shown: str) -> str:
    """Return the columns of a view, one of them shown otherwise."""
    names = [each.name for each in metadata.tables[name].columns]
    return ", ".join(f"{shown} AS {each}" if each == column else each for each in names)


UNWRITABLE = but_for("vaccination_records", "status", "lower(status)::varchar(20)")
BROKEN = {
    "tenants": ("id, subdomain", "there is no column tenants.business_name; add it to the view"),
    "appointments": (
        but_for("appointments", "scheduled_start", "scheduled_start::timestamp"),
        (
            "appointments.scheduled_start is TIMESTAMP WITHOUT TIME ZONE and has to be TIMESTAMP WITH TIME ZONE; "
            "beware: write the zone that its times are in for 'UTC'; "
            "cast it in the view: scheduled_start AT TIME ZONE 'UTC'"
        ),
    ),
    "vaccination_records": (
        UNWRITABLE,
        "the view vaccination_records takes no UPDATE of status; give it an INSTEAD OF UPDATE trigger",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_view_that_does_not_do_is_named_and_nothing_is_migrated(adopted: Adopted, shell: Shell, name: str) -> None:
    columns, why = BROKEN[name]
    adopted.view(name, columns)
    for command in ("check", "upgrade"):
        done = shell("db", command, **adopted.settings)
        assert (done.code, done.out) == (2, "")
        assert "python -m shared db adopt" in done.err
        assert f"  {why}\n" in done.err
    assert inspect(adopted.ours).get_table_names("petcare") == []


def test_a_trigger_makes_a_view_take_what_it_would_not(adopted: Adopted) -> None:
    adopted.view("vaccination_records", UNWRITABLE)
    assert len(platform_lacks(adopted.ours)) == 1
    execute(
        adopted.platform,
        "CREATE FUNCTION petcare.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER t INSTEAD OF UPDATE ON petcare.vaccination_records FOR EACH ROW"
        " EXECUTE FUNCTION petcare.nothing()",
    )
    assert platform_lacks(adopted.ours) == []


def test_values_that_the_jobs_do_not_know_keep_a_platform_from_being_migrated(adopted: Adopted) -> None:
    execute(
        adopted.platform,
        "ALTER TABLE tenants DROP CONSTRAINT ck_tenants_status",
        "INSERT INTO tenants (id, business_name, subdomain, status)"
        " VALUES ('00000000-0000-0000-0000-000000000001', 'Paws', 'paws', 'ACTIVE')",
    )
    (said,) = platform_lacks(adopted.ours)
    assert said.startswith("tenants.status holds")


def test_payments_are_never_seen_through_a_view(adopted: Adopted) -> None:
    adopted.view("payments")
    assert platform_lacks(adopted.ours) == [
        "payments is a view, and the jobs insert rows; drop it: db upgrade makes a table of ours"
    ]


def test_tables_of_our_names_that_are_not_as_we_need_them_are_left_alone(adopted: Adopted, shell: Shell) -> None:
    url = adopted.settings["DATABASE_URL"]
    execute(
        adopted.platform,
        "CREATE TABLE runs (id integer)",
        "ALTER TABLE payments ADD tip_amount integer NOT NULL",
        "ALTER TABLE owners DROP COLUMN language CASCADE",
    )
    before = shape(adopted.platform)
    done = shell("db", "upgrade", DATABASE_URL=url)
    assert (done.code, done.out) == (2, "")
    assert "python -m shared db adopt" in done.err
    for each in (
        "runs is there and not ours; ",
        "payments.tip_amount takes no NULL, ",
        "there is no column owners.lang",
    ):
        assert each in done.err
    assert shape(adopted.platform) == before
    assert migrations.current(adopted.platform) is None


def test_tables_that_are_as_we_need_them_are_taken_as_they_are(adopted: Adopted, shell: Shell) -> None:
    assert shell("db", "upgrade", DATABASE_URL=adopted.settings["DATABASE_URL"]).code == 0
    ensure_ready(adopted.platform)
    with adopted.platform.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0001"]
