"""A database that is not there, not ready or not ours: what is wrong, and which command to run."""

import socket
from pathlib import Path

import pytest

from shared.database.migrations import HEAD
from tests.cli.shell import JOB, SEEDED, Done, Shell

NEEDING = (("run", JOB), ("run", JOB, "--dry-run"), ("db", "check"), ("db", "seed"))
UPGRADE = "run: python -m shared db upgrade"


def refusals(shell: Shell, *commands: tuple[str, ...], url: str | None = None) -> set[str]:
    """Return what the commands say, which all must refuse."""
    settings = {"DATABASE_URL": url}
    done = shell.each((command, settings) for command in commands)
    assert [(each.code, each.out) for each in done] == [(2, "")] * len(commands)
    return {each.err for each in done}


def test_a_database_that_is_not_there_names_the_command_that_makes_it(shell: Shell) -> None:
    assert refusals(shell, *NEEDING) == {f"error: there is no database at petcare.db; {UPGRADE}\n"}
    assert list(shell.folder.iterdir()) == []


def test_a_database_that_is_not_migrated_names_the_command_that_migrates(shell: Shell) -> None:
    shell.database.touch()
    for command in NEEDING[:2]:
        assert refusals(shell, command) == {f"error: the database at petcare.db is not migrated; {UPGRADE}\n"}


def test_a_database_of_another_revision_is_named_with_the_one_that_is_needed(migrated: Shell) -> None:
    migrated.sql("UPDATE petcare_version SET version_num = '0001'")
    (said,) = refusals(migrated, *NEEDING[:2])
    assert said == f"error: the database at petcare.db is at migration 0001, not {HEAD}; {UPGRADE}\n"


def test_a_database_of_a_later_version_is_not_upgraded(migrated: Shell) -> None:
    migrated.sql("UPDATE petcare_version SET version_num = '9999'")
    (said,) = refusals(migrated, ("db", "upgrade"))
    assert said.startswith("error: the database at petcare.db is at a migration that this version does not know")
    assert said.endswith(f"it needs migration {HEAD}\n")


def test_a_file_that_is_no_database_is_left_as_it_is(shell: Shell) -> None:
    shell.database.write_text("Dear diary, today I was taken for a database.")
    said = "error: the database at petcare.db cannot be used: file is not a database\n"
    assert refusals(shell, ("db", "check"), ("db", "upgrade"), ("demo", "--database", "sqlite:///petcare.db")) == {said}
    assert shell.database.read_text().startswith("Dear diary")


def test_a_folder_that_is_not_there_is_not_made(shell: Shell) -> None:
    (said,) = refusals(shell, ("db", "upgrade"), url="sqlite:///no/such/folder/petcare.db")
    assert said == "error: the database at no/such/folder/petcare.db cannot be used: unable to open database file\n"


def test_a_server_that_does_not_answer_is_named_without_the_password(shell: Shell) -> None:
    pytest.importorskip("psycopg")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # taken, and nobody listens
        url = f"postgresql+psycopg://petcare:s3cret@127.0.0.1:{closed.getsockname()[1]}/petcare"
        for said in refusals(shell, ("run", JOB), ("db", "check"), ("db", "upgrade"), url=url):
            assert said.startswith("error: the database at 127.0.0.1/petcare cannot be used: connection")
            assert "s3cret" not in said


STRANGE = {
    "nonsense": "not a database URL; write it like sqlite:///petcare.db or postgresql+psycopg://user@host/name",
    "frob://petcare:s3cret@host/petcare": "not a database URL; write it like sqlite:///petcare.db",
    "sqlite+frob:///petcare.db": "not a database URL; write it like sqlite:///petcare.db",
    "mysql+pymysql://petcare:s3cret@host/petcare": "no driver for mysql+pymysql (No module named 'pymysql')",
}


def test_a_database_url_that_makes_no_sense_is_named_without_the_password(shell: Shell) -> None:
    answers = shell.each((("db", "check"), {"DATABASE_URL": url}) for url in STRANGE)
    for reason, done in zip(STRANGE.values(), answers, strict=True):
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"error: DATABASE_URL: {reason}")
        assert "s3cret" not in done.err


def test_what_a_database_lacks_is_said_in_a_line_each_with_what_to_do(migrated: Shell) -> None:
    migrated.sql("ALTER TABLE runs RENAME COLUMN host TO machine")
    migrated.sql("DROP INDEX ix_pets_owner_id")
    (said,) = refusals(migrated, ("db", "check"))
    assert said == (
        "error: the database at petcare.db lacks what the jobs need:\n"
        "  there is no column runs.host; run: ALTER TABLE runs ADD host VARCHAR(200)\n"
        "  no index of pets begins with (owner_id), so that jobs would read all of it; "
        "run: CREATE INDEX ix_pets_owner_id ON pets (owner_id)\n"
    )


def test_a_database_that_fails_during_a_command_is_said_in_one_line(migrated: Shell) -> None:
    migrated.sql("DROP TABLE leases")
    done = migrated("run", JOB)
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: the database failed: no such table: leases\n"


def test_upgrading_and_seeding_make_a_database_that_has_what_the_jobs_need(seeding: tuple[Shell, list[Done]]) -> None:
    shell, (upgraded, seeded) = seeding
    assert upgraded == Done(0, f"petcare.db is at migration {HEAD}\n", "")
    assert (seeded.code, seeded.err) == (0, "")
    assert seeded.out.startswith("petcare.db now holds 8 tenants, 312 owners, ")
    checked = shell("db", "check")
    assert (checked.code, checked.err) == (0, "")
    assert checked.out.startswith("petcare.db has what the jobs need\n6 of 8 businesses would be served\n  not ")


SERVED = {
    "status = 'suspended'": (1, "0 of 8 businesses would be served\n"),
    "is_active = 0": (1, "\n  not hudson-paws: it is switched off\n"),
    "deleted_at = created_at": (0, "petcare.db has what the jobs need\n"),
    "status = 'suspended' WHERE subdomain = 'hudson-paws'": (0, "\n  not hudson-paws: it is suspended\n"),
    "settings = '{' WHERE subdomain = 'hudson-paws'": (0, "\n  not hudson-paws: settings: not valid JSON"),
}


@pytest.mark.parametrize("change", SERVED)
def test_the_check_says_who_would_be_served_and_why_the_others_not(petcare: Shell, change: str) -> None:
    petcare.sql(f"UPDATE tenants SET {change}")
    done = petcare("db", "check")
    code, said = SERVED[change]
    assert done.code == code
    assert said in done.out


def test_upgrading_again_changes_nothing(petcare: Shell) -> None:
    before = petcare.rows()
    assert petcare("db", "upgrade") == Done(0, f"petcare.db is at migration {HEAD}\n", "")
    assert petcare.rows() == before


def test_sample_data_is_never_mixed_with_other_data(petcare: Shell) -> None:
    before = petcare.rows()
    (said,) = refusals(petcare, ("db", "seed", "--at", SEEDED))
    assert said == "error: the database at petcare.db holds tenants already; sample data needs an empty one\n"
    assert petcare.rows() == before


def test_sample_owners_are_never_planted_where_they_could_be_texted(migrated: Shell) -> None:
    before = migrated.rows()
    done = migrated("db", "seed", SMS_PROVIDER=None)
    assert done == Done(2, "", "error: sample owners must not be texted; set SMS_PROVIDER=console first\n")
    assert migrated.rows() == before


def test_the_environment_says_which_database_is_meant(shell: Shell, seeding: tuple[Shell, list[Done]]) -> None:
    elsewhere: Path = seeding[0].database
    said = shell("db", "check", DATABASE_URL=f"sqlite:///{elsewhere}").out
    assert said.startswith(f"{elsewhere} has what the jobs need\n")
    deployed = shell("db", "check", WEBSITE_SITE_NAME="petcare")
    said = "error: DATABASE_URL: not set; a deployed Function App needs a database server\n"
    assert deployed == Done(2, "", said)
