"""A schema of our own: everything lies there, nothing outside changes, and the search path is the server's."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, Table, event, func, inspect, select

from shared import sample
from shared.application import simulation
from shared.cli.demo.command import START
from shared.cli.demo.simulated_days import SimulatedClock, SimulatedDays
from shared.database import migrations
from shared.database.engine import ensure_ready, open_engine
from shared.database.tables import decisions, metadata, notifications, owners, payments, tenants
from shared.errors import DatabaseUnusable
from shared.jobs import JOBS
from shared.platform.schema_check import lacks
from shared.runtime import run
from tests.cli.conftest import shell
from tests.cli.shell import JOB, Shell
from tests.database.test_migrations import execute
from tests.databases import Databases

__all__ = ["shell"]
Open = Callable[[str | None], Engine]
OURS = {*metadata.tables, migrations.VERSION_TABLE}


@pytest.fixture
def opened(databases: Databases) -> Iterator[Open]:
    """Opens one database, which holds nothing at first, with a schema of ours or none."""
    url, engines = databases.empty(), list[Engine]()

    def open_it(schema: str | None) -> Engine:
        engines.append(open_engine(url, schema))
        return engines[-1]

    yield open_it
    for each in engines:
        each.dispose()
    databases.drop(url)


def told(engine: Engine, days: int) -> dict[str, Counter[Any]]:
    """Play some days of the sample; return how many texts, decisions and fees of each sort they left."""
    filled = sample.build(START)
    with engine.begin() as connection:
        sample.insert(connection, filled.rows)
    clock = SimulatedClock(START)
    simulated = SimulatedDays(simulation(engine, clock), clock)
    ran = Counter[Any]()
    for hours in range(days * 24):
        ran.update(each["task"] for each in simulated.play(START + timedelta(hours=hours)))
    clock.now = START + timedelta(days=days)
    ran.update(run(simulated.application, job)["task"] for job in JOBS)
    asked = {
        "texts": select(notifications.c.kind, notifications.c.status, func.count()).group_by("kind", "status"),
        "decisions": select(decisions.c.kind, decisions.c.outcome, func.count()).group_by("kind", "outcome"),
        "fees": select(payments.c.status, payments.c.amount, func.count()).group_by("status", "amount"),
        "scores": select(owners.c.reputation_score, func.count()).group_by("reputation_score"),
    }
    with engine.connect() as connection:
        return {"runs": ran} | {
            name: Counter({tuple(row[:-1]): row[-1] for row in connection.execute(query)})
            for name, query in asked.items()
        }


@pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
class TestOnPostgres:
    def test_all_jobs_do_there_what_they_do_elsewhere(self, opened: Open, engine: Engine) -> None:
        ours = opened("petcare")
        migrations.upgrade(ours)
        found = told(ours, days=1)
        assert found == told(engine, days=1)
        assert min(len(each) for each in found.values()) > 0
        plain = opened(None)
        assert inspect(plain).get_table_names() == []
        with ours.connect() as connection:
            assert connection.exec_driver_sql("SHOW search_path").scalar_one() == '"$user", public'

    def test_the_migrations_make_all_of_it_there(self, opened: Open) -> None:
        ours = opened("petcare")
        migrations.upgrade(ours)
        ensure_ready(ours)
        assert lacks(ours) == []
        assert set(inspect(ours).get_table_names("petcare")) == OURS
        assert inspect(opened(None)).get_table_names() == []
        migrations.downgrade(ours, "base")
        assert inspect(ours).get_table_names("petcare") == [migrations.VERSION_TABLE]

    def test_a_reserved_word_is_a_name_as_good_as_any(self, opened: Open) -> None:
        migrations.upgrade(opened("order"))
        assert lacks(opened("order")) == []

    def test_two_installations_in_one_database_do_not_see_each_other(self, opened: Open) -> None:
        here, there = opened("here"), opened("there")
        migrations.upgrade(here)
        assert migrations.current(there) is None
        migrations.upgrade(there)
        migrations.upgrade(plain := opened(None))
        with here.begin() as connection:
            sample.insert(connection, sample.build(START).rows)
        counts = []
        for each in (here, there, plain):
            with each.connect() as connection:
                counts.append(connection.scalar(select(func.count()).select_from(tenants)))
        assert counts == [8, 0, 0]

    def test_a_schema_that_is_there_needs_no_right_to_create_one(self, opened: Open) -> None:
        execute(opened(None), "CREATE SCHEMA petcare")
        statements: list[str] = []
        ours = opened("petcare")
        event.listen(ours, "before_cursor_execute", lambda *call: statements.append(call[2]))
        migrations.upgrade(ours)
        assert [each for each in statements if "CREATE SCHEMA" in each] == []

    def test_a_platforms_own_migrations_see_nothing_of_ours(self, opened: Open) -> None:
        theirs = MetaData()
        Table("customers", theirs, Column("id", Integer, primary_key=True))
        plain = opened(None)
        theirs.create_all(plain)
        execute(
            plain,
            "CREATE TABLE alembic_version (version_num VARCHAR(32))",
            "INSERT INTO alembic_version VALUES ('0001')",
        )
        migrations.upgrade(opened("petcare"))
        with plain.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), theirs) == []
            assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == ["0001"]

    def test_every_command_looks_there(self, opened: Open, shell: Shell) -> None:
        url = opened(None).url.render_as_string(hide_password=False)
        where = {"DATABASE_URL": url, "DATABASE_SCHEMA": "petcare"}
        assert shell("db", "upgrade", **where).code == 0
        assert shell("db", "seed", **where).code == 0
        assert inspect(opened(None)).get_table_names() == []
        commands = [
            "db check",
            "tenants",
            f"run {JOB}",
            "preview",
            "outbox",
            "runs",
            "fee list",
            "find bella",
            "health",
        ]
        for done in shell.each((tuple(each.split()), where) for each in [*commands, "report --out page.html"]):
            assert "database" not in done.err, done
            assert done.code in (0, 1), done
        assert "no database" not in shell("runs", **where).out
        assert shell("runs", DATABASE_URL=url).code == 2


def test_sqlite_has_no_schemas(shell: Shell) -> None:
    done = shell("db", "upgrade", DATABASE_SCHEMA="petcare")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: DATABASE_SCHEMA: SQLite has no schemas; unset it, or name a server in DATABASE_URL\n"
    with pytest.raises(DatabaseUnusable):
        open_engine("sqlite:///petcare.db", "petcare")
