"""The jobs on many machines: `celery -A shared.schedulers.celery_app worker` and `… beat`.

Beat sends a task named after its job on the schedule of the function folder. That task only begins the run; the parts
(shared/schedulers/sharding.py) are tasks of their own, which any worker takes. A message may arrive twice or late, or
never be finished: the database alone decides what is done.
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
from shared.domain.ids import RunId
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
"""Tasks that failed for good wait here for a person. Only `worker -Q petcare.dead` reads this queue."""

STOPPED_AFTER, KILLED_AFTER, GIVEN_AGAIN_AFTER = 60, 120, 300
"""Seconds after a run's time budget, when it should have stopped by itself: the task is interrupted, its process is
killed, and the broker redelivers the message of a dead worker."""

RELIABLE: Final[dict[str, Any]] = {
    "acks_late": True,
    "autoretry_for": (DatabaseUnusable, LeaseHeld),
    "max_retries": 5,
    # Seconds, doubled each time: 345 in all, longer than the lease of a dead worker. The broker would redeliver a
    # message that waits longer than its time-out.
    "retry_backoff": 15,
    "retry_backoff_max": 120,
    "retry_jitter": False,
    "retry_on_worker_lost": True,  # when the process is killed: bounded like any other retry
    "default_retry_delay": 30,
    # Errors that people cause and can fix are logged in one line, without a traceback.
    "throws": (DatabaseUnusable, LeaseHeld, RunFailed, UsageError, ConfigurationError),
}


def configuration() -> dict[str, Any]:
    """Return Celery's configuration. Celery calls this on first use, not at import."""
    try:
        celery, jobs = load(CelerySettings), load(JobSettings)
        schedules = read_schedules()
    except ConfigurationError as error:
        raise click.UsageError(written_out(error)) from None  # Celery's command line prints it in one line
    budget = jobs.run_time_budget_seconds
    return {
        "broker_url": celery.celery_broker_url,
        "broker_connection_retry_on_startup": True,
        "broker_transport_options": {"visibility_timeout": budget + GIVEN_AGAIN_AFTER},
        "task_default_queue": QUEUE,
        "task_ignore_result": True,
        "task_soft_time_limit": budget + STOPPED_AFTER,
        "task_time_limit": budget + KILLED_AFTER,
        "worker_prefetch_multiplier": 1,  # a busy worker reserves no message that an idle one could take
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
    return Part(Whole(RunId(UUID(run_id)), job, shards), Stage(stage), number)


def _begin(task: Task) -> None:
    """Begin a run of the job that the task is named after. The message's id is the run's: a duplicate begins none."""
    whole = Whole(RunId(UUID(task.request.id)), task.name, load(CelerySettings).celery_shards)
    with _application() as application:
        _send(parts.begin(application, whole))


def _do(*part: Any) -> None:
    """Do a part of a run, and send the parts that follow it."""
    with _application() as application:
        _send(parts.do(application, _part(*part)))


STARTS: Final = {job: app.task(_begin, name=job, bind=True, **RELIABLE) for job in JOBS}
STAGES: Final = {stage: app.task(_do, name=f"petcare.{stage}", **RELIABLE) for stage in Stage}


def log_retry(request: Any, reason: Any, **_: Any) -> None:
    """Log in one line why a task is retried."""
    log.warning("%s %s: %s; trying again", request.task, request.id, reason.exc)


def dead_letter(sender: Task, task_id: str, exception: BaseException, args: Sequence[Any], **_: Any) -> None:
    """Move the message of a task that failed for good to the queue DEAD, and let the run go on without it."""
    part = None if sender.name in JOBS else _part(*args)
    if part and isinstance(exception, LeaseHeld) and _has_its_worker(part):
        return  # the other worker has its own message for this part
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
    """Start the jobs whose function.json sets runOnStartup."""
    for name, schedule in read_schedules().items():
        if schedule.run_on_startup:
            STARTS[name].delay()


def configure_logging(**_: Any) -> None:
    """Log like every other command, not in Celery's format."""
    logs.configure(load(LogSettings))


task_retry.connect(log_retry)
task_failure.connect(dead_letter)
beat_init.connect(run_on_startup)
setup_logging.connect(configure_logging)
