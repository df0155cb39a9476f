"""The delivery loop: claim what is due, read and render it afresh, send, record. Every run of every job does it.

No transaction is open while a message is on its way, and what a dead worker left is settled before anything is sent.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from shared.database import ledger, outbox
from shared.database.engine import reading, writing
from shared.database.outbox import Scope
from shared.gateways.sms import CredentialsRefused, NotProcessed, OutcomeUnknown, Rejected, Sms, SmsError, SmsGateway
from shared.policy import ServedTenant
from shared.reasons import Reason
from shared.records import Claimed, Member, NotificationStatus, Problem, Unsettled
from shared.rules.contact import e164
from shared.rules.quiet_hours import after_quiet
from shared.subjects import SUBJECTS, SubjectKind
from shared.tally import Tally

log = logging.getLogger(__name__)

BATCH = 500
CLAIM_HOLD = timedelta(minutes=5)
"""How long a worker keeps what it claimed: longer than a batch can take with every request at its time-out."""
ASK_AFTER = timedelta(minutes=2)
"""How long after an unclear answer the provider's log is asked: by then it holds what was accepted."""
MOST_ATTEMPTS = 5
LONGEST_VALIDITY = timedelta(seconds=36_000)  # Twilio's limit for validity_period


@dataclass(frozen=True, slots=True)
class Drain:
    """What one run's delivery works with. `now` and `wall` are the two clocks; `scope` the tenants it may send for.

    `expirable`: the tenants whose outbox may expire: also those that have switched sending off.
    """

    engine: Engine
    gateway: SmsGateway
    served: Mapping[UUID, ServedTenant]
    scope: Scope
    expirable: Scope
    now: Callable[[], datetime]
    wall: Callable[[], datetime]
    is_out_of_time: Callable[[], bool]
    tally: Tally
    concurrency: int = 64
    is_sending: bool = True
    worker: str = field(default_factory=lambda: str(uuid4()))

    def count(self, outcome: str, claimed: Sequence[Claimed]) -> None:
        """Count what became of some notifications, by kind."""
        for each in claimed:
            self.tally.deliver(outcome, each.kind)


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed notification that is still right, with the text to send."""

    claimed: Claimed
    sms: Sms
    segments: int


@dataclass(slots=True)
class Prepared:
    """What re-reading found about claimed notifications."""

    ready: list[Ready] = field(default_factory=list)
    cancelled_members: dict[str, Reason] = field(default_factory=dict)
    cancelled: list[tuple[Claimed, Reason]] = field(default_factory=list)
    postponed: list[tuple[Claimed, datetime]] = field(default_factory=list)
    broken: list[Claimed] = field(default_factory=list)


def deliver(drain: Drain) -> None:
    """Send all that is due. Raise CredentialsRefused when the provider does not know us; the rest stays planned."""
    with writing(drain.engine) as connection:
        expired = outbox.expire_useless(connection, drain.expirable, drain.now())
        ledger.expire(connection, [each.id for each in expired])
    drain.count("expired", expired)
    if not drain.is_sending:
        return
    _settle_lapsed(drain)
    while not drain.is_out_of_time():
        claimed, ready = _claim(drain)
        if not claimed:
            return
        _record(drain, ready, asyncio.run(_send_all(drain, [each.sms for each in ready])))


def preview(drain: Drain) -> tuple[list[Claimed], Prepared]:
    """Return what `deliver` would send or cancel now, without taking or changing anything."""
    with reading(drain.engine) as connection:
        due = outbox.due(connection, drain.scope, drain.now(), BATCH) if drain.is_sending else []
        return due, _prepare(drain, connection, due)


# Settling ─ what was handed over and never recorded: the provider's log is asked, with no transaction open.


def _settle_lapsed(drain: Drain) -> None:
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
    for each in lapsed:
        sms = _sms(drain.served.get(each.claimed.tenant_id), each.claimed, each.to_phone, each.body, drain.now())
        id_ = await drain.gateway.find(sms, each.attempted_at, known.get(each.to_phone, frozenset()) | taken)
        taken |= {id_} if id_ else set()
        found.append(id_)
    return found


def _record_settled(drain: Drain, lapsed: Sequence[Unsettled], found: Sequence[str | None]) -> None:
    now = drain.now()
    sent, planned, useless = [], [], []
    for each, id_ in zip(lapsed, found, strict=True):
        if id_:
            sent.append(_sent(each.claimed.id, id_, now))
        elif each.claimed.useful_until > now:
            planned.append(_planned_again(each.claimed, now, now, each.claimed.attempts - 1))
        else:
            useless.append(_ended(each.claimed, NotificationStatus.EXPIRED, Reason.TOO_LATE, now))
    with writing(drain.engine) as connection:
        for changes in (sent, planned, useless):
            outbox.record_outcomes(connection, drain.worker, changes)
        ledger.expire(connection, [each["id"] for each in useless])
    drain.count("ambiguous", [each.claimed for each in lapsed])
    drain.count("sent", [each.claimed for each, id_ in zip(lapsed, found, strict=True) if id_])


# Claiming ─ one transaction: planned → sending, subjects re-read, the body stored.


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
        prepared = _prepare(drain, connection, claimed)
        _write_prepared(drain, connection, prepared)
    drain.count("failed", prepared.broken)
    drain.count("cancelled", [each for each, _ in prepared.cancelled])
    drain.count("deferred", [each for each, _ in prepared.postponed])
    return claimed, prepared.ready


def _prepare(drain: Drain, connection: Connection, claimed: Sequence[Claimed]) -> Prepared:
    members = defaultdict(list)
    for member in ledger.members(connection, [each.id for each in claimed]):
        members[member.notification_id].append(member)
    subjects = _read_again(connection, claimed, members)
    prepared = Prepared()
    for each in claimed:
        try:
            _prepare_one(drain, each, members[each.id], subjects, prepared)
        except Exception as error:  # one message that cannot be written must not hold up all others
            log.exception("notification %s cannot be prepared", each.id)
            drain.tally.problem(Problem(_subdomain(drain, each), f"notification {each.id}", repr(error)))
            prepared.broken.append(each)
    return prepared


def _read_again(
    connection: Connection, claimed: Sequence[Claimed], members: Mapping[UUID, Sequence[Member]]
) -> dict[UUID, Any]:
    wanted: dict[SubjectKind, set[UUID]] = defaultdict(set)
    for each in claimed:
        wanted[SUBJECTS[each.kind]] |= {member.subject_id for member in members[each.id]}
    found: dict[UUID, Any] = {}
    for kind, ids in wanted.items():
        found |= kind.read(connection, ids)
    return found


def _subdomain(drain: Drain, claimed: Claimed) -> str:
    served = drain.served.get(claimed.tenant_id)
    return served.tenant.subdomain if served else str(claimed.tenant_id)


def _prepare_one(
    drain: Drain, claimed: Claimed, members: Sequence[Member], subjects: Mapping[UUID, Any], into: Prepared
) -> None:
    served = drain.served.get(claimed.tenant_id)
    objections = {each.ledger_key: _objection(claimed, each, subjects, served) for each in members}
    into.cancelled_members |= {key: reason for key, reason in objections.items() if reason}
    right = [subjects[each.subject_id] for each in members if not objections[each.ledger_key]]
    if served is None or not right:
        reason = next(filter(None, objections.values()), Reason.TENANT_INACTIVE)
        into.cancelled.append((claimed, reason))
        return
    now = drain.now()
    may_leave = after_quiet(now, served.policy.sms.quiet_hours, served.zone)
    if may_leave > now:
        into.postponed.append((claimed, may_leave))
    else:
        into.ready.append(_render(served, claimed, right, now))


def _objection(
    claimed: Claimed, member: Member, subjects: Mapping[UUID, Any], served: ServedTenant | None
) -> Reason | None:
    if served is None:
        return Reason.TENANT_INACTIVE
    subject = subjects.get(member.subject_id)
    if subject is None:
        return Reason.SUBJECT_GONE
    return SUBJECTS[claimed.kind].objection(claimed.kind, subject, member, served)


def _render(served: ServedTenant, claimed: Claimed, right: Sequence[Any], now: datetime) -> Ready:
    kind = SUBJECTS[claimed.kind]
    text = kind.text(claimed.kind, served, right, now)
    phone = kind.owner(right[0]).phone or ""
    return Ready(claimed, _sms(served, claimed, e164(phone, served.region) or phone, text.body, now), text.segments)


def _sms(served: ServedTenant | None, claimed: Claimed, to: str, body: str, now: datetime) -> Sms:
    return Sms(
        notification_id=claimed.id,
        to=to,
        body=body,
        validity_seconds=max(1, int(min(claimed.useful_until - now, LONGEST_VALIDITY).total_seconds())),
        messaging_service_sid=served.policy.sms.messaging_service_sid if served else None,
        sender=served.policy.sms.sender if served else None,
    )


def _write_prepared(drain: Drain, connection: Connection, prepared: Prepared) -> None:
    now = drain.now()
    outbox.record_outcomes(
        connection,
        drain.worker,
        [
            {"id": each.claimed.id, "to_phone": each.sms.to, "body": each.sms.body, "segments": each.segments}
            for each in prepared.ready
        ],
    )
    useless = [each for each, at in prepared.postponed if at >= each.useful_until]
    ended = [_ended(each, NotificationStatus.CANCELLED, reason, now) for each, reason in prepared.cancelled]
    ended += [_ended(each, NotificationStatus.EXPIRED, Reason.TOO_LATE, now) for each in useless]
    ended += [_ended(each, NotificationStatus.FAILED, Reason.UNREADABLE, now) for each in prepared.broken]
    outbox.record_outcomes(connection, drain.worker, ended)
    ledger.cancel(connection, prepared.cancelled_members)
    ledger.expire(connection, [each.id for each in useless])
    outbox.record_outcomes(
        connection,
        drain.worker,
        [_planned_again(each, at, now, each.attempts - 1) for each, at in prepared.postponed if at < each.useful_until],
    )


# Sending ─ no transaction is open.


async def _send_all(drain: Drain, messages: Sequence[Sms]) -> list[str | SmsError]:
    """Send at most `concurrency` at once; return the provider's id or the error for each, in order."""
    slots = asyncio.Semaphore(drain.concurrency)

    async def send(sms: Sms) -> str | SmsError:
        async with slots:
            try:
                return await drain.gateway.send(sms)
            except SmsError as error:
                return error

    return list(await asyncio.gather(*(send(each) for each in messages)))


# Recording ─ one transaction.


def _record(drain: Drain, ready: Sequence[Ready], outcomes: Sequence[str | SmsError]) -> None:
    now, wall = drain.now(), drain.wall()
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each, outcome in zip(ready, outcomes, strict=True):
        name, change = _change(each.claimed, outcome, now, wall)
        changes[name].append(change)
        drain.tally.deliver(name, each.claimed.kind)
    with writing(drain.engine) as connection:
        for name in sorted(changes):
            outbox.record_outcomes(connection, drain.worker, changes[name])
    if refused := [each for each in outcomes if isinstance(each, CredentialsRefused)]:
        raise refused[0]


def _change(claimed: Claimed, outcome: str | SmsError, now: datetime, wall: datetime) -> tuple[str, dict[str, Any]]:
    """Return under which name an outcome is counted, and what it changes."""
    if isinstance(outcome, str):
        return "sent", _sent(claimed.id, outcome, now)
    if isinstance(outcome, Rejected):
        return "failed", _ended(claimed, NotificationStatus.FAILED, Reason.REJECTED, now, outcome.code)
    if isinstance(outcome, OutcomeUnknown):
        return "ambiguous", {
            "id": claimed.id,
            "reason": Reason.AMBIGUOUS,
            "error_code": outcome.code,
            "claimed_until": wall + ASK_AFTER,
            "updated_at": now,
        }
    if isinstance(outcome, NotProcessed) and claimed.attempts >= MOST_ATTEMPTS:
        return "failed", _ended(claimed, NotificationStatus.DEAD, Reason.ATTEMPTS_EXHAUSTED, now, outcome.code)
    back_off = timedelta(minutes=2 ** (claimed.attempts - 1)) if isinstance(outcome, NotProcessed) else timedelta()
    attempts = claimed.attempts - (0 if isinstance(outcome, NotProcessed) else 1)
    return "deferred", _planned_again(claimed, now + back_off, now, attempts)


def _sent(id_: UUID, provider_message_id: str, now: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "status": NotificationStatus.SENT,
        "reason": None,
        "provider_message_id": provider_message_id,
        "claimed_until": None,
        "sent_at": now,
        "updated_at": now,
    }


def _ended(
    claimed: Claimed, status: NotificationStatus, reason: Reason, now: datetime, code: str | None = None
) -> dict[str, Any]:
    return {
        "id": claimed.id,
        "status": status,
        "reason": reason,
        "error_code": code,
        "claimed_until": None,
        "updated_at": now,
    }


def _planned_again(claimed: Claimed, not_before: datetime, now: datetime, attempts: int) -> dict[str, Any]:
    return {
        "id": claimed.id,
        "status": NotificationStatus.PLANNED,
        "not_before": not_before,
        "attempts": attempts,
        "claimed_until": None,
        "updated_at": now,
    }
