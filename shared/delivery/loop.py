"""Settle what is unclear, then claim what is due, send it and record the answers."""

import asyncio
import gc
import sys
from collections.abc import Iterator
from functools import partial
from typing import Final

from sqlalchemy import Connection

from shared.database import ledger, outbox
from shared.database.engine import reading
from shared.database.transactions import in_transaction
from shared.delivery.consent.opting_out import note_changes
from shared.delivery.drain import Drain
from shared.delivery.pipeline import Pipeline
from shared.delivery.preparing import prepare
from shared.delivery.probing import is_provider_there
from shared.delivery.receipts.polling import poll_receipts
from shared.delivery.senders.trouble import note_clock, past_pause, report, resume
from shared.delivery.sending import Sender
from shared.delivery.settling.lapsed import settle_lapsed
from shared.delivery.stopping import run_until_stopped
from shared.domain.notifications import Claimed
from shared.domain.records import NotificationStatus, Outcome, mask_phone
from shared.domain.tally import DryRunLine

SHOWN_AT_ONCE: Final = 500


def deliver(drain: Drain) -> None:
    """Send all that is due. Raise CredentialsRefused where the provider does not accept our credentials."""
    drain.count("expired", in_transaction(drain.engine, partial(_expire, drain)))
    in_transaction(drain.engine, partial(note_changes, drain, tenant_ids=drain.served))
    if drain.is_sending:
        _look_for_garbage_less_often()
        _switch_threads_sooner()
        run_until_stopped(_deliver(drain))
    report(drain)


def _look_for_garbage_less_often() -> None:
    """Collect garbage only at every 10,000 new objects from now on: it took a fifth of a delivery's processor time.

    What a message leaves is freed by its reference counts. The threshold is not set back, because deliveries of one
    process may overlap.
    """
    gc.set_threshold(max(gc.get_threshold()[0], 10_000), *gc.get_threshold()[1:])


def _switch_threads_sooner() -> None:
    """Let the event loop go on within half a millisecond when a thread claims or records; Python's default is ten times
    that, and 10,000 texts took a tenth longer with it where the processor was the limit.
    """
    sys.setswitchinterval(min(sys.getswitchinterval(), 0.0005))


def _expire(drain: Drain, connection: Connection) -> list[Claimed]:
    expired = outbox.expire_useless(connection, drain.expirable, drain.now())
    ledger.expire(connection, [each.id for each in expired], drain.now())
    return expired


async def _deliver(drain: Drain) -> None:
    sender = Sender(drain)
    async with drain.gateway.connected():
        await settle_lapsed(drain)
        await _resume(drain)
        has_more = was_there = await is_provider_there(drain, sender)
        while has_more and sender.may_go_on:
            pipeline = Pipeline(drain, sender)
            await pipeline.run()
            has_more = pipeline.has_claimed
        if sender.refused:
            raise sender.refused
        # After an outage that began in this run the log would hardly answer, and a poll keeps others from polling.
        has_gone_away = was_there and sender.breaker.is_open
        if not has_gone_away and not drain.is_out_of_time:
            await poll_receipts(drain)
        await asyncio.to_thread(note_clock, drain)


async def _resume(drain: Drain) -> None:
    """Resume tenants whose sender was refused. The receipt of the one text that each tried is read first."""
    if any(each.tried_at for each in await asyncio.to_thread(past_pause, drain)):
        await poll_receipts(drain)
    await asyncio.to_thread(resume, drain)


def would_deliver(drain: Drain) -> Iterator[DryRunLine]:
    """Yield what a dry run reports about texts that wait in the outbox already; nothing is claimed or changed."""
    with reading(drain.engine) as connection:
        due = outbox.due(connection, drain.scope, drain.now(), SHOWN_AT_ONCE) if drain.is_sending else []
        prepared = prepare(drain, connection, due)
    report(drain)
    for problem in prepared.problems:
        drain.tally.problem(problem)
    for each in prepared.ready:
        tenant, subject = drain.subdomain(each.claimed.tenant_id), f"notification {each.claimed.id}"
        to, action = mask_phone(each.sms.to), NotificationStatus.SENDING
        yield DryRunLine(action, tenant, subject, to, drain.now(), each.sms.body, each.segments)
    for claimed, reason in prepared.cancelled:
        tenant, subject = drain.subdomain(claimed.tenant_id), f"notification {claimed.id}"
        yield DryRunLine(Outcome.CANCELLED, tenant, subject, reason=reason)
