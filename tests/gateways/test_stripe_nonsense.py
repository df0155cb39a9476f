"""Whatever stands in an answer of Stripe's: it is read as Stripe describes it, or it is a PaymentError."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from shared.gateways.payments import GivenBack, Intent, IntentState, NotProcessed, OutcomeUnknown, PaymentError
from shared.gateways.stripe_payments import StripePayments
from tests.gateways.stripe_asking import LONG_AGO, charge, confirmed, created, refund, trouble
from tests.loopback.http import Request, Response, Server
from tests.loopback.stripe import Answer, Card, LoopbackStripe, dropped
from tests.nonsense import BODIES, HEADERS, VALUES, paths, spoiled

ASK: dict[str, Callable[[StripePayments, str], Awaitable[object]]] = {
    "create": lambda it, id_: it.create(charge()),
    "find": lambda it, id_: it.find(charge(), LONG_AGO),
    "cards": lambda it, id_: it.card(charge()),
    "customer": lambda it, id_: it.card(charge()),
    "confirm": lambda it, id_: it.confirm(charge(), id_, "pm_1", "first"),
    "cancel": lambda it, id_: it.cancel(charge(), "pi_000002"),
    "look_up": lambda it, id_: it.look_up(charge(), id_),
    "refund": lambda it, id_: it.refund(refund(id_, 100)),
    "refunds": lambda it, id_: it.refunds(refund(id_)),
}


@pytest.fixture
def paid(stripe_server: LoopbackStripe, stripe: StripePayments) -> str:
    """A paid intent, of which a part was given back."""
    stripe_server.cards["cus_1"] = [Card("pm_1"), Card("pm_2")]
    id_ = created(stripe)
    confirmed(stripe, id_, card="pm_1")
    asyncio.run(_give_back(stripe, id_))
    created(stripe, key="another")  # and one that is not paid
    return id_


async def _give_back(stripe: StripePayments, id_: str) -> None:
    async with stripe.connected():
        await stripe.refund(refund(id_, 1000, id=UUID(int=8), key="part"))


def answers(server: LoopbackStripe, operation: str) -> Iterator[Answer]:
    """Yield every way in which one answer is spoiled."""
    found: list[Any] = []
    yield Answer(spoil=lambda body: found.append(body) or body)
    for status in (200, 302, 400, 402, 404, 500):
        shown = Response(status=status, headers=HEADERS)
        yield from (Answer(is_kept=False, response=shown, body=body) for body in BODIES)
    for path in paths(found[0]):
        for value in VALUES:
            yield Answer(is_kept=False, spoil=lambda _, path=path, value=value: spoiled(found[0], path, value))


def ensure_readable(found: object) -> None:
    """Raise AssertionError for what no column could keep."""
    if isinstance(found, list):
        assert all(isinstance(each, GivenBack) for each in found)
        assert all(0 < each.amount_cents < 10**9 for each in found)
    texts = [found] if isinstance(found, str) else []
    if isinstance(found, Intent):
        assert isinstance(found.state, IntentState)
        texts = [each for each in (found.id, found.code, found.advice, found.charge_id) if each is not None]
    if isinstance(found, PaymentError):
        texts = [found.code, *([found.charge_id] if found.charge_id else [])]
    assert all(
        isinstance(each, str) and 0 < len(each) <= 255 and each.isascii() and each.isprintable() for each in texts
    )


@pytest.mark.parametrize("operation", ASK)
def test_nonsense_in_any_field_of_an_answer_is_read_as_sense_or_as_unclear(
    stripe_server: LoopbackStripe,
    stripe: StripePayments,
    paid: str,
    operation: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)

    async def ask_all() -> None:
        async with stripe.connected():
            for answer in answers(stripe_server, operation):
                stripe_server.always[operation] = answer
                try:
                    found = await ASK[operation](stripe, paid)
                except PaymentError as error:
                    found = error
                ensure_readable(found)

    asyncio.run(ask_all())
    assert [each for each in caplog.records if each.name.startswith("shared") and each.exc_info] == []


def test_an_answer_about_another_payment_is_none(
    stripe_server: LoopbackStripe, stripe: StripePayments, paid: str
) -> None:
    other = Answer(spoil=lambda body: body | {"id": "pi_other"})
    for operation in ("look_up", "confirm"):
        stripe_server.always[operation] = other
        assert isinstance(trouble(stripe, lambda it, op=operation: ASK[op](it, paid)), OutcomeUnknown)


def test_a_list_without_an_end_is_given_up(stripe_server: LoopbackStripe, stripe: StripePayments, paid: str) -> None:
    stripe_server.always["find"] = Answer(spoil=lambda body: body | {"has_more": True, "data": [{"id": "pi_000001"}]})
    assert isinstance(trouble(stripe, lambda it: it.find(charge(), LONG_AGO)), OutcomeUnknown)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_secret_does_not_follow_an_answer_to_another_host(
    stripe_server: LoopbackStripe, stripe: StripePayments, status: int
) -> None:
    seen: list[Request] = []
    with Server(lambda request: seen.append(request) or Response(body=b"{}")) as elsewhere:
        shown = Response(status=status, headers={"Location": f"{elsewhere.url}/v1/payment_intents"})
        stripe_server.always |= {name: Answer(response=shown, body=b"") for name in ("create", "find")}
        for operation in ("create", "find"):
            assert isinstance(trouble(stripe, lambda it, op=operation: ASK[op](it, "pi_1")), OutcomeUnknown)
    assert seen == []


@pytest.mark.parametrize(
    ("tries", "asked", "kind"), [(0, 0, NotProcessed), (1, 1, OutcomeUnknown), (2, 2, OutcomeUnknown)]
)
def test_a_claim_is_looked_at_before_each_try(
    stripe_server: LoopbackStripe, stripe: StripePayments, tries: int, asked: int, kind: type[PaymentError]
) -> None:
    left = [None] * tries

    def check() -> None:
        if not left:
            raise NotProcessed("claim_lost")
        left.pop()

    stripe_server.always["confirm"] = dropped()
    error = trouble(stripe, lambda it: it.while_(check).confirm(charge(), "pi_000001", "pm_1", "first"))
    assert (type(error), error.code, stripe_server.times("confirm")) == (kind, "claim_lost", asked)
