"""Rows that a platform gets wrong: they cost nobody else a text, a charge or a point."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from sqlalchemy import Column, Date, Engine, String, select

from shared.application import Application
from shared.database.tables import UtcDateTime, metadata
from shared.gateways.payments import Intent, IntentState
from tests.database.business import Business, booked, planted
from tests.doubles import RecordingPayments, RecordingSms
from tests.stages import ALL, do

PLATFORM: Final = ("tenants", "owners", "pets", "services", "appointments", "vaccination_records", "payments")
RANGES: Final = {"scheduled_start", "expiry_date"}
"""What the jobs search by: a row with such a value is out of their sight, whatever it holds."""
ODD: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "sqlite": {
        "instants": ("0001-01-01 00:00:00", "1899-12-30 00:00:00", "9999-12-31 23:59:59.999999", "tomorrow", ""),
        "dates": ("0001-01-01", "1899-12-30", "9999-12-31", "n/a", ""),
    },
    "postgresql": {
        "instants": ("0001-01-01 00:00+00", "1899-12-30 00:00+00", "9999-12-31 23:59+00", "-infinity", "infinity"),
        "dates": ("0001-01-01", "1899-12-30", "9999-12-31", "0044-03-15 BC", "infinity"),
    },
}
TEXTS: Final = ("", "   ", "\U0001f436  ", "Zoe\u0308 \U0001f469\u200d\U0001f469\u200d\U0001f467  ")


@dataclass
class Two:
    """Two businesses of which one has odd rows."""

    application: Application
    odd: Business
    good: Business
    sms: RecordingSms

    def every_job(self) -> list[dict[str, Any]]:
        return [do(self.application, *each) for each in ALL]

    def outcome(self, business: Business) -> tuple[int, int, int]:
        """How many texts of a business were sent, fees collected, and events there are."""
        with self.application.engine.connect() as connection:
            payments, events = (
                connection.execute(select(table).where(table.c.tenant_id == business.tenant)).all()
                for table in (metadata.tables["payments"], metadata.tables["reputation_events"])
            )
        texts = [each for each in self.sms.bodies if business.name in each]
        return len(texts), sum(each.status == "succeeded" for each in payments), len(events)

    def set(self, columns: Iterable[Column[Any]], value: str | None) -> None:
        """Write a value as the platform might, unseen by SQLAlchemy, into every row of the odd business."""
        engine = self.application.engine
        its = self.odd.tenant.hex if engine.dialect.name == "sqlite" else str(self.odd.tenant)
        written = "NULL" if value is None else f"'{value}'"
        with engine.begin() as connection:
            for column in columns:
                key = "id" if column.table.name == "tenants" else "tenant_id"
                connection.exec_driver_sql(
                    f"UPDATE {column.table.name} SET {column.name} = {written} WHERE {key} = '{its}'"
                )


@pytest.fixture
def two(application: Application, sms: RecordingSms, payments: RecordingPayments) -> Two:
    with application.engine.begin() as connection:
        odd, good = planted(connection, "Odd", "646"), planted(connection, "Good", "212")
    booked(odd, sms)
    booked(good, sms)
    payments.books = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.SUCCEEDED, charge_id="ch")
    return Two(application, odd, good, sms)


def columns(type_: type) -> Iterator[Column[Any]]:
    for name in PLATFORM:
        yield from (each for each in metadata.tables[name].columns if isinstance(each.type, type_))


WELL: Final = (8, 3, 23)
"""The outcome of a business whose rows are well."""


def test_without_odd_rows_all_is_done(two: Two) -> None:
    assert {result["total_errors"] for result in two.every_job()} == {0}
    assert two.outcome(two.good) == WELL


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize("deleted", [True, False])
def test_instants_and_dates_beyond_reason_cost_nobody_else_anything(
    two: Two, engine: Engine, which: int, deleted: bool
) -> None:
    odd, kept = ODD[engine.dialect.name], RANGES if deleted else {*RANGES, "deleted_at"}
    two.set((each for each in columns(UtcDateTime) if each.name not in kept), odd["instants"][which])
    two.set((each for each in columns(Date) if each.name not in kept), odd["dates"][which])
    two.every_job()
    assert two.outcome(two.good) == WELL


@pytest.mark.parametrize("which", range(5))
def test_starts_and_expiry_dates_beyond_reason_cost_nobody_else_anything(two: Two, engine: Engine, which: int) -> None:
    odd = ODD[engine.dialect.name]
    two.set((each for each in columns(UtcDateTime) if each.name in RANGES), odd["instants"][which])
    two.set((each for each in columns(Date) if each.name in RANGES), odd["dates"][which])
    two.every_job()
    assert two.outcome(two.good) == WELL


NAMES: Final = ("business_name", "first_name", "last_name", "name", "address_line1", "city", "email", "language")


@pytest.mark.parametrize("value", [None, *TEXTS])
def test_phones_that_are_none_are_skipped_and_cost_nobody_else_anything(two: Two, value: str | None) -> None:
    two.set([metadata.tables["owners"].c.phone], value)
    skipped = [result.get("skipped", {}) for result in two.every_job()]
    reason = "no_phone" if value is None or not value.strip() else "invalid_phone"
    assert [set(each) for each in skipped[:3]] == [{reason}] * 3
    assert two.outcome(two.good) == WELL


@pytest.mark.parametrize("value", [None, *TEXTS])
def test_names_that_are_none_or_blank_or_no_latin_cost_nobody_else_anything(two: Two, value: str | None) -> None:
    named = (each for each in columns(String) if each.name in NAMES)
    two.set((each for each in named if value is not None or each.nullable), value)
    two.every_job()
    assert two.outcome(two.good) == WELL


def test_every_column_that_may_be_null_may_be_null(two: Two) -> None:
    every = (column for name in PLATFORM for column in metadata.tables[name].columns)
    two.set((each for each in every if each.nullable and each.name not in RANGES), None)
    two.every_job()
    assert two.outcome(two.good) == WELL


WRITTEN: Final = {
    "as SQLite's own functions do": "strftime('%Y-%m-%d %H:%M:%S', {})",
    "with milliseconds": "strftime('%Y-%m-%d %H:%M:%f', {})",
}


@pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", WRITTEN)
def test_instants_written_in_another_way_are_the_same_instants(two: Two, way: str) -> None:
    with two.application.engine.begin() as connection:
        for column in columns(UtcDateTime):
            key = "id" if column.table.name == "tenants" else "tenant_id"
            written = f"UPDATE {column.table} SET {column.name} = {WRITTEN[way].format(column.name)}"
            connection.exec_driver_sql(f"{written} WHERE {key} = '{two.odd.tenant.hex}'")
    for _ in range(2):
        two.every_job()
        assert two.outcome(two.odd) == two.outcome(two.good) == WELL
