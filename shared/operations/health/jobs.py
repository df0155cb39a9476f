"""Whether each job ran when it was due."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.database import runs
from shared.database.runs import NotedRun
from shared.domain.records import RunStatus
from shared.operations.health.check import RUN, Check, ago, counted
from shared.schedules.function_json import Schedule

LATE: Final = timedelta(minutes=30)
"""How long after its due time an unfinished job is late: ten minutes of work and three retries after 90 seconds fit."""

MOST_COUNTED: Final = 1000
"""The most missed runs that are counted: an hourly job misses as many in six weeks."""


def of_jobs(
    connection: Connection, schedules: Mapping[str, Schedule], zone: ZoneInfo, wall: datetime
) -> Iterator[Check]:
    """Check each job. `zone`: of the schedules."""
    for each in schedules.values():
        yield _of_job(connection, each, zone, wall)


def _of_job(connection: Connection, schedule: Schedule, zone: ZoneInfo, wall: datetime) -> Check:
    job, command = schedule.job, f"{RUN} {schedule.job}"
    last = next(iter(runs.latest(connection, wall, task=job, only_for_all=True)), None)
    done = next(iter(runs.latest(connection, wall, task=job, only_for_all=True, statuses=runs.DONE)), None)
    if last is None:
        return Check(job, False, "never ran", command=command)
    later = "" if done and last.id == done.id else f"; {_ending(last, wall)}"
    if done is None:
        return Check(job, False, f"never succeeded{later}", last.started_at, command)
    missed, since = _missed(schedule, done.started_at, zone, wall)
    if since:
        words = f"missed {missed} since {_local(since, zone, wall)}{later or '; nothing started it'}"
        return Check(job, False, words, since, command)
    return Check(job, True, f"done {ago(done.started_at, wall)}{_errors(done)}{later}")


def _missed(schedule: Schedule, done_at: datetime, zone: ZoneInfo, wall: datetime) -> tuple[str, datetime | None]:
    """Return how many runs are late in words, and when the first was due; no instant if none is."""
    first = due = schedule.ncrontab.next_after(done_at, zone)
    count = 0
    while due is not None and due + LATE < wall and count <= MOST_COUNTED:
        count, due = count + 1, schedule.ncrontab.next_after(due, zone)
    if not count:
        return "", None
    return (counted(count, "run") if count <= MOST_COUNTED else f"more than {MOST_COUNTED} runs"), first


def _local(due: datetime, zone: ZoneInfo, wall: datetime) -> str:
    """Return when a run was due in the zone of the schedules: the time, with the date unless it is today's."""
    local = due.astimezone(zone)
    is_today = local.date() == wall.astimezone(zone).date()
    return f"{local:%H:%M %Z}" if is_today else f"{local:%a %d %b %Y %H:%M %Z}"


def _errors(done: NotedRun) -> str:
    """Name the errors that the run met."""
    count = (done.result or {}).get("total_errors", 0)
    return f" with {counted(count, 'error')} (python -m shared runs --job {done.task})" if count else ""


def _ending(run: NotedRun, wall: datetime) -> str:
    """Describe a run that has not succeeded."""
    when = ago(run.started_at, wall)
    if run.is_lost:
        return f"the run of {when} was cut off: no process is at it"
    if run.status is RunStatus.RUNNING:
        return f"a run is under way since {when.removesuffix(' ago')}"
    return f"the run of {when} failed: {run.error}"
