"""The demo runs the jobs when their function.json says."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.cli.demo.simulated_days import due_jobs

ROOT = Path(__file__).parent.parent
SUNDAY = datetime(2026, 3, 8, tzinfo=UTC)


def schedules() -> dict[str, list[str]]:
    """Each job's schedule: second, minute, hour, day, month, day of the week (Sunday is 0)."""
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["bindings"][0]["schedule"].split()
        for path in ROOT.glob("*/function.json")
    }


def test_the_demo_runs_every_job_when_its_schedule_says() -> None:
    for hours in range(7 * 24):
        hour = SUNDAY + timedelta(hours=hours)
        weekday = (hour.weekday() + 1) % 7
        expected = {
            (job, int(minute))
            for job, (_, minute, at, _, _, on) in schedules().items()
            if at in ("*", str(hour.hour)) and on in ("*", str(weekday))
        }
        assert set(due_jobs(hour)) == expected
