"""Twilio's Messages API through its SDK. Nothing is retried here, and nothing but a code gets out of an error."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.gateways.sms import Accepted, Logged, OutcomeUnknown, Receipt, Rejected, Sms
from shared.gateways.twilio_codes import Trouble, is_dead_number, is_opt_out
from shared.gateways.twilio_http import Http, open_http

if TYPE_CHECKING:
    from twilio.rest import Client
    from twilio.rest.api.v2010.account.message import MessageInstance, MessagePage

PAGE: Final = 1000
"""The most messages that one page of the log may hold."""

TRIAL: Final = "Sent from your Twilio trial account - "
"""What a trial account puts before each text: without it, a text is found again by its words."""

UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What the SDK and the functions below stumble with over a body that is not what Twilio describes."""

RECEIPTS: Final[Mapping[str, Receipt]] = {
    "delivered": Receipt.DELIVERED,
    "read": Receipt.DELIVERED,
    "undelivered": Receipt.UNDELIVERED,
    "failed": Receipt.UNDELIVERED,
    "canceled": Receipt.UNDELIVERED,
}
"""By Twilio's status. With another one a message is still under way."""


@dataclass(slots=True)
class TwilioSms:
    """An account at Twilio. A text that names no sender of its own leaves through `service`, else from `number`.

    `base_url`: None for Twilio's own; `connections`: the most at once.
    """

    account_sid: str = field(repr=False)
    auth_token: str = field(repr=False)
    service: str | None = None
    number: str | None = field(default=None, repr=False)
    base_url: str | None = None
    connections: int = 64
    _client: "Client | None" = field(default=None, init=False, repr=False)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep connections open for the length of the block."""
        async with open_http(self.connections) as http:
            self._client = self._open_client(http)
            try:
                yield
            finally:
                self._client = None

    def _open_client(self, http: Http) -> "Client":
        from twilio.rest import Client

        # The environment is ours: TWILIO_EDGE or TWILIO_REGION in that of the process would change the host.
        client = Client(self.account_sid, self.auth_token, http_client=http, environment={"TWILIO_EDGE": ""})
        if self.base_url:
            client.api.base_url = self.base_url
        return client

    def _connected(self) -> "Client":
        assert self._client is not None, "inside connected() only"  # noqa: S101  a fault of this program
        return self._client

    async def send(self, sms: Sms) -> Accepted:
        """Hand over one message, or raise an SmsError."""
        form = {"To": sms.to, "Body": sms.body, "ValidityPeriod": sms.validity_seconds} | self._sender(sms)
        try:
            # What messages.create_async() asks, too. It makes an object of the answer, dates and all, of which two
            # fields are wanted here: that takes a tenth of a delivery's processor time.
            taken = await self._connected().api.v2010.create_async(
                "POST", f"/Accounts/{self.account_sid}/Messages.json", data=form
            )
            return Accepted(_id(taken.get("sid")), _segments(taken.get("num_segments")))
        except UNREADABLE:
            raise OutcomeUnknown(Trouble.UNREADABLE) from None

    def _sender(self, sms: Sms) -> dict[str, str]:
        service, number = sms.messaging_service_sid, sms.sender
        if not (service or number):
            service, number = self.service, None if self.service else self.number
        return {key: value for key, value in (("MessagingServiceSid", service), ("From", number)) if value}

    async def log(self, since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        """Yield the messages created at or after `since`: those to one number, or all.

        Twilio sorts by the time at which a message left, the latest first; one that is still queued has no such time.
        So reading ends at a message that left before `since`, not at one that was created before it, and Twilio's
        own filter, which goes by that time too, is not used.
        """
        chosen = {"to": to} if to else {}
        page = await _read(self._connected().messages.page_async(page_size=PAGE, **chosen))
        while page:
            for logged, _ in page.messages:
                if logged.created_at >= since:
                    yield logged
            if any(left_at and left_at < since for _, left_at in page.messages):
                return
            page = await _read(page.of_sdk.next_page_async())


class _Page(NamedTuple):
    """A page of the log: the messages we sent and when each left, and the SDK's own page, which knows the next."""

    messages: "list[tuple[Logged, datetime | None]]"
    of_sdk: "MessagePage"


async def _read(fetching: "Awaitable[MessagePage | None]") -> _Page | None:
    from twilio.base.exceptions import TwilioException

    try:
        page = await fetching
        if page is None:
            return None
        return _Page([(_logged(each), each.date_sent) for each in page if each.direction != "inbound"], page)
    except Rejected as error:
        raise OutcomeUnknown(error.code) from None
    except (TwilioException, *UNREADABLE):
        raise OutcomeUnknown(Trouble.UNREADABLE) from None


def _logged(message: "MessageInstance") -> Logged:
    code = message.error_code
    return Logged(
        id=_id(message.sid),
        to=message.to or "",
        body=(message.body or "").removeprefix(TRIAL),
        sender=message.from_,
        messaging_service_sid=message.messaging_service_sid,
        created_at=_instant(message.date_created),
        receipt=RECEIPTS.get(message.status, Receipt.UNDER_WAY),
        code=str(code) if code else None,
        is_dead_number=is_dead_number(code),
        is_opt_out=is_opt_out(code),
        segments=_segments(message.num_segments),
        price=abs(Decimal(message.price)) if message.price else None,  # Twilio writes what it took as negative
        currency=message.price_unit.upper() if message.price_unit else None,
    )


def _id(sid: object) -> str:
    if not (isinstance(sid, str) and sid):
        raise ValueError("a message without SID")
    return sid


def _instant(written: datetime | None) -> datetime:
    if written is None:
        raise ValueError("a message without time")
    return written


def _segments(written: str | None) -> int | None:
    """Return how many Twilio counted: 0 as long as a messaging service has not chosen the sender."""
    return int(written or 0) or None
