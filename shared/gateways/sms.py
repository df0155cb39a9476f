"""What delivery asks of an SMS provider, the console that stands in for one, and the ways a send can go wrong."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from shared.domain.records import mask_phone

log = logging.getLogger(__name__)

CHANNELS: Final = ("rcs:", "whatsapp:")
"""What stands before a recipient's number in the provider's log when a messaging service chose another way than SMS."""
LONGEST_WAIT: Final = 3600.0
"""Seconds: a provider that asks for a longer wait is asked again after this one."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One message as handed to the provider. `to`: E.164; `validity_seconds`: 1 to 36,000 (Twilio's limit).

    `messaging_service_sid`, `sender`: the tenant's own; where it has neither, the gateway's default is used.
    """

    notification_id: UUID
    to: str = field(repr=False)
    body: str = field(repr=False)
    validity_seconds: int
    messaging_service_sid: str | None = None
    sender: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the provider said when it took a message. `segments`: as it counts them, None where it does not say."""

    id: str
    segments: int | None = None


class Receipt(StrEnum):
    """How far the provider got with a message that it took."""

    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class Logged:
    """One message of the provider's own log. `created_at`: aware UTC, by the provider's clock.

    `sender`: the number it left from, None where none was chosen yet; `code`: why it was not delivered;
    `is_dead_number`: that reason lies in the number itself; `is_opt_out`: the recipient had replied STOP, which a
    messaging service finds out only after it took the message; `is_sender_trouble`: the reason lies in the sender;
    `is_country_barred`: the sender may not text that country. `price`: what it cost, in units of `currency`; None until
    it is known.
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
    """A send that was not accepted. `code`: the provider's, for the record."""

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
    """The recipient replied STOP to the sender: nobody at this number wants texts of this tenant."""


class NotProcessed(SmsError):
    """The provider certainly did not take it (429, or no connection was made): safe to send again.

    `retry_after`: seconds the provider asked to wait, LONGEST_WAIT at most, None where it named none.
    """

    def __init__(self, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.retry_after = None if retry_after is None else min(retry_after, LONGEST_WAIT)


class Unreachable(NotProcessed):
    """No connection to the provider was made."""


class DailyCapReached(NotProcessed):
    """The tenant's sender may send nothing more today."""


class SenderRefused(NotProcessed):
    """The tenant's sender is not set up for this: somebody has to change a setting before anything can leave."""


class OutcomeUnknown(SmsError):
    """The request left and no clear answer came back: never blindly sent again."""


class CredentialsRefused(SmsError):
    """The provider does not know us: the run stops."""


class SmsGateway(Protocol):
    """An SMS provider."""

    def connected(self) -> AbstractAsyncContextManager[None]:
        """Keep connections open for the length of the block. The other calls are made inside one."""

    async def send(self, sms: Sms) -> Accepted:
        """Hand over one message, or raise an SmsError."""

    def log(self, since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        """Yield the provider's messages created at or after `since`, roughly newest first: those to one number, or all.

        `to`: a number, perhaps with one of CHANNELS before it; the numbers in what is yielded have none.

        Raise NotProcessed, OutcomeUnknown or CredentialsRefused where the log cannot be read, or not all of it: what
        was yielded before is in the log.
        """


class ConsoleSms:
    """Shows each message in the log instead of sending it. It keeps no log of its own to ask afterwards."""

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
