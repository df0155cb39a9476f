"""Settling texts whose claim ran out: their worker died, or the provider gave no clear answer.

The provider's log shows what became of them. No transaction is open while it is read.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from shared.database import ledger, outbox
from shared.database.claims import Claim
from shared.database.transactions import in_transaction
from shared.delivery.drain import CLAIM_HOLD, HAND_OVER, Drain
from shared.delivery.outcomes import ASK_AFTER, ASK_AGAIN_AFTER, ended, handed_back, sent
from shared.delivery.recording import Counted, write_unique
from shared.delivery.settling.provider_log import CLOCK_SKEW, Senders, entries_about, matched
from shared.domain.ids import NotificationId, TenantId
from shared.domain.notifications import Unsettled
from shared.domain.reasons import Reason
from shared.domain.records import NotificationStatus
from shared.gateways.sms import CredentialsRefused, Logged

BATCH: Final = 500
MOST_UNCLEAR: Final = 2
"""After so many unclear answers that the log does not hold, a text is not sent again before a person has looked."""

Changes = dict[NotificationId, tuple[str, dict[str, Any]]]
"""By notification: the name under which it is counted, and its row's changes."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Messages to settle. `known`: the provider's ids on record, by number; `sent_since`: how many texts were sent
    since shortly before the first of them was attempted."""

    messages: Sequence[Unsettled]
    known: Mapping[str, frozenset[str]]
    sent_since: int


async def settle_lapsed(drain: Drain) -> None:
    """Settle everything whose claim has run out. Raise CredentialsRefused."""
    while not drain.is_out_of_time:
        lapsed = await asyncio.to_thread(_claim, drain)
        if not lapsed.messages:
            return
        refused, found = None, dict[NotificationId, Logged | None]()
        senders, asked_at = _senders(drain, lapsed.messages), drain.wall()
        try:
            entries = await entries_about(drain, lapsed.messages, lapsed.sent_since, senders)
            found = matched(lapsed.messages, entries, lapsed.known, senders)
        except CredentialsRefused as error:
            refused = error
        counted = await asyncio.to_thread(_record, drain, lapsed.messages, found, asked_at)
        for name, claimed in counted.items():
            drain.count(name, claimed)
        if refused:
            raise refused
        if len(found) < len(lapsed.messages):
            return  # the log cannot be read now


def _claim(drain: Drain) -> Lapsed:
    def claim_lapsed(connection: Connection) -> Lapsed:
        claim = Claim(drain.worker, drain.wall(), CLAIM_HOLD, BATCH)
        messages = outbox.claim_lapsed(connection, drain.expirable, claim)
        known = outbox.message_ids_to(connection, {each.to_phone for each in messages})
        first = min((each.attempted_at for each in messages), default=None)
        return Lapsed(messages, known, outbox.count_sent_since(connection, first - CLOCK_SKEW) if first else 0)

    return in_transaction(drain.engine, claim_lapsed)


def _senders(drain: Drain, lapsed: Sequence[Unsettled]) -> Senders:
    found: dict[TenantId, tuple[str | None, str | None]] = {}
    for id_ in {each.claimed.tenant_id for each in lapsed}:
        served = drain.served.get(id_)
        found[id_] = (served.policy.sms.messaging_service_sid, served.policy.sms.sender) if served else (None, None)
    return found


def _record(
    drain: Drain, lapsed: Sequence[Unsettled], found: Mapping[NotificationId, Logged | None], asked_at: datetime
) -> Counted:
    now, wall = drain.now(), drain.wall()
    absent = (each for each in lapsed if each.claimed.id in found and not found[each.claimed.id])
    waits = {each.claimed.id: max(at, wall) for each in absent if (at := _asked_again(each, now, asked_at))}

    def write(connection: Connection) -> Changes:
        open_ = _still_open(drain, connection, lapsed, found) | waits.keys()
        settled = [each for each in lapsed if each.claimed.id not in open_]
        changes = {each.claimed.id: _settled(each, found[each.claimed.id], now) for each in settled}
        open_ |= write_unique(connection, drain.worker, [row for _, row in changes.values()])
        again = [{"id": id_, "claimed_until": waits.get(id_, wall + ASK_AFTER)} for id_ in sorted(open_)]
        outbox.record_outcomes(connection, drain.worker, again)
        ledger.expire(connection, [id_ for id_, (name, _) in changes.items() if name == "expired"], now)
        return {id_: change for id_, change in changes.items() if id_ not in open_}

    return _counted(drain, lapsed, in_transaction(drain.engine, write))


def _counted(drain: Drain, lapsed: Sequence[Unsettled], changes: Changes) -> Counted:
    """Return what was settled by the names under which it is counted, and note each in the log."""
    counted: Counted = defaultdict(list)
    for each in lapsed:
        if each.claimed.id in changes:
            name, row = changes[each.claimed.id]
            counted["ambiguous"].append(each.claimed)
            counted[name].append(each.claimed)
            drain.note(name, each.claimed, row.get("error_code"))
    return counted


def _still_open(
    drain: Drain, connection: Connection, lapsed: Sequence[Unsettled], found: Mapping[NotificationId, Logged | None]
) -> set[NotificationId]:
    """Return those that cannot be settled now, besides those for which the log could not be read.

    While another worker is sending the same text to the same number, an entry of the log may be that worker's message.
    """
    phones = {each.to_phone for each in lapsed if found.get(each.claimed.id)}
    others = outbox.under_way(connection, phones, drain.worker)
    return {
        each.claimed.id
        for each in lapsed
        if each.claimed.id not in found or (found[each.claimed.id] and (each.to_phone, each.body) in others)
    }


def _asked_again(each: Unsettled, now: datetime, asked_at: datetime) -> datetime | None:
    """Return when to read the log once more for a message that it did not hold at `asked_at`: it may show it late.

    None where it was read late enough, or where the message would be useless by then.
    """
    # A worker that died may have handed it over at any time while it was allowed to.
    handed_over = each.attempted_at if each.was_answered else each.attempted_at + HAND_OVER
    at = handed_over + ASK_AGAIN_AFTER
    return at if asked_at < at and now + (at - asked_at) < each.claimed.useful_until else None


def _settled(each: Unsettled, entry: Logged | None, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return the name under which a message is counted, and its row's changes."""
    claimed, ambiguities = each.claimed, {"ambiguities": each.ambiguities + 1}
    if entry:
        return "sent", sent(claimed.id, entry.id, entry.segments or each.segments, now) | ambiguities
    if claimed.useful_until <= now:
        return "expired", ended(claimed, NotificationStatus.EXPIRED, Reason.TOO_LATE, now) | ambiguities
    if each.was_answered and claimed.unclear_answers >= MOST_UNCLEAR:
        return "failed", ended(claimed, NotificationStatus.DEAD, Reason.UNCONFIRMED, now, each.code) | ambiguities
    again = {"not_before": now, "attempts": claimed.attempts - 1}
    return "deferred", handed_back(claimed, now) | again | ambiguities
