"""A text in words: its state, why it was not sent, what the provider's code means, and whether it can be put back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.policy.models import zone_or_default
from shared.domain.records import NotificationStatus
from shared.operations.outbox import REPLAYED, Listed, objection
from shared.operations.texts import FoundText
from shared.operations.words import KIND_WORDS, code_words, reason_words

LEFT: Final = (NotificationStatus.SENT, NotificationStatus.DELIVERED, NotificationStatus.UNDELIVERED)
"""The provider took these."""

_WORDS: Final = {
    NotificationStatus.PLANNED: ("waits", "busy"),
    NotificationStatus.SENDING: ("is being sent", "busy"),
    NotificationStatus.SENT: ("sent", "good"),
    NotificationStatus.DELIVERED: ("delivered", "good"),
    NotificationStatus.UNDELIVERED: ("not delivered", "bad"),
    NotificationStatus.FAILED: ("refused", "bad"),
    NotificationStatus.DEAD: ("given up", "bad"),
    NotificationStatus.CANCELLED: ("cancelled", "plain"),
    NotificationStatus.EXPIRED: ("too late", "plain"),
}


@dataclass(frozen=True, slots=True)
class TextLine:
    """A text as the pages show it. `zone`: its business's; `why_not`: why it cannot be put back, if it ended unsent."""

    text: Listed
    business: str
    zone: ZoneInfo
    at: datetime
    kind: str
    state: str
    tone: str
    reason: str
    code: str
    may_be_put_back: bool
    why_not: str


def line_of(found: FoundText, default: ZoneInfo, now: datetime) -> TextLine:
    """Return a text in words."""
    text = found.text
    state, tone = _WORDS[text.status]
    is_unsent = text.status in REPLAYED
    why_not = objection(text, now) if is_unsent else None
    return TextLine(
        text=text,
        business=found.business,
        zone=zone_or_default(found.timezone, default),
        at=found.at,
        kind=KIND_WORDS.get(text.kind, text.kind.value.replace("_", " ")),
        state=state,
        tone=tone,
        reason=reason_words(text.reason),
        code=code_words(text.error_code),
        may_be_put_back=is_unsent and why_not is None,
        why_not=why_not or "",
    )
