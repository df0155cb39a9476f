"""Claiming in one transaction: pending → processing, visits looked at again, the attempts written down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared.database.engine import reading
from shared.database.transactions import in_transaction
from shared.domain.fees import Fee, FeeCode
from shared.domain.missed_visits import MissedVisit
from shared.domain.records import Problem, foreign_reference
from shared.domain.tally import would
from shared.fees import attempt_queries, claim_queries, state_queries
from shared.fees import staff_action_queries as fee_actions
from shared.fees.collecting import outcomes
from shared.fees.collecting.attempts import Attempt, Past, attempt_of, last_attempt
from shared.fees.collecting.collection import CLAIM_HOLD, Collection
from shared.fees.collecting.rules import is_still_owed, refusal
from shared.fees.pricing import EARLY
from shared.fees.visit_queries import CustomerElsewhere, customers_elsewhere, missed_visits

BATCH = 100


@dataclass(slots=True)
class Sorted:
    """What looking again found about claimed fees: those to charge, and what is written onto the others."""

    is_any: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[Fee, FeeCode]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def claim_due(run: Collection, tenant_ids: Sequence[UUID], limit: int) -> tuple[bool, list[Attempt]]:
    """Claim fees that are due; return whether there were any, and the attempts to make of them."""

    def work(connection: Connection) -> Sorted:
        claimed = claim_queries.claim(
            connection,
            tenant_ids,
            due=run.now() + EARLY,
            wall=run.wall(),
            worker=run.worker,
            hold=CLAIM_HOLD,
            limit=limit,
        )
        return _begun(run, connection, _look_again(run, connection, claimed))

    return _counted(run, in_transaction(run.engine, work))


def claim_one(run: Collection, fee_id: UUID, note: dict[str, Any]) -> tuple[bool, list[Attempt]]:
    """Claim one fee that staff want charged, and note who and why; return the same as for those that are due."""

    def work(connection: Connection) -> Sorted:
        claimed = claim_queries.claim_one(connection, list(run.served), fee_id, run.wall(), run.worker, CLAIM_HOLD)
        if claimed:
            fee_actions.note(connection, [note])
        return _begun(run, connection, _look_again(run, connection, claimed, by_hand=True))

    return _counted(run, in_transaction(run.engine, work))


def claim_lapsed(run: Collection, tenant_ids: Sequence[UUID], limit: int) -> tuple[bool, list[Attempt]]:
    """Claim fees that were handed over and never recorded; return whether there were any, and their last attempts."""

    def work(connection: Connection) -> Sorted:
        lapsed = claim_queries.claim_lapsed(
            connection, tenant_ids, wall=run.wall(), worker=run.worker, hold=CLAIM_HOLD, limit=limit
        )
        ids = [each.id for each in lapsed]
        visits, past = missed_visits(connection, ids), attempt_queries.past_attempts(connection, ids)
        found = Sorted(bool(lapsed))
        for fee in lapsed:
            visit = _sound(run, fee, visits, found)
            if visit:  # else it stays under way, and each run names it
                earlier = Past(past.get(fee.id, []))
                found.attempts.append(last_attempt(fee, visit, run.served[fee.tenant_id], earlier))
        return found

    return _counted(run, in_transaction(run.engine, work))


def claim_closed(run: Collection, tenant_ids: Sequence[UUID], limit: int) -> tuple[bool, list[Attempt]]:
    """Claim fees that were waived or cancelled with a payment begun; return whether any, and their last attempts."""

    def work(connection: Connection) -> tuple[bool, list[Attempt]]:
        closed = claim_queries.claim_closed(
            connection, tenant_ids, wall=run.wall(), worker=run.worker, hold=CLAIM_HOLD, limit=limit
        )
        ids = [each.id for each in closed]
        visits, past = missed_visits(connection, ids), attempt_queries.past_attempts(connection, ids)
        attempts = [
            last_attempt(each, visits[each.id], run.served[each.tenant_id], Past(past.get(each.id, [])))
            for each in closed
            if each.id in visits
        ]
        return bool(closed), attempts

    return in_transaction(run.engine, work)


def _sound(run: Collection, fee: Fee, visits: Mapping[UUID, MissedVisit], into: Sorted) -> MissedVisit | None:
    """Return a fee's visit; note the problem of one that is not on record, or mixes in another business."""
    visit, subject = visits.get(fee.id), f"payment {fee.id}"
    if visit is None or visit.tenant_id != fee.tenant_id:
        into.problems.append(Problem(run.subdomain(fee), subject, "its visit is not on record"))
    elif part := visit.foreign_part:
        into.problems.append(foreign_reference(run.subdomain(fee), subject, f"visit's {part}"))
    else:
        return visit
    return None


def would_collect(run: Collection) -> Iterator[dict[str, Any]]:
    """Yield what a dry run tells of the fees that would be charged, or why not, without taking or changing anything."""
    with reading(run.engine) as connection:
        due = claim_queries.due(connection, run.charging(), run.now() + EARLY, BATCH)
        found = _look_again(run, connection, due)
    for problem in found.problems:
        run.tally.problem(problem)
    for fee, reason in [*((each.fee, each.refusal) for each in found.attempts), *found.refused]:
        subject = f"payment {fee.id}, {fee.amount_cents} {fee.currency}"
        yield would("charge", run.subdomain(fee), subject, when=run.now().isoformat(), reason=reason)


def _look_again(run: Collection, connection: Connection, claimed: Sequence[Fee], *, by_hand: bool = False) -> Sorted:
    ids, now = [each.id for each in claimed], run.now()
    visits, past = missed_visits(connection, ids), attempt_queries.past_attempts(connection, ids)
    found = Sorted(bool(claimed))
    for fee in claimed:
        served, visit = run.served[fee.tenant_id], _sound(run, fee, visits, found)
        earlier = Past(past.get(fee.id, []))
        if visit is None or not is_still_owed(visit, served.zone):
            found.changes.append(outcomes.put_off(fee, now))
        elif code := refusal(fee, visit, served, now, by_hand=by_hand):
            _refuse(found, last_attempt(fee, visit, served, earlier, refusal=code), code, now)
        else:
            attempt = attempt_of(fee, visit, served, earlier, run.wall(), by_hand=by_hand)
            if attempt.is_of_its_fee:
                found.attempts.append(attempt)
            else:
                code = FeeCode.AMOUNT_CHANGED
                _refuse(found, last_attempt(fee, visit, served, earlier, refusal=code), code, now)
    _leave_shared_customers(run, connection, found)
    return found


def _refuse(found: Sorted, attempt: Attempt, code: FeeCode, now: datetime) -> None:
    """Leave a fee to staff: at once, or once what was begun at the provider is cancelled there."""
    if attempt.fee.intent_id:
        found.attempts.append(attempt)
    else:
        found.changes.append(outcomes.refused(attempt.fee, code, now))
        found.refused.append((attempt.fee, code))


def _leave_shared_customers(run: Collection, connection: Connection, found: Sorted) -> None:
    """Leave out and name fees whose card may be that of another business's client, too."""
    asked = {each.charge.customer_id for each in found.attempts if _is_on_platform(each)}
    others = customers_elsewhere(connection, asked)
    for attempt in list(found.attempts):
        fee, customer_id = attempt.fee, attempt.charge.customer_id
        other = next(filter(partial(_is_another, run, fee), others.get(customer_id, ())), None)
        if other and _is_on_platform(attempt):
            found.attempts.remove(attempt)
            found.changes.append(outcomes.put_off(fee, run.now()))
            reason = (
                f"its owner {fee.owner_id} and the owner {other.owner_id} of {other.subdomain} have one Stripe "
                f"customer ({customer_id}): neither is charged until each has their own"
            )
            found.problems.append(Problem(run.subdomain(fee), f"payment {fee.id}", reason))


def _is_on_platform(attempt: Attempt) -> bool:
    return attempt.charge.account is None and attempt.refusal is None


def _is_another(run: Collection, fee: Fee, other: CustomerElsewhere) -> bool:
    """Whether a customer belongs to another business, which has no account at the provider of its own, either."""
    served = run.served.get(other.tenant_id)
    return other.tenant_id != fee.tenant_id and (served is None or served.policy.stripe_account is None)


def _begun(run: Collection, connection: Connection, found: Sorted) -> Sorted:
    state_queries.record(connection, run.worker, found.changes)
    begun = [each.row(run.wall()) for each in found.attempts if not each.refusal]
    attempt_queries.begin_attempts(connection, run.worker, begun)
    return found


def _counted(run: Collection, found: Sorted) -> tuple[bool, list[Attempt]]:
    """Count what is not charged; return whether anything was claimed, and the attempts to make."""
    for each in found.problems:
        run.tally.problem(each)
    for fee, code in found.refused:
        run.tally.add(run.subdomain(fee), "total_fees_failed")
        run.tally.add(run.subdomain(fee), f"skipped.{code}")
    return found.is_any, found.attempts
