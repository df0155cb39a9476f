"""A smoke check of the SQL for SQL Server: a parser of T-SQL takes every statement of the snapshots."""

import re

import pytest
from sqlfluff.core import FluffConfig
from sqlfluff.core.parser import Lexer, Parser

from tests.database.test_snapshots import SNAPSHOTS

LIST = re.compile(r"\((:\w+),\s+\.\.\.\)")
CONFIG = FluffConfig(overrides={"dialect": "tsql"})


def found(script: str, *kinds: str) -> list[list[str]]:
    """The parts of a script that are of each kind. No rules: with them it would take ten times as long."""
    tokens, _ = Lexer(config=CONFIG).lex(script)
    tree = Parser(config=CONFIG).parse(tokens)
    assert tree is not None
    return [[each.raw for each in tree.recursive_crawl(kind, recurse_into=False)] for kind in kinds]


def unparsable(statement: str) -> list[str]:
    """What of a statement is no T-SQL, or a second statement: it may call a procedure without saying EXEC."""
    as_sent = LIST.sub(r"(\1)", statement).replace(":", "@")
    wrong, statements = found(as_sent, "unparsable", "statement")
    return wrong + statements[1:]


def statements() -> set[str]:
    texts = "".join(file.read_text(encoding="utf-8") for file in (SNAPSHOTS / "mssql").glob("*.sql"))
    without_names = re.sub(r"^-- .*\n", "", texts, flags=re.MULTILINE)
    return {each.strip() for each in without_names.split(";\n") if each.strip()}


def test_every_statement_for_sql_server_parses() -> None:
    assert len(statements()) > 100
    assert {each: wrong for each in sorted(statements()) if (wrong := unparsable(each))} == {}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM runs LIMIT 1",
        "SELECT id FROM runs FOR UPDATE SKIP LOCKED",
        "UPDATE runs SET host = 'a' RETURNING id",
        "INSERT INTO commits (id) VALUES ('a') ON CONFLICT DO NOTHING",
    ],
)
def test_what_other_databases_say_does_not_parse(statement: str) -> None:
    assert unparsable(statement)
