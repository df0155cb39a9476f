"""Finding messages in the provider's log: number by number, or in one sweep where that takes fewer requests."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.delivery.drain import Drain
from shared.domain.breaker import OPENS_AFTER
from shared.domain.ids import NotificationId, TenantId
from shared.domain.notifications import Unsettled
from shared.gateways.sms import CHANNELS, CredentialsRefused, Logged, SmsError

log = logging.getLogger(__name__)

CLOCK_SKEW: Final = timedelta(hours=1)
"""How far the provider's clock may be off ours. It can be generous: ids that are on record are left out."""
ASKED_AT_ONCE: Final = 8
FEW: Final = 10
"""Up to so many numbers are read one by one, however few requests a sweep would take."""
PAGE: Final = 1000
"""Messages in one answer to a sweep."""

Senders = Mapping[TenantId, tuple[str | None, str | None]]
"""The messaging service and the number that each tenant sends from, None where the provider's default is used."""


@dataclass(frozen=True, slots=True)
class Entries:
    """What was read of the log, by number. `whole`: the numbers whose entries were all read."""

    by_phone: Mapping[str, Sequence[Logged]]
    whole: Collection[str]


async def entries_about(drain: Drain, lapsed: Sequence[Unsettled], sent_since: int, senders: Senders) -> Entries:
    """Read the log for messages. `sent_since`: how many we sent since an hour before the first was attempted.

    Raise CredentialsRefused when the provider does not accept our credentials.
    """
    first: dict[str, datetime] = {}
    for each in lapsed:
        first[each.to_phone] = min(first.get(each.to_phone, each.attempted_at), each.attempted_at)
    if len(first) > FEW and sent_since // PAGE + 1 < len(first):
        swept = await _sweep(drain, min(first.values()) - CLOCK_SKEW, first.keys())
        if swept is not None:
            return swept
    with_service = {each.to_phone for each in lapsed if senders[each.claimed.tenant_id][0]}
    return await _one_by_one(drain, first, with_service)


async def _sweep(drain: Drain, since: datetime, phones: Collection[str]) -> Entries | None:
    """Read the log of all numbers; None once that has taken more requests than reading number by number would."""
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
        _warn_unreadable(error)
        return Entries(found, ())
    return Entries(found, found)


async def _one_by_one(drain: Drain, first: Mapping[str, datetime], with_service: Collection[str]) -> Entries:
    """Read the log number by number. `with_service`: those that may have been texted by RCS or WhatsApp."""
    found: dict[str, list[Logged]] = {phone: [] for phone in first}
    whole, errors, slots = set[str](), list[SmsError](), asyncio.Semaphore(ASKED_AT_ONCE)

    async def read(phone: str) -> None:
        async with slots:
            if len(errors) >= OPENS_AFTER or drain.is_out_of_time:
                return
            try:
                for channel in ("", *(CHANNELS if phone in with_service else ())):
                    async for each in drain.gateway.log(first[phone] - CLOCK_SKEW, f"{channel}{phone}"):
                        found[phone].append(each)
                whole.add(phone)
            except SmsError as error:
                errors.append(error)

    await asyncio.gather(*(read(phone) for phone in first))
    if refused := next((each for each in errors if isinstance(each, CredentialsRefused)), None):
        raise refused
    if errors:
        _warn_unreadable(errors[0])
    return Entries(found, whole)


def _warn_unreadable(error: SmsError) -> None:
    log.warning("the SMS provider's log cannot be read (%s): it is asked again later", error.code)


def matched(
    lapsed: Sequence[Unsettled], entries: Entries, known: Mapping[str, Collection[str]], senders: Senders
) -> dict[NotificationId, Logged | None]:
    """Return each message's entry in the log, None where there is none. Numbers that were not read are left out.

    `known`: the ids that are on record for a number. No entry is matched with two messages.
    """
    taken: dict[str, set[str]] = defaultdict(set)
    found: dict[NotificationId, Logged | None] = {}
    for each in sorted(lapsed, key=lambda each: (each.attempted_at, each.claimed.id)):
        others = taken[each.to_phone]
        candidates = (
            entry
            for entry in reversed(entries.by_phone[each.to_phone])  # the oldest first
            if entry.id not in others
            and entry.id not in known.get(each.to_phone, ())
            and entry.body == each.body
            and abs(entry.created_at - each.attempted_at) <= CLOCK_SKEW
            and _may_be_from(entry, *senders[each.claimed.tenant_id])
        )
        entry = next(candidates, None)
        if entry:
            others.add(entry.id)
        if entry or each.to_phone in entries.whole:
            found[each.claimed.id] = entry
    return found


def _may_be_from(entry: Logged, service: str | None, number: str | None) -> bool:
    return service in (None, entry.messaging_service_sid) and number in (None, entry.sender)
