"""The file for SQL Server, of the first platform's tables as they would be there: reviewed, and compared.

RENEW_SNAPSHOTS=1 rewrites it. No SQL Server runs it here: a parser reads it, as it reads all of our T-SQL.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig
from sqlfluff.core.parser import Lexer, Parser

from shared.platform.adopt.adoption import Unserved
from shared.platform.adopt.mapping import adopted
from shared.platform.adopt.reflecting import reflect
from shared.platform.adopt.structure import Structure, TheirColumn, TheirTable, Type
from shared.platform.adopt.writing import file
from tests.platform.adopt.structures import column, key, structure, with_
from tests.platforms.first.platform import First

SNAPSHOT = Path(__file__).with_name("adopt_mssql.sql")


def on_sql_server(found: Structure) -> Structure:
    """Return the tables as a platform has them there: no enums but texts with checks, and no arrays but a table."""
    pets = (key("appointment_id", "appointments"), key("pet_id", "pets"))
    tables = [replace(each, columns=tuple(map(_there, each.columns))) for each in found.tables]
    tables = [replace(each, columns=tuple(c for c in each.columns if c.type is not Type.UUIDS)) for each in tables]
    joined = TheirTable("appointment_pets", pets, (("appointment_id", "pet_id"),))
    return Structure("mssql", "dbo", (*tables, joined))


def _there(its: TheirColumn) -> TheirColumn:
    if its.type is Type.ENUM:
        return replace(its, type=Type.TEXT, written="VARCHAR(20)")
    return its if its.type is not Type.JSON else replace(its, type=Type.TEXT, written="NVARCHAR(MAX)")


def written(found: Structure) -> str:
    adoption = adopted(found, "petcare")
    assert not isinstance(adoption, Unserved)
    return file(adoption)


@pytest.fixture
def snapshot(first_platform: First) -> str:
    """The file for the first platform."""
    with first_platform.engine.connect() as connection:
        return written(on_sql_server(reflect(connection, "public")))


def test_the_file_is_as_it_was_reviewed(snapshot: str) -> None:
    if os.environ.get("RENEW_SNAPSHOTS"):
        SNAPSHOT.write_text(snapshot, encoding="utf-8")
    assert snapshot == SNAPSHOT.read_text(encoding="utf-8")


def test_a_view_a_function_or_a_trigger_begins_its_batch(snapshot: str) -> None:
    for batch in snapshot.split("\nGO\n"):
        statements = [line for line in batch.splitlines() if line.strip() and not line.startswith("--")]
        made = [line for line in statements if line.startswith("CREATE OR ALTER")]
        assert made in ([], statements[:1])


PARSER = FluffConfig(overrides={"dialect": "tsql"})


def test_every_batch_is_t_sql(snapshot: str) -> None:
    for batch in snapshot.split("\nGO\n"):
        tokens, _ = Lexer(config=PARSER).lex(batch)
        tree = Parser(config=PARSER).parse(tokens)
        assert tree is not None
        assert [each.raw for each in tree.recursive_crawl("unparsable")] == []


def test_odd_names_are_in_brackets() -> None:
    visits = with_("visits", column("Start] Time", Type.NAIVE), column("starts_at", Type.TEXT))
    found = written(structure("mssql", "my schema", visits=visits))
    assert "FROM [my schema].visits AS t" in found
    assert "(t.[Start]] Time] AT TIME ZONE petcare.platform_zone()) AS scheduled_start" in found
