"""A clock that is told the time, and providers of SMS and payments that remember and answer as scripted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from shared.gateways.payments import Charge, GivenBack, Intent, IntentState, Refund
from shared.gateways.sms import Accepted, Logged, Receipt, Sms


class Clock:
    """A wall clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **elapsed: float) -> None:
        """Let time pass."""
        self.now += timedelta(**elapsed)

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.now.timestamp()

    async def wait(self, seconds: float) -> None:
        """Let time pass at once. Those who wait at the same time wait side by side, not one after the other."""
        until = self.now + timedelta(seconds=seconds) + timedelta.resolution  # never too short by a rounding
        await asyncio.sleep(0)
        self.now = max(self.now, until)


class RecordingSms:
    """Remembers what it was asked to send. `answer` may raise what a provider raises; `books` is its message log."""

    def __init__(self) -> None:
        self.clock_skew: timedelta | None = None
        self.sent: list[Sms] = []
        self.books: list[Logged] = []
        self.answer: Callable[[Sms], None] = lambda sms: None
        self.asked: list[tuple[str | None, datetime]] = []

    def connected(self) -> AbstractAsyncContextManager[None]:
        """Nothing is connected to."""
        return nullcontext()

    async def send(self, sms: Sms) -> Accepted:
        """Take a message, unless the script says otherwise."""
        self.sent.append(sms)
        self.answer(sms)
        return Accepted(f"SM{len(self.sent)}")

    async def log(self, since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        """Yield the books, newest first."""
        self.asked.append((to, since))
        for each in sorted(self.books, key=lambda each: each.created_at, reverse=True):
            if each.created_at >= since and to in (None, each.to):
                yield each

    def took(self, sms: Sms, id_: str, created_at: datetime, **more: Any) -> None:
        """Write a message into the books."""
        ordinary = {"sender": sms.sender, "messaging_service_sid": sms.messaging_service_sid}
        its = ordinary | {"receipt": Receipt.UNDER_WAY} | more
        self.books.append(Logged(id=id_, to=sms.to, body=sms.body, created_at=created_at, **its))

    @property
    def bodies(self) -> list[str]:
        """The texts, in the order they were sent."""
        return [each.body for each in self.sent]


class RecordingPayments:
    """Remembers what it was asked to do. The answers may raise what a provider raises; `books` it is looked up in.

    `found`, `given_back`: what its lists hold; `saved`: the card it finds.
    """

    def __init__(self) -> None:
        self.created: list[Charge] = []
        self.confirmed: list[tuple[str, str]] = []
        self.looked_up: list[tuple[Charge, str]] = []
        self.searched: list[Charge] = []
        self.refunded: list[Refund] = []
        self.answer_create: Callable[[Charge], None] = lambda charge: None
        self.answer: Callable[[Charge], None] = lambda charge: None
        self.answer_refund: Callable[[Refund], None] = lambda refund: None
        self.books: Callable[[Charge], Intent] = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.UNCONFIRMED)
        self.found: Callable[[Charge], Intent | None] = lambda charge: None
        self.given_back: list[GivenBack] = []
        self.cancelled: list[str] = []
        self.answer_cancel: Callable[[Charge], Intent | None] = lambda charge: None
        self.saved: str | None = "pm_1"

    def connected(self) -> AbstractAsyncContextManager[None]:
        """Nothing is connected to."""
        return nullcontext()

    def while_(self, check: Callable[[], None]) -> "RecordingPayments":
        """The same: it asks nothing that takes time."""
        return self

    async def find(self, charge: Charge, since: datetime) -> Intent | None:
        """Look into the scripted lists."""
        self.searched.append(charge)
        return self.found(charge)

    async def create(self, charge: Charge) -> str:
        """Create a charge, unless the script says otherwise."""
        self.created.append(charge)
        self.answer_create(charge)
        return f"pi-{charge.key}"

    async def card(self, charge: Charge) -> str | None:
        """Return the saved card."""
        return self.saved

    async def confirm(self, charge: Charge, intent_id: str, card: str, key: str) -> str | None:
        """Take the money, unless the script says otherwise."""
        self.confirmed.append((intent_id, key))
        self.answer(charge)
        return f"ch-{key}"

    async def look_up(self, charge: Charge, intent_id: str) -> Intent:
        """Look the charge up in the scripted books."""
        self.looked_up.append((charge, intent_id))
        return Intent(intent_id, IntentState.CANCELLED) if intent_id in self.cancelled else self.books(charge)

    async def cancel(self, charge: Charge, intent_id: str) -> Intent:
        """Cancel a charge, unless the script says that it was paid before, or raises."""
        if paid := self.answer_cancel(charge):
            return paid
        self.cancelled.append(intent_id)
        return Intent(intent_id, IntentState.CANCELLED)

    async def refund(self, refund: Refund) -> str:
        """Give money back, unless the script says otherwise."""
        self.refunded.append(refund)
        self.answer_refund(refund)
        return f"re-{refund.id}"

    async def refunds(self, refund: Refund) -> list[GivenBack]:
        """Look into the scripted lists."""
        return self.given_back


def raising(error: Exception) -> Callable[[object], Any]:
    """Return an answer for a double that always raises this error."""

    def answer(_: object) -> None:
        raise error

    return answer
