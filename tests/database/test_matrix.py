"""On which databases the tests ran."""

import pytest
from sqlalchemy import Engine

from tests.databases import MSSQL_URL


def test_each_database_has_its_turn(engine: Engine, request: pytest.FixtureRequest) -> None:
    assert f"[{engine.dialect.name}]" in request.node.name


@pytest.mark.skipif(MSSQL_URL is None, reason="NOTHING ran on SQL Server: TEST_MSSQL_URL names none")
def test_sql_server_has_its_turn() -> None:
    assert str(MSSQL_URL).startswith("mssql")
