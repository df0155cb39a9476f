"""The stages of a run: plan, collect, deliver, each for the tenants it serves; and the run's result."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypedDict, Unpack
from uuid import uuid4

from sqlalchemy import Connection

from shared import telemetry
from shared.application import Application, payment_gateway
from shared.database import runs, waiting
from shared.database.outbox import Scope
from shared.database.rows.reading import BadRow, noting
from shared.database.tenants import active_tenants, ids_of
from shared.database.transactions import fetch
from shared.delivery import Drain, deliver, would_deliver
from shared.delivery.blocked_numbers import queries as phone_blocks
from shared.domain.ids import RunId, TenantId
from shared.domain.metrics import Number
from shared.domain.policy import ServedTenant
from shared.domain.records import Problem, RunStatus, Tenant
from shared.domain.tally import Progress, Tally, one_line
from shared.errors import RunFailed, UsageError
from shared.fees.collecting import Collection, collect, would_collect
from shared.gateways.payments import ConsolePayments
from shared.jobs import JOBS, KINDS
from shared.planning.context import Context
from shared.planning.tenants import senders_in_common, serve

log = logging.getLogger(__name__)


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
    """What is asked of a run. `now`: the instant it is about; `started_at`: by the wall clock; both aware.

    `only`: subdomains, empty for all tenants; `accept_surge`: subdomains and local dates whose missed appointments are
    accepted; `is_of_another_time`: `now` was asked for, by `--at`.
    """

    job: str
    now: datetime
    started_at: datetime
    only: Sequence[str] = ()
    is_dry: bool = False
    progress: Progress | None = None
    accept_surge: frozenset[tuple[str, date]] = frozenset()
    is_of_another_time: bool = False
    run_id: RunId = field(default_factory=lambda: RunId(uuid4()))


class RunOptions(TypedDict, total=False):
    """What a caller may ask of a run.

    `at`: the instant it is about (aware); `only`: subdomains, empty for all tenants; `is_dry`: decide and render, write
    nothing; `accept_surge`: subdomains and local dates whose missed appointments are accepted (NoShowDetector).
    """

    at: datetime | None
    only: Sequence[str]
    is_dry: bool
    progress: Progress | None
    accept_surge: Iterable[tuple[str, date]]


def requested(application: Application, job: str, **options: Unpack[RunOptions]) -> Request:
    """Return the request of a run about `at`, or about the present. This is where a run reads the clock, once."""
    started_at, at = application.clock(), options.get("at")
    return Request(
        job,
        at or started_at,
        started_at,
        options.get("only", ()),
        options.get("is_dry", False),
        options.get("progress"),
        frozenset(options.get("accept_surge", ())),
        is_of_another_time=at is not None,
    )


def tenants_of(application: Application, request: Request) -> list[Tenant]:
    """Return the tenants that a run is for. Raise UsageError if one is named that is not there or not active."""
    tenants = fetch(application.engine, active_tenants)
    named = {*request.only, *(subdomain for subdomain, _ in request.accept_surge)}
    if others := named - {each.subdomain for each in tenants}:
        fetch(application.engine, lambda connection: ids_of(connection, others))
        raise UsageError(f"the tenant {min(others)!r} is not active: the platform does not serve it")
    return [each for each in tenants if not request.only or each.subdomain in request.only]


def work(
    application: Application, request: Request, tenants: Sequence[Tenant], stages: Sequence[Stage], tally: Tally
) -> None:
    """Do some stages of a run for some tenants and count what was done; the caller notes the run."""
    # A tenant with bad settings is one error of the run, counted in the stage that plans.
    errors = tally if Stage.PLAN in stages else Tally()
    application = replace(application, engine=noting(application.engine, _note_bad_rows(tenants, tally)))
    blocked = fetch(application.engine, phone_blocks.blocked)
    served, left_out = serve(
        tenants, application.defaults, application.zone, errors, blocked, application.default_sender
    )
    if Stage.PLAN in stages:
        for problem in senders_in_common(fetch(application.engine, active_tenants), served):
            tally.problem(problem)
    context = _context(application, request, served, tally)
    for stage in stages:
        with telemetry.span(stage):
            _do(application, request, stage, context, left_out)
    tally.stopped_early = context.is_out_of_time()
    telemetry.record(Number("failures", n, {"code": code}) for code, n in Counter(tally.failure_codes).items())


def _note_bad_rows(tenants: Sequence[Tenant], tally: Tally) -> Callable[[BadRow], None]:
    """Return a function that counts a bad row as its tenant's error, once however often it is met."""
    names: Mapping[TenantId | None, str] = {each.id: each.subdomain for each in tenants}
    known = set[BadRow]()

    def note(row: BadRow) -> None:
        if row not in known:
            known.add(row)
            name = names.get(row.tenant_id, str(row.tenant_id or "unknown tenant"))
            tally.problem(Problem(name, row.subject, row.reason))

    return note


def _do(application: Application, request: Request, stage: Stage, context: Context, left_out: Sequence[Tenant]) -> None:
    match stage:
        case Stage.PLAN:
            JOBS[request.job].plan(context)
        case Stage.COLLECT:
            _collect(application, request, context)
        case Stage.DELIVER:
            _deliver(application, request, context, left_out)


def _context(application: Application, request: Request, served: Sequence[ServedTenant], tally: Tally) -> Context:
    switch_on = fetch(application.engine, lambda connection: runs.switch_on(connection, request.job, request.only))
    return Context(
        engine=application.engine,
        run_id=request.run_id,
        now=request.now,
        switch_on=switch_on or request.now,
        served=served,
        kinds=KINDS,
        tally=tally,
        is_dry=request.is_dry,
        is_out_of_time=lambda: _time_left(application, request) <= timedelta(),
        look_back=application.look_back,
        accept_surge=request.accept_surge,
    )


def _time_left(application: Application, request: Request) -> timedelta:
    """Return how long a run may go on; zero if its time is up or the process was asked to stop."""
    if application.is_stopping():
        return timedelta()
    return max(timedelta(), application.time_budget - (application.clock() - request.started_at))


def _collect(application: Application, request: Request, context: Context) -> None:
    collection = Collection(
        engine=application.engine,
        gateway=application.payments or ConsolePayments(),  # a dry run never uses it
        served={each.tenant.id: each for each in context.served},
        run_id=context.run_id,
        now=lambda: request.now + (application.clock() - request.started_at),
        wall=application.clock,
        is_out_of_time=context.is_out_of_time,
        tally=context.tally,
    )
    if context.is_dry:
        context.tally.would.extend(would_collect(collection))
    else:
        collect(collection)


def collection_for_staff(application: Application) -> Collection:
    """Return the collection for staff actions, which charge and refund fees outside any run.

    Raise ConfigurationError without a payment provider.
    """
    tally, tenants = Tally(), fetch(application.engine, active_tenants)
    served, _ = serve(tenants, application.defaults, application.zone, tally)
    return Collection(
        engine=application.engine,
        gateway=payment_gateway(application),
        served={each.tenant.id: each for each in served},
        run_id=RunId(uuid4()),
        now=application.clock,
        wall=application.clock,
        is_out_of_time=lambda: False,
        tally=tally,
    )


def _deliver(application: Application, request: Request, context: Context, left_out: Sequence[Tenant]) -> None:
    drain = Drain(
        engine=application.engine,
        gateway=application.sms,
        begun_at=request.now,
        kinds=context.kinds,
        served={each.tenant.id: each for each in context.served},
        scope=_scope(context.served, left_out, request.only, only_sending=True),
        expirable=_scope(context.served, left_out, request.only, only_sending=False),
        now=lambda: request.now + (application.clock() - request.started_at),
        wall=application.clock,
        time_left=lambda: _time_left(application, request),
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


def _scope(
    served: Sequence[ServedTenant], unserved: Sequence[Tenant], only: Sequence[str], *, only_sending: bool
) -> Scope:
    silent = {each.tenant.id for each in served if only_sending and not each.policy.sms.enabled}
    return Scope(
        only=frozenset(each.tenant.id for each in served) if only else None,
        left_out=frozenset(silent | {each.id for each in unserved}),
    )


# The result


def conclude(application: Application, request: Request, tenants: Sequence[Tenant], tally: Tally) -> dict[str, Any]:
    """Return the result of a run that did all its stages."""
    if not request.is_dry:
        _log_by_tenant(tenants, tally)
    return {
        "run_id": str(request.run_id),
        "task": request.job,
        "now": request.now.isoformat(),
        "tenants_processed": len(tenants) - len(tally.failed_tenants),
        "tenants_failed": len(tally.failed_tenants),
        "not_served": _not_served(application, request, tally.left_out),
        "failed_for": sorted(tally.failed_tenants - tally.left_out),
        **JOBS[request.job].summarize(tally, _waiting(application, request)),
        "total_errors": len(tally.problems),
        "errors": tally.errors(),
        "stopped_early": tally.stopped_early,
        "duration_seconds": round((application.clock() - request.started_at).total_seconds(), 3),
        "tenant_results": tally.by_tenant(),
        "delivery": tally.delivery(),
        "sender_trouble": tally.sender_trouble,
        **({"would": [each.as_object() for each in tally.would]} if request.is_dry else {}),
    }


def status_of(result: Mapping[str, Any]) -> RunStatus:
    """Return how a run with this result ended: failed, if it worked for no tenant."""
    if result["tenants_failed"] and not result["tenants_processed"]:
        return RunStatus.FAILED
    if result["total_errors"]:
        return RunStatus.WITH_ERRORS
    return RunStatus.HELD if result.get("held") else RunStatus.SUCCEEDED


def failure_in(result: Mapping[str, Any]) -> RunFailed | None:
    """Return the error of a run that worked for no tenant; None for any other."""
    if status_of(result) is not RunStatus.FAILED:
        return None
    first = "{tenant}: {subject}: {reason}".format_map(result["errors"][0])
    return RunFailed(f"no tenant could be worked for; the first error: {first}")


def _not_served(application: Application, request: Request, subdomains: Set[str]) -> dict[str, str]:
    """Return since when the job has left some tenants out: the start of the first run in an unbroken series."""
    known = fetch(application.engine, lambda connection: _left_out_before(connection, request)) if subdomains else {}
    return {each: known.get(each, request.started_at.isoformat()) for each in sorted(subdomains)}


def _left_out_before(connection: Connection, request: Request) -> Mapping[str, str]:
    ended = (*runs.DONE, RunStatus.FAILED)
    last = runs.latest(connection, request.started_at, task=request.job, statuses=ended, limit=10, only_for_all=True)
    return next((each.result.get("not_served", {}) for each in last if each.result), {})


def _waiting(application: Application, request: Request) -> int:
    """How many of the run's own texts wait for a later run."""
    kind = JOBS[request.job].kind
    if kind is None or request.is_dry:
        return 0
    return fetch(application.engine, lambda connection: waiting.texts_of_run(connection, request.run_id, kind))


def _log_by_tenant(tenants: Sequence[Tenant], tally: Tally) -> None:
    """Log one line for each tenant with what this run did for it."""
    counts, errors = tally.by_tenant(), Counter(each.tenant for each in tally.problems)
    for tenant in tenants:
        its = counts.get(tenant.subdomain, {}) | {"errors": errors[tenant.subdomain]}
        log.info("%s", one_line(its) or "nothing to do", extra={"tenant": tenant.subdomain})
