"""Providers that answer as life does, for the demo of the local host. Nothing leaves this process."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Final

from shared.gateways.payments import Charge, ConsolePayments, Declined, NeedsCustomer
from shared.gateways.sms import Accepted, Logged, OutcomeUnknown, Receipt, Sms
from shared.gateways.twilio_codes import is_dead_number, refusal

DELIVERED_AFTER: Final = timedelta(seconds=20)
PRICE: Final = Decimal("0.0083")
"""US dollars for each 160 characters."""


class Answer(StrEnum):
    """How texts to a number fare."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    UNDELIVERED = "undelivered"
    UNCLEAR = "unclear"


SHARES: Final[Mapping[tuple[Answer, int | None], int]] = {
    (Answer.DELIVERED, None): 897,
    (Answer.UNDELIVERED, 30003): 25,
    (Answer.UNDELIVERED, 30005): 10,
    (Answer.UNDELIVERED, 30006): 12,
    (Answer.REFUSED, 21610): 12,
    (Answer.REFUSED, 21211): 6,
    (Answer.REFUSED, 21614): 8,
    (Answer.UNCLEAR, None): 30,
}
"""Of a thousand numbers, how many fare like this, with which code."""
UNCLEAR_TWICE: Final = 2
"""Requests without a clear answer, after which texts to such a number arrive: those given up can be put back."""

DECLINES: Final[Mapping[str | None, int]] = {
    None: 70,
    "insufficient_funds": 14,
    "expired_card": 10,
    "authentication_required": 6,
}
"""Of a hundred cards, how many are declined with which code."""


def fate_of(phone: str) -> tuple[Answer, int | None]:
    """Return how texts to a number (E.164) fare, and their code; the same each time."""
    return Random(phone).choices(list(SHARES), list(SHARES.values()))[0]


def decline_of(customer_id: str) -> str | None:
    """Return the code with which a customer's card is declined, None if it works; the same each time."""
    return Random(customer_id).choices(list(DECLINES), list(DECLINES.values()))[0]


@dataclass
class SimulatedSms:
    """Takes texts or refuses them, by their number, and keeps a log with receipts. `clock`: of that log."""

    clock: Callable[[], datetime]
    _taken: list[tuple[Sms, datetime]] = field(default_factory=list)
    _unclear: Counter[str] = field(default_factory=Counter)

    def connected(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def send(self, sms: Sms) -> Accepted:
        answer, code = fate_of(sms.to)
        if answer is Answer.REFUSED:
            raise refusal(400, code)
        if answer is Answer.UNCLEAR and self._unclear[sms.to] < UNCLEAR_TWICE:
            self._unclear[sms.to] += 1
            raise OutcomeUnknown("timeout")
        self._taken.append((sms, self.clock()))
        return Accepted(_id_of(sms))

    async def log(self, since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        for sms, at in reversed(self._taken[:]):
            if at >= since and to in (None, sms.to):
                yield _logged(sms, at, is_over=self.clock() - at >= DELIVERED_AFTER)


def _id_of(sms: Sms) -> str:
    return f"demo-{sms.notification_id}"


def _logged(sms: Sms, at: datetime, *, is_over: bool) -> Logged:
    """Return the entry of a text that was taken. `is_over`: its receipt has come."""
    answer, code = fate_of(sms.to)
    is_undelivered = is_over and answer is Answer.UNDELIVERED
    receipt = Receipt.UNDELIVERED if is_undelivered else Receipt.DELIVERED if is_over else Receipt.UNDER_WAY
    return Logged(
        id=_id_of(sms),
        to=sms.to,
        body=sms.body,
        sender=sms.sender,
        messaging_service_sid=sms.messaging_service_sid,
        created_at=at,
        receipt=receipt,
        code=str(code) if is_undelivered else None,
        is_dead_number=is_undelivered and is_dead_number(code),
        price=PRICE * (1 + len(sms.body) // 160) if is_over else None,
        currency="USD",
    )


class SimulatedPayments(ConsolePayments):
    """Charges nobody; some cards are declined."""

    async def confirm(self, charge: Charge, intent_id: str, card: str, key: str) -> str | None:
        code = decline_of(charge.customer_id)
        if code == "authentication_required":
            raise NeedsCustomer(code)
        if code:
            raise Declined(code)
        return await super().confirm(charge, intent_id, card, key)
