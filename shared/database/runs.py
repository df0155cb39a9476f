"""The history of runs: one row for each execution of a job."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from shared.database.tables import leases, runs
from shared.records import RunStatus

DONE = (RunStatus.SUCCEEDED, RunStatus.HELD)
"""A run that holds a day back for an operator has done its work."""


@dataclass(frozen=True, slots=True)
class NotedRun:
    """One execution. `started_at`, `finished_at`: by the wall clock; `now`: as of when it worked.

    `is_lost`: it is noted as running and nobody holds its job: the process is gone.
    """

    id: UUID
    task: str
    now: datetime
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    result: dict[str, Any] | None
    error: str | None
    host: str | None
    is_lost: bool = False


def start(
    connection: Connection,
    id_: UUID,
    task: str,
    now: datetime,
    wall: datetime,
    host: str,
    tenants: Sequence[str] = (),
) -> None:
    """Note that a run began. `tenants`: the subdomains it is for, none for all."""
    row = {"id": id_, "task": task, "now": now, "started_at": wall, "status": RunStatus.RUNNING, "host": host}
    connection.execute(runs.insert().values(row | {"tenants": list(tenants) or None}))


def finish(
    connection: Connection,
    id_: UUID,
    status: RunStatus,
    wall: datetime,
    result: dict[str, Any] | None,
    error: str | None,
) -> None:
    """Note how a run ended. `result`: what it returns; None when it failed."""
    is_complete = result is not None and not (result.get("tenants_failed") or result.get("stopped_early"))
    ended = {"status": status, "finished_at": wall, "result": result, "error": error, "is_complete": is_complete}
    connection.execute(update(runs).where(runs.c.id == id_).values(ended))


def switch_on(connection: Connection, task: str, tenants: Collection[str] = ()) -> datetime | None:
    """The `now` of a job's first successful run for all tenants. Index: runs (task, started_at).

    For a run that is for some `tenants` only (subdomains), of the first that was for all or at least for these: trying
    a job on one business does not switch it on for the others.
    """
    done = select(runs.c.now).where(runs.c.task == task, runs.c.status.in_(DONE)).order_by(runs.c.started_at)
    for_all = connection.execute(done.where(runs.c.tenants.is_(None)).limit(1)).scalar()
    if not tenants:
        return for_all
    for_some = connection.execute(done.add_columns(runs.c.tenants).where(runs.c.tenants.is_not(None)))
    covering = (now for now, named in for_some if set(tenants) <= set(named))
    return min(filter(None, (for_all, next(covering, None))), default=None)


def last_complete(connection: Connection, task: str, now: datetime) -> datetime | None:
    """The `now` of a job's latest run before `now` that left no tenant out. Index: runs (task, started_at)."""
    query = select(func.max(runs.c.now)).where(
        runs.c.task == task, runs.c.is_complete, runs.c.tenants.is_(None), runs.c.now <= now
    )
    return connection.execute(query).scalar()


def latest(
    connection: Connection,
    wall: datetime,
    *,
    task: str | None = None,
    statuses: Collection[RunStatus] = tuple(RunStatus),
    limit: int = 1,
    only_for_all: bool = False,
) -> list[NotedRun]:
    """The latest runs, newest first, of one job or of all. Index: runs (task, started_at); for all jobs, a scan.

    `only_for_all`: without those that were for some tenants only.
    """
    query = select(runs).where(runs.c.status.in_(statuses)).order_by(runs.c.started_at.desc(), runs.c.id).limit(limit)
    if task:
        query = query.where(runs.c.task == task)
    if only_for_all:
        query = query.where(runs.c.tenants.is_(None))
    held = _held(connection, wall)
    return [
        NotedRun(
            row.id,
            row.task,
            row.now,
            row.started_at,
            row.finished_at,
            RunStatus(row.status),
            row.result,
            row.error,
            row.host,
            is_lost=row.status == RunStatus.RUNNING and row.task not in held,
        )
        for row in connection.execute(query)
    ]


def _held(connection: Connection, wall: datetime) -> set[str]:
    """Return the jobs of which a process holds the lease, or that of a shard (`job:shard`)."""
    names = connection.execute(select(leases.c.name).where(leases.c.expires_at > wall)).scalars()
    return {name.partition(":")[0] for name in names}
