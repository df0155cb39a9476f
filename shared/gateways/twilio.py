"""Twilio's Messages API through its SDK. Nothing is retried here, and errors carry nothing but a code."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from shared.gateways.sms import CHANNELS, Accepted, Logged, OutcomeUnknown, Receipt, Rejected, Sms
from shared.gateways.twilio_codes import (
    Trouble,
    code_of,
    is_country_barred,
    is_dead_number,
    is_opt_out,
    is_sender_trouble,
)
from shared.gateways.twilio_http import Http, basic_auth, open_http

if TYPE_CHECKING:
    from twilio.rest import Client

PAGE: Final = 1000
"""The most messages on one page of the log."""

TRIAL: Final = "Sent from your Twilio trial account - "
"""Prefix of each text from a trial account. It is removed, so that a text can be found by its body."""

UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""Errors that the SDK and the functions below raise for a body that Twilio does not document."""

ID: Final = re.compile(r"[!-~]{1,64}")
MOST_SEGMENTS: Final = 999
HIGHEST_PRICE: Final = 2_000
"""Upper limits of plausible values. Larger ones are errors and would not fit into the database."""

RECEIPTS: Final[Mapping[str, Receipt]] = {
    "delivered": Receipt.DELIVERED,
    "read": Receipt.DELIVERED,
    "undelivered": Receipt.UNDELIVERED,
    "failed": Receipt.UNDELIVERED,
    "canceled": Receipt.UNDELIVERED,
}
"""Receipts by Twilio's status. With any other status a message is still under way."""


@dataclass(slots=True)
class TwilioSms:
    """An account at Twilio. A text without a sender of its own leaves through `service`, else from `number`.

    `base_url`: None for Twilio's own; `connections`: the most at once; `clock`: ours, None to leave Twilio's unchecked.
    """

    account_sid: str = field(repr=False)
    auth_token: str = field(repr=False)
    service: str | None = None
    number: str | None = field(default=None, repr=False)
    base_url: str | None = None
    connections: int = 64
    clock: Callable[[], datetime] | None = None
    _client: "Client | None" = field(default=None, init=False, repr=False)
    _url: str = field(default="", init=False, repr=False)
    _headers: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _http: Http | None = field(default=None, init=False, repr=False)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep connections open for the length of the block."""
        async with open_http(self.connections, self.clock) as http:
            self._client, self._http = self._open_client(http), http
            self._url, self._headers = self._message_request(self._client)
            try:
                yield
            finally:
                self._client = self._http = None

    @property
    def clock_skew(self) -> timedelta | None:
        """How far Twilio's clock is ahead of ours, by its answers inside `connected`; None if unknown."""
        return self._http.skew if self._http else None

    def _open_client(self, http: Http) -> "Client":
        from twilio.rest import Client

        # Not the process's environment: TWILIO_EDGE or TWILIO_REGION there would change the host.
        client = Client(self.account_sid, self.auth_token, http_client=http, environment={"TWILIO_EDGE": ""})
        if self.base_url:
            client.api.base_url = self.base_url
        return client

    def _message_request(self, client: "Client") -> tuple[str, dict[str, str]]:
        """Return the address to which messages are posted, and the headers of that request."""
        url = client.api.v2010.absolute_url(f"/Accounts/{self.account_sid}/Messages.json")
        return client.get_hostname(url), client.get_headers(
            "POST", {"Authorization": basic_auth(self.account_sid, self.auth_token)}
        )

    def _connected(self) -> "Client":
        assert self._client is not None, "inside connected() only"  # noqa: S101  a fault of this program
        return self._client

    async def send(self, sms: Sms) -> Accepted:
        """Hand over one message, or raise an SmsError."""
        form = {"To": sms.to, "Body": sms.body, "ValidityPeriod": sms.validity_seconds} | self._sender(sms)
        try:
            # The request of messages.create_async(), which would make the same headers for each text, and parse the
            # whole answer, dates and all, for the two fields needed here.
            response = await self._connected().http_client.request("POST", self._url, data=form, headers=self._headers)
            taken = json.loads(response.text)
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

        Raise OutcomeUnknown at the end if one of the entries cannot be read.
        """
        is_whole = True
        for address in (to, *(f"{channel}{to}" for channel in CHANNELS if to and self.service)):
            async for entry in self._entries(since, address):
                if entry is None:
                    is_whole = False
                else:
                    yield entry
        if not is_whole:
            raise OutcomeUnknown(Trouble.UNREADABLE)

    async def _entries(self, since: datetime, to: str | None) -> AsyncIterator[Logged | None]:
        """Yield the messages created at or after `since`, None for one that cannot be read.

        Twilio sorts by date_sent, latest first; a queued message has none. So reading ends at a message that was sent
        before `since`, not at one that was created before it, and Twilio's filter, which uses date_sent too, is not
        used.
        """
        chosen: dict[str, object] = {"To": to} if to else {}
        page = await self._page(f"/2010-04-01/Accounts/{self.account_sid}/Messages.json", chosen | {"PageSize": PAGE})
        read = set[str]()
        while True:
            ours = [each for each in page["messages"] if not _is_inbound(each)]
            for entry in map(_logged_or_none, ours):
                if entry is None or entry.created_at >= since:
                    yield entry
            address = page.get("next_page_uri")
            if not address or any(left_at < since for left_at in _left_at(ours)):
                return
            if address in read:
                raise OutcomeUnknown(Trouble.UNREADABLE)
            read.add(address)
            page = await self._page(address)

    async def _page(self, address: str, chosen: dict[str, object] | None = None) -> dict[str, Any]:
        """Read a page of the log, from Twilio's own host whatever host `address` names."""
        try:
            response = await self._connected().api.request_async("GET", address, params=chosen)
            page: dict[str, Any] = json.loads(response.text)
            if isinstance(page["messages"], list) and isinstance(page.get("next_page_uri"), str | None):
                return page
        except Rejected as error:
            raise OutcomeUnknown(error.code) from None
        except UNREADABLE:
            pass
        raise OutcomeUnknown(Trouble.UNREADABLE)


def _is_inbound(message: Any) -> bool:
    return isinstance(message, dict) and message.get("direction") == "inbound"


def _left_at(messages: list[Any]) -> Iterator[datetime]:
    """Yield the date_sent of each message that has a readable one."""
    for each in messages:
        with suppress(*UNREADABLE):
            yield _instant(each["date_sent"])


def _logged_or_none(message: Any) -> Logged | None:
    try:
        return _logged(message)
    except UNREADABLE:
        return None


def _logged(message: dict[str, Any]) -> Logged:
    """Parse one entry. Raise one of UNREADABLE if a field that identifies the text is bad; ignore other bad fields."""
    code, currency = code_of(message.get("error_code")), _currency(message.get("price_unit"))
    return Logged(
        id=_id(message["sid"]),
        to=_number(message["to"]),
        body=(_words(message["body"]) or "").removeprefix(TRIAL),
        sender=_words(message.get("from")),
        messaging_service_sid=_words(message.get("messaging_service_sid")),
        created_at=_instant(message["date_created"]),
        receipt=RECEIPTS.get(str(message.get("status")), Receipt.UNDER_WAY),
        code=str(code) if code else None,
        is_dead_number=is_dead_number(code),
        is_opt_out=is_opt_out(code),
        is_sender_trouble=is_sender_trouble(code),
        is_country_barred=is_country_barred(code),
        segments=_segments_or_none(message.get("num_segments")),
        price=_price(message.get("price")) if currency else None,
        currency=currency,
    )


def _id(sid: object) -> str:
    if not (isinstance(sid, str) and ID.fullmatch(sid)):
        raise ValueError("a message without SID")
    return sid


def _words(value: object) -> str | None:
    if not isinstance(value, str | None):
        raise TypeError("neither text nor null")
    return value


def _number(address: object) -> str:
    if not isinstance(address, str):
        raise TypeError("a message to nobody")
    number: str = address
    for channel in CHANNELS:
        number = number.removeprefix(channel)
    return number


def _instant(written: str) -> datetime:
    instant = parsedate_to_datetime(written)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _segments(written: Any) -> int | None:
    """Return Twilio's count of segments; None for 0, which stands until a messaging service has chosen the sender."""
    segments = int(written or 0)
    return segments if 0 < segments <= MOST_SEGMENTS else None


def _segments_or_none(written: Any) -> int | None:
    with suppress(*UNREADABLE):
        return _segments(written)
    return None


def _price(written: object) -> Decimal | None:
    """Return the price of a message, which Twilio writes as a negative number."""
    with suppress(*UNREADABLE):
        price = abs(Decimal(str(written)))
        if price.is_finite() and price < HIGHEST_PRICE:
            return price
    return None


def _currency(written: object) -> str | None:
    is_one = isinstance(written, str) and len(written) == 3 and written.isascii() and written.isalpha()
    return str(written).upper() if is_one else None
