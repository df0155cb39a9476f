"""A message before and after it is handed to the provider."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.notifications import Claimed
from shared.gateways.sms import Accepted, Sms, SmsError


@dataclass(frozen=True, slots=True)
class ReadyText:
    """A claimed notification whose reasons still hold, with the text to send.

    `until`: by the wall clock, when it must not be handed over any more: another worker may claim it soon after.
    """

    claimed: Claimed
    sms: Sms
    segments: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """The provider's answer to a message. `outcome`: None when it was not handed over.

    `tries`: those that count as attempts; `unreached`: how many of them could not connect; `tried_at`: when the last
    one began, by the wall clock.
    """

    ready: ReadyText
    outcome: Accepted | SmsError | None
    tries: int
    unreached: int = 0
    tried_at: datetime | None = None

    @property
    def attempts(self) -> int:
        """How many attempts the message has had, these included. (The claim counted one in advance.)"""
        return self.ready.claimed.attempts - 1 + self.tries

    def in_outage(self) -> "Answer":
        """Return it without the tries that could not connect: an outage costs no attempts."""
        return replace(self, tries=self.tries - self.unreached, unreached=0)
