"""Asking the provider about many fees at once. No transaction is open meanwhile.

An intent is confirmed only once its id is on record, and a fee keeps the first id recorded: however many intents come
to exist at the provider, at most one takes the money. The intent of a fee that is given up is cancelled before the new
status is written, so that a worker that stood still meanwhile cannot charge it any more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection

from shared.database.transactions import in_transaction
from shared.domain.fees import FeeCode
from shared.fees import attempt_queries, state_queries
from shared.fees.collecting.attempts import Attempt, ReadyAttempt
from shared.fees.collecting.collection import CLAIM_HOLD, REQUEST_LASTS, TRY_LASTS, Collection
from shared.fees.collecting.outcomes import (
    CannotCharge,
    KeySpent,
    NotAsked,
    NothingDone,
    Outcome,
    Paid,
    StillOpen,
    as_recorded,
    gives_up,
    outcome_of,
)
from shared.fees.collecting.payment_breaker import PaymentBreaker
from shared.gateways.payments import (
    Charge,
    Intent,
    IntentState,
    Misconfigured,
    NoPaymentMethod,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
    PaymentError,
    PaymentGateway,
    ProviderFailed,
)

A = TypeVar("A", Attempt, ReadyAttempt)
T = TypeVar("T")


async def charge(run: Collection, breaker: PaymentBreaker, attempts: Sequence[Attempt]) -> list[Outcome]:
    """Prepare the attempts, write them down, confirm them; return their outcomes."""
    made = await _each(run, breaker, attempts, lambda each: _make_ready(run, each))
    kept = _keep(run, [each for each in made if isinstance(each, ReadyAttempt)])
    confirmed = await _each(run, breaker, kept, lambda each: _confirm(run, each))
    came = {ready.attempt.fee.id: outcome for ready, outcome in zip(kept, confirmed, strict=True)}
    return [
        came.get(each.attempt.fee.id, NotAsked("claim_lost")) if isinstance(each, ReadyAttempt) else each
        for each in made
    ]


async def look_up(run: Collection, breaker: PaymentBreaker, attempts: Sequence[Attempt]) -> list[Outcome]:
    """Return the outcomes of attempts that nobody recorded. Raise PaymentCredentialsRefused: nothing is known then.

    An attempt that was not looked up, because the provider is away or time is up, stays unclear.
    """
    answers = await _each(run, breaker, attempts, lambda each: _look_up(run, each))
    if refused := [each for each in answers if isinstance(each, PaymentCredentialsRefused)]:
        raise refused[0]
    return [OutcomeUnknown(each.code) if isinstance(each, NotAsked) else each for each in answers]


async def _look_up(run: Collection, attempt: Attempt) -> Outcome:
    intent_id = attempt.fee.intent_id
    if intent_id is None:
        return NothingDone("not_created")  # an intent that is not on record was never confirmed
    gateway = _held(run, attempt)
    try:
        found = outcome_of(await gateway.look_up(attempt.charge, intent_id), attempt)
    except (NotProcessed, Misconfigured) as error:  # the question was refused: the attempt is as unclear as before
        return OutcomeUnknown(error.code)
    return await _closed_if_last(run, gateway, attempt, attempt.charge, intent_id, found)


async def cancel(run: Collection, breaker: PaymentBreaker, attempts: Sequence[Attempt]) -> list[Intent | PaymentError]:
    """Cancel the intents of fees that nobody has to pay any more; return each intent's state afterwards."""
    return await _each(
        run, breaker, attempts, lambda each: _held(run, each).cancel(each.charge, each.fee.intent_id or "")
    )


def _held(run: Collection, claimed: Attempt | ReadyAttempt) -> PaymentGateway:
    """Return a gateway for one claimed fee: each of its tries ends before the claim does."""

    def check() -> None:
        if run.wall() + TRY_LASTS > claimed.held_until:
            raise NotAsked("claim_lost")

    return run.gateway.while_(check)


async def _make_ready(run: Collection, attempt: Attempt) -> ReadyAttempt | Outcome:
    """Return the attempt with its intent and the card to charge. No money is taken yet, whatever goes wrong."""
    gateway, its = _held(run, attempt), attempt.fee.intent_id
    if attempt.refusal:
        return await _closed_if_last(run, gateway, attempt, attempt.charge, its, CannotCharge(attempt.refusal))
    try:
        charge, intent_id = await _intent(gateway, attempt)
        card = await gateway.card(charge)
        if card is None:
            raise NoPaymentMethod(FeeCode.NO_PAYMENT_METHOD)
    except OutcomeUnknown as error:
        raise NotProcessed(error.code) from error
    except NoPaymentMethod as error:
        return await _closed_if_last(run, gateway, attempt, attempt.charge, its, error)
    return ReadyAttempt(attempt, charge, intent_id, card, its if its != intent_id else None, attempt.held_until)


async def _intent(gateway: PaymentGateway, attempt: Attempt) -> tuple[Charge, str]:
    """Return the fee's intent and how it was created: the one on record, one in the provider's books, or a new one."""
    if known := attempt.fee.intent_id:
        # The intent of a fee that was given up is cancelled: staff, who charge it again, need another.
        is_gone = attempt.by_staff and (await gateway.look_up(attempt.charge, known)).state is IntentState.CANCELLED
        if not is_gone:
            return attempt.charge, known
        attempt = attempt.anew()
    for each in attempt.places():
        if found := await gateway.find(each, attempt.since):
            return each, found.id
    try:
        return attempt.charge, await gateway.create(attempt.charge)
    except (ProviderFailed, Misconfigured):
        if attempt.past.has_used(attempt.charge.key):
            raise KeySpent from None
        raise


def _keep(run: Collection, ready: Sequence[ReadyAttempt]) -> list[ReadyAttempt]:
    """Write intents and cards down before any card is charged; return the attempts whose fee is still ours."""
    intents = {each.attempt.fee.id: (each.intent_id, each.cancelled) for each in ready}
    until = run.wall() + CLAIM_HOLD

    def keep(connection: Connection) -> list[ReadyAttempt]:
        ours = state_queries.keep_intents(connection, run.worker, intents, until)
        kept = [replace(each, held_until=until) for each in ready if each.attempt.fee.id in ours]
        attempt_queries.ready_attempts(connection, [each.row() for each in kept])
        return kept

    return in_transaction(run.engine, keep)


async def _confirm(run: Collection, ready: ReadyAttempt) -> Outcome:
    gateway = _held(run, ready)
    outcome = await _caught(_charge_card(gateway, ready))
    return await _closed_if_last(run, gateway, ready.attempt, ready.charge, ready.intent_id, outcome)


async def _charge_card(gateway: PaymentGateway, ready: ReadyAttempt) -> Outcome:
    try:
        return Paid(await gateway.confirm(ready.charge, ready.intent_id, ready.card, ready.attempt.key))
    except OutcomeUnknown as error:
        return await _settled(gateway, ready) or error


async def _settled(gateway: PaymentGateway, ready: ReadyAttempt) -> Outcome | None:
    """Return what the provider's books say about an unclear confirmation; None while it may still be under way."""
    try:
        found = outcome_of(await gateway.look_up(ready.charge, ready.intent_id), ready.attempt)
    except PaymentError:
        return None
    return None if isinstance(found, NotProcessed | OutcomeUnknown) else found


async def _closed_if_last(
    run: Collection, gateway: PaymentGateway, attempt: Attempt, charge: Charge, intent_id: str | None, answer: Outcome
) -> Outcome:
    """Return the outcome of an attempt. An outcome that gives the fee up counts only once its intent is cancelled."""
    outcome = as_recorded(answer)
    if intent_id is None or not gives_up(attempt, outcome, run.now()):
        return outcome
    try:
        found = await gateway.cancel(charge, intent_id)
    except PaymentError as error:
        return StillOpen(error.code, outcome)
    if found.state is IntentState.SUCCEEDED:
        return Paid(found.charge_id)
    return outcome if found.state is IntentState.CANCELLED else StillOpen("under_way", outcome)


async def _each(
    run: Collection, breaker: PaymentBreaker, things: Sequence[A], do: Callable[[A], Awaitable[T]]
) -> list[T | PaymentError]:
    """Do one thing with many attempts, some at once; stop beginning once the provider is away or time is up."""
    slots = asyncio.Semaphore(run.concurrency)

    async def one(thing: A) -> T | PaymentError:
        async with slots:
            if reason := _why_not(run, breaker, thing):
                return NotAsked(reason)
            answer = await _caught(do(thing))
            breaker.note(answer)
            return answer

    return list(await asyncio.gather(*(one(each) for each in things)))


def _why_not(run: Collection, breaker: PaymentBreaker, claimed: Attempt | ReadyAttempt) -> str | None:
    if breaker.is_open:
        return "provider_away"
    if breaker.is_refused:
        return "credentials_refused"
    return "out_of_time" if run.is_out_of_time() or run.wall() + REQUEST_LASTS > claimed.held_until else None


async def _caught(answer: Awaitable[T]) -> T | PaymentError:
    try:
        return await answer
    except PaymentError as error:
        return error
