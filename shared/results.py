"""The result of a run: its dictionary, how it ended, and since when tenants are left out."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Connection

from shared.application import Application
from shared.database import runs, waiting
from shared.database.tenants import how_many_tenants
from shared.database.transactions import fetch
from shared.domain.records import Problem, RunStatus, Tenant
from shared.domain.tally import Tally, one_line
from shared.errors import RunFailed
from shared.jobs import JOBS
from shared.stages import Request

log = logging.getLogger(__name__)


def conclude(application: Application, request: Request, tenants: Sequence[Tenant], tally: Tally) -> dict[str, Any]:
    """Return the result of a run that did all its stages."""
    if not tenants and (count := fetch(application.engine, how_many_tenants)):
        reason = f"not one of {count} in the database is active; python -m shared tenants says why"
        tally.problem(Problem("all businesses", "nobody is served", reason))
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
