"""Today: what is wrong and what helps, each job's last and next run, what runs now, and the last texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from shared.database import runs
from shared.database.engine import reading
from shared.database.runs import NotedRun
from shared.domain.records import RunStatus
from shared.errors import UsageError
from shared.jobs import JOBS
from shared.operations import texts
from shared.operations.health import Check, examine
from shared.operations.texts import FoundText, Wanted
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.frame import Form, View
from shared.schedulers.pages.outcomes import RunLine, line_of
from shared.schedulers.pages.text_words import LEFT, TextLine
from shared.schedulers.pages.text_words import line_of as text_line_of
from shared.schedules.function_json import Schedule

MOST: Final = 6
"""The most texts on the page."""


class Remedy(NamedTuple):
    """What helps against a failed check: a job to run now, or a page to look at."""

    job: str | None
    link: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed check with its remedy, if the pages have one; its command helps otherwise."""

    check: Check
    remedy: Remedy | None


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job. `next_at`: None for never."""

    name: str
    schedule: str
    next_at: datetime | None
    last: RunLine | None


_PAGES: Final = (
    (re.compile(r" outbox --status (\w+)$"), "/texts?status={}", "Look at them"),
    (re.compile(r" outbox --tenant (\S+)$"), "/texts?business={}", "Look at its texts"),
    (re.compile(r" fee list --status (\w+)$"), "/fees?status={}", "Look at them"),
    (re.compile(r" fee list (.+)$"), "/fees", "Look at them"),
    (re.compile(r" --accept-surge (\S+)$"), "/runs", "Look at held days"),
    (re.compile(r" (tenants)$"), "/businesses", "Look at them"),
    (re.compile(r" tenants check (\S+)$"), "/businesses/{}", "Look at its settings"),
    (re.compile(r" runs --job (\w+)$"), "/runs?job={}", "Look at its runs"),
)
_RUN: Final = re.compile(r" run (\w+)$")


def remedy_of(command: str | None) -> Remedy | None:
    """Return what a button or a link can do in place of a command."""
    found = _RUN.search(command or "")
    if found and found[1] in JOBS:
        return Remedy(found[1], None, f"Run {found[1]} now")
    for pattern, link, words in _PAGES:
        if found := pattern.search(command or ""):
            return Remedy(None, link.format(quote(found[1])), words)
    return None


def show(host: LocalHost, _: Request) -> View:
    """Show the page, also when the database cannot be read."""
    application, wall = host.application, host.application.clock()
    health = examine(application.engine, host.schedules, application.zone, wall, defaults=application.defaults)
    jobs: list[JobLine] = []
    last: list[FoundText] = []
    elsewhere: list[NotedRun] = []
    try:
        with reading(application.engine) as connection:
            jobs = [_job_line(connection, each, host, wall) for each in host.schedules.values()]
            elsewhere = list(_under_way(connection, wall))
            last = texts.found(connection, Wanted(LEFT), wall, MOST)
    except SQLAlchemyError:
        jobs = []
    values = {
        "at": wall,
        "zone": application.zone,
        "health": health,
        "findings": [Finding(each, remedy_of(each.command)) for each in health.checks if not each.is_well],
        "jobs": jobs,
        "running": host.running(),
        "under_way": elsewhere,
        "troubles": host.troubles(),
        "keeps_schedule": host.keeps_schedule,
        "texts": [_text_line(each, host, wall) for each in last],
    }
    return View("today.html", values)


def run_now(host: LocalHost, form: Form) -> str:
    """Run a job once, now, in this process."""
    job = form.path["job"]
    if job not in host.schedules:
        raise UsageError(f"there is no job {job!r}; there are {', '.join(host.schedules)}")
    host.run_now(job)
    return f"{job} was started; what it did will stand in its line"


def _text_line(found: FoundText, host: LocalHost, wall: datetime) -> TextLine:
    return text_line_of(found, host.application.zone, wall)


def _job_line(connection: Connection, schedule: Schedule, host: LocalHost, wall: datetime) -> JobLine:
    last = next(iter(runs.latest(connection, wall, task=schedule.job)), None)
    next_at = schedule.ncrontab.next_after(wall, host.application.zone)
    return JobLine(schedule.job, schedule.ncrontab.text, next_at, line_of(last) if last else None)


def _under_way(connection: Connection, wall: datetime) -> Iterator[NotedRun]:
    """Yield the runs that some process is at."""
    for job in JOBS:
        for run in runs.latest(connection, wall, task=job, statuses=[RunStatus.RUNNING]):
            if not run.is_lost:
                yield run
