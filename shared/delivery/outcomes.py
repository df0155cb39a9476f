"""What an answer of the provider means, and what it changes in the notification's row."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from shared.gateways.sms import Accepted, NotProcessed, OutcomeUnknown, Rejected, SmsError
from shared.reasons import Reason
from shared.records import Claimed, NotificationStatus

ASK_AFTER: Final = timedelta(minutes=2)
"""How long after an unclear answer the provider's log is asked: by then it holds what was accepted."""
MOST_ATTEMPTS: Final = 5


def change(claimed: Claimed, outcome: Accepted | SmsError, now: datetime, wall: datetime) -> tuple[str, dict[str, Any]]:
    """Return under which name the answer is counted, and what it changes."""
    if isinstance(outcome, Accepted):
        return "sent", sent(claimed.id, outcome.id, now)
    if isinstance(outcome, Rejected):
        return "failed", ended(claimed, NotificationStatus.FAILED, Reason.REJECTED, now, outcome.code)
    if isinstance(outcome, OutcomeUnknown):
        return "ambiguous", {
            "id": claimed.id,
            "reason": Reason.AMBIGUOUS,
            "error_code": outcome.code,
            "claimed_until": wall + ASK_AFTER,
            "updated_at": now,
        }
    if isinstance(outcome, NotProcessed) and claimed.attempts >= MOST_ATTEMPTS:
        return "failed", ended(claimed, NotificationStatus.DEAD, Reason.ATTEMPTS_EXHAUSTED, now, outcome.code)
    back_off = timedelta(minutes=2 ** (claimed.attempts - 1)) if isinstance(outcome, NotProcessed) else timedelta()
    attempts = claimed.attempts - (0 if isinstance(outcome, NotProcessed) else 1)
    return "deferred", planned_again(claimed, now + back_off, now, attempts)


def sent(id_: UUID, provider_message_id: str, now: datetime) -> dict[str, Any]:
    """The provider took it."""
    return {
        "id": id_,
        "status": NotificationStatus.SENT,
        "reason": None,
        "provider_message_id": provider_message_id,
        "claimed_until": None,
        "sent_at": now,
        "updated_at": now,
    }


def ended(
    claimed: Claimed, status: NotificationStatus, reason: Reason, now: datetime, code: str | None = None
) -> dict[str, Any]:
    """It will not be sent (any more)."""
    return {
        "id": claimed.id,
        "status": status,
        "reason": reason,
        "error_code": code,
        "claimed_until": None,
        "updated_at": now,
    }


def planned_again(claimed: Claimed, not_before: datetime, now: datetime, attempts: int) -> dict[str, Any]:
    """It waits for `not_before`. `attempts`: how many it has had."""
    return {
        "id": claimed.id,
        "status": NotificationStatus.PLANNED,
        "not_before": not_before,
        "attempts": attempts,
        "claimed_until": None,
        "updated_at": now,
    }
