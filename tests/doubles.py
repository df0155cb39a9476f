"""A clock that is told the time, and an SMS provider that remembers and answers as scripted."""

from collections.abc import Callable
from datetime import datetime, timedelta

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
