"""Claim what is due, send, record. No transaction is open while a message is on its way."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from shared.database import ledger, outbox
from shared.database.engine import reading, writing
from shared.delivery.drain import CLAIM_HOLD, Drain
from shared.delivery.outcomes import change
from shared.delivery.preparing import Ready, prepare, write_prepared
from shared.delivery.settling import settle_lapsed
from shared.gateways.sms import Accepted, CredentialsRefused, Sms, SmsError
from shared.records import Claimed, NotificationStatus, Outcome, mask_phone

BATCH = 500


def deliver(drain: Drain) -> None:
    """Send all that is due. Raise CredentialsRefused when the provider does not know us; the rest stays planned."""
    with writing(drain.engine) as connection:
        expired = outbox.expire_useless(connection, drain.expirable, drain.now())
        ledger.expire(connection, [each.id for each in expired], drain.now())
    drain.count("expired", expired)
    if not drain.is_sending:
        return
    settle_lapsed(drain)
    while not drain.is_out_of_time():
        claimed, ready = _claim(drain)
        if not claimed:
            return
        _record(drain, ready, asyncio.run(_send_all(drain, [each.sms for each in ready])))


def would_deliver(drain: Drain) -> Iterator[dict[str, Any]]:
    """Yield what a dry run tells of texts that wait in the outbox already; nothing is taken or changed."""
    with reading(drain.engine) as connection:
        due = outbox.due(connection, drain.scope, drain.now(), BATCH) if drain.is_sending else []
        prepared = prepare(drain, connection, due)
    for each in prepared.ready:
        yield {
            "action": NotificationStatus.SENDING,
            "tenant": drain.served[each.claimed.tenant_id].tenant.subdomain,
            "subject": f"notification {each.claimed.id}",
            "to": mask_phone(each.sms.to),
            "when": drain.now().isoformat(),
            "text": each.sms.body,
            "segments": each.segments,
            "reason": None,
        }
    for claimed, reason in prepared.cancelled:
        served = drain.served.get(claimed.tenant_id)
        yield {
            "action": Outcome.CANCELLED,
            "tenant": served.tenant.subdomain if served else str(claimed.tenant_id),
            "subject": f"notification {claimed.id}",
            "to": None,
            "when": None,
            "text": None,
            "segments": None,
            "reason": reason,
        }


def _claim(drain: Drain) -> tuple[list[Claimed], list[Ready]]:
    with writing(drain.engine) as connection:
        claimed = outbox.claim(
            connection,
            drain.scope,
            now=drain.now(),
            wall=drain.wall(),
            worker=drain.worker,
            hold=CLAIM_HOLD,
            limit=BATCH,
        )
        prepared = prepare(drain, connection, claimed)
        write_prepared(drain, connection, prepared)
    drain.count("failed", prepared.broken)
    drain.count("cancelled", [each for each, _ in prepared.cancelled])
    drain.count("deferred", [each for each, _ in prepared.postponed])
    return claimed, prepared.ready


async def _send_all(drain: Drain, messages: Sequence[Sms]) -> list[Accepted | SmsError]:
    """Send at most `concurrency` at once; return the answer or the error for each, in order."""
    slots = asyncio.Semaphore(drain.concurrency)

    async def send(sms: Sms) -> Accepted | SmsError:
        async with slots:
            try:
                return await drain.gateway.send(sms)
            except SmsError as error:
                return error

    async with drain.gateway.connected():
        return list(await asyncio.gather(*(send(each) for each in messages)))


def _record(drain: Drain, ready: Sequence[Ready], outcomes: Sequence[Accepted | SmsError]) -> None:
    now, wall = drain.now(), drain.wall()
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each, outcome in zip(ready, outcomes, strict=True):
        name, row = change(each.claimed, outcome, now, wall)
        changes[name].append(row)
        drain.tally.deliver(name, each.claimed.kind)
    with writing(drain.engine) as connection:
        for name in sorted(changes):
            outbox.record_outcomes(connection, drain.worker, changes[name])
    if refused := [each for each in outcomes if isinstance(each, CredentialsRefused)]:
        raise refused[0]
