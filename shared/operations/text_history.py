"""What happened to one text, from its own row: planned, tried, sent, delivered or not."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.records import Kind, NotificationStatus, mask_phone
from shared.operations.ids import shortened
from shared.operations.remembered import DecisionRecord, TimelineEntry
from shared.operations.words import KIND_WORDS, STATUS_WORDS, code_words, moment_words, reason_words, segments_words

OF_SUBJECT: Final = {"appointment": "appointment", "vaccination": "vaccination", "visit": "payment"}
"""What `explain` calls the subject of a decision, by its type."""
_AFTER_SENT: Final = (NotificationStatus.DELIVERED, NotificationStatus.UNDELIVERED)


def facts(row: Any, decisions: Sequence[DecisionRecord]) -> dict[str, Any]:
    """Return the current state of a text, with what it is about as the words that `explain` takes."""
    about = [f"{OF_SUBJECT[each.subject_type]} {shortened(each.subject_id)}" for each in decisions]
    return {
        "kind": row.kind,
        "status": row.status,
        "why": reason_words(row.reason),
        "provider_code": code_words(row.error_code),
        "to": mask_phone(row.to_phone) if row.to_phone else None,
        "text": row.body,
        "segments": row.segments,
        "attempts": row.attempts,
        "may_leave_from": row.not_before,
        "useful_until": row.useful_until,
        "about": ", ".join(sorted(about)),
        "for": f"owner {shortened(row.owner_id)}",
    }


def timeline(row: Any, zone: ZoneInfo) -> Iterator[TimelineEntry]:
    """Yield what happened, with the code of the reason or the provider's."""
    words, status = KIND_WORDS[Kind(row.kind)], NotificationStatus(row.status)
    wait = f"; it may leave from {moment_words(row.not_before, zone)}" if row.not_before > row.created_at else ""
    yield TimelineEntry(row.created_at, f"{words} planned{wait}")
    if row.attempted_at and status is NotificationStatus.PLANNED and row.error_code:
        yield TimelineEntry(
            row.attempted_at, f"an attempt to send it failed: {code_words(row.error_code)}", row.error_code
        )
    elif row.attempts > 1 and row.attempted_at:
        yield TimelineEntry(row.attempted_at, f"latest of {row.attempts} attempts to send it")
    if status is NotificationStatus.PLANNED and row.attempted_at and not row.attempts:
        yield TimelineEntry(row.updated_at, "put back into the outbox by staff")
    if row.sent_at:
        yield TimelineEntry(
            row.sent_at, f"sent to {mask_phone(row.to_phone)}, {segments_words(row.segments)}: {row.body}"
        )
    if status in _AFTER_SENT or (status in STATUS_WORDS and not row.sent_at):
        why = reason_words(row.reason) or code_words(row.error_code)
        words = ": ".join(filter(None, (STATUS_WORDS[status], why)))
        yield TimelineEntry(row.updated_at or row.created_at, words, row.reason or row.error_code)
