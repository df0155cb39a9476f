"""What one run knows of the provider's circuit breaker."""

import logging

from sqlalchemy import Connection

from shared.database import breakers
from shared.delivery.drain import PROVIDER, Drain
from shared.domain.breaker import Breaker, Streak
from shared.gateways.sms import Accepted, OutcomeUnknown, SmsError, Unreachable

log = logging.getLogger(__name__)


def is_away(answer: Accepted | SmsError | None) -> bool:
    """Whether an answer says that the provider cannot be reached, or does not say what it means to."""
    return isinstance(answer, Unreachable | OutcomeUnknown)


class Outage:
    """The breaker as this run knows it: read with every claim, and opened after failures in a row."""

    def __init__(self, drain: Drain) -> None:
        self.breaker = Breaker(PROVIDER)
        self._drain = drain
        self._streak = Streak()
        self._is_news = self._is_told = False

    @property
    def is_on(self) -> bool:
        """Whether nothing is to be sent."""
        return not self.breaker.is_closed

    def note(self, answer: Accepted | SmsError) -> None:
        """Learn from an answer."""
        if not is_away(answer):
            self._streak.succeeded()
        elif self._streak.failed() and not self.is_on:
            code = getattr(answer, "code", "")
            self.breaker = self.breaker.opened(code, self._drain.wall())
            self._is_news = True
            log.warning("the SMS provider is away (%s): nothing is sent before %s", code, self.breaker.until)

    def learn(self, breaker: Breaker) -> None:
        """Take over what another process found out."""
        if not self.is_on:
            self.breaker = breaker

    def tell(self, connection: Connection) -> None:
        """Let all processes know, in the transaction that records the answers."""
        if self._is_news and self.breaker.code is not None and self.breaker.since is not None:
            breakers.open_(connection, Breaker(PROVIDER), self.breaker.code, self.breaker.since)
            self._is_told = True

    def told(self) -> None:
        """The transaction ended well."""
        self._is_news = self._is_news and not self._is_told
