"""The local host's scheduler: when it runs what, what it makes up for, and how it stops."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from shared import sample
from shared.application import Application, utc_now
from shared.database import runs, tables
from shared.database.engine import open_engine
from shared.domain.records import RunStatus
from shared.errors import DatabaseUnusable, RunFailed
from shared.runtime import run
from shared.schedulers import local
from shared.schedulers.local import LocalHost
from shared.schedules.function_json import Schedule, read_schedules
from shared.schedules.ncrontab import parse
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.schedulers.stepped import Stepped, stepped

NEW_YORK = ZoneInfo("America/New_York")
JOB = "AppointmentReminders24h"
DAILY = Schedule(JOB, parse("0 30 6 * * *"), "timer", retries=3, retry_delay=timedelta(seconds=90))
NIGHT = datetime(2026, 3, 4, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    """A clock at two in the morning."""
    return Clock(NIGHT)


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Stepped:
    """APScheduler by that clock."""
    return stepped(monkeypatch, clock)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> list[tuple[str, str]]:
    """Which job was run when, instead of running it."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(local, "run", lambda _, job: found.append((job, f"{clock():%d %H:%M:%S}")))
    return found


def ended(
    engine: Engine, at: datetime, status: RunStatus = RunStatus.SUCCEEDED, tenants: Sequence[str] = (), **result: Any
) -> None:
    """Note a run of the job."""
    with engine.begin() as connection:
        id_ = uuid4()
        runs.start(connection, runs.NewRun(id_, JOB, at, at, "test", tenants))
        if status is not RunStatus.RUNNING:
            runs.finish(connection, id_, status, at, result, None)


# On time


def times(zone: ZoneInfo, start: datetime, end: datetime) -> set[tuple[str, datetime]]:
    """Return what the demo's schedules start, read off a clock on the wall."""
    found, instant = set(), start
    while (instant := instant + timedelta(minutes=1)) < end:
        shown = instant.astimezone(zone)
        at = (shown.hour, shown.minute)
        found |= {("AppointmentReminders24h", instant)} if shown.minute == 0 else set()
        found |= {("AppointmentReminders2h", instant)} if shown.minute == 30 else set()
        found |= {("VaccinationMonitor", instant)} if at == (6, 0) else set()
        found |= {("NoShowDetector", instant)} if at == (6, 30) else set()
        found |= {("ReputationUpdater", instant)} if at == (0, 0) and shown.isoweekday() == 7 else set()
    return found


def a_sunday(zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the minute before the Sunday on which New York loses an hour, and its end."""
    start = datetime(2026, 3, 7, 23, 59, tzinfo=zone).astimezone(UTC)
    return start, datetime(2026, 3, 9, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(("zone", "count"), [(ZoneInfo("UTC"), 51), (NEW_YORK, 49)])
def test_a_day_of_the_schedules_fires_each_job_exactly_when_ncrontab_says(
    application: Application, clock: Clock, timers: Stepped, zone: ZoneInfo, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired = []
    monkeypatch.setattr(local, "run", lambda _, job: fired.append((job, clock())))
    start, end = a_sunday(zone)
    clock.now = start
    LocalHost(replace(application, zone=zone), read_schedules(), timers).start()
    timers.play(clock, end)
    assert len(fired) == count
    assert set(fired) == times(zone, start, end)


def test_each_run_of_a_day_does_its_work_and_is_noted_for_its_time(
    application: Application, clock: Clock, timers: Stepped
) -> None:
    """On the sample's data, every run a real one."""
    start, end = a_sunday(NEW_YORK)
    clock.now = start
    with application.engine.begin() as connection:
        sample.insert(connection, sample.build(start).rows)
    LocalHost(replace(application, zone=NEW_YORK), read_schedules(), timers).start()
    timers.play(clock, end)
    noted = rows.all_of(application.engine, tables.runs)
    assert {row.status for row in noted} <= {"succeeded", "with_errors", "held"}
    assert len(noted) == 49
    assert {(row.task, row.now) for row in noted} == times(NEW_YORK, start, end)


def test_a_run_that_takes_hours_is_followed_by_one_for_all_it_missed(
    application: Application, clock: Clock, timers: Stepped, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def slow(_: Application, job: str) -> None:
        started.append(f"{clock():%H:%M}")
        clock.pass_(minutes=200 if len(started) == 1 else 1)

    monkeypatch.setattr(local, "run", slow)
    LocalHost(application, {JOB: replace(DAILY, ncrontab=parse("0 0 * * * *"))}, timers).start()
    timers.play(clock, NIGHT + 7 * HOUR)
    assert started == ["03:00", "06:20", "07:00", "08:00"]


def test_the_timers_of_a_real_host_run_it_again_and_again(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With threads and the wall clock: it is waited for, not measured."""
    seen, twice = [], threading.Event()

    def counted(application: Application, job: str) -> None:
        seen.append(run(application, job)["reminders_planned"])
        if len(seen) == 2:
            twice.set()

    monkeypatch.setattr(local, "run", counted)
    with application.engine.begin() as connection:
        rows.tenant(connection)
    host = LocalHost(replace(application, clock=utc_now), {JOB: replace(DAILY, ncrontab=parse("* * * * * *"))})
    host.start()
    assert twice.wait(20)
    assert host.stop() == []
    assert {row.status for row in rows.all_of(application.engine, tables.runs)} == {"succeeded"}


# What was missed


def first_run(application: Application, clock: Clock, timers: Stepped, asked: list[tuple[str, str]]) -> str:
    """Start a host and return when it runs the job first."""
    LocalHost(application, {JOB: DAILY}, timers).start()
    timers.play(clock, clock.now + DAY)
    return asked[0][1]


NOW, ON_TIME = "04 02:00:00", "04 06:30:00"


@pytest.mark.parametrize(
    ("before", "status", "result", "expected"),
    [
        (20 * HOUR, RunStatus.SUCCEEDED, {}, NOW),  # at 06:00: half an hour later one was missed
        (19 * HOUR, RunStatus.SUCCEEDED, {}, ON_TIME),
        (19 * HOUR, RunStatus.HELD, {}, ON_TIME),
        (19 * HOUR, RunStatus.FAILED, {}, ON_TIME),  # and it never did its work: nothing to make up for
        (19 * HOUR, RunStatus.SUCCEEDED, {"stopped_early": True}, NOW),
        (19 * HOUR, RunStatus.SUCCEEDED, {"stopped_early": False}, ON_TIME),
        (9 * DAY, RunStatus.SUCCEEDED, {}, NOW),
        (9 * DAY, RunStatus.HELD, {}, NOW),
    ],
)
def test_what_was_missed_while_no_host_was_there_runs_at_once_and_once(
    application: Application,
    clock: Clock,
    timers: Stepped,
    asked: list[tuple[str, str]],
    before: timedelta,
    status: RunStatus,
    result: dict[str, Any],
    expected: str,
) -> None:
    ended(application.engine, NIGHT - before, status, **result)
    assert first_run(application, clock, timers, asked) == expected
    assert asked == ([(JOB, NOW)] if expected == NOW else []) + [(JOB, ON_TIME)]


def test_a_job_that_never_did_its_work_has_missed_nothing(
    application: Application, clock: Clock, timers: Stepped, asked: list[tuple[str, str]]
) -> None:
    assert first_run(application, clock, timers, asked) == ON_TIME


def test_a_run_that_failed_or_was_killed_after_the_last_good_one_is_made_up_for(
    application: Application, clock: Clock, timers: Stepped, asked: list[tuple[str, str]]
) -> None:
    ended(application.engine, NIGHT - 2 * DAY)
    ended(application.engine, NIGHT - 19.5 * HOUR, RunStatus.RUNNING)
    assert first_run(application, clock, timers, asked) == NOW


def test_a_run_for_one_business_makes_up_for_nothing(
    application: Application, clock: Clock, timers: Stepped, asked: list[tuple[str, str]]
) -> None:
    ended(application.engine, NIGHT - 2 * DAY)
    ended(application.engine, NIGHT - HOUR, tenants=["paws"])
    assert first_run(application, clock, timers, asked) == NOW


def test_run_on_startup_and_use_monitor_are_obeyed(
    application: Application, clock: Clock, timers: Stepped, asked: list[tuple[str, str]]
) -> None:
    ended(application.engine, NIGHT - 9 * DAY)
    other = replace(DAILY, job="NoShowDetector", run_on_startup=True)
    LocalHost(application, {JOB: replace(DAILY, is_monitored=False), "NoShowDetector": other}, timers).start()
    timers.play(clock, NIGHT + HOUR)
    assert asked == [("NoShowDetector", NOW)]


def test_a_host_does_not_start_on_a_database_that_is_not_migrated(application: Application, timers: Stepped) -> None:
    missing = replace(application, engine=open_engine("sqlite:///none.db"))
    with pytest.raises(DatabaseUnusable, match="python -m shared db upgrade"):
        LocalHost(missing, {JOB: DAILY}, timers).start()


# What went wrong


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Callable[[Exception, int], list[str]]]:
    """Make the first runs fail; return when each run began."""

    def script(error: Exception, times: int) -> list[str]:
        begun: list[str] = []

        def fail(application: Application, job: str) -> None:
            begun.append(f"{clock():%H:%M:%S}")
            if len(begun) <= times:
                raise error
            ended(application.engine, clock())

        monkeypatch.setattr(local, "run", fail)
        return begun

    return script


@pytest.mark.parametrize("error", [RunFailed("the database failed: gone"), ZeroDivisionError("a fault")])
def test_a_run_that_failed_is_tried_again_as_function_json_says(
    application: Application,
    clock: Clock,
    timers: Stepped,
    failing: Callable[[Exception, int], list[str]],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    begun = failing(error, 2)
    LocalHost(application, {JOB: DAILY}, timers).start()
    timers.play(clock, NIGHT + DAY)
    assert begun == ["06:30:00", "06:31:30", "06:33:00"]
    assert f"{JOB}: {error}" in caplog.text or "a fault of this program" in caplog.text
    assert ("Traceback" in caplog.text) is isinstance(error, ZeroDivisionError)


def test_a_run_that_fails_for_good_is_left_to_its_next_occurrence(
    application: Application, clock: Clock, timers: Stepped, failing: Callable[[Exception, int], list[str]]
) -> None:
    begun = failing(RunFailed("gone"), 99)
    LocalHost(application, {JOB: DAILY}, timers).start()
    timers.play(clock, NIGHT + DAY + 5 * HOUR)
    assert begun == ["06:30:00", "06:31:30", "06:33:00", "06:34:30"] * 2


def test_the_lease_of_a_run_that_was_killed_is_waited_for(
    application: Application, clock: Clock, timers: Stepped, caplog: pytest.LogCaptureFixture
) -> None:
    ended(application.engine, NIGHT - 2 * DAY)
    ended(application.engine, NIGHT - timedelta(seconds=10), RunStatus.RUNNING)
    hold(application.engine, NIGHT + timedelta(seconds=50))
    LocalHost(application, {JOB: DAILY}, timers).start()
    timers.play(clock, NIGHT + HOUR)
    assert "another run of it is at work" in caplog.text
    done = [row for row in rows.all_of(application.engine, tables.runs) if row.started_at > NIGHT]
    assert [(row.started_at, row.status) for row in done] == [(NIGHT + timedelta(seconds=90), "succeeded")]


def test_what_another_process_did_in_the_meantime_is_not_tried_again(
    application: Application, clock: Clock, timers: Stepped
) -> None:
    hold(application.engine, NIGHT + 4.5 * HOUR + timedelta(seconds=60))
    host = LocalHost(application, {JOB: DAILY}, timers)
    host.start()
    timers.play(clock, NIGHT + 4.5 * HOUR + timedelta(seconds=80))
    ended(application.engine, clock())
    timers.play(clock, NIGHT + 9 * HOUR)
    assert len(rows.all_of(application.engine, tables.runs)) == 1


def hold(engine: Engine, until: datetime) -> None:
    with engine.begin() as connection:
        connection.execute(tables.leases.insert(), {"name": JOB, "holder": "another", "expires_at": until})


def test_a_database_that_goes_away_does_not_end_the_host(
    application: Application, clock: Clock, timers: Stepped, caplog: pytest.LogCaptureFixture
) -> None:
    LocalHost(application, {JOB: DAILY}, timers).start()
    with application.engine.begin() as connection:
        connection.execute(text("ALTER TABLE runs RENAME TO gone"))
    timers.play(clock, NIGHT + 6 * HOUR)
    assert len(re.findall("the database failed: .*runs", caplog.text)) == 4
    with application.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO runs"))
    timers.play(clock, NIGHT + DAY + 6 * HOUR)
    assert [row.status for row in rows.all_of(application.engine, tables.runs)] == ["succeeded"]


# By hand, and the end


def test_a_job_can_be_run_by_hand_beside_its_schedule_and_is_not_tried_again(
    application: Application, clock: Clock, timers: Stepped, failing: Callable[[Exception, int], list[str]]
) -> None:
    begun = failing(RunFailed("gone"), 1)
    host = LocalHost(application, {JOB: DAILY}, timers)
    host.start()
    host.run_now(JOB)
    timers.play(clock, NIGHT + 8 * HOUR)
    assert begun == ["02:00:00", "06:30:00"]


@pytest.fixture
def under_way(application: Application, sms: RecordingSms) -> Iterator[tuple[LocalHost, threading.Event]]:
    """A host whose job is in the middle of sending, and what lets the provider answer."""
    began, go_on = threading.Event(), threading.Event()

    def answer(_: object) -> None:
        began.set()
        assert go_on.wait(20)

    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), rows.NOON + DAY)
    sms.answer = answer
    host = LocalHost(replace(application, clock=lambda: rows.NOON), {JOB: DAILY})
    host.start()
    host.run_now(JOB)
    assert began.wait(20)
    yield host, go_on
    go_on.set()


def test_a_host_that_stops_lets_the_running_job_finish_what_is_on_its_way(
    under_way: tuple[LocalHost, threading.Event], application: Application
) -> None:
    host, go_on = under_way
    assert host.running() == [JOB]
    threading.Timer(0.05, go_on.set).start()
    assert host.stop() == []
    assert host.running() == []
    (run,) = rows.all_of(application.engine, tables.runs)
    assert (run.status, run.result["stopped_early"]) == ("succeeded", True)
    assert rows.only(application.engine, tables.notifications).status == "sent"
    assert rows.all_of(application.engine, tables.leases) == []


def test_a_host_that_stops_names_the_jobs_that_do_not_end(under_way: tuple[LocalHost, threading.Event]) -> None:
    host, go_on = under_way
    assert host.stop(timedelta()) == [JOB]
    go_on.set()
    assert host._changed.acquire(timeout=5)
    host._changed.wait_for(lambda: not host._running, 20)
    host._changed.release()


def test_a_host_that_stops_starts_nothing_more(
    application: Application, clock: Clock, timers: Stepped, asked: list[tuple[str, str]]
) -> None:
    host = LocalHost(application, {JOB: DAILY}, timers)
    host.start()
    host.stop()
    host._run(JOB)
    assert asked == []
