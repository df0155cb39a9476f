"""Senders that the provider or the carriers refuse, and tenants most of whose texts do not arrive.

The texts of a tenant whose sender is refused wait until its next local day. Then one is tried; the others follow with
the next run, unless that one is refused as well.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from shared.database import limits
from shared.database.transactions import fetch, in_transaction
from shared.delivery.drain import PROVIDER, Drain
from shared.delivery.senders import queries as senders
from shared.delivery.senders.queries import SenderTrouble
from shared.domain.contact import country_of
from shared.domain.ids import TenantId
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date, midnight
from shared.domain.records import Problem

log = logging.getLogger(__name__)

MOST_FAIL: Final = "most_texts_fail"


def pause(
    drain: Drain, connection: Connection, codes: Mapping[TenantId, str], *, is_sender_trouble: bool = False
) -> None:
    """Pause tenants until their next local day. `codes`: the provider's code for each."""
    for code in sorted(set(codes.values())):
        until = {id_: _next_day(drain, id_) for id_, its in codes.items() if its == code and id_ in drain.served}
        limits.pause(connection, until, code, drain.now(), is_sender_trouble=is_sender_trouble)


def _next_day(drain: Drain, tenant_id: TenantId) -> datetime:
    """Return when the tenant's next local day begins."""
    zone = drain.served[tenant_id].zone
    return midnight(local_date(drain.now(), zone) + timedelta(days=1), zone)


def past_pause(drain: Drain) -> list[SenderTrouble]:
    """Return the tenants whose sender was refused and may be tried again."""
    found = fetch(drain.engine, lambda connection: senders.in_trouble(connection, drain.now()))
    return [each for each in found if each.tenant_id in drain.served and each.until <= drain.now()]


def resume(drain: Drain) -> None:
    """Resume the tenants whose one text was accepted before this run began, and let the others try one."""
    waiting = past_pause(drain)
    tried = {each.tenant_id for each in waiting if each.tried_at and each.tried_at <= drain.begun_at}
    drain.on_trial.update(each.tenant_id for each in waiting if each.tenant_id not in tried)
    if tried:
        in_transaction(drain.engine, lambda connection: senders.end_trouble(connection, tried, drain.now()))


def report(drain: Drain) -> None:
    """Name each tenant whose sender is refused, or most of whose texts do not arrive, in the result of the run.

    A refused sender is a problem of the run only while texts wait for it.
    """
    refused = fetch(drain.engine, lambda connection: senders.in_trouble(connection, drain.now()))
    failing = fetch(drain.engine, lambda connection: senders.failing(connection, drain.now()))
    for trouble in refused:
        served = drain.served.get(trouble.tenant_id)
        if served is None:
            continue
        drain.tally.trouble(trouble.subdomain, trouble.code or "")
        if trouble.has_waiting and drain.is_sending and served.policy.sms.enabled:
            drain.tally.problem(Problem(trouble.subdomain, "sms sender", _why_refused(served, trouble.code)))
    for each in failing:
        if each.tenant_id in drain.served:
            drain.tally.trouble(each.subdomain, MOST_FAIL)
            why = f"{each.failed} of its last {each.of} texts did not arrive; python -m shared outbox shows the codes"
            drain.tally.problem(Problem(each.subdomain, MOST_FAIL, why))


def _why_refused(served: ServedTenant, code: str | None) -> str:
    has_own = served.policy.sms.messaging_service_sid or served.policy.sms.sender
    settings = "sms.from and sms.messaging_service_sid" if has_own else "TWILIO_MESSAGING_SERVICE_SID"
    return f"the SMS provider refuses its sender ({code}); check {settings}; its texts wait"


def name_country(drain: Drain, tenant_id: TenantId, phone: str, code: str | None) -> None:
    """Report a country that the tenant's sender may not text, once a run."""
    why = f"the SMS provider sends nothing there ({code}); allow that country at the provider, or correct the numbers"
    problem = Problem(drain.subdomain(tenant_id), f"texts to {country_of(phone)}", why)
    if problem not in drain.tally.problems:
        drain.tally.problem(problem)


def note_clock(drain: Drain) -> None:
    """Note how far the provider's clock is off ours, for `health`."""
    skew: timedelta | None = getattr(drain.gateway, "clock_skew", None)  # not every gateway sees the provider's clock
    if skew is not None:
        in_transaction(drain.engine, lambda it: senders.note_clock(it, PROVIDER, skew, drain.wall()))
