"""Since when the jobs leave a business out, as the results of their runs tell."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from shared.database import runs
from shared.database.runs import NotedRun
from shared.domain.records import RunStatus
from shared.jobs import JOBS


def last_runs(connection: Connection, wall: datetime) -> list[NotedRun]:
    """Return the last run of each job that ended with a result. Index: runs (task, started_at)."""
    ended = (*runs.DONE, RunStatus.FAILED)
    found = (runs.latest(connection, wall, task=job, statuses=ended, only_for_all=True) for job in JOBS)
    return [each for latest in found for each in latest if each.result]


def left_out_since(subdomain: str, last: Sequence[NotedRun]) -> datetime | None:
    """Return since when a business is left out for its settings; None if no run has met them yet.

    `last`: what `last_runs` returned.
    """
    noted = ((each.result or {}).get("not_served", {}).get(subdomain) for each in last)
    return min((datetime.fromisoformat(each) for each in noted if each), default=None)
