"""Celery's beat on the schedules of the function folders: due when NCRONTAB says, on the clocks of the zone."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery.beat import Scheduler

from shared.errors import ConfigurationError
from shared.jobs import JOBS
from shared.schedulers import celery_app
from shared.schedulers.celery_beat import Timetable
from shared.schedules.ncrontab import parse
from tests.doubles import Clock

GREENWICH = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")
SUNDAY = datetime(2026, 3, 8, tzinfo=UTC)
"""In New York the clocks are set forward on it, at 07:00 UTC."""


def timetable(text: str, clock: Clock, zone: ZoneInfo = GREENWICH) -> Timetable:
    return Timetable(parse(text), zone, nowfun=clock)


@pytest.mark.parametrize(
    ("schedule", "zone", "days", "expected"),
    [
        ("0 0 6 * * *", "UTC", 3, 3),
        ("0 0 * * * *", "UTC", 1, 24),
        ("30 */20 5-3 * * 0", "UTC", 8, 18),  # seconds; a range that is swapped; Sunday is 0
        ("0 30 2 * * *", "America/New_York", 3, 3),  # on the first day the clocks skip it
    ],
)
def test_beat_sends_at_each_occurrence_and_at_no_other_time(schedule: str, zone: str, days: int, expected: int) -> None:
    before = SUNDAY - timedelta(seconds=1)
    clock, ncrontab = Clock(before), parse(schedule)
    table, last, sent = timetable(schedule, clock, ZoneInfo(zone)), before, []
    while clock.now < SUNDAY + timedelta(days=days):
        state = table.is_due(last)
        if state.is_due:
            sent.append(clock.now)
            last = clock.now
        clock.pass_(seconds=state.next)
    occurrences, at = [], before
    while (at := ncrontab.next_after(at, ZoneInfo(zone)) or SUNDAY) < SUNDAY + timedelta(days=days):
        occurrences.append(at)
    assert (sent, len(sent)) == (occurrences, expected)


def test_what_was_missed_is_made_up_for_once() -> None:
    clock = Clock(SUNDAY + timedelta(hours=9))
    table = timetable("0 0 * * * *", clock)
    assert table.is_due(SUNDAY) == (True, 3600)
    assert table.is_due(clock.now) == (False, 3600)


def test_a_schedule_without_an_occurrence_left_is_never_due() -> None:
    assert timetable("0 0 0 30 2 *", Clock(SUNDAY)).is_due(SUNDAY) == (False, 86400)


def test_beat_keeps_a_timetable_in_its_file_and_knows_a_changed_one() -> None:
    clock = Clock(SUNDAY)
    table = timetable("0 0 * * * *", clock)
    assert pickle.loads(pickle.dumps(table)) == table  # noqa: S301  what was pickled a line above
    assert timetable("0 30 * * * *", clock) != table
    assert timetable("0 0 * * * *", clock, NEW_YORK) != table


def test_beat_has_an_entry_for_every_job_on_the_schedule_of_its_function_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TASK_TIMEZONE", "America/New_York")
    entries = celery_app.configuration()["beat_schedule"]
    assert {name: entry["task"] for name, entry in entries.items()} == {job: job for job in JOBS}
    assert entries["NoShowDetector"]["schedule"] == Timetable(parse("0 30 6 * * *"), NEW_YORK)


def test_beats_own_scheduler_sends_what_comes_due(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, sent = Clock(SUNDAY - timedelta(minutes=1)), []
    entry = {"task": "AppointmentReminders24h", "schedule": timetable("0 0 * * * *", clock)}
    scheduler = Scheduler(celery_app.app, lazy=True)
    scheduler.schedule, scheduler.producer = {}, None
    scheduler.update_from_dict({"hourly": entry})
    monkeypatch.setattr(scheduler, "apply_async", lambda entry, **_: sent.append((entry.task, clock.now)))
    assert scheduler.tick() == pytest.approx(60, abs=0.1)
    clock.pass_(minutes=1)
    assert scheduler.tick() == 0
    scheduler.tick()
    assert sent == [("AppointmentReminders24h", SUNDAY)]


def test_no_message_waits_as_long_as_the_broker_waits_for_a_worker() -> None:
    asked, reliable = celery_app.configuration(), celery_app.RELIABLE
    visible_again = asked["broker_transport_options"]["visibility_timeout"]
    assert asked["task_soft_time_limit"] < asked["task_time_limit"] < visible_again
    assert max(reliable["retry_backoff_max"], reliable["default_retry_delay"]) < visible_again
    waits = [
        min(reliable["retry_backoff"] * 2**n, reliable["retry_backoff_max"]) for n in range(reliable["max_retries"])
    ]
    assert sum(waits) > 60  # the lease of a worker that died runs out while others still try


@pytest.mark.parametrize("task", [*celery_app.STARTS.values(), *celery_app.STAGES.values()], ids=lambda task: task.name)
def test_every_task_is_acknowledged_late_and_tried_again_a_bounded_number_of_times(task: object) -> None:
    assert {name: getattr(task, name) for name in celery_app.RELIABLE} == celery_app.RELIABLE


@pytest.mark.parametrize("name", ["CELERY_SHARDS", "TASK_TIMEZONE"])
def test_a_bad_setting_is_said_in_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "many")
    with pytest.raises(Exception, match=name) as caught:
        celery_app.configuration()
    assert not isinstance(caught.value, ConfigurationError)  # but what Celery's command line shows without a trace
    assert caught.value.exit_code == 2  # type: ignore[attr-defined]


def test_what_wants_to_run_on_startup_runs_when_beat_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    schedules = celery_app.read_schedules()
    sent: list[str] = []
    for job, task in celery_app.STARTS.items():
        monkeypatch.setattr(task, "delay", lambda job=job: sent.append(job))
    celery_app.run_on_startup()
    assert sent == []
    changed = schedules | {"NoShowDetector": replace(schedules["NoShowDetector"], run_on_startup=True)}
    monkeypatch.setattr(celery_app, "read_schedules", lambda: changed)
    celery_app.run_on_startup()
    assert sent == ["NoShowDetector"]
