"""The loop of one run: settle what was left, then charge what is due, batch by batch."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.database.dialects.lists import chunks
from shared.database.transactions import in_transaction
from shared.fees.collecting import asking, claiming
from shared.fees.collecting.attempts import Attempt
from shared.fees.collecting.collection import Collection
from shared.fees.collecting.payment_breaker import PaymentBreaker
from shared.fees.collecting.recording import record, record_closed


def collect(run: Collection) -> None:
    """Charge all fees that are due. Raise PaymentCredentialsRefused when the provider does not know us."""
    asyncio.run(_collect(run))


def charge_by_hand(run: Collection, fee_id: UUID, note: dict[str, Any]) -> bool:
    """Charge one fee now, whatever its hold and age; return whether it could be claimed for that.

    `note`: the row of `fee_actions` that says who wants it and why.
    """
    is_claimed, attempts = claiming.claim_one(run, fee_id, note)
    asyncio.run(_charge_one(run, attempts))
    return is_claimed


def close_now(run: Collection) -> None:
    """Cancel at the provider what was begun for fees that nobody is to pay any more."""
    asyncio.run(_close_now(run))


async def _close_now(run: Collection) -> None:
    breaker = _entered(run)
    async with run.gateway.connected():
        for tenant_ids in chunks(list(run.served)):
            await _close(run, breaker, tenant_ids)
    _give_probe_back(run, breaker)


async def _charge_one(run: Collection, attempts: Sequence[Attempt]) -> None:
    async with run.gateway.connected():
        await _charge(run, _entered(run), attempts)


async def _collect(run: Collection) -> None:
    breaker = _entered(run)
    async with run.gateway.connected():
        for tenant_ids in chunks(list(run.served)):
            await _settle(run, breaker, tenant_ids)
            await _close(run, breaker, tenant_ids)
        for tenant_ids in chunks(run.charging()):
            await _charge_due(run, breaker, tenant_ids)
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


def _size(breaker: PaymentBreaker) -> int:
    return 1 if breaker.is_probing else claiming.BATCH


async def _settle(run: Collection, breaker: PaymentBreaker, tenant_ids: Sequence[UUID]) -> None:
    """Look up what was handed over and never recorded. It is never asked again blindly."""
    while not (breaker.is_open or run.is_out_of_time()):
        is_more, attempts = claiming.claim_lapsed(run, tenant_ids, _size(breaker))
        if not is_more:
            return
        record(run, attempts, await asking.look_up(run, breaker, attempts))
        _save(run, breaker)


async def _close(run: Collection, breaker: PaymentBreaker, tenant_ids: Sequence[UUID]) -> None:
    """Cancel what was begun for fees that were waived or cancelled since. What turns out to be paid needs a refund."""
    while not (breaker.is_open or run.is_out_of_time()):
        is_more, attempts = claiming.claim_closed(run, tenant_ids, _size(breaker))
        if not is_more:
            return
        record_closed(run, attempts, await asking.cancel(run, breaker, attempts))
        _save(run, breaker)


async def _charge_due(run: Collection, breaker: PaymentBreaker, tenant_ids: Sequence[UUID]) -> None:
    while not (breaker.is_open or run.is_out_of_time()):
        is_more, attempts = claiming.claim_due(run, tenant_ids, _size(breaker))
        if not is_more:
            return
        await _charge(run, breaker, attempts)


async def _charge(run: Collection, breaker: PaymentBreaker, attempts: Sequence[Attempt]) -> None:
    if attempts:
        record(run, attempts, await asking.charge(run, breaker, attempts))
        _save(run, breaker)
