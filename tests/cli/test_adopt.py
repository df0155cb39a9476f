"""`db adopt`: what it prints, writes and refuses."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine

from tests.cli.shell import Shell
from tests.databases import Stock
from tests.platforms.adopting import decided, execute
from tests.platforms.first.platform import migrate


@pytest.fixture
def theirs(stocks: Callable[[str], Stock]) -> Iterator[Engine]:
    """A platform's database, without people."""
    databases = stocks("postgresql").databases
    engine = create_engine(url := databases.empty())
    migrate(engine, "001")
    yield engine
    engine.dispose()
    databases.drop(url)


def where(engine: Engine) -> dict[str, str | None]:
    return {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}


def test_from_the_platform_s_tables_to_a_database_that_has_what_the_jobs_need(shell: Shell, theirs: Engine) -> None:
    done = shell("db", "adopt", "--from", "public", "--out", "adopt.sql", **where(theirs))
    assert done.code == 0, done
    first, decisions, after = done.out.splitlines()
    assert first == "adopt.sql shows 6 tables of public in the schema petcare; nothing was changed"
    assert decisions == "7 lines in it are to be decided: look for DECIDE"
    assert after.startswith("then run it, set DATABASE_SCHEMA=petcare, and run:")
    with theirs.connect() as connection:
        assert connection.exec_driver_sql("SELECT to_regnamespace('petcare')").scalar_one() is None
    execute(theirs, decided((shell.folder / "adopt.sql").read_text(encoding="utf-8")))
    ours = {**where(theirs), "DATABASE_SCHEMA": "petcare"}
    assert shell("db", "upgrade", **ours).code == 0
    assert shell("db", "check", **ours).code == 0
    assert shell("db", "adopt", "--from", "public", "--check", **where(theirs)).out == (
        "nothing changed that the views read\n"
    )


def test_without_a_file_it_is_printed(shell: Shell, theirs: Engine) -> None:
    done = shell("db", "adopt", "--from", "public", "--into", "jobs", **where(theirs))
    assert done.code == 0
    assert "CREATE VIEW jobs.tenants AS\n" in done.out


def test_what_changed_since_is_an_error_of_the_platform_s(shell: Shell, theirs: Engine) -> None:
    arguments = ("db", "adopt", "--from", "public")
    execute(theirs, shell(*arguments, **where(theirs)).out)
    execute(theirs, "ALTER TYPE tenant_status ADD VALUE 'FROZEN'")
    done = shell(*arguments, "--check", **where(theirs))
    assert (done.code, done.out) == (1, "tenants.status has new values that the view tenants does not know: FROZEN\n")


REFUSED = {
    "error: --into 'Pet care': name a schema of its own, in small letters": ("--into", "Pet care"),
    "error: --into 'public': name a schema of its own": ("--into", "public"),
    "error: there is no petcare.adopted: run the file that db adopt writes first": ("--check",),
    "error: taken.sql is there already, perhaps with what was decided in it; name another file": ("--out", "taken.sql"),
    "error: no/such/adopt.sql cannot be written: No such file or directory": ("--out", "no/such/adopt.sql"),
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_done_is_said_in_one_line(shell: Shell, theirs: Engine, line: str) -> None:
    (shell.folder / "taken.sql").write_text("-- decided")
    done = shell("db", "adopt", "--from", "public", *REFUSED[line], **where(theirs))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(line)
    assert (shell.folder / "taken.sql").read_text() == "-- decided"


def test_a_platform_that_cannot_be_served_leaves_no_half_file(shell: Shell, theirs: Engine) -> None:
    execute(theirs, "DROP TABLE vaccination_records; ALTER TABLE appointments DROP COLUMN pet_ids")
    done = shell("db", "adopt", "--from", "public", "--out", "adopt.sql", **where(theirs))
    assert (done.code, done.out) == (2, "")
    first, lacking = done.err.splitlines()
    assert first.startswith("error: the tables of public in ")
    assert lacking.startswith(
        "  there is no table for vaccination_records (looked for vaccination_record, vaccination,"
    )
    assert not (shell.folder / "adopt.sql").exists()


def test_a_schema_without_tables_is_named(shell: Shell, theirs: Engine) -> None:
    done = shell("db", "adopt", "--from", "nowhere", **where(theirs))
    assert (done.code, done.out) == (2, "")
    assert "there are no tables in the schema nowhere" in done.err


def test_sqlite_has_nothing_to_adopt(shell: Shell) -> None:
    done = shell("db", "adopt", "--from", "main")
    assert (done.code, done.err) == (2, "error: db adopt needs PostgreSQL or SQL Server: SQLite has no schemas\n")
