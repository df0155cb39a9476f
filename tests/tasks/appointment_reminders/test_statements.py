"""How many statements planning executes, and what it looks at."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import event, func, select

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON
from tests.tasks.appointment_reminders.steps import DAY, JOB


def executed(application: Application) -> list[str]:
    """What is executed from now on."""
    statements: list[str] = []
    event.listen(application.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    return statements


def test_the_statements_grow_with_batches_not_with_rows(application: Application) -> None:
    application = replace(application, concurrency=500)  # as many are claimed at first: the largest batch
    statements = executed(application)
    counts = []
    for many in (1, 200):
        with application.engine.begin() as connection, rows.all_at_once(connection) as draft:
            tenant = rows.tenant(draft, f"paws-{many}")
            for _ in range(many):
                rows.appointment(draft, tenant, NOON + DAY)
        statements.clear()
        assert run(application, JOB)["reminders_sent"] == many
        counts.append(len(statements))
    with application.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.notifications)).scalar() == 201
    assert counts[1] == counts[0]


ZONES = ("America/New_York", "Europe/London", "Asia/Tokyo", "Africa/Cairo", "Australia/Lord_Howe")


def test_only_zones_with_quiet_hours_ahead_cost_a_statement_of_their_own(
    application: Application, clock: Clock
) -> None:
    statements, counts = executed(application), []
    for zone in ("America/New_York", "America/Chicago", "Europe/Bucharest"):
        with application.engine.begin() as connection:
            rows.tenant(connection, zone, timezone=zone)
        run(application, "AppointmentReminders2h")
        clock.now = NOON + timedelta(hours=1, minutes=len(counts))  # 20:00 in Bucharest
        statements.clear()
        run(application, "AppointmentReminders2h")
        counts.append(sum(each.startswith("SELECT") for each in statements))
    assert [each - counts[0] for each in counts] == [0, 0, 1]


def test_with_a_visit_only_appointments_of_its_own_local_day_are_looked_at(application: Application) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection, "auckland", timezone="Pacific/Auckland"), NOON + DAY)
        tenant = rows.tenant(connection, timezone="America/New_York")
        owner = rows.owner(connection, tenant)
        for hours in (24, 37):  # noon tomorrow, and one in the night after, which is the same day in Auckland
            rows.appointment(connection, tenant, NOON + timedelta(hours=hours), owner_id=owner)
    assert run(application, JOB)["total_checked"] == 2


def test_where_all_is_decided_already_nothing_is_written(application: Application, clock: Clock) -> None:
    statements, counts = executed(application), []
    for zone in ZONES:
        with application.engine.begin() as connection:
            tenant = rows.tenant(connection, zone, timezone=zone)
            owner = rows.owner(connection, tenant, sms_opted_in=False)
            rows.appointment(connection, tenant, NOON + timedelta(hours=12), owner_id=owner)
        run(application, JOB)
        clock.pass_(hours=1)
        statements.clear()
        assert run(application, JOB)["total_checked"] == len(counts) + 1
        counts.append(sum(each.startswith(("INSERT", "UPDATE", "DELETE")) for each in statements))
    assert set(counts) == {counts[0]}
