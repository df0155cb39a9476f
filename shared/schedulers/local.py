"""The local host's scheduler: runs every job on its schedule in this process, as the Functions host does in Azure."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Unpack

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from sqlalchemy.exc import SQLAlchemyError

from shared.application import Application
from shared.database import runs
from shared.database.engine import ensure_ready, first_line, reading
from shared.errors import ConfigurationError, DatabaseUnusable, LeaseHeld, RunFailed, UsageError
from shared.runtime import run
from shared.schedulers.trigger import NcrontabTrigger
from shared.schedules.function_json import Schedule
from shared.stages import RunOptions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the last run of a job that somebody asked for was refused or failed."""

    job: str
    at: datetime
    words: str


STOP_WITHIN: Final = timedelta(seconds=30)
"""How long a run may take to stop when the host stops: one request to a provider, and recording its outcome."""


class LocalHost:
    """Runs each job on its schedule in a thread of its own, one run of a job at a time.

    APScheduler owns the timers and threads: it skips an occurrence whose job is still running, and merges several
    missed ones (a laptop asleep) into one. The lease keeps out the runs of other processes.
    """

    def __init__(
        self,
        application: Application,
        schedules: Mapping[str, Schedule],
        timers: BaseScheduler | None = None,
        *,
        is_demo: bool = False,
    ) -> None:
        """`timers`: an APScheduler that is not started yet; None for one with threads. `is_demo`: pages say so."""
        self.is_demo = is_demo
        self._stopping = threading.Event()
        self.application = replace(application, is_stopping=self._stopping.is_set)
        self.schedules = schedules
        self._timers = timers or BackgroundScheduler(timezone="UTC")
        self._running: Counter[str] = Counter()
        self._troubles: dict[str, Trouble] = {}
        self._changed = threading.Condition()
        self.keeps_schedule = False

    def start(self) -> None:
        """Start the timers; run at once the jobs with runOnStartup, and those that missed an occurrence.

        Raise DatabaseUnusable when the database cannot be reached or is not migrated.
        """
        self._ready()
        self.keeps_schedule = True
        for job, schedule in self.schedules.items():
            trigger = NcrontabTrigger(schedule.ncrontab, self.application.zone)
            now = self.application.clock()
            is_missed = schedule.is_monitored and self._is_missed(schedule)
            if is_missed:
                log.info("%s: past due; running it now", job)
            first = now if is_missed or schedule.run_on_startup else trigger.get_next_fire_time(None, now)
            self._timers.add_job(self._run, trigger, args=[job], id=job, next_run_time=first)
        self._timers.start()

    def start_idle(self) -> None:
        """Start without any schedule, beside another scheduler: only `run_now` runs a job. Raise DatabaseUnusable."""
        self._ready()
        self._timers.start()

    def _ready(self) -> None:
        ensure_ready(self.application.engine)
        self._timers.configure(job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})

    def run_now(self, job: str, **options: Unpack[RunOptions]) -> None:
        """Run a job once, now, beside its schedule. `troubles` tells if it is refused or fails."""
        at = self.application.clock()
        self._timers.add_job(self._run, "date", run_date=at, args=[job, None], kwargs=options)

    def troubles(self) -> list[Trouble]:
        """Return what became of the runs that were asked for by `run_now`, if a job's last one did no work."""
        with self._changed:
            return sorted(self._troubles.values(), key=lambda each: each.at)

    def running(self) -> list[str]:
        """Return the jobs that this process is running."""
        with self._changed:
            return sorted(self._running)

    def stop(self, within: timedelta = STOP_WITHIN) -> list[str]:
        """Start no more jobs, let the running ones stop early, and return those that did not end in time."""
        self._stopping.set()
        self._timers.remove_all_jobs()  # else its last wake-up could find a job due and no thread to run it
        self._timers.shutdown(wait=False)
        with self._changed:
            self._changed.wait_for(lambda: not self._running, within.total_seconds())
            return sorted(self._running)

    def _run(self, job: str, attempt: int | None = 0, **options: Unpack[RunOptions]) -> None:
        """Run a job and log its error. `attempt`: earlier tries of this occurrence; None: from `run_now`, no retry."""
        if self._stopping.is_set():
            return
        with self._marked_as_running(job):
            words = self._trouble(job, attempt, options)
            if attempt is None:
                self._note(job, words)
        if attempt is not None and words is not None:
            self._try_again(self.schedules[job], attempt)

    def _trouble(self, job: str, attempt: int | None, options: RunOptions) -> str | None:
        """Run a job if it is still wanted; return in words, and log, why it did not do its work."""
        try:
            if not attempt or self._is_wanted(self.schedules[job]):
                run(self.application, job, **options)
            return None
        except LeaseHeld as held:
            log.warning("%s", held)
            return str(held)
        except (RunFailed, UsageError, ConfigurationError, DatabaseUnusable) as error:
            words = str(error)
        except SQLAlchemyError as error:
            words = f"the database failed: {first_line(error)}"
        except Exception:  # a bug in one job must not cancel its retry, nor the other jobs
            log.exception("%s: a fault of this program", job)
            return "a fault of this program; the log has the details"
        log.error("%s: %s", job, words)
        return words

    def _note(self, job: str, words: str | None) -> None:
        with self._changed:
            self._troubles.pop(job, None)
            if words is not None:
                self._troubles[job] = Trouble(job, self.application.clock(), words)

    def _try_again(self, schedule: Schedule, attempt: int) -> None:
        """Schedule the retry of a run that failed, or that a dead run's lease kept out, as function.json says."""
        if attempt >= schedule.retries or self._stopping.is_set():
            return
        at = self.application.clock() + schedule.retry_delay
        log.info("%s: trying again at %s", schedule.job, f"{at:%H:%M:%SZ}")
        self._timers.add_job(self._run, "date", run_date=at, args=[schedule.job, attempt + 1])

    @contextmanager
    def _marked_as_running(self, job: str) -> Iterator[None]:
        with self._changed:
            self._running[job] += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= Counter([job])
                self._changed.notify_all()

    def _is_missed(self, schedule: Schedule) -> bool:
        """Whether an occurrence passed since the job last succeeded. A job that never succeeded has missed nothing."""
        done = self._last_done(schedule.job)
        return done is not None and self._is_due_since(schedule, done)

    def _is_wanted(self, schedule: Schedule) -> bool:
        """Whether a failed run still needs its retry: no other run has done the work in the meantime."""
        done = self._last_done(schedule.job)
        return done is None or self._is_due_since(schedule, done)

    def _is_due_since(self, schedule: Schedule, done: runs.NotedRun) -> bool:
        due: datetime | None = schedule.ncrontab.next_after(done.started_at, self.application.zone)
        is_cut_short = bool((done.result or {}).get("stopped_early"))
        return is_cut_short or (due is not None and due <= self.application.clock())

    def _last_done(self, job: str) -> runs.NotedRun | None:
        with reading(self.application.engine) as connection:
            wall = self.application.clock()
            found = runs.latest(connection, wall, task=job, statuses=runs.DONE, only_for_all=True)
        return found[0] if found else None
