"""Delivery receipts: read from the provider's log, a page of many messages at a time, not one by one."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from shared.database import leases
from shared.database.transactions import in_transaction
from shared.delivery.blocked_numbers.blocking import block_dead
from shared.delivery.consent.opting_out import Withdrawal, withdraw_consent
from shared.delivery.consent.queries import REPORTED_FOR
from shared.delivery.drain import Drain
from shared.delivery.receipts import queries as receipts
from shared.delivery.receipts.queries import Awaiting
from shared.delivery.senders import queries as senders
from shared.delivery.senders.trouble import name_country, pause
from shared.delivery.settling.provider_log import CLOCK_SKEW
from shared.domain.ids import TenantId
from shared.domain.notifications import Claimed
from shared.domain.reasons import Reason
from shared.domain.records import ConsentSource, NotificationStatus
from shared.gateways.sms import ConsoleSms, CredentialsRefused, Logged, Receipt, SmsError

log = logging.getLogger(__name__)

LEASE: Final = "receipts"
"""The run that polls takes it and does not give it back, so nobody polls again until it runs out."""
EVERY: Final = timedelta(minutes=25)
LOOK_BACK: Final = REPORTED_FOR
"""36 hours in which a carrier may report, after up to 10 for which the provider may hold a message."""
SOON: Final = timedelta(minutes=5)
"""What was sent just now has no receipt yet."""
BATCH: Final = 500
STATUSES: Final = {
    Receipt.DELIVERED: NotificationStatus.DELIVERED,
    Receipt.UNDELIVERED: NotificationStatus.UNDELIVERED,
}
MICRO: Final = Decimal(1_000_000)


async def poll_receipts(drain: Drain) -> None:
    """Record what became of messages that were sent, unless a run did so lately. Raise CredentialsRefused."""
    if isinstance(drain.gateway, ConsoleSms):
        return  # it keeps no log
    since = await asyncio.to_thread(_begin, drain)
    if since is None:
        return
    batch: list[Logged] = []
    try:
        async for each in drain.gateway.log(since - CLOCK_SKEW):
            batch.append(each)
            if len(batch) >= BATCH:
                await _flush(drain, batch)
                batch = []
                if drain.is_out_of_time:
                    return
    except CredentialsRefused:
        raise
    except SmsError as error:
        log.warning("the SMS provider's log cannot be read (%s): receipts are read later", error.code)
    await _flush(drain, batch)


def _begin(drain: Drain) -> datetime | None:
    """Return when the first message without a receipt left; None where there is none or another run polls."""
    now = drain.now()

    def take_lease(connection: Connection) -> datetime | None:
        first = receipts.first_awaiting(connection, drain.expirable, now - LOOK_BACK, now - SOON)
        if first is None or not leases.take(connection, LEASE, drain.worker, drain.wall(), EVERY):
            return None
        return first

    return in_transaction(drain.engine, take_lease)


async def _flush(drain: Drain, entries: Sequence[Logged]) -> None:
    if not entries:
        return
    counted = await asyncio.to_thread(_record, drain, entries)
    for name, claimed in counted.items():
        drain.count(name, claimed)


def _record(drain: Drain, entries: Sequence[Logged]) -> Mapping[str, list[Claimed]]:
    """Record the receipts and prices in some entries of the log; return the notifications by their new status."""
    by_id = {each.id: each for each in entries}

    def write(connection: Connection) -> list[tuple[Awaiting, Logged]]:
        found = receipts.awaiting(connection, drain.expirable, by_id.keys())
        settled = [(each, by_id[each.message_id]) for each in found if each.is_open]
        rows = [_row(each, entry, drain.now()) for each, entry in settled if entry.receipt in STATUSES]
        receipts.record_receipts(connection, rows)
        prices = [_price(each, by_id[each.message_id]) for each in found if by_id[each.message_id].price is not None]
        receipts.record_prices(connection, prices)
        _act_on(drain, connection, settled)
        return settled

    counted: dict[str, list[Claimed]] = defaultdict(list)
    for each, entry in in_transaction(drain.engine, write):
        if entry.receipt in STATUSES:
            counted[STATUSES[entry.receipt]].append(each.claimed)
    return counted


def _row(each: Awaiting, entry: Logged, now: datetime) -> dict[str, Any]:
    is_undelivered = entry.receipt is Receipt.UNDELIVERED
    reason = Reason.DEAD_NUMBER if entry.is_dead_number else Reason.OPTED_OUT if entry.is_opt_out else None
    return {
        "id": each.claimed.id,
        "status": STATUSES[entry.receipt],
        "reason": reason if is_undelivered else None,
        "error_code": entry.code if is_undelivered else None,
        "segments": entry.segments or each.segments,
        "updated_at": now,
    }


def _price(each: Awaiting, entry: Logged) -> dict[str, Any]:
    micros = int((entry.price or Decimal()) * MICRO)
    return {"id": each.claimed.id, "price_micros": micros, "price_currency": entry.currency}


def _act_on(drain: Drain, connection: Connection, settled: Sequence[tuple[Awaiting, Logged]]) -> None:
    """Block dead numbers, record a STOP that shows only in the receipt, pause tenants whose sender is refused."""
    dead: dict[TenantId, set[str]] = defaultdict(set)
    stopped = []
    for each, entry in settled:
        if entry.receipt is Receipt.UNDELIVERED and entry.is_dead_number:
            dead[each.claimed.tenant_id].add(each.to_phone)
        elif entry.receipt is Receipt.UNDELIVERED and entry.is_opt_out:
            stopped.append(Withdrawal(each.claimed, each.to_phone, each.handed_over_at, ConsentSource.RECEIPT))
    block_dead(drain, connection, dead)
    withdraw_consent(drain, connection, stopped)
    _act_on_trouble(drain, connection, [each for each in settled if each[1].receipt is Receipt.UNDELIVERED])


def _act_on_trouble(drain: Drain, connection: Connection, undelivered: Sequence[tuple[Awaiting, Logged]]) -> None:
    latest: dict[TenantId, tuple[datetime, str]] = {}
    for each, entry in undelivered:
        tenant_id = each.claimed.tenant_id
        if entry.is_country_barred:
            name_country(drain, tenant_id, each.to_phone, entry.code)
        if entry.is_sender_trouble:
            refusal = (each.sent_at, entry.code or "")
            latest[tenant_id] = max(refusal, latest.get(tenant_id, refusal))
    codes = {id_: code for id_, (at, code) in sorted(latest.items()) if senders.is_news(connection, id_, at)}
    pause(drain, connection, codes, is_sender_trouble=True)
