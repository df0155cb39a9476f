"""Asking the provider's log what became of messages: number by number, or in one sweep when that is cheaper."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from shared.delivery.drain import Drain
from shared.gateways.sms import CredentialsRefused, Logged, SmsError
from shared.records import Unsettled

log = logging.getLogger(__name__)

CLOCK_SKEW: Final = timedelta(minutes=2)
"""How far the provider's clock may be behind ours."""
ASKED_AT_ONCE: Final = 8
FEW: Final = 10
"""So many numbers are asked about one by one, whatever a sweep would cost."""
PAGE: Final = 1000
"""The messages that one request of a sweep brings."""

Entries = Mapping[str, Sequence[Logged]]
"""What the log holds of some numbers. A number that is missing could not be asked about."""


async def entries_about(drain: Drain, lapsed: Sequence[Unsettled], sent_since: int) -> Entries:
    """Read the log about messages. `sent_since`: how many we sent since the first of them was attempted.

    Raise CredentialsRefused when the provider does not know us.
    """
    first: dict[str, datetime] = {}
    for each in lapsed:
        first[each.to_phone] = min(first.get(each.to_phone, each.attempted_at), each.attempted_at)
    if len(first) > FEW and sent_since // PAGE + 1 < len(first):
        swept = await _sweep(drain, min(first.values()) - CLOCK_SKEW, first.keys())
        if swept is not None:
            return swept
    return await _one_by_one(drain, first)


async def _sweep(drain: Drain, since: datetime, phones: Collection[str]) -> Entries | None:
    """Read the log of all numbers; None when there is more in it than asking one by one would cost."""
    found: dict[str, list[Logged]] = {phone: [] for phone in phones}
    seen = 0
    try:
        async for each in drain.gateway.log(since):
            seen += 1
            if seen > PAGE * len(phones):
                return None
            if each.to in found:
                found[each.to].append(each)
    except CredentialsRefused:
        raise
    except SmsError as error:
        _say_unreadable(error)
        return {}
    return found


async def _one_by_one(drain: Drain, first: Mapping[str, datetime]) -> Entries:
    found: dict[str, list[Logged]] = {}
    slots, errors = asyncio.Semaphore(ASKED_AT_ONCE), list[SmsError]()

    async def read(phone: str) -> None:
        async with slots:
            if errors or drain.is_out_of_time:
                return
            try:
                found[phone] = [each async for each in drain.gateway.log(first[phone] - CLOCK_SKEW, phone)]
            except SmsError as error:
                errors.append(error)

    await asyncio.gather(*(read(phone) for phone in first))
    for error in errors:
        if isinstance(error, CredentialsRefused):
            raise error
        _say_unreadable(error)
    return found


def _say_unreadable(error: SmsError) -> None:
    log.warning("the SMS provider's log cannot be read (%s): it is asked again later", error.code)


def matched(
    lapsed: Sequence[Unsettled], entries: Entries, known: Mapping[str, Collection[str]], senders: "Senders"
) -> dict[UUID, Logged | None]:
    """Return for each message that the log was asked about what the log holds of it, None for nothing.

    `known`: the ids that are on record for a number. No entry is taken for two messages.
    """
    taken: dict[str, set[str]] = defaultdict(set)
    found: dict[UUID, Logged | None] = {}
    for each in sorted(lapsed, key=lambda each: (each.attempted_at, each.claimed.id)):
        if each.to_phone not in entries:
            continue
        others = taken[each.to_phone]
        candidates = (
            entry
            for entry in reversed(entries[each.to_phone])  # the oldest first
            if entry.id not in others
            and entry.id not in known.get(each.to_phone, ())
            and entry.body == each.body
            and entry.created_at >= each.attempted_at - CLOCK_SKEW
            and _may_be_from(entry, *senders[each.claimed.tenant_id])
        )
        found[each.claimed.id] = entry = next(candidates, None)
        if entry:
            others.add(entry.id)
    return found


Senders = Mapping[UUID, tuple[str | None, str | None]]
"""The messaging service and the number that each tenant sends from, None where the provider's default is used."""


def _may_be_from(entry: Logged, service: str | None, number: str | None) -> bool:
    return service in (None, entry.messaging_service_sid) and number in (None, entry.sender)
