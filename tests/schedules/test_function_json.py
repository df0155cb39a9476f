"""The schedules as they stand in the function.json files."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.errors import ConfigurationError
from shared.jobs import JOBS
from shared.schedules.function_json import read_schedules

RETRY = {"strategy": "fixedDelay", "maxRetryCount": 3, "delayInterval": "00:01:30"}
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_every_job_has_the_schedule_of_its_function_folder() -> None:
    schedules = read_schedules()
    assert set(schedules) == set(JOBS)
    assert {each.ncrontab.text for each in schedules.values()} == {
        "0 0 6 * * *",
        "0 30 6 * * *",
        "0 0 * * * *",
        "0 30 * * * *",
        "0 0 0 * * 0",
    }
    assert all(each.is_monitored and not each.run_on_startup for each in schedules.values())
    detector = schedules["NoShowDetector"]
    assert (detector.job, detector.binding) == ("NoShowDetector", "timer")
    assert (detector.retries, detector.retry_delay) == (3, timedelta(seconds=90))
    assert detector.ncrontab.next_after(NOON, ZoneInfo("UTC")) == datetime(2026, 3, 5, 6, 30, tzinfo=UTC)


def write(root: Path, function: Any) -> None:
    folder = root / "Groomer"
    folder.mkdir()
    text = function if isinstance(function, str) else json.dumps(function)
    (folder / "function.json").write_text(text, encoding="utf-8")


def timer(**fields: Any) -> dict[str, Any]:
    return {"bindings": [{"type": "timerTrigger", "name": "at", "schedule": "0 0 6 * * *", **fields}]}


def test_what_a_timer_says_beyond_its_schedule_is_read(tmp_path: Path) -> None:
    write(tmp_path, timer(runOnStartup=True, useMonitor=False))
    (schedule,) = read_schedules(tmp_path).values()
    assert (schedule.retries, schedule.retry_delay) == (0, timedelta())
    assert (schedule.job, schedule.binding) == ("Groomer", "at")
    assert (schedule.run_on_startup, schedule.is_monitored) == (True, False)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("{", "not readable as JSON ("),
        ([], "0 bindings of type timerTrigger instead of one"),
        ({"bindings": [{"type": "httpTrigger"}, 3]}, "0 bindings of type timerTrigger instead of one"),
        ({"bindings": timer()["bindings"] * 2}, "2 bindings of type timerTrigger instead of one"),
        (timer(schedule=None), "schedule: missing"),
        (timer(schedule="0 0 25 * * *"), "schedule: the hour '25': 25 is not between 0 and 23"),
        (
            timer(schedule="%VACCINATIONS%"),
            "schedule: '%VACCINATIONS%' names an app setting; write the schedule itself",
        ),
        ({**timer(), "retry": {"strategy": "exponentialBackoff"}}, 'retry: write it like {"strategy": "fixedDelay"'),
        ({**timer(), "retry": {**RETRY, "delayInterval": "soon"}}, "retry: write it like"),
        ({**timer(), "retry": "yes"}, "retry: write it like"),
        (timer(schedule="01:00:00"), "schedule: '01:00:00' is a span of time; write it as NCRONTAB"),
    ],
)
def test_a_bad_function_json_is_named_with_what_is_wrong(tmp_path: Path, function: Any, said: str) -> None:
    write(tmp_path, function)
    with pytest.raises(ConfigurationError) as caught:
        read_schedules(tmp_path)
    assert str(caught.value).startswith(f"Groomer/function.json: {said}")
