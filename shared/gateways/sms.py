"""What delivery asks of an SMS provider, the console that stands in for one, and the ways a send can go wrong."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.records import mask_phone

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sms:
    """One message as handed to the provider. `to`: E.164; `validity_seconds`: 1 to 36,000 (Twilio's limit)."""

    notification_id: UUID
    to: str
    body: str
    validity_seconds: int
    messaging_service_sid: str | None = None
    sender: str | None = None


class SmsError(Exception):
    """A send that was not accepted. `code`: the provider's, for the record."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Rejected(SmsError):
    """Refused for good: a bad number, an opted-out recipient. Never sent again."""


class NotProcessed(SmsError):
    """The provider certainly did not take it (429, or no connection was made): safe to send again."""


class OutcomeUnknown(SmsError):
    """The request left and no clear answer came back: never blindly sent again."""


class CredentialsRefused(SmsError):
    """The provider does not know us: the run stops."""


class SmsGateway(Protocol):
    """An SMS provider."""

    async def send(self, sms: Sms) -> str:
        """Hand over one message; return the provider's id for it, or raise an SmsError."""

    async def find(self, sms: Sms, after: datetime, known: frozenset[str]) -> str | None:
        """Return the id under which the provider's log holds `sms`, accepted after `after`; None if it does not.

        `known`: ids that belong to other messages.
        """


class ConsoleSms:
    """Shows each message in the log instead of sending it. It keeps no log of its own to ask afterwards."""

    async def send(self, sms: Sms) -> str:
        log.info("SMS to %s (%s): %s", mask_phone(sms.to), sms.notification_id, sms.body)
        return f"console-{sms.notification_id}"

    async def find(self, sms: Sms, after: datetime, known: frozenset[str]) -> str | None:
        return None
