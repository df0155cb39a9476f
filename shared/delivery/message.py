"""A message on its way: ready to be handed over, and with what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.records import Claimed
from shared.gateways.sms import Accepted, Sms, SmsError


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed notification that is still right, with the text to send.

    `until`: by the wall clock, when it is too late to hand it over: another worker may take the claim over later.
    """

    claimed: Claimed
    sms: Sms
    segments: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a message. `outcome`: None when it was not handed over.

    `tries`: those that count as attempts; `unreached`: how many of them found no provider; `tried_at`: when the last
    began, by the wall clock.
    """

    ready: Ready
    outcome: Accepted | SmsError | None
    tries: int
    unreached: int = 0
    tried_at: datetime | None = None

    @property
    def attempts(self) -> int:
        """How many attempts the message has had with these. (The claim counted one in advance.)"""
        return self.ready.claimed.attempts - 1 + self.tries

    def in_outage(self) -> "Answer":
        """Return it without the tries that found no provider: an outage costs no attempts."""
        return replace(self, tries=self.tries - self.unreached, unreached=0)
