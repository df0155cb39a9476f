"""Explain every decision about one subject in words: when, what, why, and what comes next."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.application import Application
from shared.database.engine import reading
from shared.domain.policy.errors import PolicyError
from shared.domain.policy.models import TenantPolicy, rules_of, zone_or_default
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
from shared.operations import evidence, history, text_history
from shared.operations.forecast.events import subjects_of
from shared.operations.forecast.upcoming import Foretold, upcoming
from shared.operations.remembered import ConsentRecord, DecisionRecord, PaymentRecord, Remembered, TimelineEntry
from shared.operations.words import (
    KIND_WORDS,
    OUTCOME_WORDS,
    SOURCE_WORDS,
    STATUS_WORDS,
    amount_words,
    moment_words,
    segments_words,
)
from shared.schedules.function_json import Schedule


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known about a subject. `facts`: its current values, and the names of what it is about; `timeline`: oldest
    first; `next`: what comes next.

    `what`: "appointment" …; `tenant`: its business's subdomain; `evidence`: for a payment, all that a bank may ask for.
    """

    what: str
    subject: str
    tenant: str
    zone: ZoneInfo
    facts: dict[str, Any]
    timeline: tuple[TimelineEntry, ...]
    next: tuple[Foretold, ...]
    evidence: dict[str, Any] | None = None


def explain(
    connection: Connection, what: str, id_: UUID, defaults: TenantPolicy, default_zone: ZoneInfo
) -> Explanation | None:
    """Explain the past of an "appointment", "vaccination", "owner", "payment" or "text"; None if none has this id.

    What comes next is left to `upcoming`, but for a business whose settings are bad: nothing.
    """
    remembered = _READERS[what](connection, id_)
    if remembered is None:
        return None
    tenant = remembered.tenant
    zone, problem = _zone_of(tenant, defaults, default_zone)
    if what == "payment":
        remembered = evidence.of_its_day(remembered, zone)
    facts = _names(connection, remembered) | _facts(what, remembered)
    return Explanation(
        what,
        f"{what} {id_} of {tenant.subdomain}",
        tenant.subdomain,
        zone,
        {name: value for name, value in facts.items() if value not in (None, "")},
        tuple(sorted(_timeline(what, remembered, zone), key=lambda each: (each.at, each.what))),
        (Foretold(problem),) if problem and not _is_over(what, remembered.row) else (),
        evidence.pack(remembered) if what == "payment" else None,
    )


def explain_all(
    application: Application, schedules: Mapping[str, Schedule], what: str, id_: UUID
) -> Explanation | None:
    """Explain the past of a subject, and what the next runs will do about it; return None if none has this id."""
    with reading(application.engine) as connection:
        found = explain(connection, what, id_, application.defaults, application.zone)
    if found is None or found.next:
        return found
    return replace(found, next=tuple(upcoming(application, schedules, what, id_)))


def _is_over(what: str, row: Any) -> bool:
    """Whether no run will do anything about it any more, whatever the settings."""
    return what == "appointment" and row.status in _OVER


_OVER: Final = (AppointmentStatus.COMPLETED, AppointmentStatus.CANCELLED)


def _zone_of(tenant: Tenant, defaults: TenantPolicy, default_zone: ZoneInfo) -> tuple[ZoneInfo, str]:
    """Return the tenant's zone, and what is wrong with its settings."""
    zone = zone_or_default(tenant.timezone, default_zone)
    try:
        rules_of(tenant, defaults, default_zone)
        return zone, ""
    except PolicyError as error:
        return zone, f"nothing, until the settings of {tenant.subdomain} are mended: {error}"


_READERS: Final[dict[str, Callable[[Connection, UUID], Remembered | None]]] = {
    "appointment": history.of_appointment,
    "vaccination": history.of_vaccination,
    "owner": history.of_owner,
    "payment": history.of_payment,
    "text": history.of_text,
}
SUBJECTS: Final = tuple(_READERS)
_FACTS: Final = {
    "appointment": ("scheduled_start", "status", "arrived_at", "actual_start", "cancelled_at", "created_at"),
    "vaccination": ("type", "name", "administered_date", "expiry_date", "status", "created_at", "deleted_at"),
    "owner": ("sms_opted_in", "is_active", "no_show_count", "reputation_score", "last_reputation_update"),
    "payment": ("type", "status", "amount", "currency", "offence_number", "visit_on", "description", "failure_code"),
}


def _facts(what: str, remembered: Remembered) -> dict[str, Any]:
    if what == "text":
        return text_history.facts(remembered.row, remembered.decisions)
    return {name: getattr(remembered.row, name) for name in _FACTS[what]}


def _names(connection: Connection, remembered: Remembered) -> dict[str, str]:
    """Return who and what it is about, by name."""
    row = remembered.row
    subjects = subjects_of(connection, [row.id, *(each.subject_id for each in remembered.decisions)])
    subject = subjects.get(row.id) or next(iter(subjects.values()), None)
    return {
        "pets": ", ".join(subject.pets) if subject else "",
        "owner": (subject.owner if subject else getattr(row, "first_name", None)) or "",
        "business": str(remembered.tenant.business_name),
        "service": history.service_of(connection, getattr(row, "service_id", None)) or "",
    }


def _timeline(what: str, remembered: Remembered, zone: ZoneInfo) -> Iterator[TimelineEntry]:
    if what == "text":
        return text_history.timeline(remembered.row, zone)
    return _of_subject(remembered, zone)


def _of_subject(remembered: Remembered, zone: ZoneInfo) -> Iterator[TimelineEntry]:
    for decision in _one_a_text(remembered.decisions):
        yield _sent(decision, decision.sent_at) if decision.sent_at else _decided(decision, zone)
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
        much = (
            f" of {amount_words(action.amount, currency[action.payment_id])}: {action.outcome}" if action.amount else ""
        )
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
    status = NotificationStatus(str(decision.status))
    arrived = "" if status is NotificationStatus.SENT else f" ({STATUS_WORDS[status]})"
    to, segments = mask_phone(decision.to_phone), segments_words(decision.segments)
    text = f"{_words(decision)} sent to {to}{arrived}, {segments}: {decision.body}"
    return TimelineEntry(at, text, decision.error_code)


def _one_a_text(decisions: Iterable[DecisionRecord]) -> Iterator[DecisionRecord]:
    """Yield the decisions, of those that one SMS answers the first alone: it was one text."""
    known = set[UUID]()
    for each in decisions:
        if each.notification_id is None or each.notification_id not in known:
            yield each
            known |= {each.notification_id} if each.notification_id else set()


def _decided(decision: DecisionRecord, zone: ZoneInfo) -> TimelineEntry:
    words, outcome = _words(decision), Outcome(decision.outcome)
    if outcome is not Outcome.NOTIFY:
        reason = Reason(str(decision.reason))
        what = "not counted" if decision.kind == Kind.NO_SHOW else OUTCOME_WORDS[outcome]
        return TimelineEntry(decision.decided_at, f"{words} {what}: {SENTENCES[reason]}", reason)
    if decision.status is None:
        why = f": {SENTENCES[Reason(decision.reason)]}" if decision.reason else ""
        return TimelineEntry(decision.decided_at, f"{words} found{why}", decision.reason)
    status = NotificationStatus(decision.status)
    if status is NotificationStatus.PLANNED:
        return TimelineEntry(
            decision.decided_at,
            f"{words} planned; it waits until {moment_words(decision.not_before or decision.decided_at, zone)}",
        )
    return TimelineEntry(decision.decided_at, f"{words} planned; {STATUS_WORDS[status]}", decision.text_reason)


def _words(decision: DecisionRecord) -> str:
    return KIND_WORDS[Kind(decision.kind)]


def _money(fee: PaymentRecord) -> str:
    return amount_words(fee.amount, fee.currency)
