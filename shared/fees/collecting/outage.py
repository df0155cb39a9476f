"""What one run knows of the provider's circuit breaker."""

import logging
from typing import Final

from sqlalchemy import Connection

from shared.database import breakers
from shared.database.transactions import fetch, in_transaction
from shared.domain.breaker import Breaker, Streak
from shared.fees.collecting.collection import PROVIDER, Collection
from shared.fees.collecting.outcomes import NothingDone, UnderWay
from shared.gateways.payments import NotProcessed, OutcomeUnknown, PaymentCredentialsRefused

log = logging.getLogger(__name__)

LONGEST_CODE: Final = 40
"""Characters of a code that the breaker keeps."""


def is_away(outcome: object) -> bool:
    """Whether an answer says that the provider cannot be reached, or does not say what it means to."""
    is_no_answer = isinstance(outcome, NotProcessed | OutcomeUnknown)
    return is_no_answer and not isinstance(outcome, NothingDone | UnderWay)


class Outage:
    """The breaker as this run knows it. While it probes it asks one thing at a time."""

    def __init__(self, run: Collection) -> None:
        self._run, self._streak, self._is_answered, self._code = run, Streak(), False, ""
        self._breaker = fetch(run.engine, lambda connection: breakers.read(connection, PROVIDER))
        self.is_probing = not self._breaker.is_closed and self._take_probe()
        self.is_refused = False
        self.is_on = not (self._breaker.is_closed or self.is_probing)
        if self.is_on:
            log.warning("Stripe is away (%s): nothing is collected before %s", self._breaker.code, self._breaker.until)

    def _take_probe(self) -> bool:
        breaker, wall = self._breaker, self._run.wall()
        return breaker.may_probe(wall) and in_transaction(
            self._run.engine, lambda connection: breakers.take_probe(connection, breaker, self._run.worker, wall)
        )

    def note(self, outcome: object) -> None:
        """Learn from an answer."""
        if isinstance(outcome, NothingDone):
            return  # the provider may not even have been asked
        if isinstance(outcome, PaymentCredentialsRefused):
            self.is_refused = True
        if not is_away(outcome):
            self._is_answered = True
            self._streak.succeeded()
        elif self._streak.failed() or self.is_probing:
            self.is_on = True
            self._code = getattr(outcome, "code", "")[:LONGEST_CODE]

    def tell(self) -> None:
        """Let all processes know what the answers since the last time said."""
        breaker, worker, wall = self._breaker, self._run.worker, self._run.wall()
        if not (self.is_on or (self.is_probing and self._is_answered)):
            return

        def work(connection: Connection) -> None:
            if self.is_probing and self.is_on:
                breakers.reopen(connection, breaker, worker, self._code, wall)
            elif self.is_probing:
                breakers.close(connection, breaker, worker, wall)
            else:
                breakers.open_(connection, Breaker(PROVIDER), self._code, wall)

        in_transaction(self._run.engine, work)
        self.is_probing = False
        if self.is_on:
            log.warning("Stripe is away (%s): collecting stops for now", self._code)

    def give_probe_back(self) -> None:
        """Let another process probe: there was nothing to ask."""
        if self.is_probing:
            worker, wall = self._run.worker, self._run.wall()
            in_transaction(
                self._run.engine,
                lambda connection: breakers.give_probe_back(connection, self._breaker, worker, wall),
            )
            self.is_probing = False
