"""Nonsense in any column of the platform's tables: the report is still made, and the good business's figures stand."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from shared.database.engine import reading
from shared.database.tables import metadata
from shared.operations.report.gathering import report
from shared.operations.report.page import render
from shared.operations.report.spreadsheets import spreadsheets
from tests.database.business import planted
from tests.database.nonsense import PLATFORM, let_in, nonsense, write
from tests.operations.report.test_page import Tags
from tests.rows import NOON


@pytest.mark.parametrize("stock", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
@pytest.mark.parametrize("table", PLATFORM)
def test_nonsense_in_any_column_keeps_no_report_from_being_made(engine: Engine, table: str) -> None:
    let_in(engine)
    cases = list(nonsense(engine, metadata.tables[table], one_in=2))
    with engine.begin() as connection:
        odd = [planted(connection, f"Odd{number}", "646") for number in range(len(cases))]
        planted(connection, "Good", "212")
    with reading(engine) as connection:
        good = report(connection, days=30, now=NOON, default=ZoneInfo("UTC"), subdomain="good")
    for business, (column, value) in zip(odd, cases, strict=True):
        id_ = business.tenant.hex if engine.dialect.name == "sqlite" else str(business.tenant)
        write(engine, column, value, f"'{id_}'")
    with reading(engine) as connection:
        found = report(connection, days=30, now=NOON, default=ZoneInfo("UTC"))
        again = report(connection, days=30, now=NOON, default=ZoneInfo("UTC"), subdomain="good")
    Tags(render(found))
    spreadsheets(found)
    assert again == good
    assert next(each for each in found.businesses if each.subdomain == "good") == good.businesses[0]
