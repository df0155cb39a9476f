"""Shorthand for talking to Stripe's gateway from a test that is not a coroutine."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from shared.gateways.payments import Charge, PaymentError, Refund
from shared.gateways.stripe_payments import StripePayments

T = TypeVar("T")
FEE = UUID(int=7)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
METADATA = {"tenant": "paws", "visit": "2026-03-03", "payment": str(FEE)}


def charge(**more: Any) -> Charge:
    """A fee of $25.00."""
    ordinary = {"fee_id": FEE, "key": str(FEE), "customer_id": "cus_1", "amount_cents": 2500, "currency": "USD"}
    return Charge(**ordinary | {"description": "Happy Paws: no-show fee", "metadata": METADATA} | more)


def refund(intent_id: str, cents: int = 2500, **more: Any) -> Refund:
    """A refund of that fee."""
    id_ = UUID(int=9)
    ordinary = {"id": id_, "key": str(id_), "intent_id": intent_id, "amount_cents": cents, "currency": "USD"}
    return Refund(**ordinary | {"metadata": {"payment": str(FEE), "refund": str(id_)}} | more)


def asking(gateway: StripePayments, ask: Callable[[StripePayments], Awaitable[T]]) -> T:
    """Ask one thing and return the answer."""

    async def one() -> T:
        async with gateway.connected():
            return await ask(gateway)

    return asyncio.run(one())


def trouble(gateway: StripePayments, ask: Callable[[StripePayments], Awaitable[object]]) -> PaymentError:
    """Ask one thing that goes wrong and return how."""
    try:
        answer = asking(gateway, ask)
    except PaymentError as error:
        return error
    raise AssertionError(f"it went well: {answer!r}")


def created(gateway: StripePayments, **more: Any) -> str:
    """Create an intent and return its id."""
    return asking(gateway, lambda it: it.create(charge(**more)))


def confirmed(gateway: StripePayments, intent_id: str, key: str = "first", card: str = "pm_cus_1") -> str | None:
    """Confirm an intent and return the id of the charge."""
    return asking(gateway, lambda it: it.confirm(charge(), intent_id, card, key))
