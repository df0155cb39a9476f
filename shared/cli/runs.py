"""`runs`: the history of runs, newest first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import click

from shared.application import open_database, utc_now
from shared.cli.common.showing import echo, echo_json, line, page
from shared.database import runs
from shared.database.engine import ensure_ready, reading
from shared.database.runs import NotedRun
from shared.database.tenants import ids_of
from shared.domain.ids import RunId
from shared.domain.records import RunStatus
from shared.domain.tally import of_tenants, one_line
from shared.jobs import JOBS
from shared.operations.health import span_words
from shared.operations.ids import resolved, shortened


@click.command(name="runs")
@click.argument("typed_id", metavar="[ID]", required=False)
@click.option("--job", type=click.Choice(list(JOBS)), metavar="JOB", help="Only this job's.")
@click.option(
    "--status", "statuses", type=click.Choice([each.value for each in RunStatus]), multiple=True, help="Only these."
)
@click.option("--tenant", "tenants", multiple=True, metavar="SUBDOMAIN", help="Only this one's part. May be repeated.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, alone, on stdout, with the whole results.")
def runs_command(
    typed_id: str | None,
    job: str | None,
    statuses: tuple[str, ...],
    tenants: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """List runs, newest first: start (UTC), first eight digits of the id, job, duration, status, outcome.

    With ID (or its beginning): that run alone, with all its errors. With --tenant: runs for all tenants or for that
    one, with its own counts and errors.
    """
    engine = open_database()
    ensure_ready(engine)
    with reading(engine) as connection:
        ids_of(connection, tenants)
        found = runs.latest(
            connection,
            utc_now(),
            task=job,
            statuses=[RunStatus(each) for each in statuses] or list(RunStatus),
            limit=limit,
            tenants=tenants,
            id_=RunId(resolved(connection, "run", typed_id)) if typed_id else None,
        )
    if tenants:
        found = [replace(each, result=of_tenants(each.result or {}, tenants)) for each in found]
    if as_json:
        echo_json([_as_object(each) for each in found])
        return
    console = page()
    for each in found:
        line(console, _as_line(each, _of_tenants(each) if tenants else _outcome(each)), _colour(each))
        if typed_id and not tenants:
            for words in _errors(each):
                line(console, f"  {words}", "red")
    if not found:
        echo("there is no such run")


def _as_line(run: NotedRun, outcome: str) -> str:
    columns = (
        f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        shortened(run.id),  # enough to find its lines in the log
        f"{run.task:23}",
        f"{_took(run):>7}",
        f"{_status(run):11}",
    )
    only = f"only {', '.join(run.tenants)}: " if run.tenants else ""
    return "  ".join((*columns, only + outcome))


def _took(run: NotedRun) -> str:
    if run.finished_at is None:
        return "-"
    took = run.finished_at - run.started_at
    return span_words(took) if took >= timedelta(minutes=1) else f"{took.total_seconds():.1f} s"


def _status(run: NotedRun) -> str:
    """Return a run's status; `cut off` for a run recorded as running whose process is gone."""
    return "cut off" if run.is_lost else run.status.replace("_", " ")


def _colour(run: NotedRun) -> str:
    if run.is_lost or run.status is RunStatus.FAILED:
        return "red"
    return "yellow" if run.status in (RunStatus.WITH_ERRORS, RunStatus.HELD) else ""


def _outcome(run: NotedRun) -> str:
    """Return the outcome of a run in one line, with the first of its errors."""
    first = [f"{each}{_and_more(run)}" for each in _errors(run)[:1]]
    return run.error or "; ".join([one_line(run.result or {}) or "nothing to do", *first])


def _errors(run: NotedRun) -> list[str]:
    """Return a run's errors, one line each; what an older version noted may lack a part."""
    errors = (run.result or {}).get("errors", ())
    named = ([each.get(name) for name in ("tenant", "subject", "reason")] for each in errors)
    return [f"error: {': '.join(filter(None, parts))}" for parts in named]


def _and_more(run: NotedRun) -> str:
    more = (run.result or {}).get("total_errors", 1) - 1
    return f" (and {more} more: python -m shared runs {shortened(run.id)})" if more else ""


def _of_tenants(run: NotedRun) -> str:
    """Return the outcome of a run for the tenants to which its result was reduced, in one line."""
    result = run.result or {}
    counts = [f"{name}: {one_line(each) or 'nothing to do'}" for name, each in result["tenant_results"].items()]
    return run.error or "; ".join([*counts, *_errors(run)])


def _as_object(run: NotedRun) -> dict[str, Any]:
    return {
        "id": str(run.id),
        "task": run.task,
        "now": run.now.isoformat(),
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "status": run.status.value,
        "is_lost": run.is_lost,
        "tenants": list(run.tenants),
        "result": run.result,
        "error": run.error,
        "host": run.host,
    }
