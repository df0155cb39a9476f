"""What is asked of the provider, many fees at once. No transaction is open meanwhile.

An intent is confirmed only once its id is on record, and a fee keeps the first that is: whatever else may come to exist
at the provider, one of them at most takes the money.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from shared.collection.attempts import Attempt, Ready
from shared.collection.collection import BEGIN_WITHIN, CLAIM_HOLD, Collection
from shared.collection.outage import Outage
from shared.collection.outcomes import CannotCharge, KeySpent, NotAsked, NothingDone, Outcome, Paid, outcome_of
from shared.database import fees
from shared.database.transactions import in_transaction
from shared.fees import FeeCode
from shared.gateways.payments import (
    Charge,
    Misconfigured,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
    PaymentError,
    ProviderFailed,
)

A = TypeVar("A", Attempt, Ready)
T = TypeVar("T")


async def charge(run: Collection, outage: Outage, attempts: Sequence[Attempt]) -> list[Outcome]:
    """Make ready, write down, confirm; return what came of each attempt."""
    made = await _each(run, outage, attempts, lambda each: _make_ready(run, each))
    kept = _keep(run, [each for each in made if isinstance(each, Ready)])
    confirmed = iter(await _each(run, outage, kept, lambda each: _confirm(run, each)))
    ours = set(map(id, kept))
    return [
        each if isinstance(each, PaymentError) else next(confirmed) if id(each) in ours else NotAsked("claim_lost")
        for each in made
    ]


async def look_up(run: Collection, outage: Outage, attempts: Sequence[Attempt]) -> list[Outcome]:
    """Return what became of attempts that nobody recorded. Raise PaymentCredentialsRefused: nothing is known then.

    What was not asked about, because the provider is away or time is up, stays as unclear as it was.
    """
    answers = await _each(run, outage, attempts, lambda each: _look_up(run, each))
    if refused := [each for each in answers if isinstance(each, PaymentCredentialsRefused)]:
        raise refused[0]
    return [OutcomeUnknown(each.code) if isinstance(each, NotAsked) else each for each in answers]


async def _look_up(run: Collection, attempt: Attempt) -> Outcome:
    intent_id = attempt.fee.intent_id
    if intent_id is None:
        return NothingDone("not_created")  # what is not on record was never confirmed
    try:
        return outcome_of(await run.gateway.look_up(attempt.charge, intent_id), attempt)
    except (NotProcessed, Misconfigured) as error:  # not even the question was taken: it is as unclear as before
        return OutcomeUnknown(error.code)


async def _make_ready(run: Collection, attempt: Attempt) -> Ready:
    """Return the attempt with its one intent and the card to ask. Nothing is taken yet, whatever goes wrong."""
    try:
        charge, intent_id = await _intent(run, attempt)
        card = await run.gateway.card(charge)
    except OutcomeUnknown as error:
        raise NotProcessed(error.code) from error
    if card is None:
        raise CannotCharge(FeeCode.NO_PAYMENT_METHOD)
    return Ready(attempt, charge, intent_id, card)


async def _intent(run: Collection, attempt: Attempt) -> tuple[Charge, str]:
    """Return the fee's intent and how it was created: the one on record, one in the provider's books, or a new one."""
    if attempt.fee.intent_id:
        return attempt.charge, attempt.fee.intent_id
    for each in attempt.places():
        if found := await run.gateway.find(each, attempt.since):
            return each, found.id
    try:
        return attempt.charge, await run.gateway.create(attempt.charge)
    except (ProviderFailed, Misconfigured):
        if attempt.past.has_used(attempt.charge.key):
            raise KeySpent from None
        raise


def _keep(run: Collection, ready: Sequence[Ready]) -> list[Ready]:
    """Write intents and cards down before a card is asked; return those whose fee is still ours."""
    intents = {each.attempt.fee.id: each.intent_id for each in ready}

    def work(connection: Connection) -> list[Ready]:
        ours = fees.keep_intents(connection, run.worker, intents, run.wall() + CLAIM_HOLD)
        kept = [each for each in ready if each.attempt.fee.id in ours]
        fees.ready_attempts(connection, [each.row() for each in kept])
        return kept

    return in_transaction(run.engine, work)


async def _confirm(run: Collection, ready: Ready) -> Outcome:
    attempt = ready.attempt
    try:
        return Paid(await run.gateway.confirm(ready.charge, ready.intent_id, ready.card, attempt.key))
    except OutcomeUnknown as error:
        return await _settled(run, ready) or error


async def _settled(run: Collection, ready: Ready) -> Outcome | None:
    """Return what the books say of an unclear confirmation; None as long as it may still be under way."""
    try:
        found = outcome_of(await run.gateway.look_up(ready.charge, ready.intent_id), ready.attempt)
    except PaymentError:
        return None
    return None if isinstance(found, NotProcessed | OutcomeUnknown) else found


async def _each(
    run: Collection, outage: Outage, things: Sequence[A], do: Callable[[A], Awaitable[T]]
) -> list[T | PaymentError]:
    """Do the same with many, some at once; nothing more is begun once the provider is away or time is up."""
    slots, end = asyncio.Semaphore(run.concurrency), run.wall() + BEGIN_WITHIN

    async def one(thing: A) -> T | PaymentError:
        async with slots:
            if reason := _why_not(run, outage, end):
                return NotAsked(reason)
            answer = await _caught(do(thing))
            outage.note(answer)
            return answer

    return list(await asyncio.gather(*(one(each) for each in things)))


def _why_not(run: Collection, outage: Outage, end: datetime) -> str | None:
    if outage.is_on:
        return "provider_away"
    if outage.is_refused:
        return "credentials_refused"
    return "out_of_time" if run.is_out_of_time() or run.wall() > end else None


async def _caught(answer: Awaitable[T]) -> T | PaymentError:
    try:
        return await answer
    except PaymentError as error:
        return error
