"""Reading the subjects of claimed notifications again: what still holds is rendered, the rest is cancelled or waits."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from shared.database import ledger, outbox
from shared.database.claims import Claim
from shared.delivery.drain import CLAIM_HOLD, HAND_OVER, Drain
from shared.delivery.message import ReadyText
from shared.delivery.outcomes import ended
from shared.domain.contact import e164
from shared.domain.ids import NotificationId, TenantId
from shared.domain.notifications import Claimed, Member
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import after_quiet, quiet_began
from shared.domain.reasons import Reason
from shared.domain.records import NotificationStatus, Problem
from shared.gateways.sms import Sms
from shared.planning.subject import SubjectKind

log = logging.getLogger(__name__)

LONGEST_VALIDITY: Final = timedelta(seconds=36_000)  # Twilio's limit for validity_period


@dataclass(slots=True)
class Prepared:
    """What may be sent of some claimed notifications, and what becomes of the rest."""

    ready: list[ReadyText] = field(default_factory=list)
    cancelled_members: dict[str, Reason] = field(default_factory=dict)
    cancelled: list[tuple[Claimed, Reason]] = field(default_factory=list)
    postponed: list[tuple[Claimed, datetime]] = field(default_factory=list)
    broken: list[Claimed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reread:
    """Claimed notifications with what was read again for them, as of one instant by both clocks.

    `members`: the decisions behind each; `subjects`: what these are about, as it is now; `hours`: from when until when
    each tenant may send, kept once computed.
    """

    drain: Drain
    now: datetime
    wall: datetime
    members: Mapping[NotificationId, Sequence[Member]]
    subjects: Mapping[UUID, Any]
    hours: dict[TenantId, tuple[datetime, datetime]] = field(default_factory=dict)

    def may_leave(self, served: ServedTenant) -> tuple[datetime, datetime]:
        """Return from when until when a tenant's texts may be handed over outside its quiet hours."""
        found = self.hours.get(served.tenant.id)
        if found is None:
            found = self.hours[served.tenant.id] = _open_hours(served, self.now)
        return found


def _open_hours(served: ServedTenant, now: datetime) -> tuple[datetime, datetime]:
    quiet, last = served.policy.sms.quiet_hours, now + HAND_OVER
    begin = after_quiet(now, quiet, served.zone)
    if quiet is None or begin > now or after_quiet(last, quiet, served.zone) == last:
        return begin, last
    return begin, quiet_began(last, quiet, served.zone)


def prepare(drain: Drain, connection: Connection, claimed: Sequence[Claimed]) -> Prepared:
    """Read the subjects of claimed notifications again and sort out what may leave now."""
    reread, prepared = _read_again(drain, connection, claimed), Prepared()
    for each in claimed:
        try:
            _prepare_one(reread, each, prepared)
        except Exception as error:  # one message that cannot be rendered must not hold up all others
            log.exception("notification %s cannot be prepared", each.id)
            problem = Problem(drain.subdomain(each.tenant_id), f"notification {each.id}", repr(error))
            prepared.problems.append(problem)
            prepared.broken.append(each)
    return prepared


def _read_again(drain: Drain, connection: Connection, claimed: Sequence[Claimed]) -> Reread:
    members = defaultdict(list)
    for member in ledger.members(connection, [each.id for each in claimed]):
        members[member.notification_id].append(member)
    wanted: dict[SubjectKind, set[UUID]] = defaultdict(set)
    for each in claimed:
        wanted[drain.kinds[each.kind]] |= {member.subject_id for member in members[each.id]}
    subjects: dict[UUID, Any] = {}
    for kind, ids in wanted.items():
        subjects |= kind.read(connection, ids)
    return Reread(drain, drain.now(), drain.wall(), members, subjects)


def _prepare_one(reread: Reread, claimed: Claimed, into: Prepared) -> None:
    served, members = reread.drain.served.get(claimed.tenant_id), reread.members[claimed.id]
    objections = {each.ledger_key: _objection(reread, claimed, each, served) for each in members}
    into.cancelled_members |= {key: reason for key, reason in objections.items() if reason}
    right = [reread.subjects[each.subject_id] for each in members if not objections[each.ledger_key]]
    if served is None or not right:
        reason = next(filter(None, objections.values()), Reason.TENANT_INACTIVE)
        into.cancelled.append((claimed, reason))
        return
    begin, _ = reread.may_leave(served)
    if begin > reread.now:
        into.postponed.append((claimed, begin))
    else:
        into.ready.append(_render(reread, served, claimed, right))


def _objection(reread: Reread, claimed: Claimed, member: Member, served: ServedTenant | None) -> Reason | None:
    if served is None:
        return Reason.TENANT_INACTIVE
    subject = reread.subjects.get(member.subject_id)
    if subject is None:
        return Reason.SUBJECT_GONE
    if subject.tenant_id != claimed.tenant_id:
        return Reason.FOREIGN_REFERENCE
    kind = reread.drain.kinds[claimed.kind]
    objection = kind.objection(claimed.kind, subject, member, served)
    if objection is None and kind.owner(subject).id != claimed.owner_id:
        return Reason.OWNER_CHANGED
    return objection


def _render(reread: Reread, served: ServedTenant, claimed: Claimed, right: Sequence[Any]) -> ReadyText:
    kind = reread.drain.kinds[claimed.kind]
    text = kind.text(claimed.kind, served, right, reread.now)
    phone = kind.owner(right[0]).phone or ""
    message = sms(served, claimed, e164(phone, served.region) or phone, text.body, reread.now)
    until = min(reread.may_leave(served)[1], claimed.useful_until)
    return ReadyText(claimed, message, text.segments, reread.wall + (until - reread.now))


def sms(served: ServedTenant | None, claimed: Claimed, to: str, body: str, now: datetime) -> Sms:
    """Return the message to hand to the provider. `to`: E.164."""
    return Sms(
        notification_id=claimed.id,
        to=to,
        body=body,
        validity_seconds=max(1, int(min(claimed.useful_until - now, LONGEST_VALIDITY).total_seconds())),
        messaging_service_sid=served.policy.sms.messaging_service_sid if served else None,
        sender=served.policy.sms.sender if served else None,
    )


def write_prepared(drain: Drain, connection: Connection, prepared: Prepared) -> Prepared:
    """Claim and store the texts to send, close or postpone the rest; return what this worker got."""
    now = drain.now()
    texts = [
        {"id": each.claimed.id, "to_phone": each.sms.to, "body": each.sms.body, "segments": each.segments}
        for each in prepared.ready
    ]
    ours = outbox.claim(connection, texts, now, Claim(drain.worker, drain.wall(), CLAIM_HOLD))
    useless = [each for each, at in prepared.postponed if at >= each.useful_until]
    closed = [ended(each, NotificationStatus.CANCELLED, reason, now) for each, reason in prepared.cancelled]
    closed += [ended(each, NotificationStatus.EXPIRED, Reason.TOO_LATE, now) for each in useless]
    closed += [ended(each, NotificationStatus.FAILED, Reason.UNREADABLE, now) for each in prepared.broken]
    outbox.record_unsent(connection, closed)
    ledger.cancel(connection, prepared.cancelled_members, now)
    ledger.expire(connection, [each.id for each in useless], now)
    later = [
        {"id": each.id, "not_before": at, "updated_at": now}
        for each, at in prepared.postponed
        if at < each.useful_until
    ]
    outbox.record_unsent(connection, later)
    return replace(prepared, ready=[each for each in prepared.ready if each.claimed.id in ours])
