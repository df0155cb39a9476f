"""A Stripe on the loopback interface, and a salon whose fees are collected through it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.application import Application
from shared.gateways.stripe_payments import StripePayments
from tests.doubles import Clock
from tests.loopback.stripe import SECRET, LoopbackStripe
from tests.salon import Salon, salon


@pytest.fixture
def stripe(clock: Clock) -> Iterator[LoopbackStripe]:
    """A Stripe that lives by the test's clock."""
    with LoopbackStripe() as server:
        server.clock = lambda: clock.now.timestamp()  # noqa: PLW0108  the time is another one at each call
        yield server


@pytest.fixture
def through_stripe(application: Application, stripe: LoopbackStripe) -> Application:
    """The application with Stripe as its payment provider."""
    return replace(application, payments=StripePayments(SECRET, stripe.url, pauses=(0, 0)))


@pytest.fixture
def plain(application: Application) -> Salon:
    """A salon whose fees are collected by a double."""
    return salon(application)


@pytest.fixture
def paws(through_stripe: Application) -> Salon:
    """A salon whose fees are collected through Stripe."""
    return salon(through_stripe)
