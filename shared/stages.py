"""The stages of a run: plan, collect, deliver, each for the tenants it serves; and the run's result."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypedDict, Unpack
from uuid import uuid4

from shared import telemetry
from shared.application import Application, payment_gateway
from shared.database import runs
from shared.database.outbox import Scope
from shared.database.rows.reading import BadRow, noting
from shared.database.tenants import active_tenants, ids_of
from shared.database.transactions import fetch
from shared.delivery import Drain, deliver, would_deliver
from shared.delivery.blocked_numbers import queries as phone_blocks
from shared.domain.ids import RunId, TenantId
from shared.domain.metrics import Number
from shared.domain.policy.models import ServedTenant
from shared.domain.records import Problem, Tenant
from shared.domain.tally import Progress, Tally
from shared.errors import UsageError
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
