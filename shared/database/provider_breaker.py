"""A provider's circuit breaker as one run sees it, and what the run learns for all others."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from shared.database import breakers
from shared.database.transactions import fetch, in_transaction
from shared.domain.breaker import Breaker, Streak

log = logging.getLogger(__name__)

LONGEST_CODE: Final = 40
"""The table keeps this many characters of a code."""


class ProviderBreaker:
    """One provider's breaker in one run: `enter`, then `answered` or `failed` with each answer, then `write`.

    `is_open`: the provider must not be asked. `is_probing`: this run alone may ask, one request at a time, until an
    answer shows whether the provider is back.
    """

    def __init__(self, name: str, worker: str, wall: Callable[[], datetime]) -> None:
        self.is_open = self.is_probing = False
        self._known, self._worker, self._wall = Breaker(name), worker, wall
        self._streak, self._is_answered = Streak(), False
        self._code: str | None = None
        self._is_written = False

    def enter(self, engine: Engine) -> bool:
        """Read the breaker, and take the probe if it is due; return whether the provider may be asked."""
        name = self._known.name
        known = self._known = fetch(engine, lambda connection: breakers.read(connection, name))
        if not known.is_closed:
            self.is_probing = known.may_probe(self._wall()) and in_transaction(engine, self._take_probe)
            self.is_open = not self.is_probing
        if self.is_open:
            log.warning(
                "the provider %s is away (%s): it is not asked before %s", name, self._known.code, self._known.until
            )
        return not self.is_open

    def _take_probe(self, connection: Connection) -> bool:
        return breakers.take_probe(connection, self._known, self._worker, self._wall())

    def answered(self) -> None:
        """Note that the provider answered, even with a refusal."""
        self._is_answered = True
        self._streak.succeeded()

    def failed(self, code: str) -> None:
        """Note an unanswered request: several in a row open the breaker, and so does one failed probe."""
        if (self._streak.failed() or self.is_probing) and not self.is_open:
            self.is_open, self._code = True, code[:LONGEST_CODE]
            log.warning("the provider %s is away (%s): nothing more is asked of it for now", self._known.name, code)

    def write(self, connection: Connection) -> None:
        """Publish what the answers showed, if anything, to all processes; call `written` after the commit."""
        code, wall, is_back = self._code, self._wall(), self.is_probing and self._is_answered
        if self.is_probing and code is not None:
            breakers.reopen(connection, self._known, self._worker, code, wall)
        elif code is not None:
            breakers.open_(connection, Breaker(self._known.name), code, wall)
        elif is_back:
            breakers.close(connection, self._known, self._worker, wall)
        self._is_written = code is not None or is_back

    def written(self) -> None:
        """Note that what `write` wrote is committed. What the run learned since is still unwritten."""
        if self._is_written:
            self._code, self.is_probing, self._is_written = None, False, False

    def give_probe_back(self, connection: Connection) -> None:
        """Let another process probe: there was nothing to ask."""
        breakers.give_probe_back(connection, self._known, self._worker, self._wall())
