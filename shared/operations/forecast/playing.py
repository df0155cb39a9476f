"""Running the jobs at their coming times on a copy, with providers that send nothing and charge nobody."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from shared import logs
from shared.application import Application
from shared.database import runs as run_history
from shared.database import waiting
from shared.database.engine import reading, writing
from shared.domain.records import Tenant
from shared.domain.tally import Tally
from shared.errors import RunFailed
from shared.gateways.payments import ConsolePayments
from shared.gateways.sms import Accepted, ConsoleSms, Sms
from shared.operations.forecast.copying import copied, keep_visits
from shared.operations.forecast.events import Event, Subject, events_of, fee_statuses, held_days, subjects_of
from shared.planning.tenants import serve
from shared.runtime import run_without_lease
from shared.schedules.function_json import Schedule
from shared.stages import requested
from shared.tasks.reputation_updater import planning as reputation_updater
from shared.tasks.reputation_updater.rules import settle_since

_CONCURRENCY: Final = 4
"""Nobody is waited for, so more senders at once would only cost time."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One coming run of a job."""

    at: datetime
    job: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the coming runs will do, in order, and whom it is about, by subject."""

    events: Sequence[Event]
    subjects: Mapping[UUID, Subject]


def occurrences(
    schedules: Mapping[str, Schedule], zone: ZoneInfo, now: datetime, until: datetime
) -> Iterator[Occurrence]:
    """Yield the runs after `now`, up to `until`, in order. `zone`: of the schedules."""
    by_job = (_of_one(each, zone, now, until) for each in schedules.values())
    return merge(*by_job, key=lambda each: (each.at, each.job))


def _of_one(schedule: Schedule, zone: ZoneInfo, now: datetime, until: datetime) -> Iterator[Occurrence]:
    at = schedule.ncrontab.next_after(now, zone)
    while at is not None and at <= until:
        yield Occurrence(at, schedule.job)
        at = schedule.ncrontab.next_after(at, zone)


Wanted = Callable[[Occurrence, datetime | None], bool]
"""Whether a run is worth playing. The second argument: from when on the first text waits that is not sent yet."""


def forecast(
    application: Application,
    tenants: Collection[Tenant],
    runs: Sequence[Occurrence],
    wanted: Wanted = lambda _run, _waiting: True,
) -> Forecast:
    """Return what some coming runs will do for some tenants, if nobody changes anything and everybody comes.

    Visits that have not begun are taken to be kept: otherwise each of them would look missed afterwards. Raise
    RunFailed if a run fails on the copy, or the copy has no room.
    """
    if not runs:
        return Forecast((), {})
    with (
        _folder() as folder,
        _copy(application, tenants, runs, folder) as engine,
        logs.quietly(),
    ):
        events = list(_played(application, engine, runs, wanted))
        with reading(engine) as connection:
            ids = sorted({id_ for each in events for id_ in each.subject_ids})
            return Forecast(events, subjects_of(connection, ids))


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a folder for the copy. Raise RunFailed, with what to do, if that has no room."""
    try:
        with TemporaryDirectory(prefix="petcare-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except (OSError, SQLAlchemyError, RunFailed) as error:
        if not (isinstance(error, OSError) or "disk is full" in str(error)):
            raise
        why = (error.strerror if isinstance(error, OSError) else None) or "no room is left"
        raise RunFailed(
            f"a forecast runs on a copy in {gettempdir()}, which cannot be used ({why}); set TMPDIR to another folder"
        ) from error


@contextmanager
def _copy(
    application: Application, tenants: Collection[Tenant], runs: Sequence[Occurrence], folder: Path
) -> Iterator[Engine]:
    served, _ = serve(list(tenants), application.defaults, application.zone, Tally())
    longest = max((each.policy.vaccination.thresholds[0] for each in served), default=0)
    with reading(application.engine) as source:
        engine = copied(
            source,
            folder,
            [each.id for each in tenants],
            application.clock(),
            runs[-1].at,
            look_back=application.look_back,
            expiring_within=timedelta(days=longest),
            settles_since=_settles_since(source, application.clock(), runs),
        )
    yield engine
    engine.dispose()


def _settles_since(source: Connection, now: datetime, runs: Sequence[Occurrence]) -> datetime | None:
    """Return from when on the first run of the reputation updater settles visits; None if it does not run."""
    if all(each.job != reputation_updater.JOB for each in runs):
        return None
    return settle_since(run_history.last_complete(source, reputation_updater.JOB, now), now)


def _played(application: Application, engine: Engine, runs: Sequence[Occurrence], wanted: Wanted) -> Iterator[Event]:
    waiting_since, now = _waiting(engine), application.clock()
    for number, each in enumerate(runs):
        if wanted(each, waiting_since):
            with writing(engine) as connection:
                keep_visits(connection, now, each.at)
            yield from _play(application, engine, each, number)
            waiting_since = _waiting(engine)


def _waiting(engine: Engine) -> datetime | None:
    with reading(engine) as connection:
        return waiting.first_planned(connection)


def _play(application: Application, engine: Engine, run: Occurrence, number: int) -> list[Event]:
    """Do one run and return what it did. Each has an instant of its own, by which its rows are told from others'."""
    at = run.at + timedelta(microseconds=number)
    player = replace(
        application,
        engine=engine,
        clock=lambda: at,
        sms=_Nobody(),
        payments=ConsolePayments(),
        is_live=False,
        max_per_second=None,
        concurrency=_CONCURRENCY,
    )
    request = requested(player, run.job)
    with reading(engine) as connection:
        fees_before = fee_statuses(connection)
    held = []
    try:
        held = run_without_lease(player, request).get("held", [])
    except RunFailed as failed:
        if failed.__cause__ is not None:  # otherwise it worked for nobody: nobody is served
            raise
    with reading(engine) as connection:
        done = events_of(connection, request.run_id, run.job, at, fees_before)
        return [*done, *held_days(connection, held, run.job, at)]


class _Nobody(ConsoleSms):
    """Takes every text, sends it to nobody, and shows it nowhere."""

    async def send(self, sms: Sms) -> Accepted:
        return Accepted(f"foretold-{sms.notification_id}")
