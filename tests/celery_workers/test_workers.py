"""Celery's own workers on a real Redis, killed or failing for good: nothing is doubled and nothing is lost."""

import os
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from shared.application import simulation
from shared.database import tables
from shared.database.engine import open_engine, reading
from shared.runtime import run
from shared.schedulers.celery_app import DEAD
from tests import rows
from tests.celery_workers.conftest import NOW
from tests.celery_workers.fleet import Fleet, wait_for
from tests.crash.test_jobs import SHOWN, differences, state
from tests.databases import Databases
from tests.loopback.twilio import ACCOUNT, NUMBER, TOKEN, LoopbackTwilio

JOB = "AppointmentReminders24h"
TENANTS, EACH = 12, 50

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="NOT TESTED: Celery's workers do not run on Windows")


@pytest.fixture
def many_due(engine: Engine) -> Engine:
    """600 reminders due, of twelve tenants."""
    with engine.begin() as writing, rows.all_at_once(writing) as connection:
        for number in range(TENANTS):
            tenant = rows.tenant(connection, f"paws-{number}")
            for index in range(EACH):
                owner = rows.owner(connection, tenant, phone=f"+1212555{number * EACH + index:04}")
                start = NOW + timedelta(hours=24, minutes=index % 30)
                rows.appointment(connection, tenant, start, owner_id=owner, created_at=NOW - timedelta(days=30))
    return engine


@pytest.fixture
def undisturbed(many_due: Engine, databases: Databases, database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of one undisturbed run in one piece, on a copy."""
    many_due.dispose()
    url = databases.copy(database_url)
    engine = open_engine(url)
    run(simulation(engine, lambda: NOW), JOB)
    engine.dispose()
    found = state(url)
    databases.drop(url)
    return found


@pytest.fixture
def twilio(fleet: Fleet) -> Iterator[LoopbackTwilio]:
    """A Twilio that takes a while over each message."""
    with LoopbackTwilio(latency=0.02, clock=lambda: NOW) as twilio:
        fleet.settings |= {
            "SMS_PROVIDER": "twilio",
            "TWILIO_API_BASE_URL": twilio.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_PHONE_NUMBER": NUMBER,
            "SMS_CONCURRENCY": "4",
        }
        yield twilio


def timeless(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Without when each text was to leave: what was claimed by the dead, and did not leave, is put off to now."""
    column = SHOWN[tables.notifications].index("not_before")
    texts = [(*row[:column], *row[column + 1 :]) for row in found["notifications"]]
    return found | {"notifications": sorted(texts)}


def whole_run(engine: Engine) -> Any:
    with reading(engine) as connection:
        return connection.execute(select(tables.runs).where(tables.runs.c.task == JOB)).one_or_none()


def claimers(engine: Engine) -> set[str]:
    """Who is sending."""
    texts = tables.notifications.c
    with reading(engine) as connection:
        found = select(texts.claimed_by).where(texts.status == "sending").distinct()
        return set(connection.execute(found).scalars())


def has_delivered(engine: Engine) -> bool:
    """Whether a part has delivered, and nothing is left but what the other one had taken."""
    part = tables.runs.c
    with reading(engine) as connection:
        found = select(part.id).where(part.task.contains(":deliver-"), part.status == "succeeded")
        return connection.execute(found).first() is not None


def is_over(engine: Engine) -> bool:
    return whole_run(engine) is not None and whole_run(engine).finished_at is not None


@pytest.mark.parametrize("what", ["machine", "process"])
def test_a_worker_killed_in_the_middle_of_a_run_doubles_nothing_and_loses_nothing(
    fleet: Fleet,
    twilio: LoopbackTwilio,
    many_due: Engine,
    database_url: str,
    undisturbed: dict[str, list[tuple[Any, ...]]],
    what: str,
) -> None:
    doomed = fleet.start()
    fleet.start()
    fleet.send(JOB)
    wait_for(lambda: len(claimers(many_due)) == 2, f"both at work: {fleet.logs()}")
    fleet.it_is(None)
    if what == "machine":
        fleet.kill(doomed)
    else:  # as a machine does that is short of memory
        os.kill(fleet.process_of(doomed), signal.SIGKILL)
    wait_for(lambda: has_delivered(many_due), f"the living to end its part: {fleet.logs()}")
    fleet.it_is(NOW + timedelta(minutes=10))  # by now what the dead had claimed has lapsed
    wait_for(lambda: is_over(many_due) and not fleet.unfinished(), f"the end of the run: {fleet.logs()}")
    assert (whole_run(many_due).status, whole_run(many_due).error) == ("succeeded", None)
    assert differences(timeless(state(database_url)), timeless(undisturbed)) == {}
    assert len(twilio.books.messages) == TENANTS * EACH
    assert len({each.to for each in twilio.books.messages}) == TENANTS * EACH
    left_in_the_middle = [each for each in rows.all_of(many_due, tables.notifications) if each.ambiguities]
    assert left_in_the_middle
    assert fleet.waiting(DEAD) == 0


def test_both_workers_deliver_from_the_one_outbox_and_log_no_phone_and_no_secret(
    fleet: Fleet, twilio: LoopbackTwilio, many_due: Engine
) -> None:
    fleet.start()
    fleet.start()
    fleet.send(JOB)
    wait_for(lambda: is_over(many_due) and not fleet.unfinished(), f"the end of the run: {fleet.logs()}")
    result = whole_run(many_due).result
    assert (result["reminders_planned"], result["reminders_sent"]) == (TENANTS * EACH, TENANTS * EACH)
    assert len({each.claimed_by for each in rows.all_of(many_due, tables.notifications)}) > 1
    assert f"{JOB}] {JOB}: tenants_processed {TENANTS}, total_checked {TENANTS * EACH}, " in fleet.logs()
    assert "+1212555" not in fleet.logs()
    assert TOKEN not in fleet.logs()


def test_a_run_that_fails_for_good_waits_for_a_person_and_can_be_done_after_all(fleet: Fleet, many_due: Engine) -> None:
    with many_due.begin() as connection:
        connection.execute(text("ALTER TABLE petcare_version RENAME TO away"))
    worker = fleet.start()
    fleet.send(JOB)
    wait_for(lambda: fleet.waiting(DEAD) == 1 and not fleet.unfinished(), f"the dead letter: {fleet.logs()}")
    said = [line for line in fleet.logs().splitlines() if "is not migrated" in line]
    assert [line.rpartition("; ")[2] for line in said] == ["trying again"] * 5 + ["it waits in petcare.dead"]
    assert "Traceback" not in fleet.logs()
    fleet.kill(worker)
    with many_due.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO petcare_version"))
    fleet.start(DEAD)
    fleet.start()
    wait_for(lambda: is_over(many_due), f"the end of the run: {fleet.logs()}")
    assert whole_run(many_due).status == "succeeded"
    assert fleet.waiting(DEAD) == 0
