"""A run as a whole: what may be asked, the lease, the record, and when it fails."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from shared import runtime
from shared.application import Application
from shared.database import leases, tables
from shared.database.engine import open_engine
from shared.errors import DatabaseUnusable, LeaseHeld, RunFailed, UsageError
from shared.jobs import JOBS
from shared.runtime import run
from shared.schedules.function_json import read_schedules
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.salon import Salon

JOB = "AppointmentReminders24h"
DAY = timedelta(hours=24)


def hold_lease(engine: Engine, until: datetime) -> None:
    with engine.begin() as connection:
        connection.execute(tables.leases.insert(), {"name": JOB, "holder": "another", "expires_at": until})


def test_an_unknown_job_is_named_with_those_there_are(application: Application) -> None:
    with pytest.raises(UsageError, match="no job 'Groomer'; there are VaccinationMonitor, AppointmentReminders24h"):
        run(application, "Groomer")


@pytest.mark.parametrize("year", [1999, 2101, 9999])
def test_an_absurd_time_is_refused(application: Application, year: int) -> None:
    with pytest.raises(UsageError, match="not between 2000 and 2100"):
        run(application, JOB, at=datetime(year, 6, 1, tzinfo=UTC))


def test_a_time_of_its_own_is_refused_with_live_providers_but_for_a_dry_run(application: Application) -> None:
    live = replace(application, is_live=True)
    with pytest.raises(UsageError, match="add --dry-run, or set SMS_PROVIDER=console"):
        run(live, JOB, at=NOON)
    assert run(live, JOB, at=NOON, is_dry=True)["now"] == NOON.isoformat()
    assert run(live, JOB)["now"] == NOON.isoformat()


def test_an_unknown_tenant_is_refused_before_anything_is_done(application: Application) -> None:
    with application.engine.begin() as connection:
        rows.tenant(connection, "closed", status="suspended")
    words = {
        "closd": "there is no tenant 'closd'; did you mean closed[?]",
        "nobody": "there is no tenant 'nobody'; python -m shared tenants lists them",
        "closed": "the tenant 'closed' is not active: the platform does not serve it",
    }
    for subdomain, said in words.items():
        with pytest.raises(UsageError, match=said):
            run(application, JOB, only=[subdomain])


def test_rules_see_the_time_asked_for_and_leases_the_wall_clock(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    then = NOON + timedelta(days=30)
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), then + DAY)
    run(application, JOB, at=then)
    sent = rows.only(application.engine, tables.notifications)
    assert (sent.sent_at, sent.attempted_at) == (then, NOON)
    noted = rows.only(application.engine, tables.runs)
    assert (noted.now, noted.started_at) == (then, NOON)


def test_delivery_sees_the_time_that_passed_since_the_run_began(
    application: Application, sms: RecordingSms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.delivery.claiming.LARGEST_BATCH", 1)
    clock.now = datetime.fromisoformat("2026-03-04T01:59:00Z")  # a minute before quiet hours in New York
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        for _ in range(2):
            rows.appointment(connection, tenant, clock.now + DAY)
    sms.answer = lambda sent: clock.pass_(minutes=2)
    result = run(application, JOB)
    assert (result["reminders_sent"], result["deferred"]) == (1, 1)


# The lease


def test_a_run_is_refused_while_another_holds_the_lease(application: Application) -> None:
    hold_lease(application.engine, NOON + timedelta(seconds=1))
    with pytest.raises(LeaseHeld, match="another run of it is at work"):
        run(application, JOB)
    assert rows.all_of(application.engine, tables.runs) == []


def test_a_lease_that_ran_out_is_taken_over_and_given_back(application: Application) -> None:
    hold_lease(application.engine, NOON)
    run(application, JOB)
    assert rows.all_of(application.engine, tables.leases) == []


def test_another_job_may_run_at_the_same_time(application: Application) -> None:
    hold_lease(application.engine, NOON + timedelta(seconds=60))
    assert run(application, "AppointmentReminders2h")["total_errors"] == 0


def test_a_dry_run_asks_for_no_lease(application: Application) -> None:
    hold_lease(application.engine, NOON + timedelta(seconds=60))
    assert run(application, JOB, is_dry=True)["would"] == []


def test_the_lease_is_held_while_the_run_works_and_can_be_renewed(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    held = []

    def look(_: object) -> None:
        held.append(rows.only(application.engine, tables.leases))
        clock.pass_(seconds=30)
        with application.engine.begin() as connection:
            leases.take(connection, JOB, held[0].holder, clock.now)
        held.append(rows.only(application.engine, tables.leases))

    sms.answer = look
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    run(application, JOB)
    assert [each.expires_at - NOON for each in held] == [timedelta(seconds=60), timedelta(seconds=90)]


def test_a_lease_taken_over_is_not_given_back_by_the_one_that_lost_it(engine: Engine) -> None:
    hold = timedelta(seconds=60)
    with engine.begin() as connection:
        assert leases.take(connection, JOB, "slow", NOON, hold)
        assert not leases.take(connection, JOB, "quick", NOON, hold)
        assert leases.take(connection, JOB, "quick", NOON + hold, hold)
        assert not leases.take(connection, JOB, "slow", NOON + hold, hold)
        leases.release(connection, JOB, "slow")
    assert rows.only(engine, tables.leases).holder == "quick"


def test_the_renewing_thread_renews_until_it_is_stopped(
    application: Application, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    renewed = threading.Event()
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.001)
    take = leases.take

    def noticed(*arguments: Any) -> bool:
        if threading.current_thread() is not threading.main_thread():
            renewed.set()
        return take(*arguments)

    monkeypatch.setattr(leases, "take", noticed)
    sms.answer = lambda sent: None if renewed.wait(10) else pytest.fail("never renewed")
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    before = set(threading.enumerate())  # a library that an earlier test used may have left one
    run(application, JOB)
    assert set(threading.enumerate()) <= before


# The record and the result


def test_the_result_is_stored_with_the_run(application: Application) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    result = run(application, JOB)
    noted = rows.only(application.engine, tables.runs)
    assert (noted.status, noted.task, noted.result) == ("succeeded", JOB, json.loads(json.dumps(result)))
    assert result | {"run_id": None} == {
        "run_id": None,
        "task": JOB,
        "now": NOON.isoformat(),
        "tenants_processed": 1,
        "tenants_failed": 0,
        "not_served": {},
        "failed_for": [],
        "total_checked": 1,
        "reminders_planned": 1,
        "reminders_sent": 1,
        "deferred": 0,
        "skipped": {},
        "expired": 0,
        "failed": 0,
        "total_errors": 0,
        "errors": [],
        "stopped_early": False,
        "duration_seconds": 0.0,
        "tenant_results": {"paws": {"reminders_planned": 1, "total_checked": 1}},
        "delivery": {"sent": {"reminder_24h": 1}, "failed": {}, "ambiguous": {}, "deferred": {}},
        "sender_trouble": [],
    }


COMMON = (
    "run_id task now tenants_processed tenants_failed not_served failed_for total_errors errors stopped_early "
    "duration_seconds tenant_results delivery sender_trouble"
).split()
REMINDERS = "total_checked reminders_planned reminders_sent deferred skipped expired failed"
OWN = {
    "AppointmentReminders24h": REMINDERS,
    "AppointmentReminders2h": REMINDERS,
    "VaccinationMonitor": "total_checked alerts_planned total_alerts_sent total_alerts_failed deferred skipped expired "
    "statuses_updated",
    "NoShowDetector": "total_detected total_fees_applied fee_cents_applied total_fees_collected fee_cents_collected "
    "total_fees_failed corrected passed_on needs_refund held skipped deferred",
    "ReputationUpdater": "total_checked events_settled total_improved total_restricted total_unrestricted",
}


@pytest.mark.parametrize("job", JOBS)
def test_a_result_has_the_keys_that_its_job_promises_and_no_others(application: Application, job: str) -> None:
    promised = {*COMMON, *OWN[job].split()}
    assert set(run(application, job)) == promised
    assert set(run(application, job, is_dry=True)) == {*promised, "would"}


def test_a_run_that_is_told_to_stop_ends_in_good_order_and_leaves_the_rest(
    application: Application, sms: RecordingSms
) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    stopped = run(replace(application, is_stopping=lambda: True), JOB)
    assert (stopped["stopped_early"], sms.sent) == (True, [])
    assert rows.only(application.engine, tables.runs).status == "succeeded"
    assert rows.all_of(application.engine, tables.leases) == []
    assert run(application, JOB)["reminders_sent"] == 1


def test_a_run_that_is_told_to_stop_while_it_sends_records_what_it_sent(
    application: Application, sms: RecordingSms
) -> None:
    with application.engine.begin() as connection:
        for number in range(3):
            at = {"phone": f"+1212555014{number}"}
            tenant = rows.tenant(connection, f"paws{number}")
            owner = rows.owner(connection, tenant, **at)
            rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    stopped = run(replace(application, is_stopping=lambda: bool(sms.sent)), JOB)
    assert stopped["stopped_early"] is True
    notifications = rows.all_of(application.engine, tables.notifications)
    assert sorted((row.status, row.attempts) for row in notifications) == [("planned", 0), ("planned", 0), ("sent", 1)]


def test_at_most_twenty_errors_are_shown_and_all_are_counted(application: Application) -> None:
    with application.engine.begin() as connection:
        stranger = rows.owner(connection, rows.tenant(connection, "other"))
        tenant = rows.tenant(connection)
        for _ in range(25):
            rows.appointment(connection, tenant, NOON + DAY, owner_id=stranger)
    result = run(application, JOB)
    assert (result["total_errors"], len(result["errors"])) == (25, 20)


def test_the_run_fails_when_no_tenant_succeeded(application: Application) -> None:
    with application.engine.begin() as connection:
        rows.tenant(connection, "one", settings="{")
        rows.tenant(connection, "two", timezone="Mars/Olympus")
    with pytest.raises(RunFailed, match="no tenant could be worked for; the first error: one: settings: "):
        run(application, JOB)
    noted = rows.only(application.engine, tables.runs)
    assert (noted.status, noted.is_complete) == ("failed", False)
    assert [each["tenant"] for each in noted.result["errors"]] == ["one", "two"]


def test_a_run_that_met_an_error_was_done_with_errors_even_where_a_day_is_held(paws: Salon) -> None:
    for _ in range(4):
        paws.add_missed()
    paws.run()
    with paws.engine.begin() as connection:
        rows.tenant(connection, "broken", settings="{")
    assert paws.run()["held"]
    noted = sorted(rows.all_of(paws.engine, tables.runs), key=lambda each: each.status)
    assert [each.status for each in noted] == ["held", "with_errors"]
    assert set(noted[1].result["not_served"]) == {"broken"}


def test_a_run_without_tenants_succeeds(application: Application) -> None:
    assert run(application, JOB)["tenants_processed"] == 0


def test_the_run_fails_when_the_database_does_and_says_so(application: Application) -> None:
    with application.engine.begin() as connection:
        connection.execute(text("DROP TABLE appointment_pets"))
        rows.tenant(connection)
        connection.execute(text("ALTER TABLE decisions RENAME TO gone"))
    with pytest.raises(RunFailed, match=r"the database failed: .*decisions.*") as failed:
        run(application, JOB)
    assert rows.only(application.engine, tables.runs).error == str(failed.value)
    assert rows.all_of(application.engine, tables.leases) == []


def test_a_database_that_is_not_migrated_says_which_command_to_run(application: Application, tmp_path: Path) -> None:
    missing = open_engine(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(DatabaseUnusable, match=r"there is no database at .*python -m shared db upgrade"):
        run(replace(application, engine=missing), JOB)
    assert not (tmp_path / "none.db").exists()


def test_a_run_that_a_held_lease_kept_out_fails_for_the_functions_host_and_succeeds_when_it_retries(
    application: Application, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "open_application", lambda: application)
    hold_lease(application.engine, NOON + leases.HOLD)  # of a run that was killed just now
    with pytest.raises(LeaseHeld, match="another run of it is at work"):
        runtime.run_scheduled(JOB)
    clock.now += read_schedules()[JOB].retry_delay
    runtime.run_scheduled(JOB)
    assert rows.only(application.engine, tables.runs).status == "succeeded"
