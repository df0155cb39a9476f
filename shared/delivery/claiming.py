"""Claiming the next batch in one short transaction, which also reads the subjects again and stores the texts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final

from sqlalchemy import Connection

from shared.database import breakers, limits, outbox
from shared.database.transactions import in_transaction
from shared.delivery.drain import PROVIDER, Drain
from shared.delivery.preparing import Prepared, prepare, write_prepared
from shared.domain.ids import TenantId
from shared.domain.notifications import Claimed

LARGEST_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim found. `size`: how many rows were due; `is_last`: no more are; `above_cap`: go on waiting.

    `is_provider_away`: another process opened the breaker, so nothing was claimed.
    """

    size: int = 0
    is_last: bool = True
    prepared: Prepared = field(default_factory=Prepared)
    above_cap: Sequence[Claimed] = ()
    is_provider_away: bool = False

    @property
    def crowded(self) -> set[TenantId]:
        """The tenants that had more to send than their cap allows."""
        return {each.tenant_id for each in self.above_cap}

    def count(self, drain: Drain) -> None:
        """Count what will not be sent, and report what could not be rendered."""
        for each in self.prepared.problems:
            drain.tally.problem(each)
        drain.count("failed", self.prepared.broken)
        drain.count("cancelled", [each for each, _ in self.prepared.cancelled])
        drain.count("deferred", [*(each for each, _ in self.prepared.postponed), *self.above_cap])


def size_of_batch(drain: Drain) -> int:
    """Return how many to claim at once: no more than can be sent in about half a minute."""
    soon = drain.concurrency * 30
    if drain.max_per_second:
        soon = min(soon, int(drain.max_per_second * 30))
    return max(1, min(LARGEST_BATCH, soon))


def claim(drain: Drain, silent: Collection[TenantId], crowded: Collection[TenantId], size: int) -> Batch:
    """Claim what is due, most urgent first, of all tenants but the `silent`; nothing while the breaker is open.

    `crowded`: the tenants that had more due in this run than their cap allows; they are skipped until it has room.
    """

    def claim_unless_away(connection: Connection) -> Batch:
        if not breakers.read(connection, PROVIDER).is_closed:
            return Batch(is_provider_away=True)
        return _claim(drain, connection, silent, crowded, size)

    return in_transaction(drain.engine, claim_unless_away)


def claim_for_probe(drain: Drain, crowded: Collection[TenantId]) -> Batch:
    """Claim one message, to find out with it whether the provider is back."""
    return in_transaction(drain.engine, lambda connection: _claim(drain, connection, (), crowded, 1))


def _claim(
    drain: Drain,
    connection: Connection,
    silent: Collection[TenantId],
    crowded: Collection[TenantId],
    size: int,
) -> Batch:
    sent = limits.sent_lately(connection, drain.now(), drain.wall(), crowded)
    full = {id_ for id_ in crowded if sent.get(id_, 0) >= _cap(drain, id_)}
    chosen = outbox.choose(connection, drain.scope.without(full | set(silent)), drain.now(), size)
    kept, above = _within_caps(drain, connection, chosen)
    prepared = write_prepared(drain, connection, prepare(drain, connection, kept))
    return Batch(len(chosen), len(chosen) < size, prepared, above)


def _cap(drain: Drain, tenant_id: TenantId) -> int:
    cap = drain.served[tenant_id].policy.sms.rate_limit_per_hour
    return min(cap, 1) if tenant_id in drain.on_trial else cap


def _within_caps(
    drain: Drain, connection: Connection, chosen: Sequence[Claimed]
) -> tuple[list[Claimed], list[Claimed]]:
    """Return what is within its tenant's cap for an hour, and what is above it and goes on waiting.

    The tenants are locked while their texts are counted, so that workers side by side do not exceed a cap together.
    """
    tenant_ids = {each.tenant_id for each in chosen if each.tenant_id in drain.served}
    limits.lock(connection, tenant_ids)
    sent = limits.sent_lately(connection, drain.now(), drain.wall(), tenant_ids)
    room: dict[TenantId, float] = {id_: _cap(drain, id_) - sent.get(id_, 0) for id_ in tenant_ids}
    kept: list[Claimed] = []
    above: list[Claimed] = []
    for each in chosen:
        left = room.get(each.tenant_id, inf)  # a tenant that is not served has no cap: its texts will be cancelled
        (kept if left > 0 else above).append(each)
        room[each.tenant_id] = left - 1
    return kept, above
