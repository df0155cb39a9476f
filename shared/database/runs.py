"""The history of runs: one row each."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, UnicodeText, bindparam, cast, func, or_, select, update

from shared.database import commits
from shared.database.dialects.writing import insert_absent
from shared.database.tables import leases, runs
from shared.domain.ids import RunId
from shared.domain.records import RunStatus

DONE = (RunStatus.SUCCEEDED, RunStatus.WITH_ERRORS, RunStatus.HELD)
"""A run that met errors, or holds a day back for an operator, has done its work for everybody else."""


@dataclass(frozen=True, slots=True)
class NotedRun:
    """A run on record. `started_at`, `finished_at`: by the wall clock; `now`: the instant it was about.

    `is_lost`: it is noted as running but nobody holds its lease, so its process is gone. `tenants`: the subdomains it
    was for, empty for all.
    """

    id: RunId
    task: str
    now: datetime
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    result: dict[str, Any] | None
    error: str | None
    host: str | None
    is_lost: bool = False
    tenants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that begins. `now`: as of when; `started_at`: by the wall clock; `tenants`: subdomains, none for all."""

    id: RunId
    task: str
    now: datetime
    started_at: datetime
    host: str
    tenants: Sequence[str] = ()


def start(connection: Connection, run: NewRun) -> None:
    """Note that a run began."""
    row = {"id": run.id, "task": run.task, "now": run.now, "started_at": run.started_at, "host": run.host}
    row |= {"status": RunStatus.RUNNING, "tenants": list(run.tenants) or None}
    connection.execute(runs.insert(), row)
    commits.forget(connection, run.started_at)


def start_once(connection: Connection, id_: RunId, task: str, wall: datetime, host: str) -> bool:
    """Note that a run about the present began; return False if it is noted already."""
    row = {"id": id_, "task": task, "now": wall, "started_at": wall, "status": RunStatus.RUNNING, "host": host}
    return bool(insert_absent(connection, runs, [row], "id"))


def start_again(connection: Connection, id_: RunId, wall: datetime, host: str) -> bool:
    """Note that an interrupted or failed run begins again; return False if it succeeded."""
    begun = {"now": wall, "started_at": wall, "status": RunStatus.RUNNING, "host": host, "error": None}
    statement = update(runs).where(runs.c.id == id_, runs.c.status != RunStatus.SUCCEEDED)
    return connection.execute(statement.values(**begun)).rowcount == 1


def lock(connection: Connection, id_: RunId) -> None:
    """Lock this run until the transaction ends. (An UPDATE locks on every database.)"""
    connection.execute(update(runs).where(runs.c.id == id_).values(host=runs.c.host))


def by_id(connection: Connection, ids: Collection[RunId]) -> dict[RunId, NotedRun]:
    """Runs by id. Index: primary key."""
    return {row.id: _noted(row) for row in connection.execute(select(runs).where(runs.c.id.in_(ids)))}


def finish(
    connection: Connection,
    id_: RunId,
    status: RunStatus,
    wall: datetime,
    result: dict[str, Any] | None,
    error: str | None,
) -> None:
    """Note how a run ended. `result`: what it returned; None when it failed (a run in parts may have one even then)."""
    left_out = result is None or result.get("tenants_failed") or result.get("stopped_early")
    is_complete = status in DONE and not left_out
    ended = {"status": status, "finished_at": wall, "result": result, "error": error, "is_complete": is_complete}
    connection.execute(_FINISH, {"its_id": id_, **ended})


def forget(connection: Connection, ids: Collection[RunId]) -> None:
    """Remove runs from the history: parts whose counts are in the result of their whole run."""
    connection.execute(runs.delete().where(runs.c.id.in_(ids)))


def switch_on(connection: Connection, task: str, tenants: Collection[str] = ()) -> datetime | None:
    """The `now` of a job's first successful run for all tenants. Index: runs (task, started_at).

    For a run for some `tenants` only (subdomains), the first for all or at least for these: trying a job on one
    business does not switch it on for the others.
    """
    for_all = connection.execute(_FIRST_FOR_ALL, {"its_task": task}).scalar()
    if not tenants:
        return for_all
    for_some = connection.execute(_FOR_SOME, {"its_task": task})
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
    tenants: Collection[str] = (),
    id_: RunId | None = None,
    before: datetime | None = None,
) -> list[NotedRun]:
    """The latest runs, newest first, of one job or of all. Index: runs (task, started_at); for all jobs, a scan.

    `only_for_all`: leave out runs for some tenants only; `tenants`: leave out runs for none of these; `id_`: only this;
    `before`: runs that started earlier than this only.
    """
    query = select(runs).where(runs.c.status.in_(statuses)).order_by(runs.c.started_at.desc(), runs.c.id).limit(limit)
    if task:
        query = query.where(runs.c.task == task)
    if only_for_all:
        query = query.where(runs.c.tenants.is_(None))
    if tenants:
        query = query.where(or_(runs.c.tenants.is_(None), *map(_was_for, tenants)))
    if id_:
        query = query.where(runs.c.id == id_)
    if before:
        query = query.where(runs.c.started_at < before)
    held = _held(connection, wall)
    rows = connection.execute(query).all()
    return [_noted(row, is_lost=row.status == RunStatus.RUNNING and _job(row.task) not in held) for row in rows]


def _was_for(subdomain: str) -> ColumnElement[bool]:
    """Whether a run was for a tenant, among others: its subdomain stands in the JSON list, as a string of its own."""
    return cast(runs.c.tenants, UnicodeText).contains(json.dumps(subdomain), autoescape=True)


_FINISH = update(runs).where(runs.c.id == bindparam("its_id"))
_DONE_IN_ORDER = (
    select(runs.c.now).where(runs.c.task == bindparam("its_task"), runs.c.status.in_(DONE)).order_by(runs.c.started_at)
)
_FIRST_FOR_ALL = _DONE_IN_ORDER.where(runs.c.tenants.is_(None)).limit(1)
_FOR_SOME = _DONE_IN_ORDER.add_columns(runs.c.tenants).where(runs.c.tenants.is_not(None))


def _noted(row: Any, *, is_lost: bool = False) -> NotedRun:
    return NotedRun(
        row.id,
        row.task,
        row.now,
        row.started_at,
        row.finished_at,
        RunStatus(row.status),
        row.result,
        row.error,
        row.host,
        is_lost,
        tuple(row.tenants or ()),
    )


def _held(connection: Connection, wall: datetime) -> set[str]:
    """Return the jobs whose lease a process holds, or the lease of a shard (`job:shard`)."""
    names = connection.execute(select(leases.c.name).where(leases.c.expires_at > wall)).scalars()
    return {_job(name) for name in names}


def _job(name: str) -> str:
    """Return the job of a lease or a run; for a shard or a part, the name before the colon."""
    return name.partition(":")[0]
