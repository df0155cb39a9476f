"""The words for kinds of text, outcomes and states in what people read."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.reasons import SENTENCES, Reason
from shared.domain.records import ConsentSource, Kind, NotificationStatus, Outcome
from shared.gateways.twilio_codes import CODES
from shared.messages.wording import money_words

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
    NotificationStatus.DEAD: "given up",
    NotificationStatus.CANCELLED: "cancelled",
    NotificationStatus.EXPIRED: "too late",
}
SOURCE_WORDS: Final = {
    ConsentSource.REPLY: "by a reply",
    ConsentSource.REFUSAL: "the SMS provider refused a text",
    ConsentSource.RECEIPT: "by the receipt of a text handed over then",
    ConsentSource.PLATFORM: "changed outside the scheduler",
}


def moment_words(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant in local time: "Thu 05 Mar 2026 08:00 EST"; in UTC where the year has no local time."""
    local = at.astimezone(zone) if at.year < 9999 else at.astimezone(UTC)
    return f"{local:%a %d %b %Y %H:%M %Z}"


def amount_words(cents: int, currency: str) -> str:
    """Return an amount in minor units as people write it: "$25.00"."""
    return money_words(cents, currency, language="en", region="US")


def segments_words(count: int | None) -> str:
    """Return "1 segment" or "2 segments"."""
    return f"{count or 1} segment{'s' if (count or 1) > 1 else ''}"


def reason_words(code: str | None) -> str:
    """Return the sentence for a reason's code; the code itself if nobody knows it."""
    return SENTENCES[Reason(code)] if code in set(Reason) else code or ""


def code_words(code: str | None) -> str:
    """Return a provider's code with its meaning, if that is known."""
    if not code:
        return ""
    known = CODES.get(int(code)) if code.isdecimal() else None
    return f"{code}: {known.words}" if known else code
