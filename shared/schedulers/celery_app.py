"""The jobs on many machines: `celery -A shared.schedulers.celery_app worker` and `… beat`.

Beat sends a task named for its job when the schedule of the function folder says so. That task only begins the run;
its parts (shared/schedulers/sharding.py) are tasks of their own, which any worker takes. A message may come twice, late
or never be finished: what is done is known to the database, and what it says is what counts.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import click
from celery import Celery, Task
from celery.signals import beat_init, setup_logging, task_failure, task_retry

from shared import logs
from shared.application import Application, open_application
from shared.domain.safe_text import masked, written_out
from shared.errors import ConfigurationError, DatabaseUnusable, LeaseHeld, RunFailed, UsageError
from shared.jobs import JOBS
from shared.schedulers import sharding as parts
from shared.schedulers.celery_beat import Timetable
from shared.schedulers.sharding import Part, Whole
from shared.schedules.function_json import read_schedules
from shared.settings import CelerySettings, JobSettings, LogSettings, load
from shared.stages import Stage

log = logging.getLogger(__name__)

QUEUE: Final = "petcare"
DEAD: Final = "petcare.dead"
"""What failed for good waits here for a person. No worker reads it unless told to: `worker -Q petcare.dead`."""

STOPPED_AFTER, KILLED_AFTER, GIVEN_AGAIN_AFTER = 60, 120, 300
"""Seconds beyond a run's time budget, after which it has stopped by itself: when a task is interrupted, when its
process is killed, and when the broker gives the message of a worker that died to another one."""

RELIABLE: Final[dict[str, Any]] = {
    "acks_late": True,
    "autoretry_for": (DatabaseUnusable, LeaseHeld),
    "max_retries": 5,
    # Seconds, doubled each time: 345 in all, longer than the lease of a worker that died. A message that waits longer
    # than the broker's time-out would be given out again.
    "retry_backoff": 15,
    "retry_backoff_max": 120,
    "retry_jitter": False,
    "retry_on_worker_lost": True,  # its process was killed: bounded like any other retry
    "default_retry_delay": 30,
    # What people can cause or cure is said in one line, without a trace.
    "throws": (DatabaseUnusable, LeaseHeld, RunFailed, UsageError, ConfigurationError),
}


def configuration() -> dict[str, Any]:
    """Return Celery's configuration. Celery asks for it when it first needs it, not at import."""
    try:
        celery, jobs = load(CelerySettings), load(JobSettings)
        schedules = read_schedules()
    except ConfigurationError as error:
        raise click.UsageError(written_out(error)) from None  # Celery's own command line shows it in one line
    budget = jobs.run_time_budget_seconds
    return {
        "broker_url": celery.celery_broker_url,
        "broker_connection_retry_on_startup": True,
        "broker_transport_options": {"visibility_timeout": budget + GIVEN_AGAIN_AFTER},
        "task_default_queue": QUEUE,
        "task_ignore_result": True,
        "task_soft_time_limit": budget + STOPPED_AFTER,
        "task_time_limit": budget + KILLED_AFTER,
        "worker_prefetch_multiplier": 1,  # a worker that is busy keeps no message from one that is not
        "timezone": str(jobs.task_timezone),
        "beat_schedule": {
            name: {"task": name, "schedule": Timetable(each.ncrontab, jobs.task_timezone)}
            for name, each in schedules.items()
        },
    }


app = Celery("petcare")
app.add_defaults(configuration)


@contextmanager
def _application() -> Iterator[Application]:
    application = open_application()
    try:
        yield application
    finally:
        application.engine.dispose()


def _send(todo: Sequence[Part]) -> None:
    for part in todo:
        whole = part.whole
        STAGES[part.stage].delay(str(whole.run_id), whole.job, whole.shards, part.stage, part.number)


def _part(run_id: str, job: str, shards: int, stage: str, number: int) -> Part:
    return Part(Whole(UUID(run_id), job, shards), Stage(stage), number)


def _begin(task: Task) -> None:
    """Begin a run of the job that the task is named for. Its id is the message's: one that comes twice is one run."""
    whole = Whole(UUID(task.request.id), task.name, load(CelerySettings).celery_shards)
    with _application() as application:
        _send(parts.begin(application, whole))


def _do(*part: Any) -> None:
    """Do a part of a run, and see to it that the next ones are done."""
    with _application() as application:
        _send(parts.do(application, _part(*part)))


STARTS: Final = {job: app.task(_begin, name=job, bind=True, **RELIABLE) for job in JOBS}
STAGES: Final = {stage: app.task(_do, name=f"petcare.{stage}", **RELIABLE) for stage in Stage}


def log_retry(request: Any, reason: Any, **_: Any) -> None:
    """Say in one line why a task is tried again."""
    log.warning("%s %s: %s; trying again", request.task, request.id, reason.exc)


def dead_letter(sender: Task, task_id: str, exception: BaseException, args: Sequence[Any], **_: Any) -> None:
    """Keep the message of a task that failed for good, and let the run go on without it."""
    part = None if sender.name in JOBS else _part(*args)
    if part and isinstance(exception, LeaseHeld) and _has_its_worker(part):
        return  # that one has a message of its own for it
    why = masked(str(exception) or type(exception).__name__)
    log.error("%s %s: %s; it waits in %s", sender.name, task_id, why, DEAD)
    sender.apply_async(args, task_id=task_id, queue=DEAD)
    if part:
        with _application() as application:
            _send(parts.give_up(application, part, why))


def _has_its_worker(part: Part) -> bool:
    with _application() as application:
        return parts.is_begun(application, part)


def run_on_startup(**_: Any) -> None:
    """Run what its function.json wants run when the schedules start."""
    for name, schedule in read_schedules().items():
        if schedule.run_on_startup:
            STARTS[name].delay()


def configure_logging(**_: Any) -> None:
    """Log as every other command does, instead of in Celery's way."""
    logs.configure(load(LogSettings))


task_retry.connect(log_retry)
task_failure.connect(dead_letter)
beat_init.connect(run_on_startup)
setup_logging.connect(configure_logging)
