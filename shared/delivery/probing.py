"""The one message with which an open breaker is tried."""

from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from shared.database import breakers
from shared.database.transactions import fetch, in_transaction
from shared.delivery.claiming import claim_for_probe
from shared.delivery.drain import PROVIDER, Drain
from shared.delivery.message import Answer, Ready
from shared.delivery.outage import is_away, log
from shared.delivery.recording import record
from shared.delivery.sending import Sender
from shared.domain.breaker import Breaker


async def is_provider_there(drain: Drain, sender: Sender) -> bool:
    """Whether messages may be sent: the breaker is closed, or this run is the one that probes and is answered."""
    breaker = fetch(drain.engine, lambda connection: breakers.read(connection, PROVIDER))
    if breaker.is_closed:
        return True
    wall = drain.wall()
    if not breaker.may_probe(wall) or not in_transaction(
        drain.engine, lambda connection: breakers.take_probe(connection, breaker, drain.worker, wall)
    ):
        log.warning("the SMS provider is away (%s): nothing is sent before %s", breaker.code, breaker.until)
        return False
    ready = _one_ready(drain, breaker)
    if ready is None:
        in_transaction(
            drain.engine,
            lambda connection: breakers.give_probe_back(connection, breaker, drain.worker, drain.wall()),
        )
        return False
    answer = await sender.hand_over(ready, most_tries=1)
    if is_away(answer.outcome):
        answer = answer.in_outage()
    counted = record(drain, [answer], partial(_end, drain, breaker, answer))
    for name, claimed in counted.items():
        drain.count(name, claimed)
    return answer.outcome is not None and not is_away(answer.outcome)


def _one_ready(drain: Drain, breaker: Breaker) -> Ready | None:
    """Claim until there is one message to send; None when nothing is due."""
    crowded: set[UUID] = set()
    while True:
        batch = claim_for_probe(drain, breaker, crowded)
        batch.count(drain)
        crowded |= batch.crowded
        if batch.prepared.ready:
            return batch.prepared.ready[0]
        if batch.is_last:
            return None


def _end(drain: Drain, breaker: Breaker, answer: Answer, connection: Connection) -> None:
    """Close or reopen the breaker, in the transaction that records the answer."""
    if answer.outcome is None:
        breakers.give_probe_back(connection, breaker, drain.worker, drain.wall())
    elif is_away(answer.outcome):
        code = getattr(answer.outcome, "code", "")
        breakers.reopen(connection, breaker, drain.worker, code, drain.wall())
    else:
        breakers.close(connection, breaker, drain.worker, drain.wall())
