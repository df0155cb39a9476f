"""What is in an address before its host, user and password, is shown to nobody; an SQLite file is its owner's alone."""

import os
import stat
import traceback
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from shared.database import failures
from shared.database.engine import ensure_ready, open_engine
from shared.errors import ConfigurationError, DatabaseUnusable
from shared.settings import CelerySettings, DatabaseSettings, PaymentSettings, SmsSettings, load
from tests.cli.shell import JOB, Shell

COMMANDS = (("db", "check"), ("health",), ("run", JOB), ("runs",), ("outbox",), ("fee", "list"))
CUT_IN_TWO = {
    "postgresql+psycopg://ann:Fido@Rex99@db.example/petcare": ("ann", "Fido", "Rex99"),
    "postgresql+psycopg://ann:Fido@Rex99:5432@db.example/petcare": ("ann", "Fido", "Rex99"),
    "postgresql+psycopg://ann:Fi@do/Rex99@db.example/petcare": ("ann", "Fi@", "Rex99"),
    "postgresql+psycopg://ann:Fi@do?Rex99@db.example/petcare": ("ann", "Fi@", "Rex99"),
    "postgresql+psycopg://ann:Fi@do:Rex99@db.example/petcare": ("ann", "Fi@", "Rex99"),
    "postgresql+psycopg://an/ne:Fido@db.example/petcare": ("an/", "Fido"),
    "mssql+pyodbc://ann:Fido@Rex99@db.example/petcare?driver=any": ("ann", "Fido", "Rex99"),
}


@pytest.mark.parametrize("url", CUT_IN_TWO)
def test_an_address_that_would_be_cut_in_the_password_is_refused_with_how_to_write_it(shell: Shell, url: str) -> None:
    calls = [*((each, {"DATABASE_URL": url}) for each in COMMANDS), (("demo", "--database", url), {})]
    for done in shell.each(calls):
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("error: DATABASE_URL: the user or the password holds a character")
        assert "write @ as %40" in done.err
        assert done.err.count("\n") == 1
        assert [part for part in CUT_IN_TWO[url] if part in done.err] == []


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("postgresql+psycopg://ann:Fido%40Rex@db.example/petcare", "Fido@Rex"),
        ("postgresql+psycopg://ann:Fi/do?Rex#9:1@db.example/petcare", "Fi/do?Rex#9:1"),
        ("postgresql+psycopg://ann@srv:Fido@db.example/petcare", "Fido"),
    ],
)
def test_a_password_that_is_read_as_it_is_meant_is_taken(url: str, password: str) -> None:
    engine = open_engine(url)
    assert (engine.url.password, engine.url.host, engine.url.database) == (password, "db.example", "petcare")


def in_full(error: BaseException) -> str:
    """Return all that can be read of an error: its trace, and whatever it was raised from or while handling."""
    found, parts = error, traceback.format_exception(error)
    while found := found.__cause__ or found.__context__:  # type: ignore[assignment]
        parts += [str(found), repr(found)]
    return "".join(parts)


@pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_query", [False, True])
def test_a_server_that_lets_nobody_in_does_not_say_whom_nor_with_what(database_url: str, is_query: bool) -> None:
    url = make_url(database_url)
    if is_query:
        url = url.set(username=None, password=None).update_query_dict({"user": "rosalind", "password": "F1do"})
    else:
        url = url.set(username="rosalind", password="F1do")
    engine = open_engine(url.render_as_string(hide_password=False))
    with pytest.raises(DatabaseUnusable) as caught:
        ensure_ready(engine)
    said = in_full(caught.value)
    assert 'role "•••" does not exist' in said or "authentication failed" in said
    assert "rosalind" not in said
    assert "F1do" not in said


def test_what_a_driver_quotes_of_an_address_is_masked_wherever_the_error_is_told() -> None:
    import psycopg

    words = (
        'could not translate host name "db": postgresql://rosalind:F1do@db/petcare; '
        'DRIVER={x};UID=rosalind;PWD={F1;do};password = other; user "rosalind"'
    )

    def connect() -> None:
        raise psycopg.OperationalError(words) from ValueError(words)

    engine = create_engine("postgresql+psycopg://rosalind:F1do@db/petcare", creator=connect)
    failures.watch(engine)
    with pytest.raises(OperationalError) as caught:
        engine.connect()
    said = in_full(caught.value)
    assert 'could not translate host name "db": postgresql://•••@db/petcare' in said
    assert [secret for secret in ("rosalind", "F1", "do}", "other") if secret in said.replace(words, "")] == []


def test_a_name_that_is_the_databases_too_is_not_taken_out_of_every_word(shell: Shell) -> None:
    url = "postgresql+psycopg://petcare:petcare@127.0.0.1:1/petcare"
    done = shell("db", "check", DATABASE_URL=url)
    assert done.err.startswith("error: the database at 127.0.0.1/petcare cannot be used: connection")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CELERY_BROKER_URL", "redis://:F1/do@cache.example:6379/0"),
        ("CELERY_BROKER_URL", "redis://:F1@do@cache.example:6379/0"),
        ("CELERY_BROKER_URL", "redis://:F1#do@cache.example:6379/0"),
        ("CELERY_BROKER_URL", "redis://ann:F1[do@cache.example:6379/0"),
        ("CELERY_BROKER_URL", "redis://cache.example:F1do"),
        ("TWILIO_API_BASE_URL", "https://ann:F1do@twilio.example"),
        ("TWILIO_API_BASE_URL", "https://ann:F1℀do@twilio.example"),
        ("TWILIO_API_BASE_URL", "https://ann:F1[do@twilio.example"),
        ("TWILIO_API_BASE_URL", "https://twilio.example:F1do"),
        ("STRIPE_API_BASE_URL", "https://ann:F1/do@stripe.example"),
    ],
)
def test_no_setting_that_is_an_address_is_quoted_when_it_is_refused(variable: str, value: str) -> None:
    groups = {"CELERY": CelerySettings, "TWILIO": SmsSettings, "STRIPE": PaymentSettings}
    with pytest.raises(ConfigurationError) as caught:
        load(groups[variable.partition("_")[0]], {variable: value})
    assert str(caught.value).startswith(f"{variable}: ")
    said = in_full(caught.value)
    assert [part for part in ("ann:", "F1", "do@") if part in said] == []


def test_settings_with_a_password_do_not_show_it_when_they_are_printed() -> None:
    database = load(DatabaseSettings, {"DATABASE_URL": "postgresql+psycopg://ann:Fido@db.example/petcare"})
    celery = load(CelerySettings, {"CELERY_BROKER_URL": "redis://:Fido@cache.example:6379/0"})
    assert "Fido" not in f"{database} {database!r} {celery} {celery!r}"
    assert celery.celery_broker_url == "redis://:Fido@cache.example:6379/0"


# SQLite


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite://", "a database in memory is gone when the command ends; name a file: sqlite:///petcare.db"),
        ("sqlite:///", "a database in memory is gone when the command ends; name a file: sqlite:///petcare.db"),
        ("sqlite:///:memory:", "a database in memory is gone when the command ends; name a file: sqlite:///petcare.db"),
        ("sqlite:///file:petcare.db?uri=true", "SQLite's own URIs (file:...) and options are not supported"),
        ("sqlite:///file:petcare.db?mode=ro&uri=true", "SQLite's own URIs (file:...) and options are not supported"),
        ("sqlite:///file::memory:?cache=shared&uri=true", "SQLite's own URIs (file:...) and options are not supported"),
        ("sqlite:///file:petcare.db", "SQLite's own URIs (file:...) and options are not supported"),
        ("sqlite:///petcare.db?mode=ro", "SQLite's own URIs (file:...) and options are not supported"),
        ("sqlite:///petcare.db?nonsense=1", "SQLite's own URIs (file:...) and options are not supported"),
    ],
)
def test_an_sqlite_address_that_names_no_plain_file_is_refused_at_once(migrated: Shell, url: str, why: str) -> None:
    for done in migrated.each((each, {"DATABASE_URL": url}) for each in (("db", "upgrade"), ("run", JOB), ("health",))):
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"error: DATABASE_URL: {why}")
        assert done.err.count("\n") == 1
    assert [each.name for each in migrated.folder.iterdir()] == ["petcare.db"]


@pytest.mark.parametrize("name", ["petcare.db", "a folder/petcare.db", "me@example/petcare.db"])
def test_a_file_is_taken_by_a_relative_and_by_a_whole_path(shell: Shell, name: str) -> None:
    path = shell.folder / name
    path.parent.mkdir(exist_ok=True)
    for url in (f"sqlite:///{name}", f"sqlite:///{path}"):
        assert shell("db", "upgrade", DATABASE_URL=url).code == 0
    assert path.is_file()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_database_and_the_files_beside_it_are_made_for_their_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0)
    try:
        for name in ("petcare.db", "linked.db"):
            path = tmp_path / name
            if name == "linked.db":
                path.symlink_to(tmp_path / "elsewhere.db")
            engine = open_engine(f"sqlite:///{path}")
            with engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE pets (name TEXT)")
                made = {each.name: mode(each) for each in tmp_path.iterdir()}
            engine.dispose()
            assert set(made.values()) == {0o600}, made
            assert any(each.endswith("-wal") for each in made)
    finally:
        os.umask(before)


def test_the_mode_of_a_database_that_is_there_is_left_as_it_is(shell: Shell) -> None:
    shell.database.touch()
    shell.database.chmod(0o640)
    assert shell("db", "upgrade").code == 0
    assert mode(shell.database) == 0o640
