"""What one run's delivery works with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Engine

from shared.database.outbox import Scope
from shared.gateways.sms import SmsGateway
from shared.policy import ServedTenant
from shared.records import Claimed
from shared.tally import Tally

CLAIM_HOLD: Final = timedelta(minutes=5)
"""How long a worker keeps what it claimed: longer than a batch can take with every request at its time-out."""


@dataclass(frozen=True, slots=True)
class Drain:
    """What one run's delivery works with. `now` and `wall` are the two clocks; `scope` the tenants it may send for.

    `expirable`: the tenants whose outbox may expire: also those that have switched sending off.
    """

    engine: Engine
    gateway: SmsGateway
    served: Mapping[UUID, ServedTenant]
    scope: Scope
    expirable: Scope
    now: Callable[[], datetime]
    wall: Callable[[], datetime]
    is_out_of_time: Callable[[], bool]
    tally: Tally
    concurrency: int = 64
    is_sending: bool = True
    worker: str = field(default_factory=lambda: str(uuid4()))

    def count(self, outcome: str, claimed: Sequence[Claimed]) -> None:
        """Count what became of some notifications, by kind."""
        for each in claimed:
            self.tally.deliver(outcome, each.kind)
