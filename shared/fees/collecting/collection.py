"""The means and settings of one run's collecting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import Engine

from shared.domain.fees import Fee
from shared.domain.ids import RunId, TenantId
from shared.domain.policy.models import ServedTenant
from shared.domain.tally import Tally
from shared.gateways.payments import PaymentGateway

PROVIDER: Final = "stripe"
"""The name of the provider's circuit breaker."""
CLAIM_HOLD: Final = timedelta(minutes=5)
"""How long a claim lasts."""
REQUEST_LASTS: Final = timedelta(minutes=2, seconds=30)
"""The longest request: three time-outs. No request is begun that may outlast its claim."""
TRY_LASTS: Final = timedelta(seconds=45)
"""The longest single try. None is made that may outlast its claim, even after the process stood still."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What one run collects with. `now`: the run's instant; `wall`: the wall clock."""

    engine: Engine
    gateway: PaymentGateway
    served: Mapping[TenantId, ServedTenant]
    run_id: RunId
    now: Callable[[], datetime]
    wall: Callable[[], datetime]
    is_out_of_time: Callable[[], bool]
    tally: Tally
    concurrency: int = 8  # Stripe takes 25 requests a second of one kind: so many at once stay below that
    worker: str = field(default_factory=lambda: str(uuid4()))

    def subdomain(self, fee: Fee) -> str:
        """Return the subdomain of the fee's tenant."""
        return self.served[fee.tenant_id].tenant.subdomain

    def charging(self) -> list[TenantId]:
        """Return the tenants whose fees are collected automatically."""
        return [id_ for id_, each in self.served.items() if each.policy.no_show.auto_charge]
