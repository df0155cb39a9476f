"""One run of one job, from settings and clock to the stored result."""

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Unpack

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared import logs, telemetry
from shared.application import Application, open_application, payment_gateway
from shared.database import breakers, leases, runs, waiting
from shared.database.engine import ensure_ready, first_line, reading
from shared.database.runs import NewRun
from shared.database.transactions import in_transaction
from shared.domain.breaker import BreakerState
from shared.domain.ids import RunId
from shared.domain.metrics import Number, numbers_of
from shared.domain.records import RunStatus, Tenant, ensure_aware
from shared.domain.safe_text import masked
from shared.domain.tally import Tally, one_line
from shared.errors import LeaseHeld, RunFailed, UsageError
from shared.gateways.heartbeat import beat
from shared.gateways.payments import PaymentCredentialsRefused
from shared.gateways.sms import CredentialsRefused
from shared.jobs import JOBS
from shared.results import conclude, failure_in, status_of
from shared.settings import LogSettings, load
from shared.stages import Request, RunOptions, requested, stages_of, tenants_of, work

log = logging.getLogger(__name__)

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A run's `--at` must lie between these: anything else is a typing error."""


def parsed_instant(written: str) -> datetime:
    """Return the aware instant that is written in ISO 8601. Raise UsageError if it is none, or out of range."""
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise UsageError(f"{written!r} is no time; write it like 2026-03-01T06:30:00Z") from None
    if instant.utcoffset() is None:
        raise UsageError(f"{written!r} has no UTC offset; add Z if it is UTC: {instant.isoformat()}Z")
    if not EARLIEST <= instant <= LATEST:
        raise UsageError(f"{written!r} is not between {EARLIEST:%Y} and {LATEST:%Y}")
    return instant


def run_scheduled(job: str) -> None:
    """Run a job for the Functions host. An exception fails the invocation, so that function.json's `retry` acts.

    So does a held lease: a killed run holds its lease for a minute, and a daily job would lose its day.
    """
    logs.join_host(load(LogSettings))
    application = open_application()
    try:
        run(application, job)
    finally:
        application.engine.dispose()


def run(application: Application, job: str, **options: Unpack[RunOptions]) -> dict[str, Any]:
    """Run one job and return its result.

    Raise UsageError, ConfigurationError, DatabaseUnusable, LeaseHeld (another run of it is at work) or RunFailed.
    """
    request = requested(application, job, **options)
    ensure_possible(application, request)
    with logs.about(run_id=str(request.run_id), task=job), _heard_outside(application, request):
        ensure_ready(application.engine)
        try:
            if request.is_dry:
                return ensure_worked(_execute(application, request, tenants_of(application, request)))
            with leases.held(application.engine, job, application.clock):
                return run_without_lease(application, request)
        except SQLAlchemyError as error:
            raise RunFailed(f"the database failed: {first_line(error)}") from error


@contextmanager
def _heard_outside(application: Application, request: Request) -> Iterator[None]:
    """Tell the monitor outside how the run in the block ended.

    It does not hear of a dry run, of one for some tenants or about another time, nor of one that a lease kept out: only
    of the job's own.
    """
    try:
        yield
    except LeaseHeld:
        raise
    except BaseException:
        _beat(application, request, is_done=False)
        raise
    _beat(application, request, is_done=True)


def _beat(application: Application, request: Request, *, is_done: bool) -> None:
    if not (request.is_dry or request.only or request.is_of_another_time):
        tell_monitor(application, request.job, is_done=is_done)


def tell_monitor(application: Application, job: str, *, is_done: bool) -> None:
    """Tell the monitor outside, if there is one, how a run of a job for all tenants ended."""
    if url := application.telemetry.heartbeat_url:
        beat(url.get_secret_value(), job, is_done=is_done)


def run_without_lease(application: Application, request: Request) -> dict[str, Any]:
    """Run one job even while others do: the ledger keeps it exact. Note the run in the history, however it ends."""
    with (
        logs.about(run_id=str(request.run_id), task=request.job),
        telemetry.run(application.telemetry, request.job, request.run_id, application.clock),
    ):
        return _noted(application, request, tenants_of(application, request))


def _noted(application: Application, request: Request, tenants: Sequence[Tenant]) -> dict[str, Any]:
    run_id = request.run_id
    in_transaction(application.engine, lambda connection: _start(connection, request))
    try:
        result = _execute(application, request, tenants)
        failure = failure_in(result)
        _finish(application, run_id, status_of(result), result, str(failure) if failure else None)
    except BaseException as error:  # interrupts too: no run may stay "running" for ever
        failure = failure_of(error)
        log.error("%s failed: %s", request.job, failure or type(error).__name__)
        _note_failure(application, run_id, masked(str(failure or repr(error))))
        if failure is None:
            raise
        raise failure from error
    if failure:
        log.error("%s failed: %s", request.job, failure)
    log.info("%s: %s", request.job, one_line(result))
    telemetry.ended(status_of(result))
    if telemetry.is_on():
        measure(application, result)
    return ensure_worked(result)


def ensure_worked(result: dict[str, Any]) -> dict[str, Any]:
    """Return a run's result. Raise RunFailed if it worked for no tenant."""
    if failure := failure_in(result):
        raise failure
    return result


def _execute(application: Application, request: Request, tenants: Sequence[Tenant]) -> dict[str, Any]:
    tally = Tally(request.progress)
    work(application, request, tenants, stages_of(request.job), tally)
    return conclude(application, request, tenants, tally)


def _start(connection: Connection, request: Request) -> None:
    host, began = socket.gethostname(), request.started_at
    runs.start(connection, NewRun(request.run_id, request.job, request.now, began, host, request.only))


def ensure_possible(application: Application, request: Request) -> None:
    """Raise UsageError or ConfigurationError for a request that cannot be run."""
    if request.job not in JOBS:
        raise UsageError(f"there is no job {request.job!r}; there are {', '.join(JOBS)}")
    collects = JOBS[request.job].collects
    if request.accept_surge and not collects:
        raise UsageError("only NoShowDetector holds days back; --accept-surge is for it alone")
    _ensure_found_yet(application.look_back, request)
    if collects and not request.is_dry:
        payment_gateway(application)
    if not request.is_of_another_time:
        return
    if not EARLIEST <= ensure_aware(request.now) <= LATEST:
        raise UsageError(f"--at {request.now.isoformat()} is not between {EARLIEST:%Y} and {LATEST:%Y}")
    if application.is_live and not request.is_dry:
        raise UsageError(
            "--at with live providers could text people and charge cards for a time that is not now; "
            "add --dry-run, or set SMS_PROVIDER=console and PAYMENT_PROVIDER=console"
        )


def _ensure_found_yet(look_back: timedelta, request: Request) -> None:
    """Raise UsageError for a day that the run does not search, so that nobody believes it was accepted."""
    day = timedelta(days=1)  # a local date may be a day off, and an appointment that ends late began earlier
    first, last = (request.now - look_back - 2 * day).date(), (request.now + day).date()
    for subdomain, on in sorted(request.accept_surge):
        if not first <= on <= last:
            raise UsageError(
                f"--accept-surge {subdomain}:{on}: missed visits are looked for over {look_back.days} days only"
            )


# The record


def measure(application: Application, result: dict[str, Any]) -> None:
    """Send the result to telemetry, with the waiting texts, open breakers and hours since each job was done."""
    telemetry.record(numbers_of(result))
    try:
        with reading(application.engine) as connection:
            telemetry.record(list(_standing(connection, application.clock())))
    except SQLAlchemyError as error:  # the run is done and noted: a failing measurement must not fail it
        log.warning("the outbox cannot be measured: %s", first_line(error))


def _standing(connection: Connection, wall: datetime) -> Iterator[Number]:
    texts = waiting.waiting_texts(connection, wall)
    yield Number("queue_length", texts.count)
    yield Number("queue_age_seconds", (wall - (texts.since or wall)).total_seconds())
    for each in breakers.all_of_them(connection):
        yield Number("breaker_open", each.state is not BreakerState.CLOSED, {"provider": each.name})
    for job in JOBS:
        for done in runs.latest(connection, wall, task=job, statuses=runs.DONE, only_for_all=True):
            yield Number("hours_since_done", (wall - done.started_at) / timedelta(hours=1), {"job": job})


def _finish(
    application: Application, run_id: RunId, status: RunStatus, result: dict[str, Any] | None, error: str | None
) -> None:
    in_transaction(
        application.engine,
        lambda connection: runs.finish(connection, run_id, status, application.clock(), result, error),
    )


def failure_of(error: BaseException) -> RunFailed | None:
    """Return an error as a failed run with a message for people; None for a bug in this program, or no error at all."""
    if isinstance(error, RunFailed):
        return error
    if isinstance(error, CredentialsRefused):
        return RunFailed(f"the SMS provider refuses the credentials ({error.code}); check the TWILIO_ settings")
    if isinstance(error, PaymentCredentialsRefused):
        return RunFailed(f"the payment provider refuses the credentials ({error.code}); check the STRIPE_ settings")
    if isinstance(error, SQLAlchemyError):
        return RunFailed(f"the database failed: {first_line(error)}")
    return None


def _note_failure(application: Application, run_id: RunId, failure: str) -> None:
    try:
        _finish(application, run_id, RunStatus.FAILED, None, failure)
    except SQLAlchemyError as error:  # the database itself is what failed
        log.error("the failed run %s cannot be noted: %s", run_id, first_line(error))
