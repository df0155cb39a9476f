"""Handing one message to the provider, again where that is safe, and acting on its answer for those that follow."""

import logging
from datetime import datetime
from typing import Final

from shared.database.provider_breaker import ProviderBreaker
from shared.delivery.drain import PROVIDER, Drain
from shared.delivery.message import Answer, ReadyText
from shared.delivery.outcomes import FREE, MOST_ATTEMPTS
from shared.delivery.pace import Pace, Turn
from shared.delivery.senders.trouble import name_country
from shared.domain.back_off import doubled, jittered
from shared.domain.ids import TenantId
from shared.gateways.sms import (
    Accepted,
    CredentialsRefused,
    DailyCapReached,
    NotProcessed,
    OptedOut,
    OutcomeUnknown,
    Rejected,
    SenderRefused,
    SmsError,
    Unreachable,
)

log = logging.getLogger(__name__)

MOST_TRIES: Final = 3
"""How often a message is tried in one run. The other attempts are left to later runs."""
LONGEST_RETRY: Final = 1.0
"""Seconds: the longest wait after the first try without a connection. It doubles with each; the wait is drawn."""


class Sender:
    """Hands messages over, and keeps what this run's answers mean for those that follow.

    `silent`: tenants that may send nothing more in this run; `crowded`: those that had more due than their cap allows.
    """

    def __init__(self, drain: Drain) -> None:
        self.drain, self.pace = drain, Pace(drain)
        self.breaker = ProviderBreaker(PROVIDER, drain.worker, drain.wall)
        self.is_stopped = False
        self.refused: CredentialsRefused | None = None
        self.silent: set[TenantId] = set()
        self.crowded: set[TenantId] = set()
        self._opted_out: dict[tuple[TenantId, str], OptedOut] = {}

    @property
    def may_go_on(self) -> bool:
        """Whether this run may send anything more."""
        return not (self.is_stopped or self.refused or self.breaker.is_open or self.drain.is_out_of_time)

    async def hand_over(self, ready: ReadyText, most_tries: int = MOST_TRIES) -> Answer:
        """Hand a message over, again after a short wait where that is safe and may help."""
        answer = Answer(ready, None, 0)
        while True:
            outcome, at = await self._try(ready)
            if outcome is None:
                return answer
            tries = answer.tries + (not isinstance(outcome, FREE))
            answer = Answer(ready, outcome, tries, answer.unreached + isinstance(outcome, Unreachable), at)
            if not self._is_worth_another(ready, outcome, tries, most_tries):
                return answer
            if isinstance(outcome, Unreachable):  # after any other refusal the pace makes all messages wait
                await self.drain.wait(jittered(doubled(LONGEST_RETRY, tries), self.drain.dice.random()))

    async def _try(self, ready: ReadyText) -> tuple[Accepted | SmsError | None, datetime]:
        """Wait for a turn and hand it over; return the answer (None: it was not handed over) and when that began."""
        turn, at = await self.pace.turn(), self.drain.wall()
        if turn is None:  # the pause outlasts the run
            self.is_stopped = True
            return None, at
        try:
            if not self._may_leave(ready, at):
                return self._opted_out.get((ready.claimed.tenant_id, ready.sms.to)), at
            outcome: Accepted | SmsError
            try:
                outcome = await self.drain.gateway.send(ready.sms)
            except SmsError as error:
                outcome = error
            self._note(ready, outcome, turn)
            return outcome, at
        finally:
            self.pace.over()

    def _may_leave(self, ready: ReadyText, wall: datetime) -> bool:
        """Whether it may still be handed over: it has waited for its turn, and the process may have stood still."""
        tenant_id = ready.claimed.tenant_id
        is_silenced = tenant_id in self.silent or (tenant_id, ready.sms.to) in self._opted_out
        return self.may_go_on and not is_silenced and wall < ready.until

    def _is_worth_another(self, ready: ReadyText, outcome: Accepted | SmsError, tries: int, most: int) -> bool:
        is_safe = isinstance(outcome, NotProcessed) and not isinstance(outcome, FREE)
        return is_safe and tries < most and ready.claimed.attempts - 1 + tries < MOST_ATTEMPTS and self.may_go_on

    def _note(self, ready: ReadyText, outcome: Accepted | SmsError, turn: Turn) -> None:
        if isinstance(outcome, Unreachable | OutcomeUnknown):
            self.breaker.failed(outcome.code)
        else:
            self.breaker.answered()
            self._learn(ready, outcome, turn)

    def _learn(self, ready: ReadyText, outcome: Accepted | SmsError, turn: Turn) -> None:
        tenant_id = ready.claimed.tenant_id
        match outcome:
            case Accepted():
                self.pace.accepted(turn)
            case OptedOut():
                self._opted_out[tenant_id, ready.sms.to] = outcome
            case Rejected(is_country_barred=True):
                name_country(self.drain, tenant_id, ready.sms.to, outcome.code)
            case CredentialsRefused():
                self.refused = outcome
            case DailyCapReached():
                self._silence(tenant_id, outcome)
            case SenderRefused():
                self._silence(tenant_id, outcome)
            case NotProcessed():
                self.pace.refused(turn, outcome.retry_after)

    def _silence(self, tenant_id: TenantId, error: DailyCapReached | SenderRefused) -> None:
        """Send nothing more for a tenant in this run."""
        if tenant_id in self.silent:
            return
        self.silent.add(tenant_id)
        what = "its sender may send nothing more" if isinstance(error, DailyCapReached) else "its sender is refused"
        log.warning("%s: %s today (%s)", self.drain.subdomain(tenant_id), what, error.code)
