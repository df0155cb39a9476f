"""Settling what was handed over and never recorded: the provider's log is asked, with no transaction open."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.database import ledger, outbox
from shared.database.engine import writing
from shared.delivery.drain import CLAIM_HOLD, Drain
from shared.delivery.outcomes import ended, planned_again, sent
from shared.delivery.preparing import sms
from shared.gateways.sms import Logged, Sms
from shared.reasons import Reason
from shared.records import NotificationStatus, Unsettled

BATCH: Final = 500
CLOCK_SKEW: Final = timedelta(minutes=2)
"""How far the provider's clock may be behind ours."""


def settle_lapsed(drain: Drain) -> None:
    """Find out about everything whose claim has run out."""
    while not drain.is_out_of_time():
        with writing(drain.engine) as connection:
            lapsed = outbox.claim_lapsed(
                connection, drain.scope, wall=drain.wall(), worker=drain.worker, hold=CLAIM_HOLD, limit=BATCH
            )
            known = outbox.message_ids_to(connection, {each.to_phone for each in lapsed})
        if not lapsed:
            return
        found = asyncio.run(_ask_all(drain, lapsed, known))
        _record_settled(drain, lapsed, found)


async def _ask_all(drain: Drain, lapsed: Sequence[Unsettled], known: Mapping[str, frozenset[str]]) -> list[str | None]:
    """Ask the provider about each, one after the other: two equal messages must not be found under the same id."""
    taken: set[str] = set()
    found = []
    async with drain.gateway.connected():
        for each in lapsed:
            message = sms(drain.served.get(each.claimed.tenant_id), each.claimed, each.to_phone, each.body, drain.now())
            id_ = await _find(drain, message, each.attempted_at, known.get(each.to_phone, frozenset()) | taken)
            taken |= {id_} if id_ else set()
            found.append(id_)
    return found


async def _find(drain: Drain, message: Sms, attempted_at: datetime, others: Collection[str]) -> str | None:
    """Return the id under which the provider's log holds a message, None if it does not. `others`: not this one's."""
    async for each in drain.gateway.log(attempted_at - CLOCK_SKEW, message.to):
        if each.id not in others and each.body == message.body and _may_be_from(each, message):
            return each.id
    return None


def _may_be_from(logged: Logged, message: Sms) -> bool:
    """Whether the sender is the message's own; where it names none, the provider's default sent it."""
    service, number = message.messaging_service_sid, message.sender
    return service in (None, logged.messaging_service_sid) and number in (None, logged.sender)


def _record_settled(drain: Drain, lapsed: Sequence[Unsettled], found: Sequence[str | None]) -> None:
    now = drain.now()
    accepted, planned, useless = [], [], []
    for each, id_ in zip(lapsed, found, strict=True):
        if id_:
            accepted.append(sent(each.claimed.id, id_, now))
        elif each.claimed.useful_until > now:
            planned.append(planned_again(each.claimed, now, now, each.claimed.attempts - 1))
        else:
            useless.append(ended(each.claimed, NotificationStatus.EXPIRED, Reason.TOO_LATE, now))
    with writing(drain.engine) as connection:
        for changes in (accepted, planned, useless):
            outbox.record_outcomes(connection, drain.worker, changes)
        ledger.expire(connection, [each["id"] for each in useless], now)
    drain.count("ambiguous", [each.claimed for each in lapsed])
    drain.count("sent", [each.claimed for each, id_ in zip(lapsed, found, strict=True) if id_])
