"""Runs: the history, one run's result and errors, and the held days that wait for somebody to accept them."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request

from shared.database import runs
from shared.database.engine import reading
from shared.database.runs import NotedRun
from shared.domain.ids import RunId
from shared.domain.records import RunStatus
from shared.errors import UsageError
from shared.jobs import JOBS
from shared.runtime import ensure_possible
from shared.schedulers.bodies import Refused
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.choices import chosen, instant_of
from shared.schedulers.pages.frame import Form, View
from shared.schedulers.pages.outcomes import HeldDay, line_of
from shared.stages import requested, tenants_of

SIZE: Final = 30
DETECTOR: Final = next(name for name, job in JOBS.items() if job.collects)
"""The job that holds days back."""


def show(host: LocalHost, request: Request) -> View:
    """Show runs, newest first, and the held days."""
    asked, wall = request.query_params, host.application.clock()
    job, status = asked.get("job", ""), asked.get("status", "")
    if job and job not in JOBS:
        raise Refused(400, f"there is no job {job!r}; there are {', '.join(JOBS)}")
    statuses = tuple(chosen({}, RunStatus, status))
    with reading(host.application.engine) as connection:
        found = _latest(connection, wall, [job] if job else list(JOBS), statuses, instant_of(request, "before"))
        held = held_days(connection, wall)
    last = found[SIZE - 1].started_at.isoformat() if len(found) > SIZE else ""
    values = {
        "runs": [line_of(each) for each in found[:SIZE]],
        "held": held,
        "jobs": list(JOBS),
        "statuses": [each.value for each in RunStatus],
        "job": job,
        "status": status,
        "older": last and f"/runs?{urlencode({'job': job, 'status': status, 'before': last})}",
        "zone": host.application.zone,
        "detector": DETECTOR,
    }
    return View("runs.html", values)


def _latest(
    connection: Connection, wall: datetime, jobs: Sequence[str], statuses: Sequence[RunStatus], before: datetime | None
) -> list[NotedRun]:
    """Return one run more than a page shows, read by job: for all jobs at once there is no index."""
    found = [
        run
        for job in jobs
        for run in runs.latest(connection, wall, task=job, statuses=statuses, limit=SIZE + 1, before=before)
    ]
    return sorted(found, key=lambda each: each.started_at, reverse=True)[: SIZE + 1]


def held_days(connection: Connection, wall: datetime) -> tuple[HeldDay, ...]:
    """Return the days that the last run which looked at every business held back: each run looks at them again."""
    last = runs.latest(connection, wall, task=DETECTOR, statuses=_LOOKED, only_for_all=True)
    return line_of(last[0]).held if last else ()


_LOOKED: Final = tuple(each for each in RunStatus if each not in (RunStatus.RUNNING, RunStatus.FAILED))


def show_one(host: LocalHost, request: Request) -> View:
    """Show one run with all it counted."""
    id_ = RunId(request.path_params["id"])
    with reading(host.application.engine) as connection:
        found = runs.by_id(connection, [id_]).get(id_)
    if found is None:
        raise Refused(404, f"There is no run {id_}.")
    result = found.result or {}
    errors = [[each.get(name, "") for name in ("tenant", "subject", "reason")] for each in result.get("errors", ())]
    values = {
        "line": line_of(found),
        "errors": errors,
        "more_errors": max(result.get("total_errors", 0) - len(errors), 0),
        "tenants": result.get("tenant_results", {}),
        "document": json.dumps(result, indent=2, ensure_ascii=False),
        "zone": host.application.zone,
        "detector": DETECTOR,
    }
    return View("run.html", values)


def accept(host: LocalHost, form: Form) -> str:
    """Accept a held day: run NoShowDetector once more, as `run NoShowDetector --accept-surge` does."""
    tenant, on = form.text("tenant"), _day(form.text("date"))
    day = [(tenant, on)]
    request = requested(host.application, DETECTOR, accept_surge=day)
    ensure_possible(host.application, request)
    tenants_of(host.application, request)
    host.run_now(DETECTOR, accept_surge=day)
    return f"{on} of {tenant} was accepted: {DETECTOR} was started, and marks the missed appointments of that day"


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise UsageError(f"{written!r} is no day; write it like 2026-03-01") from None
