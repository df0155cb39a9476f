"""The writes to the platform's tables: on tables, with triggers, through views; and who wins at the same moment."""

import ast
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from shared.application import Application
from shared.database import tables
from shared.database.engine import writing
from shared.database.transactions import in_transaction
from shared.platform import writes
from shared.stages import Stage
from tests import rows
from tests.database.test_migrations_beside_writers import PATIENCE, is_waiting, wait_until
from tests.database.test_snapshots import SNAPSHOTS
from tests.doubles import Clock, RecordingSms
from tests.platform import platforms
from tests.recorded_sql import DIALECTS, SHARED
from tests.rows import NOON
from tests.salon import HOUR, Salon
from tests.stages import do

ON_POSTGRES = pytest.mark.parametrize("stock", ["postgresql"], indirect=True)


@pytest.fixture(params=platforms.FORMS)
def theirs(request: pytest.FixtureRequest, engine: Engine) -> str:
    """The prefix of the platform's own tables, in each of the forms that a platform may have."""
    return platforms.make(engine, request.param)


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def check_in(theirs: str, appointment: UUID) -> str:
    return f"UPDATE {theirs}appointments SET arrived_at = now(), status = 'in_progress' WHERE id = '{appointment}'"


@ON_POSTGRES
class TestOnEveryForm:
    def test_a_missed_visit_is_marked_counted_charged_and_corrected(
        self, theirs: str, paws: Salon, clock: Clock
    ) -> None:
        appointment = paws.add_due_fee(clock)
        paws.collect()
        (booked,) = rows.all_of(paws.engine, tables.appointments)
        assert (booked.status, booked.no_show_fee_charged) == ("no_show", 2500)
        assert (paws.standings(), paws.fee().offence_number) == ([(1, 80)], 1)
        execute(paws.engine, check_in(theirs, appointment))
        assert paws.plan()["corrected"] == 1
        assert (paws.standings(), paws.fee().status) == ([(0, 100)], "needs_refund")

    def test_an_owner_is_opted_out_and_one_who_was_stays_untouched(self, theirs: str, paws: Salon) -> None:
        owners = [paws.add_owner(), paws.add_owner(sms_opted_in=False)]
        with writing(paws.engine) as connection:
            writes.opt_out(connection, owners, NOON)
        found = {each.id: each for each in rows.all_of(paws.engine, tables.owners)}
        assert [found[each].sms_opted_in for each in owners] == [False, False]
        assert [found[each].updated_at is None for each in owners] == [False, True]

    def test_vaccination_statuses_are_brought_up_to_date(self, theirs: str, application: Application) -> None:
        with writing(application.engine) as connection:
            tenant = rows.tenant(connection)
            pet = rows.pet(connection, tenant, rows.owner(connection, tenant))
            rows.vaccination(connection, tenant, pet, date(2026, 3, 1), status="current")
        assert do(application, "VaccinationMonitor", Stage.PLAN)["statuses_updated"] == 2
        assert rows.only(application.engine, tables.vaccination_records).status == "expired"
        found = rows.only(application.engine, tables.pets)
        assert (found.vaccination_status, found.vaccination_expires_at) == ("expired", date(2026, 3, 1))
        assert do(application, "VaccinationMonitor", Stage.PLAN)["statuses_updated"] == 0

    def test_a_check_in_that_commits_first_wins(self, theirs: str, paws: Salon, sms: RecordingSms) -> None:
        appointment = paws.add_missed()
        result = beside(paws.engine, check_in(theirs, appointment), lambda: paws.do(Stage.PLAN, Stage.DELIVER))
        assert (result["total_detected"], paws.status_of(appointment)) == (0, "in_progress")
        assert (paws.fees(), paws.no_show_events(), sms.sent) == ([], [], [])
        assert rows.all_of(paws.engine, tables.decisions) == []

    def test_a_mark_by_staff_that_commits_first_costs_no_fee(self, theirs: str, paws: Salon) -> None:
        appointment = paws.add_missed()
        mark = f"UPDATE {theirs}appointments SET status = 'no_show' WHERE id = '{appointment}'"
        assert beside(paws.engine, mark, paws.plan)["total_detected"] == 0
        assert (paws.status_of(appointment), paws.fees(), paws.no_show_events()) == ("no_show", [], [])

    def test_a_check_in_that_commits_second_corrects_the_mark(
        self, theirs: str, paws: Salon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        appointment = paws.add_missed()
        mark, coming = writes.mark_missed, list[Future[None]]()

        def marked(*arguments: Any) -> Any:
            found = mark(*arguments)
            coming.append(threads.submit(execute, paws.engine, check_in(theirs, appointment)))
            wait_until(lambda: is_waiting(paws.engine, f"UPDATE {theirs}appointments SET arrived_at"))
            return found

        monkeypatch.setattr(writes, "mark_missed", marked)
        with ThreadPoolExecutor() as threads:
            assert paws.plan()["total_detected"] == 1
            coming[0].result(PATIENCE)
        assert (paws.status_of(appointment), paws.fee().status) == ("in_progress", "pending")
        assert paws.plan()["corrected"] == 1
        assert (paws.standings(), paws.fee().status) == ([(0, 100)], "cancelled")

    def test_two_that_mark_at_once_mark_once(self, theirs: str, paws: Salon, monkeypatch: pytest.MonkeyPatch) -> None:
        paws.add_missed()
        mark, others = writes.mark_missed, list[Future[Any]]()

        def marked(*arguments: Any) -> Any:
            found = mark(*arguments)
            if not others:
                others.append(threads.submit(paws.plan))
                wait_until(lambda: is_waiting(paws.engine, "FOR NO KEY UPDATE OF owners"))
            return found

        monkeypatch.setattr(writes, "mark_missed", marked)
        with ThreadPoolExecutor() as threads:
            results = [paws.plan(), others[0].result(PATIENCE)]
        assert [each["total_detected"] for each in results] == [1, 0]
        assert (len(paws.fees()), paws.standings(), len(paws.no_show_events())) == (1, [(1, 80)], 1)

    def test_two_that_count_at_once_number_the_visits_one_after_the_other(self, theirs: str, paws: Salon) -> None:
        owner = paws.add_owner()
        with ThreadPoolExecutor() as threads:
            with writing(paws.engine) as connection:
                first = writes.change_counts(connection, {owner: 1}, NOON)
                second = threads.submit(counted, paws.engine, owner)
                wait_until(lambda: is_waiting(paws.engine, "FOR NO KEY UPDATE OF owners"))
            assert (first, second.result(PATIENCE)) == ({owner: 1}, {owner: 2})
        assert rows.only(paws.engine, tables.owners).no_show_count == 2


def beside(engine: Engine, statement: str, work: Callable[[], Any]) -> Any:
    """Return what `work` returns, which waits for a statement of the platform's that is not committed before."""
    with ThreadPoolExecutor() as threads, engine.connect() as platform:
        platform.exec_driver_sql(statement)
        done = threads.submit(work)
        wait_until(lambda: is_waiting(engine, "FOR NO KEY UPDATE OF appointments"))
        platform.commit()
        return done.result(PATIENCE)


def counted(engine: Engine, owner: UUID) -> dict[Any, int]:
    return in_transaction(engine, lambda connection: writes.change_counts(connection, {owner: 1}, NOON))


@ON_POSTGRES
def test_what_a_trigger_does_not_write_is_logged(paws: Salon, caplog: pytest.LogCaptureFixture) -> None:
    platforms.make(paws.engine, "views")
    owner = paws.add_owner()
    execute(
        paws.engine,
        "CREATE OR REPLACE FUNCTION keep_owners() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    )
    with writing(paws.engine) as connection:
        assert writes.change_counts(connection, {owner: 1}, NOON) == {owner: 1}
    assert caplog.messages == [f"owners.no_show_count of 1 rows is not what was written, the first of them {owner}"]


def test_counts_never_fall_below_zero_and_null_counts_as_none(paws: Salon) -> None:
    owners = [paws.add_owner(no_show_count=count) for count in (0, 1, 3)]
    with writing(paws.engine) as connection:
        found = writes.change_counts(connection, dict.fromkeys(owners, -2), NOON)
    assert [found[each] for each in owners] == [0, 0, 1]
    assert sorted(count for count, _ in paws.standings()) == [0, 0, 1]


def test_a_fee_is_noted_on_appointments_of_its_own_business_only(paws: Salon) -> None:
    appointment = paws.add_missed()
    with writing(paws.engine) as connection:
        other = rows.tenant(connection, "other")
        writes.note_collected(connection, {(other, appointment): 100}, NOON)
    assert rows.only(paws.engine, tables.appointments).no_show_fee_charged is None
    with writing(paws.engine) as connection:
        writes.note_collected(connection, {(paws.tenant_id, appointment): 2500}, NOON + HOUR)
    found = rows.only(paws.engine, tables.appointments)
    assert (found.no_show_fee_charged, found.updated_at) == (2500, NOON + HOUR)


# No other module

OF_PLATFORM = "tenants|owners|pets|services|appointments|appointment_pets|vaccination_records"
WRITE = re.compile(rf"\b(?:UPDATE|INSERT INTO|DELETE FROM|MERGE INTO) (?:{OF_PLATFORM})\b")
OUR_COPY = {"operations.forecast.copying"}
"""It writes to the forecast's own copy."""


def statements(dialect: str) -> Iterator[tuple[str, str]]:
    """Yield each module and statement of the snapshots, which are what is executed."""
    for file in (SNAPSHOTS / dialect).glob("*.sql"):
        text = re.sub(r"^-- .*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        yield from ((file.stem, " ".join(each.split())) for each in text.split(";\n"))


def outermost(statement: str) -> str:
    """Return a statement without what stands in brackets, and without words of comparisons and types."""
    statement = statement.replace("IS DISTINCT FROM", "IS NOT").replace("WITH TIME ZONE", "")
    while (less := re.sub(r"\([^()]*\)", "", statement)) != statement:
        statement = less
    return statement


@pytest.mark.parametrize("dialect", DIALECTS, ids="for {}".format)
def test_no_other_module_writes_to_a_table_of_the_platform(dialect: str) -> None:
    found = [(module, each) for module, each in statements(dialect) if WRITE.search(each) and module not in OUR_COPY]
    assert {module for module, _ in found} == {"platform.writes"}
    assert len(found) >= 8
    wrong = r"\b(RETURNING|OUTPUT|FROM|MERGE|WITH|JOIN)\b"
    assert [each for _, each in found if re.search(wrong, outermost(each)) or not each.startswith("UPDATE ")] == []


def test_no_other_module_makes_such_a_statement() -> None:
    makers = ("update", "insert", "delete", "insert_absent", "update_each", "take_each", "update_chosen")
    elsewhere = ("sample", "cli", "operations/forecast", "platform/writes.py", "database/migrations")
    found = [
        f"{its}: {ast.unparse(call)[:60]}"
        for file in sorted(SHARED.rglob("*.py"))
        if not (its := file.relative_to(SHARED).as_posix()).startswith(elsewhere)
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in makers
        if re.search(rf"(^|\W)({OF_PLATFORM})(?!\.c)\b", f"{ast.unparse(call.func)}({table_of(call)})")
    ]
    assert found == []


def table_of(call: ast.Call) -> str:
    """Return the arguments of a call that may be the table it is about."""
    return ", ".join(ast.unparse(each) for each in call.args[:2])
