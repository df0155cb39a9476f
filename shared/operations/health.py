"""Health checks for the command `health`, the local host's `/health` and its page.

Each check says what is wrong, since when, and which command to run next.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from shared.database import breakers, runs, waiting
from shared.database.engine import ensure_ready, first_line, reading, shown
from shared.database.runs import NotedRun
from shared.database.waiting import Hanging
from shared.delivery.senders import queries as senders
from shared.delivery.senders.queries import Failing, SenderTrouble
from shared.domain.breaker import Breaker
from shared.domain.records import RunStatus
from shared.errors import DatabaseUnusable
from shared.schedules.function_json import Schedule

LATE: Final = timedelta(minutes=30)
"""How long after its due time an unfinished job is late: ten minutes of work and three retries after 90 seconds fit."""

MOST_SKEW: Final = timedelta(minutes=2)
"""With a larger difference our clock or the provider's is wrong: texts leave early or late, and unclear ones are looked
up at the wrong time."""

_RUN = "python -m shared run"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `since`: when it went wrong; `command`: what to run next, if a command helps."""

    name: str
    is_well: bool
    words: str
    since: datetime | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """All checks, as of the wall clock's `at`."""

    at: datetime
    checks: tuple[Check, ...]

    @property
    def is_well(self) -> bool:
        """Whether every check passed."""
        return all(each.is_well for each in self.checks)

    @property
    def ordered(self) -> list[Check]:
        """The checks, failed ones first."""
        return sorted(self.checks, key=lambda each: each.is_well)

    def as_object(self) -> dict[str, Any]:
        """Return the checks for machines; instants in ISO 8601."""
        return {
            "healthy": self.is_well,
            "at": self.at.isoformat(),
            "checks": [
                {
                    "name": each.name,
                    "healthy": each.is_well,
                    "detail": each.words,
                    "since": each.since.isoformat() if each.since else None,
                    "command": each.command,
                }
                for each in self.checks
            ],
        }


def examine(
    engine: Engine, schedules: Mapping[str, Schedule], zone: ZoneInfo, wall: datetime, *, wrong_setting: str | None
) -> Health:
    """Check everything that a run needs and leaves behind. Raise nothing: an unusable database is a failed check.

    `wrong_setting`: the error that kept the application from being built, if any; `zone`: of the schedules.
    """
    settings = Check("settings", wrong_setting is None, wrong_setting or "complete, credentials included")
    return Health(wall, (settings, *_of_database(engine, schedules, zone, wall)))


def _of_database(engine: Engine, schedules: Mapping[str, Schedule], zone: ZoneInfo, wall: datetime) -> Iterator[Check]:
    try:
        ensure_ready(engine)
        with reading(engine) as connection:
            found = [
                Check("database", True, f"{shown(engine.url)} is migrated"),
                *(_of_job(connection, each, zone, wall) for each in schedules.values()),
                *_of_hanging(connection, wall),
                *(_of_breaker(each) for each in breakers.all_of_them(connection)),
                *(_of_sender(each, wall) for each in senders.in_trouble(connection, wall)),
                *(_of_failing(each) for each in senders.failing(connection, wall)),
                *_of_clocks(connection, wall),
            ]
    except DatabaseUnusable as error:
        words, _, command = str(error).partition("; run: ")
        found = [Check("database", False, words, command=command or "python -m shared db check")]
    except SQLAlchemyError as error:
        found = [Check("database", False, first_line(error), command="python -m shared db check")]
    yield from found


def _of_job(connection: Connection, schedule: Schedule, zone: ZoneInfo, wall: datetime) -> Check:
    job, command = schedule.job, f"{_RUN} {schedule.job}"
    last = next(iter(runs.latest(connection, wall, task=job, only_for_all=True)), None)
    done = next(iter(runs.latest(connection, wall, task=job, only_for_all=True, statuses=runs.DONE)), None)
    if last is None:
        return Check(job, False, "never ran", command=command)
    if done is None:
        return Check(job, False, f"never succeeded; {_ending(last, wall)}", last.started_at, command)
    due = schedule.ncrontab.next_after(done.started_at, zone)
    if due is not None and due + LATE < wall:
        ending = "nothing started it" if last.id == done.id else _ending(last, wall)
        return Check(job, False, f"late: due {_ago(due, wall)}; {ending}", due, command)
    later = "" if last.id == done.id else f"; {_ending(last, wall)}"
    return Check(job, True, f"done {_ago(done.started_at, wall)}{later}")


def _ending(run: NotedRun, wall: datetime) -> str:
    """Describe a run that has not succeeded."""
    when = _ago(run.started_at, wall)
    if run.is_lost:
        return f"the run of {when} was cut off: no process is at it"
    if run.status is RunStatus.RUNNING:
        return f"a run is under way since {when.removesuffix(' ago')}"
    return f"the run of {when} failed: {run.error}"


def _of_hanging(connection: Connection, wall: datetime) -> Iterator[Check]:
    gone = "{} whose worker is gone: the next run asks the provider what became of it"
    yield _hanging("texts", waiting.lapsed_texts(connection, wall), gone, f"{_RUN} AppointmentReminders2h", wall)
    yield _hanging("fees", waiting.lapsed_fees(connection, wall), gone, f"{_RUN} NoShowDetector", wall)
    dead = "{} given up after every attempt failed"
    yield _hanging(
        "dead letters", waiting.dead_texts(connection, wall), dead, "python -m shared outbox --status dead", wall
    )


def _hanging(name: str, found: Hanging, words: str, command: str, wall: datetime) -> Check:
    if not found.count:
        return Check(name, True, "none given up" if name == "dead letters" else "none hangs")
    thing = "fee" if name == "fees" else "text"
    what = words.format(f"{found.count} {thing}{'s' if found.count > 1 else ''}")
    since = f"; the oldest {_ago(found.since, wall)}" if found.since else ""
    return Check(name, False, what + since, found.since, command)


def _of_breaker(breaker: Breaker) -> Check:
    name = f"{breaker.name} breaker"
    if breaker.is_closed:
        return Check(name, True, "closed")
    until = f"{breaker.until:%H:%M} UTC" if breaker.until else "soon"
    words = f"{breaker.state.replace('_', ' ')}: the provider is away (last failure: {breaker.code}); asked again after"
    return Check(name, False, f"{words} {until}", breaker.since, f"{_RUN} AppointmentReminders2h")


def _of_sender(trouble: SenderTrouble, wall: datetime) -> Check:
    next_ = f"its texts wait until {trouble.until:%Y-%m-%d %H:%M} UTC, then one is tried"
    if trouble.until <= wall:
        next_ = "the next run sends all again" if trouble.tried_at else "the next run tries one text"
    words = f"the SMS provider or the carriers refuse its sender ({trouble.code}): {next_}; docs/sms.md says what to do"
    return Check(f"sender of {trouble.subdomain}", False, words, trouble.since, _outbox(trouble.subdomain))


def _of_failing(each: Failing) -> Check:
    words = f"most_texts_fail: {each.failed} of its last {each.of} did not arrive"
    return Check(f"texts of {each.subdomain}", False, words, command=_outbox(each.subdomain))


def _outbox(subdomain: str) -> str:
    return f"python -m shared outbox --tenant {subdomain}"


def _of_clocks(connection: Connection, wall: datetime) -> Iterator[Check]:
    for name, skew, seen_at in senders.clocks(connection):
        if abs(skew) > MOST_SKEW:
            how = "behind" if skew > timedelta() else "ahead of"
            words = f"this machine's is {span_words(abs(skew))} {how} the {name} provider's, {_ago(seen_at, wall)}"
            yield Check("clock", False, f"{words}: set it by a time server", seen_at)


def _ago(instant: datetime, wall: datetime) -> str:
    return f"{span_words(wall - instant)} ago"


def span_words(span: timedelta) -> str:
    """Return a span of time in its largest unit, rounded down (`3 h`, `2 d`)."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length or (seconds >= length and unit == "min"):
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
