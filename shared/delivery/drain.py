"""What one run's delivery works with."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import uuid4

from sqlalchemy import Engine

from shared.database.outbox import Scope
from shared.domain.ids import TenantId
from shared.domain.notifications import Claimed
from shared.domain.policy.models import ServedTenant
from shared.domain.tally import Tally
from shared.gateways.sms import SmsGateway
from shared.planning.subject import SubjectKinds

PROVIDER: Final = "sms"
"""The name of the provider's circuit breaker."""
log = logging.getLogger(__name__)

CLAIM_HOLD: Final = timedelta(minutes=5)
"""How long a worker keeps what it claimed."""
HAND_OVER: Final = timedelta(minutes=2)
"""How long of that it may hand texts over. The rest is for the slowest answer, and for the provider's log to show what
it accepted before another worker looks there."""


@dataclass(frozen=True, slots=True)
class Drain:
    """What one run's delivery works with. `now` and `wall` are the two clocks; `scope`: the tenants it may send for.

    `kinds`: what each kind of text is about; `begun_at`: `now` at the beginning of the run. `on_trial`: the tenants
    that may send one text in this run, to find out whether their sender is still refused. `expirable`: the tenants
    whose texts may expire, including those that have switched sending off. `max_per_second`: None for no limit;
    `concurrency`: the most requests at once. `monotonic`, `wait`: in seconds.
    """

    engine: Engine
    gateway: SmsGateway
    begun_at: datetime
    kinds: SubjectKinds
    served: Mapping[TenantId, ServedTenant]
    scope: Scope
    expirable: Scope
    now: Callable[[], datetime]
    wall: Callable[[], datetime]
    time_left: Callable[[], timedelta]
    tally: Tally
    concurrency: int = 64
    max_per_second: float | None = None
    is_sending: bool = True
    monotonic: Callable[[], float] = time.monotonic
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    dice: Random = field(default_factory=Random)
    worker: str = field(default_factory=lambda: str(uuid4()))
    on_trial: set[TenantId] = field(default_factory=set)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the run's time is up."""
        return self.time_left() <= timedelta()

    def count(self, outcome: str, claimed: Iterable[Claimed]) -> None:
        """Count what became of some notifications, by kind. Not thread-safe: called by the event loop only."""
        for kind, many in Counter(each.kind for each in claimed).items():
            self.tally.deliver(outcome, kind, many)

    def subdomain(self, tenant_id: TenantId) -> str:
        """Return the name of a tenant for people; its id when it is not served."""
        served = self.served.get(tenant_id)
        return served.tenant.subdomain if served else str(tenant_id)

    def note(self, outcome: str, claimed: Claimed, code: str | None) -> None:
        """Log what became of one notification; count the code of one that failed."""
        if log.isEnabledFor(logging.DEBUG):
            extra = {"tenant": self.subdomain(claimed.tenant_id)}
            log.debug("notification %s: %s%s", claimed.id, outcome, f", {code}" if code else "", extra=extra)
        if outcome == "failed":
            self.tally.failure_codes.append(code or "none")
