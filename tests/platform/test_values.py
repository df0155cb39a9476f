"""What a platform's values mean: NULL, words of its own, businesses that nobody serves."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Engine

from shared.application import Application
from shared.database import tables
from shared.database.rows.promises import DEFAULTS
from shared.errors import RunFailed
from shared.jobs import JOBS
from shared.platform.bad_values import bad_values
from shared.runtime import run
from shared.stages import Stage
from tests import rows
from tests.database.business import booked, planted
from tests.database.nonsense import let_in, write
from tests.doubles import RecordingSms
from tests.rows import NOON
from tests.salon import Salon
from tests.stages import ALL, do


@pytest.fixture
def lax(engine: Engine) -> Engine:
    """A database whose platform allows NULL, and words of its own, everywhere."""
    let_in(engine)
    return engine


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def bad(engine: Engine) -> list[str]:
    """Return what `db check` says of the values."""
    with engine.connect() as connection:
        return [line for _, line in bad_values(connection)]


@pytest.mark.parametrize("column", DEFAULTS, ids=str)
def test_null_means_the_default_and_ends_no_job(
    application: Application, lax: Engine, sms: RecordingSms, column: Column[Any]
) -> None:
    with lax.begin() as connection:
        business = planted(connection, "Paws", "212")
    booked(business, sms)
    its = business.tenant.hex if lax.dialect.name == "sqlite" else str(business.tenant)
    write(lax, column, "NULL", f"'{its}'")
    assert bad(lax) == []
    results = [do(application, job, *stages) for job, *stages in ALL]
    assert [error for result in results for error in result["errors"]] == []
    assert {result["tenants_processed"] for result in results} == {1}


def test_a_pet_of_which_nobody_says_whether_it_died_lives(paws: Salon) -> None:
    let_in(paws.engine)
    paws.add_missed()
    execute(paws.engine, "UPDATE pets SET is_deceased = NULL, is_active = NULL")
    assert paws.plan()["total_detected"] == 1


def test_nobody_is_texted_whose_consent_is_not_on_record(paws: Salon, sms: RecordingSms) -> None:
    let_in(paws.engine)
    paws.add_missed()
    execute(paws.engine, "UPDATE owners SET sms_opted_in = NULL")
    paws.do(Stage.PLAN, Stage.DELIVER)
    assert sms.sent == []
    assert paws.decisions("no_show_notice") == [("skipped", "opted_out")]


def test_a_count_and_a_score_that_are_null_are_none_and_a_hundred(paws: Salon) -> None:
    let_in(paws.engine)
    paws.add_missed()
    execute(paws.engine, "UPDATE owners SET no_show_count = NULL, reputation_score = NULL")
    paws.plan()
    assert (paws.standings(), paws.fee().offence_number) == ([(1, 80)], 1)


def test_a_status_of_a_vaccination_that_is_null_is_brought_up_to_date(application: Application, lax: Engine) -> None:
    with lax.begin() as connection:
        tenant = rows.tenant(connection)
        pet = rows.pet(connection, tenant, rows.owner(connection, tenant))
        rows.vaccination(connection, tenant, pet, date(2026, 3, 1))
    execute(lax, "UPDATE vaccination_records SET status = NULL")
    execute(lax, "UPDATE pets SET vaccination_status = NULL")
    do(application, "VaccinationMonitor", Stage.PLAN)
    assert rows.only(lax, tables.vaccination_records).status == "expired"
    assert rows.only(lax, tables.pets).vaccination_status == "expired"


# Words of its own


def test_unknown_words_are_named_in_one_line_a_column_with_what_the_jobs_know(lax: Engine) -> None:
    with lax.begin() as connection:
        for number in range(7):
            rows.tenant(connection, f"paws-{number}", status="TRIAL" if number == 6 else "ACTIVE")
    (said,) = bad(lax)
    assert said.startswith(
        "tenants.status holds ACTIVE (6 rows), TRIAL (1 row); the jobs know trial, active, suspended, "
    )
    assert said.endswith("; write these, or let python -m shared db adopt map them")


def test_no_number_name_or_sentence_is_quoted(paws: Salon) -> None:
    let_in(paws.engine)
    appointments = [paws.add_missed() for _ in range(4)]
    strange = ("+12125550143", "call Ana first", "\x1b[2J", "x" * 200)
    if paws.engine.dialect.name == "postgresql":
        execute(paws.engine, "ALTER TABLE appointments ALTER cancelled_by TYPE text")
    for appointment, value in zip(appointments, strange, strict=True):
        paws.change(appointment, cancelled_by=value)
    (said,) = bad(paws.engine)
    assert said.startswith("appointments.cancelled_by holds other values (4 rows, the first of them appointment ")
    assert "the jobs know owner, staff, system; " in said


def test_a_column_of_very_many_words_is_no_vocabulary(lax: Engine) -> None:
    with lax.begin() as connection:
        for letter in "abcdefghijklmnopqrstuvwxyz":
            rows.tenant(connection, letter, status=f"ward-{letter}")
    (said,) = bad(lax)
    assert said.startswith("tenants.status holds other values (26 rows, the first of them tenant ")


# Nobody served


@pytest.mark.parametrize("job", JOBS)
def test_a_run_for_businesses_with_unknown_statuses_fails_and_names_them(
    application: Application, lax: Engine, job: str
) -> None:
    with lax.begin() as connection:
        for name in ("paws", "tails"):
            rows.tenant(connection, name, status="ACTIVE")
    with pytest.raises(
        RunFailed, match=r"no tenant could be worked for; .*paws: settings: its row: tenants.status holds"
    ):
        run(application, job)


def test_a_business_with_an_unknown_status_or_none_is_left_out_by_name_and_no_other(
    application: Application, lax: Engine, sms: RecordingSms
) -> None:
    with lax.begin() as connection:
        for name, status in {"paws": "active", "tails": "ACTIVE", "nobody": None, "asleep": "suspended"}.items():
            tenant = rows.tenant(connection, name, status=status)
            rows.appointment(connection, tenant, NOON + timedelta(hours=24, minutes=10))
    result = run(application, "AppointmentReminders24h")
    assert sorted(each["tenant"] for each in result["errors"]) == ["nobody", "tails"]
    assert (len(sms.sent), result["tenants_failed"]) == (1, 2)


@pytest.mark.parametrize("columns", [{"status": "inactive"}, {"is_active": False}])
def test_a_run_where_no_business_is_active_says_so(application: Application, columns: dict[str, Any]) -> None:
    with application.engine.begin() as connection:
        rows.tenant(connection, **columns)
    result = run(application, "VaccinationMonitor")
    assert result["errors"] == [
        {
            "tenant": "all businesses",
            "subject": "nobody is served",
            "reason": "not one of 1 in the database is active; python -m shared tenants says why",
        }
    ]
    assert rows.only(application.engine, tables.runs).status == "with_errors"


def test_a_run_on_a_database_without_businesses_succeeds(application: Application) -> None:
    assert run(application, "VaccinationMonitor")["total_errors"] == 0
