"""Two businesses in one database: whatever of the other's its rows refer to, a run for one never touches the other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, Engine, Table, select

from shared.application import Application
from shared.database import tables
from shared.database.tables import metadata
from shared.fees import staff_action_queries
from shared.fees.visit_queries import missed_visits
from shared.gateways.payments import Intent, IntentState
from shared.jobs import JOBS
from shared.runtime import run
from shared.stages import Stage
from tests import rows
from tests.database.business import DAY, Business, booked, planted
from tests.doubles import RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.stages import ALL, do

OURS, THEIRS = "Paws", "Zorro"
"""The second stands in every name of the other business: where it is read it shows."""
THEIR_AREA = "646"
SOFT: Final = {
    ("decisions", "subject_id"): "appointments",
    ("decisions", "notification_id"): "notifications",
    ("reputation_events", "subject_id"): "payments",
}
"""References that are no foreign keys, and are not named for what they refer to."""
INTO_THE_PLATFORM: Final = "payments decisions notifications reputation_events phone_blocks pauses".split()
"""Our tables whose rows refer to the platform's."""
ITSELF: Final = ("pauses", "tenant_id")
"""Such a row says nothing but that of its tenant: referring to another's it is another's."""

Row = tuple[str, tuple[Any, ...]]
"""A row's table and primary key."""


def references() -> list[Column[Any]]:
    """Every column by which a row refers to another one."""
    foreign = [key.parent for table in metadata.sorted_tables for key in sorted(table.foreign_keys, key=str)]
    named = ("appointment_id", "owner_id", "tenant_id")
    ours = [metadata.tables[table].c.get(column) for table in INTO_THE_PLATFORM for column in named]
    soft = [metadata.tables[table].c[column] for table, column in SOFT]
    known = [each for each in [*foreign, *ours, *soft] if each is not None]
    return [each for each in known if (each.table.name, each.name) != ITSELF]


REFERENCES: Final = references()
NAMES: Final = [f"{each.table.name}.{each.name}" for each in REFERENCES]


@dataclass(slots=True)
class Two:
    """Two businesses with a row of every kind. `twins`: the other's row for each of ours that plays the same part."""

    application: Application
    ours: Business
    theirs: Business
    our_rows: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def twins(self) -> dict[UUID, UUID]:
        return {id_: self.theirs.ids[part] for part, id_ in self.ours.ids.items()}

    def plant(self, column: Column[Any], chance: float = 1, dice: Random | None = None) -> int:
        """Let our rows refer by a column to the other's; return how many do."""
        planted = 0
        with self.application.engine.begin() as connection:
            for row in self.our_rows[column.table.name]:
                if row[column.name] in self.twins and (dice is None or dice.random() < chance):
                    refer(connection, column, row, self.twins[row[column.name]])
                    planted += 1
        return planted

    def others(self) -> dict[Row, Any]:
        """Every row that is not ours, and of ours those that say they are the other's."""
        ours = {(name, key_of(metadata.tables[name], row)) for name, its in self.our_rows.items() for row in its}
        return {
            each: row
            for each, row in every_row(self.application.engine).items()
            if each not in ours or row.get("tenant_id") == self.theirs.tenant
        }


def refer(connection: Connection, column: Column[Any], row: Mapping[str, Any], to: UUID) -> None:
    key = [each == row[each.name] for each in column.table.primary_key.columns]
    connection.execute(column.table.update().where(*key).values({column.name: to}))


def key_of(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[each.name] for each in table.primary_key.columns)


def every_row(engine: Engine) -> dict[Row, Mapping[str, Any]]:
    """Every row of the tables whose rows belong to a tenant."""
    found: dict[Row, Mapping[str, Any]] = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            if table.name not in ("runs", "leases", "breakers"):
                for row in connection.execute(select(table)).mappings():
                    found[table.name, key_of(table, row)] = dict(row)
    return found


@pytest.fixture
def two(application: Application, sms: RecordingSms, payments: RecordingPayments) -> Two:
    with application.engine.begin() as connection:
        ours = planted(connection, OURS, "212", attempt=2)
        our_rows = {table.name: connection.execute(select(table)).mappings().all() for table in metadata.sorted_tables}
    with application.engine.begin() as connection:
        theirs = planted(connection, THEIRS, THEIR_AREA)
    for each in (ours, theirs):
        booked(each, sms)
    payments.books = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.SUCCEEDED, charge_id="ch")
    return Two(application, ours, theirs, our_rows)


def run_for_us(two: Two) -> list[dict[str, Any]]:
    """Every job for our business alone, rehearsed first."""
    return [run(two.application, job, only=["paws"], is_dry=is_dry) for job in JOBS for is_dry in (True, False)]


def do_all_for_us(two: Two) -> list[dict[str, Any]]:
    """All that they do, likewise."""
    return [do(two.application, *each, only=["paws"], is_dry=is_dry) for each in ALL for is_dry in (True, False)]


def ensure_untouched(
    two: Two, before: Mapping[Row, Any], results: Any, sms: RecordingSms, payments: RecordingPayments, log: str
) -> None:
    after = every_row(two.application.engine)
    changed = {each: (row, after.get(each)) for each, row in before.items() if after.get(each) != row}
    assert changed == {}
    new = [row for each, row in after.items() if each not in before]
    assert [row for row in new if row.get("tenant_id") == two.theirs.tenant] == []
    told = json.dumps(results) + log + "".join(f"{each.to} {each.body}\n" for each in sms.sent)
    told += "".join(f"{each.customer_id} {each.description} {each.metadata}\n" for each in payments.created)
    told += "".join(f"{charge.customer_id}\n" for charge, _ in payments.looked_up)
    told += "".join(f"{row['to_phone']} {row['body']}\n" for each, row in after.items() if is_our_text(two, each, row))
    assert [line for line in told.splitlines() if THEIRS.lower() in line.lower() or f"+1{THEIR_AREA}" in line] == []


def is_our_text(two: Two, each: Row, row: Mapping[str, Any]) -> bool:
    return each[0] == "notifications" and row["tenant_id"] == two.ours.tenant


def test_a_run_for_one_business_does_all_its_work_and_nothing_of_the_others(
    two: Two, sms: RecordingSms, payments: RecordingPayments, caplog: pytest.LogCaptureFixture
) -> None:
    before = two.others()
    results = run_for_us(two)
    ensure_untouched(two, before, results, sms, payments, caplog.text)
    assert [result["total_errors"] for result in results] == [0] * len(results)
    handed_over = [row for each, row in every_row(two.application.engine).items() if is_our_text(two, each, row)]
    kinds = {row["kind"] for row in handed_over if row["body"]}
    assert kinds == {"reminder_24h", "reminder_2h", "no_show_notice", "vaccination_expiring", "fee_receipt"}
    assert [charge.customer_id for charge in payments.created] == ["cus_Paws_owes"]


@pytest.mark.parametrize("column", REFERENCES, ids=NAMES)
def test_what_a_row_refers_to_of_another_business_is_left_alone(
    two: Two, sms: RecordingSms, payments: RecordingPayments, caplog: pytest.LogCaptureFixture, column: Column[Any]
) -> None:
    assert two.plant(column) > 0
    before = two.others()
    results = do_all_for_us(two)
    ensure_untouched(two, before, results, sms, payments, caplog.text)


@pytest.mark.parametrize("seed", range(12))
def test_many_such_rows_at_once_are_left_alone(
    two: Two, sms: RecordingSms, payments: RecordingPayments, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    dice = Random(seed)
    chosen = dice.sample([each for each in REFERENCES if not each.primary_key], 6)
    assert sum(two.plant(column, 0.5, dice) for column in chosen) > 0
    before = two.others()
    results = do_all_for_us(two)
    ensure_untouched(two, before, results, sms, payments, caplog.text)


def test_what_another_business_says_of_our_owners_does_not_count(two: Two) -> None:
    owner, ours, theirs = two.ours.ids["mends"], two.ours.tenant, two.theirs.tenant
    with two.application.engine.begin() as connection:
        stranger = Business(connection, THEIRS, THEIR_AREA, ids={"tenant": theirs})
        stranger.event("bad word", owner, "late_cancellation", -10, owner, NOON - DAY)
    run(two.application, "ReputationUpdater", only=["paws"])
    found = {each.id: each for each in rows.all_of(two.application.engine, tables.owners)}
    assert (found[owner].tenant_id, found[owner].reputation_score) == (ours, 65)


def test_a_fee_of_another_business_is_none_of_the_visits(two: Two) -> None:
    fee = two.ours.ids["owes's fee"]
    rows.change(two.application.engine, tables.payments, fee, tenant_id=two.theirs.tenant)
    with two.application.engine.connect() as connection:
        assert missed_visits(connection, [fee])[fee].fee is None


def test_a_fee_that_another_business_waived_forgives_no_visit(two: Two) -> None:
    fee = two.ours.ids["owes's fee"]
    rows.change(two.application.engine, tables.payments, fee, tenant_id=two.theirs.tenant, status="waived")
    do(two.application, "NoShowDetector", Stage.PLAN, only=["paws"])
    (event,) = [
        each for each in rows.all_of(two.application.engine, tables.reputation_events) if each.subject_id == fee
    ]
    assert event.reversed_at is None


def test_a_refund_is_not_noted_on_another_businesss_appointment(two: Two) -> None:
    fee, theirs = two.ours.ids["paid's fee"], two.theirs.ids["paid's appointment"]
    rows.change(two.application.engine, tables.payments, fee, appointment_id=theirs)
    with two.application.engine.begin() as connection:
        asked = staff_action_queries.ask_refund(connection, fee, 1000, "Kim", "a gift", NOON)
        staff_action_queries.end_refund(connection, asked, {"outcome": "done"}, NOON, nothing_left=False)
    found = {each.id: each for each in rows.all_of(two.application.engine, tables.appointments)}
    assert found[theirs].no_show_fee_charged is None


def test_a_stop_that_a_run_for_another_business_could_not_heed_is_heeded_by_the_next(two: Two) -> None:
    run(two.application, "AppointmentReminders2h", only=["paws"])
    with two.application.engine.begin() as connection:
        connection.execute(tables.leases.delete())  # that of the receipts holds for 25 minutes
    run(two.application, "AppointmentReminders2h", only=["zorro"])
    owners = {each.id: each.sms_opted_in for each in rows.all_of(two.application.engine, tables.owners)}
    assert [owners[each.ids["says stop"]] for each in (two.ours, two.theirs)] == [False, False]
