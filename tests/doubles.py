"""A clock that is told the time, and providers of SMS and payments that remember and answer as scripted."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.gateways.payments import Charge, Intent
from shared.gateways.sms import Sms


class Clock:
    """A wall clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **elapsed: float) -> None:
        """Let time pass."""
        self.now += timedelta(**elapsed)


class RecordingSms:
    """Remembers what it was asked to send. `answer` may raise what a provider raises; `log` is its message log."""

    def __init__(self) -> None:
        self.sent: list[Sms] = []
        self.log: dict[str, str] = {}
        self.answer: Callable[[Sms], None] = lambda sms: None
        self.asked: list[tuple[Sms, datetime, frozenset[str]]] = []

    async def send(self, sms: Sms) -> str:
        """Take a message, unless the script says otherwise."""
        self.sent.append(sms)
        self.answer(sms)
        return f"SM{len(self.sent)}"

    async def find(self, sms: Sms, after: datetime, known: frozenset[str]) -> str | None:
        """Look the message up in the scripted log: body → id."""
        self.asked.append((sms, after, known))
        return self.log.get(sms.body)

    @property
    def bodies(self) -> list[str]:
        """The texts, in the order they were sent."""
        return [each.body for each in self.sent]


class RecordingPayments:
    """Remembers what it was asked to charge. The two answers may raise what a provider raises; `books` it is looked
    up in.
    """

    def __init__(self) -> None:
        self.created: list[Charge] = []
        self.confirmed: list[tuple[str, str]] = []
        self.looked_up: list[tuple[Charge, str | None]] = []
        self.answer_create: Callable[[Charge], None] = lambda charge: None
        self.answer: Callable[[Charge], None] = lambda charge: None
        self.books: Callable[[Charge], Intent | None] = lambda charge: None

    async def create(self, charge: Charge) -> str:
        """Create a charge, unless the script says otherwise."""
        self.created.append(charge)
        self.answer_create(charge)
        return f"pi-{charge.fee_id}"

    async def confirm(self, charge: Charge, intent_id: str, attempt_key: str) -> None:
        """Take the money, unless the script says otherwise."""
        self.confirmed.append((intent_id, attempt_key))
        self.answer(charge)

    async def look_up(self, charge: Charge, intent_id: str | None) -> Intent | None:
        """Look the charge up in the scripted books."""
        self.looked_up.append((charge, intent_id))
        return self.books(charge)
