"""The plans of every statement the jobs execute: an index range each, and no way through a whole table that grows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, event, text

from shared.application import Application
from shared.domain.policy.models import TenantPolicy
from shared.gateways.payments import Intent, IntentState
from shared.jobs import JOBS
from shared.runtime import run
from tests.database.business import booked, planted
from tests.databases import Stock
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.stored import store

MANY: Final = 30_000
GROWING: Final = {
    "appointments",
    "appointment_pets",
    "vaccination_records",
    "notifications",
    "payments",
    "decisions",
    "reputation_events",
}
WHOLE: Final = re.compile(r"CASE WHEN \((vaccination_records|truth)\.expir\w+ IS NULL OR ")
"""What is meant to look at all vaccinations of the businesses once a day: the statuses."""
RANGES: Final = {
    "ix_appointments_tenant_id_scheduled_start": "scheduled_start",
    "ix_appointments_owner_id_scheduled_start": "scheduled_start",
    "ix_vaccination_records_tenant_id_expiry_date": "expiry_date",
    "ix_payments_status_next_attempt_at": "next_attempt_at",
    "ix_payments_status_claimed_until": "claimed_until",
    "ix_notifications_status_useful_until": "useful_until",
    "ix_notifications_status_claimed_until": "claimed_until",
    "ix_notifications_sent_at_tenant_id": "sent_at",
    "ix_reputation_events_kind_occurred_at": "occurred_at",
}
"""The column by which a search in an index must be limited: what else it begins with is the same in many rows."""
UNDER_WAY: Final = ("'planned'", "'sending'", "'pending'", "'processing'")
"""But for these: rows in such a state wait for the next runs, and are few however many are stored."""


@dataclass(frozen=True, slots=True)
class Executed:
    """A statement as the driver got it, with the parameters of its first execution."""

    statement: str
    parameters: Any

    def plan(self, connection: Connection) -> list[Any]:
        """Return what the database says of it, without executing it."""
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN (FORMAT JSON) "
        return list(connection.exec_driver_sql(explain + self.statement, self.parameters))


@pytest.fixture(scope="module")
def engine(stock: Stock) -> Iterator[Engine]:
    """A platform with years of rows, for all tests: none of them keeps what it changes."""
    with stock.lent() as engine:
        with engine.begin() as connection:
            store(connection, MANY, NOON)
        yield engine


@pytest.fixture(scope="module")
def executed(engine: Engine) -> list[Executed]:
    """All that the jobs execute there, when each of them has something to do."""
    with engine.begin() as connection:
        business = planted(connection, "Paws", "212")
        connection.execute(text("ANALYZE"))
    clock, sms, payments = Clock(NOON), RecordingSms(), RecordingPayments()
    booked(business, sms)
    application = Application(engine, TenantPolicy(), ZoneInfo("UTC"), sms, clock=clock, payments=payments)
    payments.books = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.SUCCEEDED, charge_id="ch")
    found: dict[str, Executed] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool) -> None:
        if re.match(r"\s*(WITH|SELECT|UPDATE|DELETE)", statement):
            found.setdefault(statement, Executed(statement, parameters[0] if is_many else parameters))

    event.listen(engine, "before_cursor_execute", note)
    for job in JOBS:
        for is_dry in (True, False):
            run(application, job, is_dry=is_dry)
    event.remove(engine, "before_cursor_execute", note)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Step:
    """How a plan gets at the rows of a table. `index`: None for the whole table; `limits`: what limits the search."""

    table: str
    index: str | None
    limits: str

    @property
    def is_search(self) -> bool:
        if self.index is None or not self.limits:
            return False
        return RANGES.get(self.index, "") in self.limits or any(each in self.limits for each in UNDER_WAY)


def steps(plan: Sequence[Any], statement: str, dialect: str) -> list[Step]:
    found = _sqlite_steps(plan, statement) if dialect == "sqlite" else _postgres_steps(plan[0][0][0]["Plan"])
    return [each for each in found if each.table in GROWING]


def _sqlite_steps(plan: Sequence[Any], statement: str) -> Iterator[Step]:
    tables = {alias: table for table, alias in re.findall(r"(\w+) AS (\w+)", statement)}
    for row in plan:
        if found := re.match(r"(?:SCAN|SEARCH) (\w+)(?:.* INDEX (\w+))?(?: \((.*)\))?", row[-1]):
            yield Step(tables.get(found[1], found[1]), found[2], found[3] or "")


def _postgres_steps(node: Mapping[str, Any]) -> Iterator[Step]:
    kind = node["Node Type"]
    if "Scan" in kind and kind != "Bitmap Heap Scan":
        index, limits = node.get("Index Name"), node.get("Index Cond", "")
        yield Step(node.get("Relation Name") or table_of(index or ""), index, limits)
    below = [step for each in node.get("Plans", ()) for step in _postgres_steps(each)]
    # Of two indexes that limit the same rows one is enough.
    yield from [each for each in below if each.is_search] or below if kind == "BitmapAnd" else below


def table_of(index: str) -> str:
    """The table of an index, which the plan of a bitmap scan does not name: its name begins with the table's."""
    its = index.partition("_")[2]
    return max((each for each in GROWING if its.startswith(each)), key=len, default="")


def test_every_statement_of_the_jobs_finds_its_rows_by_a_range_of_an_index(
    executed: list[Executed], engine: Engine
) -> None:
    with engine.connect() as connection:
        plans = [(each, steps(each.plan(connection), each.statement, engine.dialect.name)) for each in executed]
    slow = {each.statement: its for each, its in plans if not all(step.is_search for step in its)}
    assert {statement: its for statement, its in slow.items() if not WHOLE.search(statement)} == {}
    assert {step.table for _, its in plans for step in its} == GROWING  # each of them was looked at
    assert {step.index for _, its in plans for step in its} >= set(RANGES)


def test_the_writes_to_the_platforms_rows_go_by_their_ids(executed: list[Executed], engine: Engine) -> None:
    """Those of vaccination statuses look at all of a business."""
    written = re.compile(r"UPDATE (appointments|owners) SET")
    its = [each for each in executed if written.match(each.statement)]
    with engine.connect() as connection:
        for each in its:
            table = each.statement.split()[1]
            plan = each.plan(connection)
            if engine.dialect.name == "sqlite":
                assert f"SEARCH {table} USING INDEX sqlite_autoindex_{table}_1 (id=?)" in str(plan)
            else:
                batch = Executed(each.statement, {**each.parameters, "ids": [uuid4() for _ in range(500)]})
                plan = batch.plan(connection)
                assert scans(plan[0][0][0]["Plan"], table) <= {f"pk_{table}"}, each.statement
    assert {each.statement.split()[3].partition("=")[0] for each in its} >= {
        "status",
        "no_show_fee_charged",
        "no_show_count",
        "reputation_score",
    }


def scans(node: Mapping[str, Any], alias: str) -> set[str]:
    """Return by which indexes PostgreSQL finds the rows of a table by its own name; "" for none."""
    found = {index for each in node.get("Plans", ()) for index in scans(each, alias)}
    if "Scan" in node["Node Type"] and node["Node Type"] != "Bitmap Heap Scan":
        its = node.get("Alias") or table_of(node.get("Index Name", ""))
        found |= {node.get("Index Name", "")} if its == alias else set()
    return found


@pytest.mark.parametrize("index", ["ix_appointments_tenant_id_scheduled_start", "ix_decisions_subject_id"])
def test_a_missing_index_shows_in_the_plans(executed: list[Executed], engine: Engine, index: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP INDEX {index}")
        plans = [steps(each.plan(connection), each.statement, engine.dialect.name) for each in executed]
        connection.rollback()
    assert not all(step.is_search for its in plans for step in its)
