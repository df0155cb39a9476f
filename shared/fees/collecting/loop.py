"""The loop of one run: settle the attempts left unclear, cancel closed fees' payments, then charge what is due."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from shared.database.dialects.lists import chunks
from shared.database.transactions import in_transaction
from shared.domain.ids import FeeId, TenantId
from shared.fees.collecting import asking, claiming
from shared.fees.collecting.attempts import Attempt
from shared.fees.collecting.collection import Collection
from shared.fees.collecting.payment_breaker import PaymentBreaker
from shared.fees.collecting.recording import record, record_closed

A = TypeVar("A")
Ask = Callable[[Collection, PaymentBreaker, Sequence[Attempt]], Awaitable[Sequence[A]]]
Write = Callable[[Collection, Sequence[Attempt], Sequence[A]], None]


def collect(run: Collection) -> None:
    """Charge all fees that are due. Raise PaymentCredentialsRefused when the provider refuses our credentials."""
    asyncio.run(_collect(run))


def charge_now(run: Collection, fee_id: FeeId, note: dict[str, Any]) -> bool:
    """Charge one fee now, whatever its hold and age; return whether it could be claimed.

    `note`: the row of `fee_actions` that says who wants it charged and why.
    """
    is_claimed, attempts = claiming.claim_one(run, fee_id, note)
    asyncio.run(_charge_one(run, attempts))
    return is_claimed


def close_now(run: Collection) -> None:
    """Cancel payments that were begun at the provider for fees that nobody is to pay any more."""
    asyncio.run(_close_now(run))


async def _close_now(run: Collection) -> None:
    breaker = _entered(run)
    async with run.gateway.connected():
        for tenant_ids in chunks(list(run.served)):
            await _close(run, breaker, tenant_ids)
    _give_probe_back(run, breaker)


async def _charge_one(run: Collection, attempts: Sequence[Attempt]) -> None:
    async with run.gateway.connected():
        await _make(run, _entered(run), attempts, asking.charge, record)


async def _collect(run: Collection) -> None:
    breaker = _entered(run)
    async with run.gateway.connected():
        for tenant_ids in chunks(list(run.served)):
            await _settle(run, breaker, tenant_ids)
            await _close(run, breaker, tenant_ids)
        for tenant_ids in chunks(run.charging()):
            await _in_batches(run, breaker, partial(claiming.claim_due, run, tenant_ids), asking.charge, record)
    _give_probe_back(run, breaker)


def _entered(run: Collection) -> PaymentBreaker:
    breaker = PaymentBreaker(run)
    breaker.enter(run.engine)
    return breaker


def _save(run: Collection, breaker: PaymentBreaker) -> None:
    """Let all processes know what the answers showed of the provider."""
    if breaker.is_open or breaker.is_probing:
        in_transaction(run.engine, breaker.write)
        breaker.written()


def _give_probe_back(run: Collection, breaker: PaymentBreaker) -> None:
    if breaker.is_probing:
        in_transaction(run.engine, breaker.give_probe_back)


async def _settle(run: Collection, breaker: PaymentBreaker, tenant_ids: Sequence[TenantId]) -> None:
    """Look up attempts that were made and never recorded. None is repeated before the provider's books are read."""
    await _in_batches(run, breaker, partial(claiming.claim_lapsed, run, tenant_ids), asking.look_up, record)


async def _close(run: Collection, breaker: PaymentBreaker, tenant_ids: Sequence[TenantId]) -> None:
    """Cancel the begun payments of fees that were waived or cancelled since. One that was paid needs a refund."""
    await _in_batches(run, breaker, partial(claiming.claim_closed, run, tenant_ids), asking.cancel, record_closed)


async def _in_batches(
    run: Collection,
    breaker: PaymentBreaker,
    claim: Callable[[int], tuple[bool, list[Attempt]]],
    ask: Ask[A],
    write: Write[A],
) -> None:
    """Claim batch after batch, ask the provider and record its answers: until none is left, or it is away."""
    while not (breaker.is_open or run.is_out_of_time()):
        is_any, attempts = claim(1 if breaker.is_probing else claiming.BATCH)
        if not is_any:
            return
        await _make(run, breaker, attempts, ask, write)


async def _make(
    run: Collection, breaker: PaymentBreaker, attempts: Sequence[Attempt], ask: Ask[A], write: Write[A]
) -> None:
    if attempts:
        write(run, attempts, await ask(run, breaker, attempts))
        _save(run, breaker)
