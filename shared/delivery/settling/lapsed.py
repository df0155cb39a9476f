"""Settling what was handed over and of which nobody knows what became. No transaction is open while the log is asked.

A worker that died left it behind, or the provider gave no clear answer.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from shared.database import ledger, outbox
from shared.database.transactions import in_transaction
from shared.delivery.drain import CLAIM_HOLD, HAND_OVER, Drain
from shared.delivery.outcomes import ASK_AFTER, ASK_AGAIN_AFTER, ended, handed_back, sent
from shared.delivery.recording import Counted, write_unique
from shared.delivery.settling.provider_log import CLOCK_SKEW, Senders, entries_about, matched
from shared.domain.reasons import Reason
from shared.domain.records import NotificationStatus, Unsettled
from shared.gateways.sms import CredentialsRefused, Logged

BATCH: Final = 500
MOST_UNCLEAR: Final = 2
"""So many answers that were unclear and are not in the log: then a person has to look before it is sent again."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Messages to settle. `known`: the ids on record by number; `sent_since`: how many were sent while they were."""

    messages: Sequence[Unsettled]
    known: Mapping[str, frozenset[str]]
    sent_since: int


async def settle_lapsed(drain: Drain) -> None:
    """Find out about everything whose claim has run out. Raise CredentialsRefused."""
    while not drain.is_out_of_time:
        lapsed = await asyncio.to_thread(_claim, drain)
        if not lapsed.messages:
            return
        refused, found = None, dict[UUID, Logged | None]()
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
    def work(connection: Connection) -> Lapsed:
        messages = outbox.claim_lapsed(
            connection, drain.expirable, wall=drain.wall(), worker=drain.worker, hold=CLAIM_HOLD, limit=BATCH
        )
        known = outbox.message_ids_to(connection, {each.to_phone for each in messages})
        first = min((each.attempted_at for each in messages), default=None)
        return Lapsed(messages, known, outbox.count_sent_since(connection, first - CLOCK_SKEW) if first else 0)

    return in_transaction(drain.engine, work)


def _senders(drain: Drain, lapsed: Sequence[Unsettled]) -> Senders:
    found: dict[UUID, tuple[str | None, str | None]] = {}
    for id_ in {each.claimed.tenant_id for each in lapsed}:
        served = drain.served.get(id_)
        found[id_] = (served.policy.sms.messaging_service_sid, served.policy.sms.sender) if served else (None, None)
    return found


def _record(
    drain: Drain, lapsed: Sequence[Unsettled], found: Mapping[UUID, Logged | None], asked_at: datetime
) -> Counted:
    now, wall = drain.now(), drain.wall()
    absent = (each for each in lapsed if each.claimed.id in found and not found[each.claimed.id])
    waits = {each.claimed.id: max(at, wall) for each in absent if (at := _asked_again(each, now, asked_at))}

    def work(connection: Connection) -> tuple[set[UUID], dict[UUID, tuple[str, dict[str, Any]]]]:
        open_ = _still_open(drain, connection, lapsed, found) | waits.keys()
        changes = {
            each.claimed.id: _settled(each, found[each.claimed.id], now)
            for each in lapsed
            if each.claimed.id not in open_
        }
        open_ |= write_unique(connection, drain.worker, [row for _, row in changes.values()])
        again = [{"id": id_, "claimed_until": waits.get(id_, wall + ASK_AFTER)} for id_ in sorted(open_)]
        outbox.record_outcomes(connection, drain.worker, again)
        expired = [id_ for id_, (name, _) in changes.items() if name == "expired"]
        ledger.expire(connection, expired, now)
        return open_, changes

    counted: Counted = defaultdict(list)
    open_, changes = in_transaction(drain.engine, work)
    for each in lapsed:
        if each.claimed.id not in open_:
            counted["ambiguous"].append(each.claimed)
            name, row = changes[each.claimed.id]
            counted[name].append(each.claimed)
            drain.note(name, each.claimed, row.get("error_code"))
    return counted


def _still_open(
    drain: Drain, connection: Connection, lapsed: Sequence[Unsettled], found: Mapping[UUID, Logged | None]
) -> set[UUID]:
    """Return those that cannot be settled now.

    Besides those that the log could not be asked about: where another worker is just sending the same text to the same
    number, what the log holds may be its message.
    """
    phones = {each.to_phone for each in lapsed if found.get(each.claimed.id)}
    others = outbox.under_way(connection, phones, drain.worker)
    return {
        each.claimed.id
        for each in lapsed
        if each.claimed.id not in found or (found[each.claimed.id] and (each.to_phone, each.body) in others)
    }


def _asked_again(each: Unsettled, now: datetime, asked_at: datetime) -> datetime | None:
    """Return when the log is asked once more about what it did not hold at `asked_at`: it may show a message late.

    None where it was asked late enough, or where the message would be useless by then.
    """
    # A worker that died may have handed it over at any time while it was allowed to.
    handed_over = each.attempted_at if each.was_answered else each.attempted_at + HAND_OVER
    at = handed_over + ASK_AGAIN_AFTER
    return at if asked_at < at and now + (at - asked_at) < each.claimed.useful_until else None


def _settled(each: Unsettled, entry: Logged | None, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return under which name it is counted, and what changes."""
    claimed, ambiguities = each.claimed, {"ambiguities": each.ambiguities + 1}
    if entry:
        return "sent", sent(claimed.id, entry.id, entry.segments or each.segments, now) | ambiguities
    if claimed.useful_until <= now:
        return "expired", ended(claimed, NotificationStatus.EXPIRED, Reason.TOO_LATE, now) | ambiguities
    if each.was_answered and claimed.unclear_answers >= MOST_UNCLEAR:
        return "failed", ended(claimed, NotificationStatus.DEAD, Reason.UNCONFIRMED, now, each.code) | ambiguities
    again = {"not_before": now, "attempts": claimed.attempts - 1}
    return "deferred", handed_back(claimed, now) | again | ambiguities
