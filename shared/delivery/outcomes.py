"""What an answer of the provider means, and what it changes in the notification's row. Pure."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from shared.delivery.message import Answer
from shared.domain.back_off import doubled, jittered
from shared.domain.ids import NotificationId
from shared.domain.notifications import Claimed
from shared.domain.reasons import Reason
from shared.domain.records import NotificationStatus
from shared.gateways.sms import (
    Accepted,
    CredentialsRefused,
    DailyCapReached,
    NotProcessed,
    OptedOut,
    OutcomeUnknown,
    Rejected,
    SenderRefused,
)

ASK_AFTER: Final = timedelta(minutes=2)
"""How long after an unclear answer the provider's log is read: by then it mostly holds what was accepted."""
ASK_AGAIN_AFTER: Final = timedelta(minutes=6)
"""How long after an unclear answer a message that the log does not hold counts as not accepted."""
MOST_ATTEMPTS: Final = 5
FIRST_BACK_OFF: Final = timedelta(minutes=2)
"""The longest wait after the first attempt. It doubles with each; the wait is drawn (full jitter)."""
FREE: Final = (DailyCapReached, SenderRefused, CredentialsRefused)
"""Answers that are not about the message itself: they cost it no attempt."""


def change(answer: Answer, now: datetime, wall: datetime, dice: Random) -> tuple[str, dict[str, Any]]:
    """Return the name under which the answer is counted, and the row's changes."""
    claimed, outcome, tried = answer.ready.claimed, answer.outcome, {"attempts": answer.attempts}
    if isinstance(outcome, Accepted):
        return "sent", sent(claimed.id, outcome.id, outcome.segments or answer.ready.segments, now) | tried
    if isinstance(outcome, Rejected):
        reason = _why_refused(outcome)
        return "failed", ended(claimed, NotificationStatus.FAILED, reason, now, outcome.code) | tried
    if isinstance(outcome, OutcomeUnknown):
        return "ambiguous", unclear(answer, outcome.code, now, wall)
    if outcome is None:
        return "deferred", handed_back(claimed, now) | tried
    if not isinstance(outcome, NotProcessed) or isinstance(outcome, FREE):
        return "deferred", handed_back(claimed, now) | tried | {"error_code": outcome.code}
    if answer.attempts >= MOST_ATTEMPTS:
        return "failed", ended(claimed, NotificationStatus.DEAD, Reason.ATTEMPTS_EXHAUSTED, now, outcome.code) | tried
    not_before = now + back_off(answer.attempts, outcome.retry_after, dice)
    return "deferred", handed_back(claimed, now) | tried | {"not_before": not_before, "error_code": outcome.code}


def _why_refused(error: Rejected) -> Reason:
    if isinstance(error, OptedOut):
        return Reason.OPTED_OUT
    return Reason.DEAD_NUMBER if error.is_dead_number else Reason.REJECTED


def back_off(attempts: int, retry_after: float | None, dice: Random) -> timedelta:
    """Return how long a message waits after so many attempts. `retry_after`: seconds the provider asked for."""
    longest = doubled(FIRST_BACK_OFF, attempts)
    return max(jittered(longest, dice.random()), timedelta(seconds=retry_after or 0))


def sent(id_: NotificationId, provider_message_id: str, segments: int, now: datetime) -> dict[str, Any]:
    """Return the changes for a message that the provider accepted."""
    return {
        "id": id_,
        "status": NotificationStatus.SENT,
        "reason": None,
        "error_code": None,
        "provider_message_id": provider_message_id,
        "segments": segments,
        "claimed_until": None,
        "sent_at": now,
        "updated_at": now,
    }


def unclear(answer: Answer, code: str, now: datetime, wall: datetime) -> dict[str, Any]:
    """Return the changes for a message that the provider may have accepted: its log will be read."""
    return {
        "id": answer.ready.claimed.id,
        "reason": Reason.AMBIGUOUS,
        "error_code": code,
        "attempts": answer.attempts,
        "unclear_answers": answer.ready.claimed.unclear_answers + 1,
        "attempted_at": answer.tried_at or wall,
        "claimed_until": wall + ASK_AFTER,
        "updated_at": now,
    }


def ended(
    claimed: Claimed, status: NotificationStatus, reason: Reason, now: datetime, code: str | None = None
) -> dict[str, Any]:
    """Return the changes for a message that will not be sent (any more)."""
    return {
        "id": claimed.id,
        "status": status,
        "reason": reason,
        "error_code": code,
        "claimed_until": None,
        "updated_at": now,
    }


def handed_back(claimed: Claimed, now: datetime) -> dict[str, Any]:
    """Return the changes for a message that waits again, as before it was claimed."""
    return {"id": claimed.id, "status": NotificationStatus.PLANNED, "claimed_until": None, "updated_at": now}
