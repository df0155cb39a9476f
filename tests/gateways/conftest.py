"""Stand-ins for Twilio and Stripe on this machine, and our gateways to them."""

import socket
from collections.abc import Iterator

import pytest

from shared.gateways import twilio_http
from shared.gateways.stripe_payments import StripePayments
from shared.gateways.twilio import TwilioSms
from tests.loopback.stripe import SECRET, LoopbackStripe
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


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time-outs that a test can wait for."""
    monkeypatch.setattr(twilio_http, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(twilio_http, "TOTAL_SECONDS", 0.6)


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that answers no more connections: its queue is full, and nobody takes from it."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        yield int(address[1])
        for each in waiting:
            each.close()


@pytest.fixture
def stripe_server() -> Iterator[LoopbackStripe]:
    """A Stripe that does everything unless it is told otherwise."""
    with LoopbackStripe() as server:
        yield server


@pytest.fixture
def stripe(stripe_server: LoopbackStripe) -> StripePayments:
    """Our gateway to it, which tries again without waiting."""
    return StripePayments(SECRET, stripe_server.url, pauses=(0, 0))
