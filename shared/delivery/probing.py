"""Entering the breaker: while it is open, one message of one process finds out whether the provider is back."""

from shared.database.transactions import in_transaction
from shared.delivery.claiming import claim_for_probe
from shared.delivery.drain import Drain
from shared.delivery.message import ReadyText
from shared.delivery.recording import record
from shared.delivery.sending import Sender
from shared.domain.ids import TenantId


async def is_provider_there(drain: Drain, sender: Sender) -> bool:
    """Whether messages may be sent: the breaker is closed, or this run is the one that probes and is answered."""
    breaker = sender.breaker
    if not breaker.enter(drain.engine):
        return False
    return not breaker.is_probing or await _is_probe_answered(drain, sender)


async def _is_probe_answered(drain: Drain, sender: Sender) -> bool:
    breaker, ready = sender.breaker, _one_ready(drain)
    if ready is None:
        in_transaction(drain.engine, breaker.give_probe_back)
        return False
    answer = await sender.hand_over(ready, most_tries=1)
    if breaker.is_open:
        answer = answer.in_outage()
    counted = record(drain, [answer], breaker.write if answer.outcome else breaker.give_probe_back)
    breaker.written()
    for name, claimed in counted.items():
        drain.count(name, claimed)
    return answer.outcome is not None and not breaker.is_open


def _one_ready(drain: Drain) -> ReadyText | None:
    """Claim until there is one message to send; None when nothing is due."""
    crowded: set[TenantId] = set()
    while True:
        batch = claim_for_probe(drain, crowded)
        batch.count(drain)
        crowded |= batch.crowded
        if batch.prepared.ready:
            return batch.prepared.ready[0]
        if batch.is_last:
            return None
