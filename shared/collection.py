"""Collecting fees: claim what is due, look at it again, charge, record. The sibling of delivery.

No transaction is open while the provider is asked, and what a dead worker left is looked up before anything is charged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from shared import charges
from shared.charges import Attempt, Outcome
from shared.database import fees, ledger
from shared.database.dialects import chunks
from shared.database.engine import reading, writing
from shared.database.visits import missed_visits
from shared.fees import Fee, FeeCode, FeeStatus, MissedVisit
from shared.gateways.payments import (
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
    PaymentError,
    PaymentGateway,
)
from shared.policy import ServedTenant
from shared.records import Problem
from shared.rules.collecting import is_still_owed, refusal
from shared.rules.fees import EARLY
from shared.rules.no_show import local_date
from shared.tally import Tally, would

BATCH = 100
CLAIM_HOLD = timedelta(minutes=5)
"""How long a worker keeps what it claimed: longer than a batch can take with every request at its time-out."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Collection:
    """What one run's collecting works with. `now` and `wall` are the two clocks."""

    engine: Engine
    gateway: PaymentGateway
    served: Mapping[UUID, ServedTenant]
    run_id: UUID
    now: Callable[[], datetime]
    wall: Callable[[], datetime]
    is_out_of_time: Callable[[], bool]
    tally: Tally
    concurrency: int = 16
    worker: str = field(default_factory=lambda: str(uuid4()))

    def subdomain(self, fee: Fee) -> str:
        """Whose fee it is."""
        return self.served[fee.tenant_id].tenant.subdomain

    def charging(self) -> list[UUID]:
        """The tenants whose fees are collected without anybody asking."""
        return [id_ for id_, each in self.served.items() if each.policy.no_show.charges_by_itself]


@dataclass(slots=True)
class Sorted:
    """What looking again found about claimed fees: those to charge, and what is written onto the others."""

    attempts: list[Attempt] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[Fee, FeeCode]] = field(default_factory=list)


def collect(run: Collection) -> None:
    """Charge all fees that are due. Raise PaymentCredentialsRefused when the provider does not know us."""
    for tenant_ids in chunks(list(run.served)):
        _settle_lapsed(run, tenant_ids)
    for tenant_ids in chunks(run.charging()):
        while not run.is_out_of_time():
            claimed, attempts = _claim(run, tenant_ids)
            if not claimed:
                break
            if not _charge(run, attempts):
                return


def charge_by_hand(run: Collection, fee_id: UUID) -> bool:
    """Charge one fee now, whatever its hold and age; return whether it could be claimed for that."""
    with writing(run.engine) as connection:
        claimed = fees.claim_one(connection, list(run.served), fee_id, run.wall(), run.worker, CLAIM_HOLD)
        found = _look_again(run, connection, claimed, by_hand=True)
        _begin(run, connection, found)
    _charge(run, found.attempts)
    return bool(claimed)


def would_collect(run: Collection) -> Iterator[dict[str, Any]]:
    """Yield what a dry run tells of the fees that would be charged, or why not, without taking or changing anything."""
    with reading(run.engine) as connection:
        due = fees.due(connection, run.charging(), run.now() + EARLY, BATCH)
        found = _look_again(run, connection, due)
    reasons: dict[UUID, FeeCode] = {fee.id: code for fee, code in found.refused}
    for fee in [*(each.fee for each in found.attempts), *(fee for fee, _ in found.refused)]:
        subject = f"payment {fee.id}, {fee.amount_cents} {fee.currency}"
        when = run.now().isoformat()
        yield would("charge", run.subdomain(fee), subject, when=when, reason=reasons.get(fee.id))


# Settling ─ what was handed over and never recorded is looked up, never asked again blindly.


def _settle_lapsed(run: Collection, tenant_ids: Sequence[UUID]) -> None:
    while not run.is_out_of_time():
        with writing(run.engine) as connection:
            lapsed = fees.claim_lapsed(
                connection, tenant_ids, wall=run.wall(), worker=run.worker, hold=CLAIM_HOLD, limit=BATCH
            )
            attempts = _as_attempted(run, connection, lapsed)
        if not lapsed:
            return
        _record(run, attempts, asyncio.run(_all(run, attempts, lambda each: _look_up(run, each))))


def _as_attempted(run: Collection, connection: Connection, lapsed: Sequence[Fee]) -> list[Attempt]:
    """Return the attempts that lapsed fees were left in, with the customer who was asked then."""
    ids = [each.id for each in lapsed]
    visits, declines = missed_visits(connection, ids), fees.declines(connection, ids)
    asked = fees.last_parameters(connection, ids)
    attempts = []
    for fee in lapsed:
        served = run.served[fee.tenant_id]
        charge = charges.charge_of(fee, served, asked.get(fee.id, {}).get("customer", ""))
        attempts.append(Attempt(fee, visits[fee.id], served, charge, fee.attempts, declines.get(fee.id, 0)))
    return attempts


async def _look_up(run: Collection, attempt: Attempt) -> Outcome:
    try:
        return charges.outcome_of(await run.gateway.look_up(attempt.charge, attempt.fee.intent_id))
    except NotProcessed as error:  # not even the question was taken: it is as unclear as before
        return OutcomeUnknown(error.code)
    except PaymentError as error:
        return error


# Claiming ─ one transaction: pending → processing, visits looked at again, the attempt written down.


def _claim(run: Collection, tenant_ids: Sequence[UUID]) -> tuple[list[Fee], list[Attempt]]:
    with writing(run.engine) as connection:
        claimed = fees.claim(
            connection,
            tenant_ids,
            due=run.now() + EARLY,
            wall=run.wall(),
            worker=run.worker,
            hold=CLAIM_HOLD,
            limit=BATCH,
        )
        found = _look_again(run, connection, claimed)
        _begin(run, connection, found)
    return claimed, found.attempts


def _look_again(run: Collection, connection: Connection, claimed: Sequence[Fee], *, by_hand: bool = False) -> Sorted:
    ids = [each.id for each in claimed]
    visits, declines = missed_visits(connection, ids), fees.declines(connection, ids)
    found = Sorted()
    for fee in claimed:
        served, visit = run.served[fee.tenant_id], visits.get(fee.id)
        if visit is None or visit.owner.tenant_id != fee.tenant_id:
            run.tally.problem(Problem(served.tenant.subdomain, f"payment {fee.id}", "its visit is not on record"))
            found.changes.append(charges.put_off(fee, run.now()))
        elif not is_still_owed(visit, served.zone):
            found.changes.append(charges.put_off(fee, run.now()))
        elif code := refusal(fee, visit, local_date(run.now(), served.zone), by_hand=by_hand):
            found.changes.append(charges.refused(fee, code, run.now()))
            found.refused.append((fee, code))
        else:
            found.attempts.append(_attempt(fee, visit, served, declines.get(fee.id, 0), by_hand=by_hand))
    return found


def _attempt(fee: Fee, visit: MissedVisit, served: ServedTenant, declines: int, *, by_hand: bool) -> Attempt:
    charge = charges.charge_of(fee, served, visit.customer_id or "")
    return Attempt(fee, visit, served, charge, fee.attempts + 1, declines, by_hand)


def _begin(run: Collection, connection: Connection, found: Sorted) -> None:
    fees.record(connection, run.worker, found.changes)
    fees.begin_attempts(connection, run.worker, [each.row(run.wall()) for each in found.attempts])
    for fee, code in found.refused:
        run.tally.add(run.subdomain(fee), "total_fees_failed")
        run.tally.add(run.subdomain(fee), f"skipped.{code}")


# Charging ─ no transaction is open.


def _charge(run: Collection, attempts: Sequence[Attempt]) -> bool:
    """Create what is new, confirm, record; return whether the provider is there to go on with."""
    new = [each for each in attempts if each.fee.intent_id is None]
    created = asyncio.run(_all(run, new, lambda each: _create(run, each)))
    intents = {each.fee.id: made for each, made in zip(new, created, strict=True)}
    made = {id_: intent for id_, intent in intents.items() if isinstance(intent, str)}
    with writing(run.engine) as connection:
        fees.record(
            connection, run.worker, [{"id": id_, "stripe_payment_intent_id": made[id_]} for id_ in sorted(made)]
        )

    async def confirm(attempt: Attempt) -> Outcome:
        intent = intents.get(attempt.fee.id, attempt.fee.intent_id)
        if isinstance(intent, PaymentError):
            return intent
        return await _confirm(run, attempt, intent or "")

    outcomes = asyncio.run(_all(run, attempts, confirm))
    _record(run, attempts, outcomes)
    away = [isinstance(each, NotProcessed | OutcomeUnknown) for each in outcomes]
    return not (away and all(away))


async def _create(run: Collection, attempt: Attempt) -> str | PaymentError:
    try:
        return await run.gateway.create(attempt.charge)
    except PaymentError as error:
        return error


async def _confirm(run: Collection, attempt: Attempt, intent_id: str) -> Outcome:
    try:
        await run.gateway.confirm(attempt.charge, intent_id, attempt.key)
    except PaymentError as error:
        return error
    return None


async def _all(run: Collection, attempts: Sequence[Attempt], do: Callable[[Attempt], Awaitable[T]]) -> list[T]:
    slots = asyncio.Semaphore(run.concurrency)

    async def one(attempt: Attempt) -> T:
        async with slots:
            return await do(attempt)

    return list(await asyncio.gather(*(one(each) for each in attempts)))


# Recording ─ one transaction.


def _record(run: Collection, attempts: Sequence[Attempt], answers: Sequence[Outcome]) -> None:
    now, wall = run.now(), run.wall()
    outcomes = [charges.as_recorded(each) for each in answers]
    changes = [charges.change(each, outcome, now, wall) for each, outcome in zip(attempts, outcomes, strict=True)]
    statuses = {each["id"]: each.get("status", FeeStatus.PROCESSING) for each in changes}
    with writing(run.engine) as connection:
        ours = fees.record(connection, run.worker, changes)
        ended = [each.ended(outcome, wall) for each, outcome in zip(attempts, outcomes, strict=True)]
        fees.end_attempts(connection, ended)
        settled = [each for each in attempts if each.fee.id in ours]
        charged = [each for each in settled if statuses[each.fee.id] is FeeStatus.SUCCEEDED]
        fees.note_charged(connection, [each.fee for each in charged], now)
        texts = [charges.text_of(each, statuses[each.fee.id], now, run.run_id) for each in settled]
        ledger.record(connection, charges.joined(texts), run.run_id, now)
    for each in settled:
        _count(run, each.fee, statuses[each.fee.id])
    if refused := [each for each in outcomes if isinstance(each, PaymentCredentialsRefused)]:
        raise refused[0]


def _count(run: Collection, fee: Fee, status: FeeStatus) -> None:
    if status is FeeStatus.SUCCEEDED:
        run.tally.add(run.subdomain(fee), "total_fees_collected")
        run.tally.add(run.subdomain(fee), f"fee_cents_collected.{fee.currency}", fee.amount_cents)
    elif status in (FeeStatus.FAILED, FeeStatus.REQUIRES_ACTION):
        run.tally.add(run.subdomain(fee), "total_fees_failed")
