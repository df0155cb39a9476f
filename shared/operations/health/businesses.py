"""Whether each business is served, and its texts arrive."""

from collections.abc import Iterator, Sequence, Set
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.database.runs import NotedRun
from shared.database.tenants import active_tenants, how_many_tenants
from shared.delivery.senders import queries as senders
from shared.delivery.senders.queries import Failing, SenderTrouble
from shared.domain.policy.models import TenantPolicy
from shared.domain.records import Problem, Tenant
from shared.domain.tally import Tally
from shared.operations.health.check import Check, counted
from shared.operations.left_out import last_runs, left_out_since
from shared.planning.tenants import senders_in_common, serve

MOST_NAMED: Final = 20
"""The most businesses that are named; the command `tenants` lists all."""


def of_businesses(connection: Connection, defaults: TenantPolicy, zone: ZoneInfo, wall: datetime) -> Iterator[Check]:
    """Check who is served, and whose texts do not arrive. `defaults`, `zone`: of a business that names none."""
    tenants, tally, last = active_tenants(connection), Tally(), last_runs(connection, wall)
    served, left_out = serve(tenants, defaults, zone, tally)
    yield _of_all(connection, tenants, left_out)
    troubled = [
        *_of_problems([*tally.problems, *senders_in_common(tenants, served)], tally.left_out, last),
        *_of_failures({each.tenant.subdomain for each in served}, last),
    ]
    yield from troubled[:MOST_NAMED]
    if more := troubled[MOST_NAMED:]:
        yield Check("more businesses", False, f"{len(more)} more with errors", command="python -m shared tenants")
    yield from (_of_sender(each, wall) for each in senders.in_trouble(connection, wall))
    yield from map(_of_failing, senders.failing(connection, wall))


def _of_all(connection: Connection, tenants: Sequence[Tenant], left_out: Sequence[Tenant]) -> Check:
    name, command = "businesses", "python -m shared tenants"
    if not tenants:
        count = how_many_tenants(connection)
        words = f"nobody is served: none of {counted(count, 'business')} is active (docs/schema.md says what counts)"
        return Check(name, False, words, command=command) if count else Check(name, True, "none yet")
    words = f"{len(tenants) - len(left_out)} of {len(tenants)} served"
    if len(left_out) == len(tenants):
        words = f"nobody is served: {counted(len(tenants), 'business')} with bad settings"
    return Check(name, not left_out, words, command=command if left_out else None)


def _of_problems(problems: Sequence[Problem], left_out: Set[str], last: Sequence[NotedRun]) -> Iterator[Check]:
    """Yield a check for each problem with the settings of a business, which is served all the same unless left out."""
    for each in problems:
        is_served = each.tenant not in left_out
        words = f"{each.subject}: {each.reason}" if is_served else f"not served: {each.reason}"
        since = None if is_served else left_out_since(each.tenant, last)
        yield Check(f"business {each.tenant}", False, words, since, f"python -m shared tenants check {each.tenant}")


def _of_failures(served: Set[str], last: Sequence[NotedRun]) -> Iterator[Check]:
    """Yield a check for each business for which the last run of a job failed."""
    for run in last:
        for subdomain in sorted(served & set((run.result or {}).get("failed_for", ()))):
            command = f"python -m shared runs --job {run.task}"
            yield Check(f"business {subdomain}", False, f"{run.task} failed for it", run.started_at, command)


def _of_sender(trouble: SenderTrouble, wall: datetime) -> Check:
    next_ = f"its texts wait until {trouble.until:%Y-%m-%d %H:%M} UTC, then one is tried"
    if trouble.until <= wall:
        next_ = "the next run sends all again" if trouble.tried_at else "the next run tries one text"
    words = f"the SMS provider or the carriers refuse its sender ({trouble.code}): {next_}; docs/sms.md says what to do"
    return Check(f"sender of {trouble.subdomain}", False, words, trouble.since, _outbox(trouble.subdomain))


def _of_failing(each: Failing) -> Check:
    words = f"most_texts_fail: {each.failed} of its last {each.of} did not arrive"
    return Check(f"texts of {each.subdomain}", False, words, command=_outbox(each.subdomain))


def _outbox(subdomain: str) -> str:
    return f"python -m shared outbox --tenant {subdomain}"
