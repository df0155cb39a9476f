"""The interface of SMS providers, the errors of a send, and a console that stands in for a provider."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

from shared.domain.ids import NotificationId
from shared.domain.records import mask_phone

log = logging.getLogger(__name__)

CHANNELS: Final = ("rcs:", "whatsapp:")
"""Prefixes of a recipient's number in the provider's log when a messaging service chose another channel than SMS."""
LONGEST_WAIT: Final = 3600.0
"""Seconds: the longest that we wait when a provider asks for it."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One message as handed to the provider. `to`: E.164; `validity_seconds`: 1 to 36,000 (Twilio's limit).

    `messaging_service_sid`, `sender`: the tenant's own; without either, the gateway's default is used.
    """

    notification_id: NotificationId
    to: str = field(repr=False)
    body: str = field(repr=False)
    validity_seconds: int
    messaging_service_sid: str | None = None
    sender: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider's answer when it took a message. `segments`: the provider's count; None if it does not say."""

    id: str
    segments: int | None = None


class Receipt(StrEnum):
    """The state of a message that the provider took."""

    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class Logged:
    """One message of the provider's own log. `created_at`: aware UTC, by the provider's clock.

    `sender`: the number it left from, None if none was chosen yet; `code`: why it was not delivered;
    `is_dead_number`: because of the number itself; `is_opt_out`: because the recipient had replied STOP, which a
    messaging service notices only after taking the message; `is_sender_trouble`: because of the sender;
    `is_country_barred`: because the sender may not text that country. `price`: in units of `currency`; None until
    known.
    """

    id: str
    to: str = field(repr=False)
    body: str = field(repr=False)
    sender: str | None = field(repr=False)
    messaging_service_sid: str | None
    created_at: datetime
    receipt: Receipt
    code: str | None = None
    is_dead_number: bool = False
    is_opt_out: bool = False
    is_sender_trouble: bool = False
    is_country_barred: bool = False
    segments: int | None = None
    price: Decimal | None = None
    currency: str | None = None


class SmsError(Exception):
    """A send that was not accepted. `code`: the provider's, to be recorded."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Rejected(SmsError):
    """Refused for good: a bad number, for example. Never sent again.

    `is_dead_number`: nobody will ever be reached at it; `is_country_barred`: the sender may not text its country.
    """

    def __init__(self, code: str, *, is_dead_number: bool = False, is_country_barred: bool = False) -> None:
        super().__init__(code)
        self.is_dead_number = is_dead_number
        self.is_country_barred = is_country_barred


class OptedOut(Rejected):
    """The recipient replied STOP to the sender: nobody at this number wants this tenant's texts."""


class NotProcessed(SmsError):
    """The provider certainly did not take the message (429, or no connection was made): safe to send again.

    `retry_after`: seconds the provider asked to wait, LONGEST_WAIT at most, None if it named none.
    """

    def __init__(self, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.retry_after = None if retry_after is None else min(retry_after, LONGEST_WAIT)


class Unreachable(NotProcessed):
    """No connection to the provider was made."""


class DailyCapReached(NotProcessed):
    """The tenant's sender has reached its daily limit."""


class SenderRefused(NotProcessed):
    """The tenant's sender is not set up for this: no text can leave before somebody changes a setting."""


class OutcomeUnknown(SmsError):
    """The request left and no clear answer came back: the log is asked before it is sent again."""


class CredentialsRefused(SmsError):
    """The provider refuses our credentials: the run stops."""


class SmsGateway(Protocol):
    """An SMS provider."""

    def connected(self) -> AbstractAsyncContextManager[None]:
        """Keep connections open for the length of the block. Call the other methods inside it."""

    async def send(self, sms: Sms) -> Accepted:
        """Hand over one message, or raise an SmsError."""

    def log(self, since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        """Yield the provider's messages created at or after `since`, roughly newest first: those to one number, or all.

        `to`: a number, perhaps prefixed with one of CHANNELS; yielded numbers have no prefix.

        Raise NotProcessed, OutcomeUnknown or CredentialsRefused if the log cannot be read completely. Messages yielded
        before the error are valid.
        """


class ConsoleSms:
    """Logs each message instead of sending it. `log` yields nothing."""

    def connected(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def send(self, sms: Sms) -> Accepted:
        words = (mask_phone(sms.to), sms.notification_id, sms.body)
        log.info("SMS to %s (%s): %s", *words, extra={"is_personal": True})  # for this screen, not for telemetry
        return Accepted(f"console-{sms.notification_id}")

    async def log(self, since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        none: tuple[Logged, ...] = ()
        for each in none:
            yield each
