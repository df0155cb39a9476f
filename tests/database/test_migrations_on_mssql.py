"""The migrations as SQL for SQL Server, as they were reviewed: no server runs in the tests."""

import io
import os
import re

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects.mssql.base import MSDialect

from shared.database.migrations import HEAD
from tests.database.test_migrations import MIGRATIONS
from tests.database.test_snapshots import RENEW, SNAPSHOTS
from tests.database.test_tsql import found


@pytest.fixture(autouse=True)
def server_of_2017(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MSDialect, "server_version_info", (14,))  # else asked of a connection


def written_out(revisions: str, *, down: bool = False, schema: str | None = None) -> str:
    buffer = io.StringIO()
    config = Config(output_buffer=buffer)
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes |= {"dialect": "mssql", "schema": schema}
    (command.downgrade if down else command.upgrade)(config, revisions, sql=True)
    return re.sub(r"[ \t]+\n", "\n", buffer.getvalue())


@pytest.fixture(params=["upgrade", "downgrade"])
def script(request: pytest.FixtureRequest, server_of_2017: None) -> tuple[str, str]:
    if request.param == "upgrade":
        return request.param, written_out("head")
    return request.param, written_out(f"{HEAD}:base", down=True)


def test_the_migrations_are_as_they_were_reviewed(script: tuple[str, str]) -> None:
    name, text = script
    file = SNAPSHOTS / "migrations" / f"{name}_mssql.sql"
    if os.environ.get("RENEW_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"reviewed and right? then {RENEW}"


def test_the_migrations_parse(script: tuple[str, str]) -> None:
    _, text = script
    wrong, batches = found(text, "unparsable", "batch")
    assert wrong == []
    assert len(batches) > 20


def test_what_is_written_as_text_names_the_schema() -> None:
    text = written_out("0001:head", schema="petcare")
    names = re.findall(
        r"(?:ALTER TABLE|COL_LENGTH\('|OBJECT_ID\('|CREATE INDEX ix_(?:app|pay|pet|vac)\w+ ON) ?([\w.]+)", text
    )
    assert len(names) > 50
    assert [each for each in names if not each.startswith("petcare.")] == []
    assert "IF OBJECT_ID('petcare.payments') IS NULL CREATE TABLE petcare.payments (" in text
    assert "INSERT INTO petcare.petcare_version" in written_out("head", schema="petcare")
