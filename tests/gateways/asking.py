"""Shorthand for talking to a gateway from a test that is not a coroutine."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.gateways.sms import Accepted, Logged, Sms, SmsError
from shared.gateways.twilio import TwilioSms

TO, BODY = "+12025550142", "Hi Ana, Bella is due at Happy Paws tomorrow at 9:00 AM."
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def text(to: str = TO, body: str = BODY, **more: Any) -> Sms:
    """Return a message. `more`: other fields of Sms."""
    return Sms(UUID(int=7), to, body, **{"validity_seconds": 3600} | more)


def sent(gateway: TwilioSms, *messages: Sms) -> list[Accepted | SmsError]:
    """Send messages one after the other; return the answer or the error for each."""

    async def one(sms: Sms) -> Accepted | SmsError:
        try:
            return await gateway.send(sms)
        except SmsError as error:
            return error

    async def each() -> list[Accepted | SmsError]:
        async with gateway.connected():
            return [await one(sms) for sms in messages]

    return asyncio.run(each())


def outcome(gateway: TwilioSms, sms: Sms | None = None) -> Accepted | SmsError:
    """Send one message; return the answer or the error."""
    return sent(gateway, sms or text())[0]


def logged(gateway: TwilioSms, since: datetime = LONG_AGO, to: str | None = None) -> Sequence[Logged]:
    """Return what the log holds."""

    async def read() -> list[Logged]:
        async with gateway.connected():
            return [each async for each in gateway.log(since, to)]

    return asyncio.run(read())
