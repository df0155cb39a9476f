"""Explain every decision about one subject in words: when, what, why, and what comes next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.domain.policy import TenantPolicy, rules_of
from shared.domain.policy_errors import PolicyError
from shared.domain.reasons import SENTENCES, Reason
from shared.domain.records import (
    AppointmentStatus,
    ConsentSource,
    Kind,
    NotificationStatus,
    Outcome,
    Tenant,
    mask_phone,
)
from shared.messages.wording import money_words
from shared.operations import evidence, history
from shared.operations.remembered import ConsentRecord, DecisionRecord, PaymentRecord, Remembered
from shared.tasks.appointment_reminders import rules

KIND_WORDS: Final = {
    Kind.REMINDER_24H: "24-hour reminder",
    Kind.REMINDER_2H: "2-hour reminder",
    Kind.VACCINATION_EXPIRING: "vaccination alert",
    Kind.NO_SHOW: "no-show",
    Kind.NO_SHOW_NOTICE: "no-show notice",
    Kind.FEE_RECEIPT: "fee receipt",
    Kind.FEE_FAILED: '"could not be charged" text',
}
OUTCOME_WORDS: Final = {
    Outcome.SKIPPED: "not sent",
    Outcome.EXPIRED: "not sent",
    Outcome.CANCELLED: "not sent after all",
}
STATUS_WORDS: Final = {
    NotificationStatus.SENDING: "is being sent",
    NotificationStatus.DELIVERED: "delivered",
    NotificationStatus.UNDELIVERED: "sent, but not delivered",
    NotificationStatus.FAILED: "refused by the SMS provider",
    NotificationStatus.DEAD: "given up after five attempts",
    NotificationStatus.CANCELLED: "cancelled",
    NotificationStatus.EXPIRED: "too late",
}
SOURCE_WORDS: Final = {
    ConsentSource.REPLY: "by a reply",
    ConsentSource.REFUSAL: "the SMS provider refused a text",
    ConsentSource.RECEIPT: "by the receipt of a text handed over then",
    ConsentSource.PLATFORM: "changed outside the scheduler",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a timeline. `code`: the reason's code, if any."""

    at: datetime
    what: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known about a subject. `facts`: its current columns; `timeline`: oldest first; `next`: what comes next.

    `evidence`: for a payment, everything a bank may ask for.
    """

    subject: str
    zone: ZoneInfo
    facts: dict[str, str]
    timeline: tuple[TimelineEntry, ...]
    next: tuple[str, ...]
    evidence: dict[str, Any] | None = None


def explain(
    connection: Connection, what: str, id_: UUID, defaults: TenantPolicy, default_zone: ZoneInfo, now: datetime
) -> Explanation | None:
    """Explain an "appointment", "vaccination", "owner" or "payment"; return None if none has this id."""
    remembered = _READERS[what](connection, id_)
    if remembered is None:
        return None
    tenant = remembered.tenant
    policy, zone, problem = _rules_of(tenant, defaults, default_zone)
    if what == "payment":
        remembered = evidence.of_its_day(remembered, zone)
    facts = {name: _shown(getattr(remembered.row, name), zone) for name in _FACTS[what]}
    upcoming = [problem] if problem else _next(what, remembered, policy, zone, now)
    return Explanation(
        f"{what} {id_} of {tenant.subdomain}",
        zone,
        {name: value for name, value in facts.items() if value},
        tuple(sorted(_timeline(remembered), key=lambda each: (each.at, each.what))),
        tuple(upcoming),
        evidence.pack(remembered) if what == "payment" else None,
    )


def _rules_of(tenant: Tenant, defaults: TenantPolicy, default_zone: ZoneInfo) -> tuple[TenantPolicy, ZoneInfo, str]:
    """Return the tenant's policy and zone, or the defaults and the error in its settings."""
    try:
        return *rules_of(tenant, defaults, default_zone), ""
    except PolicyError as error:
        return defaults, default_zone, f"nothing, until the settings of {tenant.subdomain} are mended: {error}"


_READERS: Final[dict[str, Callable[[Connection, UUID], Remembered | None]]] = {
    "appointment": history.of_appointment,
    "vaccination": history.of_vaccination,
    "owner": history.of_owner,
    "payment": history.of_payment,
}
SUBJECTS: Final = tuple(_READERS)
_FACTS: Final = {
    "appointment": ("scheduled_start", "status", "arrived_at", "actual_start", "cancelled_at", "created_at"),
    "vaccination": ("type", "name", "administered_date", "expiry_date", "status", "created_at", "deleted_at"),
    "owner": ("sms_opted_in", "is_active", "no_show_count", "reputation_score", "last_reputation_update"),
    "payment": ("type", "status", "amount", "currency", "offence_number", "visit_on", "description", "failure_code"),
}


def _timeline(remembered: Remembered) -> Iterator[TimelineEntry]:
    for decision in remembered.decisions:
        yield _sent(decision, decision.sent_at) if decision.sent_at else _decided(decision)
    for fee in remembered.payments:
        yield TimelineEntry(
            fee.created_at, f"{_money(fee)} {fee.type.replace('_', ' ')} written, now {fee.status}", fee.failure_code
        )
        if fee.succeeded_at:
            yield TimelineEntry(fee.succeeded_at, f"{_money(fee)} collected")
    for attempt in remembered.attempts:
        yield TimelineEntry(
            attempt.started_at, f"attempt {attempt.attempt} to charge: {attempt.outcome or 'under way'}", attempt.code
        )
    currency = {fee.id: fee.currency for fee in remembered.payments}
    for action in remembered.actions:
        much = f" of {_amount(action.amount, currency[action.payment_id])}: {action.outcome}" if action.amount else ""
        yield TimelineEntry(action.created_at, f"{action.action} by {action.who}{much}: {action.why}", action.code)
    for event in remembered.events:
        yield TimelineEntry(event.occurred_at, f"reputation {event.points:+d} ({event.kind.replace('_', ' ')})")
        if event.reversed_at:
            yield TimelineEntry(event.reversed_at, f"reputation {-event.points:+d}: reversed", event.reversed_reason)
    yield from map(_consent, remembered.consents)


def _consent(event: ConsentRecord) -> TimelineEntry:
    what = "given" if event.given else "withdrawn"
    return TimelineEntry(event.happened_at, f"consent to texts {what}: {SOURCE_WORDS[ConsentSource(event.source)]}")


def _sent(decision: DecisionRecord, at: datetime) -> TimelineEntry:
    status, count = NotificationStatus(str(decision.status)), decision.segments or 1
    arrived = "" if status is NotificationStatus.SENT else f" ({STATUS_WORDS[status]})"
    segments = f"{count} segment{'s' if count > 1 else ''}"
    text = f"{_words(decision)} sent to {mask_phone(decision.to_phone)}{arrived}, {segments}: {decision.body}"
    return TimelineEntry(at, text, decision.error_code)


def _decided(decision: DecisionRecord) -> TimelineEntry:
    words, outcome = _words(decision), Outcome(decision.outcome)
    if outcome is not Outcome.NOTIFY:
        reason = Reason(str(decision.reason))
        what = "not counted" if decision.kind == Kind.NO_SHOW else OUTCOME_WORDS[outcome]
        return TimelineEntry(decision.decided_at, f"{words} {what}: {SENTENCES[reason]}", reason)
    if decision.status is None:
        return TimelineEntry(decision.decided_at, f"{words} found")
    status = NotificationStatus(decision.status)
    if status is NotificationStatus.PLANNED:
        return TimelineEntry(
            decision.decided_at, f"{words} planned; it waits until {decision.not_before:%Y-%m-%d %H:%M} UTC"
        )
    return TimelineEntry(decision.decided_at, f"{words} planned; {STATUS_WORDS[status]}", decision.text_reason)


def _words(decision: DecisionRecord) -> str:
    return KIND_WORDS[Kind(decision.kind)]


def _next(what: str, remembered: Remembered, policy: TenantPolicy, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    row = remembered.row
    if what == "appointment" and row.status in (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED):
        start = rules.minute_of(row.scheduled_start)
        decided = {each.kind for each in remembered.decisions if _is_about(each, start)}
        for lead in rules.LEADS.values():
            due = rules.due_at(row.scheduled_start, lead, policy.sms.quiet_hours, zone)
            if lead.kind not in decided and due > now:
                yield f"{KIND_WORDS[lead.kind]} due {_shown(due, zone)}"
    for fee in remembered.payments:
        if fee.next_attempt_at and fee.status == "pending":
            yield f"{_money(fee)} to be charged from {_shown(fee.next_attempt_at, zone)}"


def _is_about(decision: DecisionRecord, start: datetime) -> bool:
    """Whether a reminder's decision is about `start`, which is rounded to the minute."""
    return decision.occurs_at is not None and rules.minute_of(decision.occurs_at) == start


def _money(fee: PaymentRecord) -> str:
    return _amount(fee.amount, fee.currency)


def _amount(cents: int, currency: str) -> str:
    return money_words(cents, currency, language="en", region="US")


def _shown(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        local = value.astimezone(zone) if value.year < 9999 else value.astimezone(UTC)
        return f"{local:%a %d %b %Y %H:%M %Z}"
    return "" if value is None else str(value)
