"""The HTTP client of the Twilio SDK, whose errors say how far a failed request got."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from yarl import URL

from shared.gateways.sms import OutcomeUnknown, SmsError, Unreachable
from shared.gateways.twilio_codes import Trouble, code_of, refusal

if TYPE_CHECKING:
    from twilio.http.response import Response

CONNECT_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 20.0
"""For the whole request; sending usually takes 0.1 to 0.3 s. More than CONNECT_SECONDS, so that a slow connection has
an error of its own."""

CONNECTING: Final[Mapping[type[Exception], Trouble]] = {
    aiohttp.ClientConnectorDNSError: Trouble.NO_DNS,
    aiohttp.ClientSSLError: Trouble.NO_TLS,
    aiohttp.ClientConnectorError: Trouble.NO_CONNECTION,
    aiohttp.ConnectionTimeoutError: Trouble.CONNECT_TIMEOUT,
}
"""Errors from before any byte of the request has left. The first match counts."""


class Connector(aiohttp.TCPConnector):
    """Refuses a connection that took too long by `clock`, which goes on while the machine is suspended.

    By then another worker may have claimed the text, so it must not be sent through this connection.
    """

    def __init__(self, connections: int, clock: Callable[[], datetime] | None) -> None:
        super().__init__(limit=connections)
        self._clock = clock

    async def connect(self, *request: Any, **options: Any) -> Any:
        """Return a connection, or raise ConnectionTimeoutError."""
        if self._clock is None:
            return await super().connect(*request, **options)
        began = self._clock()
        connection = await super().connect(*request, **options)
        if self._clock() - began > timedelta(seconds=CONNECT_SECONDS):
            connection.close()
            raise aiohttp.ConnectionTimeoutError
        return connection


class Http:
    """An HTTP client for the SDK, instead of its own.

    The SDK's asynchronous client passes no time-out to aiohttp, whatever it is given, and logs recipients at INFO.
    `skew`: how far the server's clock is ahead of `clock`, by its Date headers; None before the first.
    """

    is_async = True

    def __init__(self, session: aiohttp.ClientSession, clock: Callable[[], datetime] | None = None) -> None:
        self._session, self._clock = session, clock
        self.skew: timedelta | None = None
        self._date: str | None = None

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,
    ) -> "Response":
        """Return a successful answer; raise the SmsError that fits any other."""
        from twilio.http.response import Response

        try:
            async with self._session.request(
                method,
                url,
                params=params,
                data=_form(data) if data else None,
                headers={**(headers or {}), **({"Authorization": basic_auth(*auth)} if auth else {})},
                allow_redirects=False,
            ) as response:
                self._compare_clocks(response.headers.get("Date"))
                text = (await response.read()).decode(errors="replace")
        except (aiohttp.ClientError, OSError) as error:  # a time-out is an OSError, too
            raise _unanswered(error) from None  # its message may quote a URL with the recipient's number
        if not response.ok or response.status >= 300:
            raise refusal(response.status, _code(text), _retry_after(response.headers))
        return Response(response.status, text)

    def _compare_clocks(self, date: str | None) -> None:
        """Keep the smallest difference seen, because a slow answer makes it look larger."""
        if date is None or date == self._date or self._clock is None:
            return
        self._date = date
        with suppress(ValueError, TypeError, ArithmeticError, LookupError):
            skew = parsedate_to_datetime(date) - self._clock()
            self.skew = skew if self.skew is None else min(self.skew, skew, key=abs)


def basic_auth(name: str, secret: str) -> str:
    """Return the value of the Authorization header."""
    return aiohttp.encode_basic_auth(name, secret)


def _form(data: Mapping[str, Any]) -> bytes:
    """Encode a form with yarl, which takes a quarter of urllib's time."""
    return URL().with_query(data).raw_query_string.encode()


@asynccontextmanager
async def open_http(connections: int, clock: Callable[[], datetime] | None = None) -> AsyncIterator[Http]:
    """Open a client with at most `connections`, which stay open for the length of the block."""
    timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS)
    connector, no_cookies = Connector(connections, clock), aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=no_cookies) as session:
        yield Http(session, clock)


def _unanswered(error: Exception) -> SmsError:
    for kind, trouble in CONNECTING.items():
        if isinstance(error, kind):
            return Unreachable(trouble)
    if isinstance(error, TimeoutError):
        return OutcomeUnknown(Trouble.TIMEOUT)
    return OutcomeUnknown(Trouble.UNREADABLE if isinstance(error, aiohttp.ClientResponseError) else Trouble.DROPPED)


def _code(text: str) -> int | None:
    """Return Twilio's code from the body of a refusal, None if the body has none."""
    with suppress(ValueError, RecursionError):
        match json.loads(text):
            case {"code": code}:
                return code_of(code)
    return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in Retry-After, None if it is a date or missing."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
