"""A stand-in for Twilio on this machine, and our gateway to it."""

from collections.abc import Iterator

import pytest

from shared.gateways.twilio import TwilioSms
from tests.loopback.twilio import ACCOUNT, NUMBER, TOKEN, LoopbackTwilio


@pytest.fixture
def server() -> Iterator[LoopbackTwilio]:
    """A Twilio that takes everything unless it is told otherwise."""
    with LoopbackTwilio() as server:
        yield server


@pytest.fixture
def twilio(server: LoopbackTwilio) -> TwilioSms:
    """Our gateway to it."""
    return TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url=server.url)
