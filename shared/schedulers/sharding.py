"""A run in parts that many workers do side by side: planning by tenant shards, then collection, then delivery.

Each part is a row of `runs` under a name of its own, `NoShowDetector:plan-3`, with its counts. Those rows alone say
which parts are left, so a part may be sent to workers any number of times, and any worker may die. Only the row of the
whole run has the job's name, so a query for a job's last success finds whole runs. Once the whole run has its result,
the rows of its parts are deleted.
"""

import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid5
from zlib import crc32

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared import logs, telemetry
from shared.application import Application
from shared.database import commits, leases, runs
from shared.database.engine import ensure_ready, first_line, reading
from shared.database.runs import NotedRun
from shared.database.tenants import active_tenants
from shared.database.transactions import fetch, in_transaction
from shared.domain.ids import RunId, TenantId
from shared.domain.records import RunStatus
from shared.domain.tally import Tally, one_line
from shared.errors import DatabaseUnusable, RunFailed
from shared.gateways.payments import PaymentCredentialsRefused
from shared.gateways.sms import CredentialsRefused
from shared.results import conclude, failure_in, status_of
from shared.runtime import ensure_possible, failure_of, measure, tell_monitor
from shared.stages import Request, Stage, requested, stages_of, work

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Whole:
    """A run of a job in `shards` parts for each stage."""

    run_id: RunId
    job: str
    shards: int

    def parts(self, *stages: Stage) -> list["Part"]:
        """Return the parts of some stages, in order."""
        return [Part(self, stage, number) for stage in stages for number in range(self.shards)]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a run. A planning part serves the tenants of its shard; the others serve any tenant."""

    whole: Whole
    stage: Stage
    number: int

    @property
    def id(self) -> RunId:
        """The row's id, the same for every worker that gets this part."""
        return RunId(uuid5(self.whole.run_id, f"{self.stage}-{self.number}"))

    @property
    def name(self) -> str:
        return f"{self.whole.job}:{self.stage}-{self.number}"

    @property
    def lease(self) -> str:
        """Planning has one lease for each shard of a job; other stages claim row by row, so each part has its own."""
        return f"{self.whole.job}:{self.number if self.stage is Stage.PLAN else self.id}"


def shard_of(tenant_id: TenantId, shards: int) -> int:
    """Return the number of a tenant's shard, which never changes."""
    return crc32(tenant_id.bytes) % shards


def begin(application: Application, whole: Whole) -> list[Part]:
    """Record that a run began, unless it is recorded, and return the parts to do first.

    Raise UsageError, ConfigurationError or DatabaseUnusable.
    """
    request, host = requested(application, whole.job), socket.gethostname()
    ensure_possible(application, request)
    ensure_ready(application.engine)

    def mark_begun(connection: Connection) -> Mapping[RunId, NotedRun]:
        runs.start_once(connection, whole.run_id, whole.job, request.started_at, host)
        commits.forget(connection, request.started_at)
        return _recorded(connection, whole)

    with _as_database_unusable():
        found = in_transaction(application.engine, mark_begun)
    return [] if _is_over(whole, found) else _waiting(whole.parts(Stage.PLAN), found)


def do(application: Application, part: Part) -> list[Part]:
    """Do a part unless it is done. Return the parts of the next stage once this stage is over, else none.

    Raise LeaseHeld (another worker is at it) or DatabaseUnusable, after which a retry helps, or RunFailed, after which
    it does not.
    """
    with logs.about(run_id=str(part.whole.run_id), task=part.name), _as_database_unusable():
        with leases.held(application.engine, part.lease, application.clock):
            if _start(application, part):
                return _end(application, part, RunStatus.SUCCEEDED, result=_work(application, part))
        found = fetch(application.engine, lambda connection: _recorded(connection, part.whole))
        return _next(application, part, found)


def give_up(application: Application, part: Part, error: str) -> list[Part]:
    """Record that a part failed for good, and return the parts to do next: the run goes on without it."""
    with logs.about(run_id=str(part.whole.run_id), task=part.name), _as_database_unusable():
        log.error("given up: %s", error)
        return _end(application, part, RunStatus.FAILED, error=error) if _start(application, part) else []


def is_begun(application: Application, part: Part) -> bool:
    """Whether a worker has begun this part and not ended it."""
    with _as_database_unusable(), reading(application.engine) as connection:
        found = runs.by_id(connection, [part.id])
    return part.id in found and found[part.id].status is RunStatus.RUNNING


@contextmanager
def _as_database_unusable() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise DatabaseUnusable(f"the database failed: {first_line(error)}") from error


def _start(application: Application, part: Part) -> bool:
    """Record that a part begins; return False if the part or the whole run is already done."""
    wall, host = application.clock(), socket.gethostname()

    def mark_part_begun(connection: Connection) -> bool:
        return not _is_over(part.whole, _recorded(connection, part.whole)) and (
            runs.start_once(connection, part.id, part.name, wall, host)
            or runs.start_again(connection, part.id, wall, host)
        )

    return in_transaction(application.engine, mark_part_begun)


def _work(application: Application, part: Part) -> dict[str, Any]:
    """Do a part and return its counts."""
    tenants = fetch(application.engine, active_tenants)
    if part.stage is Stage.PLAN:
        tenants = [each for each in tenants if shard_of(each.id, part.whole.shards) == part.number]
    tally, request = Tally(), replace(requested(application, part.whole.job), run_id=part.whole.run_id)
    try:
        with telemetry.run(application.telemetry, part.name, part.whole.run_id, application.clock):
            work(application, request, tenants, [part.stage], tally)
    except (CredentialsRefused, PaymentCredentialsRefused) as error:
        raise failure_of(error) or error from error
    return tally.as_json()


# What comes next


def _recorded(connection: Connection, whole: Whole) -> dict[RunId, NotedRun]:
    return runs.by_id(connection, [whole.run_id, *(each.id for each in whole.parts(*stages_of(whole.job)))])


def _is_over(whole: Whole, found: Mapping[RunId, NotedRun]) -> bool:
    """Whether the whole run is done, or not recorded in this database."""
    return whole.run_id not in found or found[whole.run_id].status in runs.DONE


def _waiting(parts: Sequence[Part], found: Mapping[RunId, NotedRun]) -> list[Part]:
    return [each for each in parts if each.id not in found or found[each.id].status is RunStatus.RUNNING]


def _end(
    application: Application,
    part: Part,
    status: RunStatus,
    *,
    result: dict[str, Any] | None = None,
    error: str | None = None,
) -> list[Part]:
    """Record how a part ended, under a lock: of parts that end at the same moment, one sees that all are over."""

    def mark_part_ended(connection: Connection) -> Mapping[RunId, NotedRun]:
        runs.lock(connection, part.whole.run_id)
        runs.finish(connection, part.id, status, application.clock(), result, error)
        return _recorded(connection, part.whole)

    return _next(application, part, in_transaction(application.engine, mark_part_ended))


def _next(application: Application, part: Part, found: Mapping[RunId, NotedRun]) -> list[Part]:
    """Return the parts of the next stage if this part's stage is over; after the last stage conclude the run."""
    if _is_over(part.whole, found):
        return []
    for stage in stages_of(part.whole.job):
        if waiting := _waiting(part.whole.parts(stage), found):
            return waiting if stage is not part.stage else []  # the waiting parts of this stage have been sent already
    with suppress(RunFailed), logs.about(task=part.whole.job):
        _conclude(application, part.whole, found)
    return []


def _conclude(application: Application, whole: Whole, found: Mapping[RunId, NotedRun]) -> None:
    """Record the result of the run. Raise RunFailed if it failed."""
    took = application.clock() - found[whole.run_id].started_at
    with telemetry.run(
        application.telemetry, whole.job, whole.run_id, application.clock, took_seconds=took.total_seconds()
    ):
        try:
            result = _add_up(application, whole, found)
        except RunFailed:
            tell_monitor(application, whole.job, is_done=False)
            raise
        if telemetry.is_on():
            measure(application, result)
    tell_monitor(application, whole.job, is_done=True)


def _add_up(application: Application, whole: Whole, found: Mapping[RunId, NotedRun]) -> dict[str, Any]:
    """Add up the parts' counts, record them as the result of the run, and return it."""
    tally, failures = Tally(), []
    for part in whole.parts(*stages_of(whole.job)):
        tally.add_up(found[part.id].result or Tally().as_json())
        failures += [f"{part.name}: {found[part.id].error}"] if found[part.id].status is RunStatus.FAILED else []
    tenants = fetch(application.engine, active_tenants)
    noted = found[whole.run_id]
    request = Request(whole.job, noted.now, noted.started_at, run_id=whole.run_id)
    result = conclude(application, request, tenants, tally)
    failures += [str(failure)] if (failure := failure_in(result)) else []
    status = RunStatus.FAILED if failures else status_of(result)

    def store_result(connection: Connection) -> None:
        runs.finish(connection, whole.run_id, status, application.clock(), result, "; ".join(failures) or None)
        if status in runs.DONE:
            runs.forget(connection, [each.id for each in whole.parts(*stages_of(whole.job))])

    in_transaction(application.engine, store_result)
    if failures:
        log.error("%s failed: %s", whole.job, "; ".join(failures))
        raise RunFailed("; ".join(failures))
    log.info("%s: %s", whole.job, one_line(result))
    telemetry.ended(status)
    return result
