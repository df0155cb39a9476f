"""A row that holds nonsense is left out and named, the others of its page are not lost."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from shared.application import Application
from shared.database import tables
from shared.database.appointments import Starts
from shared.database.engine import reading, writing
from shared.database.rows.reading import BadRow, noting
from shared.domain.records import Kind
from shared.platform.schema_check import lacks
from shared.stages import Stage
from shared.tasks.appointment_reminders import queries
from tests import rows
from tests.database.nonsense import let_in
from tests.doubles import RecordingSms
from tests.rows import NOON
from tests.stages import do

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = date(2026, 3, 3)
REMINDERS, ALERTS, MISSED = "AppointmentReminders24h", "VaccinationMonitor", "NoShowDetector"
ON_SQLITE = pytest.mark.parametrize("stock", ["sqlite"], indirect=True)


def spoil(engine: Engine, table: str, column: str, value: str, ids: Iterable[UUID]) -> None:
    """Write a value, as SQL, into some rows as a platform might."""
    with engine.begin() as connection:
        for id_ in ids:
            its = id_.hex if engine.dialect.name == "sqlite" else str(id_)
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = {value} WHERE id = '{its}'")


def tomorrow(engine: Engine, subdomain: str = "paws", many: int = 1, **columns: Any) -> list[UUID]:
    """Appointments of which the owners are to be reminded now."""
    with writing(engine) as connection:
        tenant = rows.tenant(connection, subdomain)
        return [rows.appointment(connection, tenant, NOON + DAY + HOUR / 6, **columns) for _ in range(many)]


@ON_SQLITE
@pytest.mark.parametrize("start", ["2026-03-03 noon", "2026-03-03 99:99:99"])
def test_a_start_that_is_none_is_one_error_and_costs_nobody_a_reminder(
    application: Application, engine: Engine, sms: RecordingSms, start: str
) -> None:
    (bad, _), _ = tomorrow(engine, many=2), tomorrow(engine, "tails")
    spoil(engine, "appointments", "scheduled_start", f"'{start}'", [bad])
    result = do(application, REMINDERS, *[Stage.PLAN, Stage.DELIVER])
    assert result["errors"] == [
        {
            "tenant": "paws",
            "subject": f"appointment {bad}",
            "reason": "appointments.scheduled_start holds no instant of the years 1900 to 2100; put it right",
        }
    ]
    assert (result["total_errors"], result["reminders_planned"], len(sms.sent)) == (1, 2, 2)


@pytest.mark.parametrize("bad_ones", [[0], [1, 2], [3, 4, 5], [0, 1, 2, 3, 4]])
def test_the_other_rows_of_a_page_are_not_lost(engine: Engine, bad_ones: list[int]) -> None:
    let_in(engine)
    ids = sorted(tomorrow(engine, many=6))
    spoil(engine, "appointments", "created_at", "NULL", [ids[each] for each in bad_ones])
    noted: list[BadRow] = []
    with reading(engine) as connection:
        tenant = connection.execute(select(tables.tenants.c.id)).scalar_one()
    found: list[UUID] = []
    beyond = None
    while True:
        with reading(noting(engine, noted.append)) as connection:
            page = queries.appointments_to_remind(
                connection, Kind.REMINDER_24H, [tenant], Starts(NOON, NOON + 2 * DAY), beyond=beyond, limit=2
            )
        found += [each.appointment.id for each in page]
        if len(page) < 2:
            break
        beyond = page[-1].appointment
    assert found == [id_ for number, id_ in enumerate(ids) if number not in bad_ones]
    assert {each.subject for each in noted} == {f"appointment {ids[each]}" for each in bad_ones}
    assert {each.tenant_id for each in noted} == {tenant}


NAMED = {
    "owners.first_name": ("owners", "x'00ff'", "owner"),
    "owners.sms_opted_in": ("owners", "7", "owner"),
    "services.name": ("services", "x'00ff'", "service"),
    "pets.is_deceased": ("pets", "'perhaps'", "pet"),
}


@ON_SQLITE
@pytest.mark.parametrize("column", NAMED)
def test_the_row_that_is_wrong_is_the_one_that_is_named(
    application: Application, engine: Engine, sms: RecordingSms, column: str
) -> None:
    table, value, noun = NAMED[column]
    tomorrow(engine, "tails")
    with writing(engine) as connection:
        tenant = rows.tenant(connection, "paws")
        ids = {"owners": rows.owner(connection, tenant)}
        ids["pets"] = rows.pet(connection, tenant, ids["owners"])
        ids["services"] = rows.insert(connection, tables.services, tenant_id=tenant, name="Bath")
        its = {"owner_id": ids["owners"], "pets": [ids["pets"]], "service_id": ids["services"]}
        for hours in (1, 2):
            rows.appointment(connection, tenant, NOON + DAY + hours * HOUR / 6, **its)
    spoil(engine, table, column.partition(".")[2], value, [ids[table]])
    result = do(application, REMINDERS, Stage.PLAN, Stage.DELIVER)
    assert [(each["tenant"], each["subject"]) for each in result["errors"]] == [("paws", f"{noun} {ids[table]}")]
    assert result["errors"][0]["reason"].startswith(f"{column} holds ")
    assert len(sms.sent) == 1


@ON_SQLITE
def test_a_row_spoiled_after_it_was_planned_is_not_texted_and_is_named(
    application: Application, engine: Engine, sms: RecordingSms
) -> None:
    (bad,), _ = tomorrow(engine), tomorrow(engine, "tails")
    do(application, REMINDERS, Stage.PLAN)
    spoil(engine, "appointments", "scheduled_start", "'2026-03-04 noon'", [bad])
    result = do(application, REMINDERS, Stage.DELIVER)
    assert [each["subject"] for each in result["errors"]] == [f"appointment {bad}"]
    assert len(sms.sent) == 1
    spoil(engine, "appointments", "scheduled_start", f"'{NOON + DAY + HOUR / 6:%Y-%m-%d %H:%M:%S}'", [bad])
    do(application, REMINDERS, Stage.PLAN, Stage.DELIVER)
    assert len(sms.sent) == 2  # put right, it is decided anew


def missed(engine: Engine, subdomain: str, **tenant: Any) -> UUID:
    with writing(engine) as connection:
        its = rows.tenant(connection, subdomain, **tenant)
        service = rows.insert(connection, tables.services, tenant_id=its, name="Bath", price=4000)
        for days in (1, 2):  # who came
            rows.appointment(connection, its, NOON - HOUR * (3 + days), status="completed", arrived_at=NOON)
        return rows.appointment(connection, its, NOON - 3 * HOUR, service_id=service)


def fees(engine: Engine) -> list[tuple[str, int, str]]:
    with reading(engine) as connection:
        tenant, fee = tables.tenants.c, tables.payments.c
        query = select(tenant.subdomain, fee.amount, fee.currency).join(tables.payments, fee.tenant_id == tenant.id)
        return sorted(map(tuple, connection.execute(query)))


def test_null_as_currency_means_us_dollars(application: Application, engine: Engine) -> None:
    let_in(engine)
    missed(engine, "paws")
    with writing(engine) as connection:
        connection.execute(tables.tenants.update().values(currency=None))
    assert do(application, MISSED, Stage.PLAN)["total_errors"] == 0
    assert fees(engine) == [("paws", 2500, "USD")]


def test_null_as_a_counter_means_none_yet(application: Application, engine: Engine) -> None:
    let_in(engine)
    missed(engine, "paws")
    with writing(engine) as connection:
        connection.execute(tables.owners.update().values(no_show_count=None, reputation_score=None))
    assert do(application, MISSED, Stage.PLAN)["total_errors"] == 0
    assert fees(engine) == [("paws", 2500, "USD")]
    with reading(engine) as connection:
        query = select(tables.owners.c.no_show_count, tables.owners.c.reputation_score).where(
            tables.owners.c.no_show_count > 0
        )
        assert connection.execute(query).one() == (1, 80)


@ON_SQLITE
def test_a_price_that_is_a_text_stops_nobody_elses_fees(application: Application, engine: Engine) -> None:
    missed(engine, "paws")
    missed(engine, "tails")
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "UPDATE services SET price = 'eighty' WHERE tenant_id = (SELECT id FROM tenants WHERE subdomain = 'paws')"
        )
    result = do(application, MISSED, Stage.PLAN)
    assert [each["tenant"] for each in result["errors"]] == ["paws"]
    assert "services.price holds no number from 0 to 1,000,000,000" in result["errors"][0]["reason"]
    assert fees(engine) == [("tails", 2500, "USD")]


@pytest.mark.parametrize("currency", ["", "dollars", "$$$"])
def test_a_tenant_whose_row_cannot_be_used_is_left_out_wholly_and_its_texts_wait(
    application: Application, engine: Engine, sms: RecordingSms, currency: str
) -> None:
    let_in(engine)
    tomorrow(engine)
    tomorrow(engine, "tails")
    do(application, REMINDERS, Stage.PLAN)
    with writing(engine) as connection:
        its = tables.tenants.c.subdomain == "paws"
        connection.execute(tables.tenants.update().where(its).values(currency=currency))
    result = do(application, REMINDERS, Stage.PLAN, Stage.DELIVER)
    assert [(each["tenant"], each["subject"]) for each in result["errors"]] == [("paws", "settings")]
    assert "tenants.currency holds no currency" in result["errors"][0]["reason"]
    assert (result["tenants_failed"], len(sms.sent)) == (1, 1)
    with writing(engine) as connection:
        connection.execute(tables.tenants.update().values(currency="USD"))
    do(application, REMINDERS, Stage.DELIVER)
    assert len(sms.sent) == 2


FOR_EVER = date(2101, 1, 1)


def test_an_expiry_after_2100_is_no_error_and_counts_as_none(
    application: Application, engine: Engine, sms: RecordingSms
) -> None:
    with writing(engine) as connection:
        tenant = rows.tenant(connection)
        pet = rows.pet(connection, tenant, rows.owner(connection, tenant))
        old = rows.vaccination(connection, tenant, pet, TODAY + 7 * DAY, administered_date=TODAY - 300 * DAY)
        new = rows.vaccination(connection, tenant, pet, FOR_EVER, administered_date=TODAY - DAY)
    result = do(application, ALERTS, Stage.PLAN, Stage.DELIVER)
    assert (result["total_errors"], len(sms.sent)) == (0, 1)  # the one without expiry supersedes nothing
    with reading(engine) as connection:
        records, animals = tables.vaccination_records, tables.pets
        statuses = dict(map(tuple, connection.execute(select(records.c.id, records.c.status))))
        of_pet = connection.execute(select(animals.c.vaccination_status, animals.c.vaccination_expires_at)).one()
    assert statuses == {old: "expiring_soon", new: "unknown"}
    assert of_pet == ("expiring_soon", TODAY + 7 * DAY)
    assert lacks(engine) == []


def test_the_pet_of_another_businesss_owner_is_named_and_never_mixed(
    application: Application, engine: Engine, sms: RecordingSms
) -> None:
    with writing(engine) as connection:
        paws, tails = rows.tenant(connection), rows.tenant(connection, "tails")
        theirs = rows.owner(connection, tails)
        pet = rows.pet(connection, paws, theirs, name="Rex")
        ours = rows.owner(connection, paws)
        made = [
            rows.appointment(connection, paws, at, owner_id=ours, pets=[pet], **more)
            for at, more in (
                (NOON + DAY + HOUR / 6, {}),
                (NOON - 3 * HOUR, {}),
                (NOON - 30 * HOUR, {"status": "completed"}),
            )
        ]
    results = [do(application, job, Stage.PLAN, Stage.DELIVER) for job in (REMINDERS, MISSED, "ReputationUpdater")]
    assert [[each["subject"] for each in result["errors"]] for result in results] == [
        [f"appointment {each}"] for each in made
    ]
    assert {each["reason"].partition(" ")[0] for result in results for each in result["errors"]} == {"its"}
    assert (sms.sent, fees(engine)) == ([], [])


SENDERS = {
    "a number": ({"from": "+12125550100"}, {"from": "+1 212 555-0100"}),
    "a service": ({"messaging_service_sid": f"MG{'a' * 32}"}, {"messaging_service_sid": f"MG{'A' * 32}"}),
}


@pytest.mark.parametrize("which", SENDERS)
def test_a_sender_that_two_businesses_name_as_their_own_is_named_for_both(
    application: Application, engine: Engine, sms: RecordingSms, which: str
) -> None:
    for subdomain, its in zip(("paws", "tails"), SENDERS[which], strict=True):
        tomorrow(engine, subdomain)
        with writing(engine) as connection:
            one = tables.tenants.c.subdomain == subdomain
            connection.execute(tables.tenants.update().where(one).values(settings=json.dumps({"sms": its})))
    tomorrow(engine, "third")
    for only in ((), ("paws",)):
        result = do(application, REMINDERS, Stage.PLAN, only=only)
        named = {each["tenant"]: each["reason"] for each in result["errors"]}
        assert set(named) == ({"paws"} if only else {"paws", "tails"})
        assert "is also the sender of tails; give each business its own" in named["paws"]
    do(application, REMINDERS, Stage.DELIVER)
    assert len(sms.sent) == 3  # they are served


def test_db_check_names_values_that_are_not_what_their_columns_promise(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        let_in(engine)
    else:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE appointments DROP CONSTRAINT ck_appointments_status")
    ids = sorted(tomorrow(engine, many=5))
    spoil(engine, "appointments", "scheduled_end", "'0001-01-01 00:00:00'", ids)
    spoil(engine, "appointments", "status", "'perhaps'", ids[:1])
    spoil(engine, "appointments", "deposit_paid", "-5", ids[:2])
    said = {each.partition(" ")[0]: each for each in lacks(engine)}
    assert set(said) == {"appointments.scheduled_end", "appointments.status", "appointments.deposit_paid"}
    end = said["appointments.scheduled_end"]
    assert end.startswith("appointments.scheduled_end holds no instant of the years 1900 to 2100 in appointment ")
    assert (end.count("appointment "), " and 2 more; put it right" in end) == (3, True)
    assert said["appointments.status"].startswith("appointments.status holds perhaps (1 row); the jobs know pending, ")


@ON_SQLITE
def test_db_check_finds_an_hour_that_no_clock_shows(engine: Engine) -> None:
    (bad,) = tomorrow(engine)
    spoil(engine, "appointments", "scheduled_start", "'2026-03-04 99:99:99'", [bad])
    assert [str(bad) in each for each in lacks(engine)] == [True]
