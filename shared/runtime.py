"""One run of one job, from settings and clock to the stored result."""

import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared import logs, telemetry
from shared.application import Application, open_application, payment_gateway
from shared.database import breakers, leases, outbox, runs
from shared.database import waiting as health
from shared.database.engine import ensure_ready, first_line, reading
from shared.database.outbox import Scope
from shared.database.rows import BadRow, noting
from shared.database.tenants import active_tenants
from shared.database.transactions import fetch, in_transaction
from shared.delivery import Drain, deliver, phone_blocks, would_deliver
from shared.domain.breaker import BreakerState
from shared.domain.policy import ServedTenant
from shared.domain.records import Problem, RunStatus, Tenant, ensure_aware
from shared.domain.safe_text import masked
from shared.domain.tally import Progress, Tally, one_line
from shared.errors import RunFailed, UsageError
from shared.fees.collecting import Collection, collect, would_collect
from shared.gateways.payments import ConsolePayments, PaymentCredentialsRefused
from shared.gateways.sms import CredentialsRefused
from shared.jobs import JOBS, KINDS
from shared.planning.context import Context
from shared.planning.tenants import senders_in_common, serve
from shared.settings import LogSettings, load

log = logging.getLogger(__name__)

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Between these a run may be asked for: outside them is a typing error."""


class Stage(StrEnum):
    """What a run does, in this order."""

    PLAN = "plan"
    COLLECT = "collect"
    DELIVER = "deliver"


def stages_of(job: str) -> tuple[Stage, ...]:
    """Return the stages of a job's run, in order: only some jobs collect."""
    return tuple(Stage) if JOBS[job].collects else (Stage.PLAN, Stage.DELIVER)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run. `at`: as of when, None for now; `only`: subdomains, none for all tenants.

    `accept_surge`: subdomains and local dates on which so many missed appointments are to be believed.
    """

    job: str
    at: datetime | None = None
    only: Sequence[str] = ()
    is_dry: bool = False
    progress: Progress | None = None
    accept_surge: frozenset[tuple[str, date]] = frozenset()
    run_id: UUID = field(default_factory=uuid4)


def run_scheduled(job: str) -> None:
    """Run a job for the Functions host. What it raises fails the invocation, so that function.json's `retry` acts.

    That goes for a held lease too: a run that was killed holds it for a minute, and a daily job would lose its day.
    """
    logs.join_host(load(LogSettings))
    application = open_application()
    try:
        run(application, job)
    finally:
        application.engine.dispose()


def run(
    application: Application,
    job: str,
    *,
    at: datetime | None = None,
    only: Sequence[str] = (),
    is_dry: bool = False,
    progress: Progress | None = None,
    accept_surge: Iterable[tuple[str, date]] = (),
) -> dict[str, Any]:
    """Run one job and return its result.

    `at`: as of when (aware); `only`: subdomains, none for all tenants; `is_dry`: decide and render, write nothing;
    `accept_surge`: subdomains and local dates whose missed appointments are to be believed (NoShowDetector).
    Raise UsageError, ConfigurationError, DatabaseUnusable, LeaseHeld (another run of it is at work) or RunFailed.
    """
    request = Request(job, at, only, is_dry, progress, frozenset(accept_surge))
    ensure_possible(application, request)
    ensure_ready(application.engine)
    with logs.about(run_id=str(request.run_id), task=job):
        try:
            if is_dry:
                return _execute(application, request, _tenants(application, request))
            with leases.held(application.engine, job, application.clock):
                return run_without_lease(application, request)
        except SQLAlchemyError as error:
            raise RunFailed(f"the database failed: {first_line(error)}") from error


def run_without_lease(application: Application, request: Request) -> dict[str, Any]:
    """Run one job whoever else does: the ledger keeps it exact. Note the run in the history, however it ends."""
    with (
        logs.about(run_id=str(request.run_id), task=request.job),
        telemetry.run(application.telemetry, request.job, request.run_id, application.clock),
    ):
        return _noted(application, request, _tenants(application, request))


def _noted(application: Application, request: Request, tenants: Sequence[Tenant]) -> dict[str, Any]:
    run_id, wall = request.run_id, application.clock()
    now, host = request.at or wall, socket.gethostname()
    in_transaction(
        application.engine,
        lambda connection: runs.start(connection, run_id, request.job, now, wall, host, request.only),
    )
    try:
        result = _execute(application, request, tenants)
        _finish(application, run_id, RunStatus.HELD if result.get("held") else RunStatus.SUCCEEDED, result, None)
    except BaseException as error:  # also when it is interrupted: no run may stay "running" for ever
        failure = failure_of(error)
        log.error("%s failed: %s", request.job, failure or type(error).__name__)
        _note_failure(application, run_id, masked(str(failure or repr(error))))
        if failure is None:
            raise
        raise failure from error
    log.info("%s: %s", request.job, one_line(result))
    if telemetry.is_on():
        measure(application, result)
    return result


def ensure_possible(application: Application, request: Request) -> None:
    """Raise UsageError or ConfigurationError for what cannot be run, or not like that."""
    if request.job not in JOBS:
        raise UsageError(f"there is no job {request.job!r}; there are {', '.join(JOBS)}")
    collects = JOBS[request.job].collects
    if request.accept_surge and not collects:
        raise UsageError("only NoShowDetector holds days back; --accept-surge is for it alone")
    _ensure_found_yet(application, request)
    if collects and not request.is_dry:
        payment_gateway(application)
    if request.at is None:
        return
    if not EARLIEST <= ensure_aware(request.at) <= LATEST:
        raise UsageError(f"--at {request.at.isoformat()} is not between {EARLIEST:%Y} and {LATEST:%Y}")
    if application.is_live and not request.is_dry:
        raise UsageError(
            "--at with live providers could text people and charge cards for a time that is not now; "
            "add --dry-run, or set SMS_PROVIDER=console and PAYMENT_PROVIDER=console"
        )


def _ensure_found_yet(application: Application, request: Request) -> None:
    """Raise UsageError for a day that no run looks at, so that nobody believes it was accepted."""
    now, day = request.at or application.clock(), timedelta(days=1)  # a local date may be a day off
    first, last = (now - application.look_back - 2 * day).date(), (now + day).date()  # what ends late began before
    for subdomain, on in sorted(request.accept_surge):
        if not first <= on <= last:
            days = application.look_back.days
            raise UsageError(f"--accept-surge {subdomain}:{on}: missed visits are looked for over {days} days only")


# One execution


def _execute(application: Application, request: Request, tenants: Sequence[Tenant]) -> dict[str, Any]:
    started, tally = application.clock(), Tally(request.progress)
    work(application, request, tenants, stages_of(request.job), tally, started)
    return conclude(application, request, tenants, tally, started)


def work(
    application: Application,
    request: Request,
    tenants: Sequence[Tenant],
    stages: Sequence[Stage],
    tally: Tally,
    started: datetime,
) -> None:
    """Do some stages of a run for some tenants and count what was done; to note the run is the caller's part."""
    # A tenant with bad settings is one error of the run, counted where its work is planned.
    errors = tally if Stage.PLAN in stages else Tally()
    application = replace(application, engine=noting(application.engine, _note_bad_rows(tenants, tally)))
    blocked = fetch(application.engine, phone_blocks.blocked)
    served, left_out = serve(
        tenants, application.defaults, application.zone, errors, blocked, application.default_sender
    )
    if Stage.PLAN in stages:
        for problem in senders_in_common(fetch(application.engine, active_tenants), served):
            tally.problem(problem)
    context = _context(application, request, started, served, tally)
    for stage in stages:
        with telemetry.span(stage):
            _do(application, request, stage, context, left_out, started)
    tally.stopped_early = context.is_out_of_time()
    telemetry.record(
        telemetry.Number("failures", n, {"code": code}) for code, n in Counter(tally.failure_codes).items()
    )


def _note_bad_rows(tenants: Sequence[Tenant], tally: Tally) -> Callable[[BadRow], None]:
    """Return what counts a row that holds nonsense as its tenant's error, once however often it is met."""
    names: Mapping[UUID | None, str] = {each.id: each.subdomain for each in tenants}
    known = set[BadRow]()

    def note(row: BadRow) -> None:
        if row not in known:
            known.add(row)
            name = names.get(row.tenant_id, str(row.tenant_id or "unknown tenant"))
            tally.problem(Problem(name, row.subject, row.reason))

    return note


def _do(
    application: Application,
    request: Request,
    stage: Stage,
    context: Context,
    left_out: Sequence[Tenant],
    started: datetime,
) -> None:
    match stage:
        case Stage.PLAN:
            JOBS[request.job].plan(context)
        case Stage.COLLECT:
            _collect(application, context, started)
        case Stage.DELIVER:
            _deliver(application, request, context, left_out, started)


def conclude(
    application: Application, request: Request, tenants: Sequence[Tenant], tally: Tally, started: datetime
) -> dict[str, Any]:
    """Return the result of a run that did all its stages. Raise RunFailed where it worked for no tenant."""
    if not request.is_dry:
        _tell_by_tenant(tenants, tally)
    if tally.failed_tenants and len(tally.failed_tenants) == len(tenants):
        first = tally.problems[0]
        raise RunFailed(
            f"no tenant could be worked for; the first error: {first.tenant}: {first.subject}: {first.reason}"
        )
    return {
        "run_id": str(request.run_id),
        "task": request.job,
        "now": (request.at or started).isoformat(),
        "tenants_processed": len(tenants) - len(tally.failed_tenants),
        "tenants_failed": len(tally.failed_tenants),
        **JOBS[request.job].summarize(tally, _waiting(application, request)),
        "total_errors": len(tally.problems),
        "errors": tally.errors(),
        "stopped_early": tally.stopped_early,
        "duration_seconds": round((application.clock() - started).total_seconds(), 3),
        "tenant_results": tally.by_tenant(),
        "delivery": tally.delivery(),
        "sender_trouble": tally.sender_trouble,
        **({"would": tally.would} if request.is_dry else {}),
    }


def _context(
    application: Application,
    request: Request,
    started: datetime,
    served: Sequence[ServedTenant],
    tally: Tally,
) -> Context:
    now = request.at or started
    switch_on = fetch(application.engine, lambda connection: runs.switch_on(connection, request.job, request.only))
    return Context(
        engine=application.engine,
        run_id=request.run_id,
        now=now,
        switch_on=switch_on or now,
        served=served,
        kinds=KINDS,
        tally=tally,
        is_dry=request.is_dry,
        is_out_of_time=lambda: _time_left(application, started) <= timedelta(),
        look_back=application.look_back,
        accept_surge=request.accept_surge,
    )


def _time_left(application: Application, started: datetime) -> timedelta:
    """Return for how long a run may go on; nothing when its time is up or the process was told to end."""
    if application.is_stopping():
        return timedelta()
    return max(timedelta(), application.time_budget - (application.clock() - started))


def _collect(application: Application, context: Context, started: datetime) -> None:
    collection = _collection(application, context, started)
    if context.is_dry:
        context.tally.would.extend(would_collect(collection))
    else:
        collect(collection)


def _deliver(
    application: Application, request: Request, context: Context, left_out: Sequence[Tenant], started: datetime
) -> None:
    drain = Drain(
        engine=application.engine,
        gateway=application.sms,
        begun_at=context.now,
        kinds=context.kinds,
        served={each.tenant.id: each for each in context.served},
        scope=_scope(context.served, left_out, request.only, only_sending=True),
        expirable=_scope(context.served, left_out, request.only, only_sending=False),
        now=lambda: context.now + (application.clock() - started),
        wall=application.clock,
        time_left=lambda: _time_left(application, started),
        tally=context.tally,
        concurrency=application.concurrency,
        max_per_second=application.max_per_second,
        is_sending=application.sms_enabled,
        monotonic=application.monotonic,
        wait=application.wait,
    )
    if context.is_dry:
        context.tally.would.extend(would_deliver(drain))
    else:
        deliver(drain)


def _waiting(application: Application, request: Request) -> int:
    """How many of the run's own texts wait for a later run."""
    kind = JOBS[request.job].kind
    if kind is None or request.is_dry:
        return 0
    return fetch(application.engine, lambda connection: outbox.waiting(connection, request.run_id, kind))


def _collection(application: Application, context: Context, started: datetime) -> Collection:
    return Collection(
        engine=application.engine,
        gateway=application.payments or ConsolePayments(),  # a dry run asks nothing of it
        served={each.tenant.id: each for each in context.served},
        run_id=context.run_id,
        now=lambda: context.now + (application.clock() - started),
        wall=application.clock,
        is_out_of_time=context.is_out_of_time,
        tally=context.tally,
    )


def _tenants(application: Application, request: Request) -> list[Tenant]:
    tenants = fetch(application.engine, active_tenants)
    named = {*request.only, *(subdomain for subdomain, _ in request.accept_surge)}
    if unknown := named - {each.subdomain for each in tenants}:
        raise UsageError(f"there is no active tenant {min(unknown)!r}")
    return [each for each in tenants if not request.only or each.subdomain in request.only]


def _scope(
    served: Sequence[ServedTenant], unserved: Sequence[Tenant], only: Sequence[str], *, only_sending: bool
) -> Scope:
    silent = {each.tenant.id for each in served if only_sending and not each.policy.sms.enabled}
    return Scope(
        only=frozenset(each.tenant.id for each in served) if only else None,
        left_out=frozenset(silent | {each.id for each in unserved}),
    )


# The record


def measure(application: Application, result: dict[str, Any]) -> None:
    """Tell telemetry the result, and how the whole stands: what waits, who is given a rest, when each job was done."""
    telemetry.record(telemetry.numbers_of(result))
    try:
        with reading(application.engine) as connection:
            telemetry.record(list(_standing(connection, application.clock())))
    except SQLAlchemyError as error:  # the run is done and noted: what only telemetry reads must not fail it
        log.warning("the outbox cannot be measured: %s", first_line(error))


def _standing(connection: Connection, wall: datetime) -> Iterator[telemetry.Number]:
    waiting = health.waiting_texts(connection, wall)
    yield telemetry.Number("queue_length", waiting.count)
    yield telemetry.Number("queue_age_seconds", (wall - (waiting.since or wall)).total_seconds())
    for each in breakers.all_of_them(connection):
        yield telemetry.Number("breaker_open", each.state is not BreakerState.CLOSED, {"provider": each.name})
    for job in JOBS:
        for done in runs.latest(connection, wall, task=job, statuses=runs.DONE, only_for_all=True):
            yield telemetry.Number("hours_since_done", (wall - done.started_at) / timedelta(hours=1), {"job": job})


def _finish(
    application: Application, run_id: UUID, status: RunStatus, result: dict[str, Any] | None, error: str | None
) -> None:
    in_transaction(
        application.engine,
        lambda connection: runs.finish(connection, run_id, status, application.clock(), result, error),
    )


def failure_of(error: BaseException) -> RunFailed | None:
    """Return what is to be said of an error; None for one that is a fault of this program, or no error at all."""
    if isinstance(error, RunFailed):
        return error
    if isinstance(error, CredentialsRefused):
        return RunFailed(f"the SMS provider refuses the credentials ({error.code}); check the TWILIO_ settings")
    if isinstance(error, PaymentCredentialsRefused):
        return RunFailed(f"the payment provider refuses the credentials ({error.code}); check the STRIPE_ settings")
    if isinstance(error, SQLAlchemyError):
        return RunFailed(f"the database failed: {first_line(error)}")
    return None


def _note_failure(application: Application, run_id: UUID, failure: str) -> None:
    try:
        _finish(application, run_id, RunStatus.FAILED, None, failure)
    except SQLAlchemyError as error:  # the database itself is what failed
        log.error("the failed run %s cannot be noted: %s", run_id, first_line(error))


def _tell_by_tenant(tenants: Sequence[Tenant], tally: Tally) -> None:
    """Log one line for each tenant: what this run did for it."""
    counts, errors = tally.by_tenant(), Counter(each.tenant for each in tally.problems)
    for tenant in tenants:
        told = counts.get(tenant.subdomain, {}) | {"errors": errors[tenant.subdomain]}
        log.info("%s", one_line(told) or "nothing to do", extra={"tenant": tenant.subdomain})
