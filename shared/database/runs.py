"""The history of runs: one row for each execution of a job."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from shared.database.tables import runs
from shared.records import RunStatus


def start(connection: Connection, id_: UUID, task: str, now: datetime, wall: datetime, host: str) -> None:
    """Note that a run began."""
    connection.execute(
        runs.insert().values(id=id_, task=task, now=now, started_at=wall, status=RunStatus.RUNNING, host=host)
    )


def finish(
    connection: Connection,
    id_: UUID,
    status: RunStatus,
    wall: datetime,
    result: dict[str, Any] | None,
    error: str | None,
) -> None:
    """Note how a run ended."""
    connection.execute(
        update(runs).where(runs.c.id == id_).values(status=status, finished_at=wall, result=result, error=error)
    )


def switch_on(connection: Connection, task: str) -> datetime | None:
    """The `now` of a job's first successful run. Index: runs (task, started_at)."""
    query = (
        select(runs.c.now)
        .where(runs.c.task == task, runs.c.status.in_((RunStatus.SUCCEEDED, RunStatus.HELD)))
        .order_by(runs.c.started_at)
        .limit(1)
    )
    return connection.execute(query).scalar()


def last_success(connection: Connection, task: str, now: datetime) -> datetime | None:
    """The `now` of a job's latest successful run before `now`. Index: runs (task, started_at)."""
    query = select(func.max(runs.c.now)).where(
        runs.c.task == task, runs.c.status == RunStatus.SUCCEEDED, runs.c.now <= now
    )
    return connection.execute(query).scalar()
