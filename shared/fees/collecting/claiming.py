"""Claiming fees in one transaction: pending → processing, their visits read again, the attempts written down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from shared.database.claims import Claim
from shared.database.engine import reading
from shared.database.transactions import in_transaction
from shared.domain.fees import Fee, FeeChange, FeeCode
from shared.domain.ids import FeeId, TenantId, VisitId
from shared.domain.missed_visits import MissedVisit
from shared.domain.records import Problem, foreign_reference
from shared.domain.tally import DryRunLine
from shared.fees import attempt_queries, claim_queries, staff_action_queries, state_queries
from shared.fees.collecting import outcomes
from shared.fees.collecting.attempts import Attempt, Past, attempt_of, last_attempt
from shared.fees.collecting.collection import CLAIM_HOLD, Collection
from shared.fees.collecting.rules import is_still_owed, refusal
from shared.fees.pricing import EARLY
from shared.fees.visit_queries import CustomerElsewhere, customers_elsewhere, missed_visits

BATCH = 100


@dataclass(slots=True)
class Reviewed:
    """Claimed fees, looked at again: the attempts to make, and what is written onto fees that are not charged."""

    is_any: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    changes: list[FeeChange] = field(default_factory=list)
    refused: list[tuple[Fee, FeeCode]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def claim_due(run: Collection, tenant_ids: Sequence[TenantId], limit: int) -> tuple[bool, list[Attempt]]:
    """Claim fees that are due; return whether there were any, and the attempts to make."""

    def begin_due(connection: Connection) -> Reviewed:
        claimed = claim_queries.claim_due(connection, tenant_ids, run.now() + EARLY, _claim(run, limit))
        return _begin(run, connection, _review(run, connection, claimed))

    return _counted(run, in_transaction(run.engine, begin_due))


def claim_one(run: Collection, fee_id: FeeId, note: dict[str, Any]) -> tuple[bool, list[Attempt]]:
    """Claim one fee that staff want charged, and note who and why; return the same as `claim_due`."""

    def begin_one(connection: Connection) -> Reviewed:
        claimed = claim_queries.claim_one(connection, list(run.served), fee_id, _claim(run))
        if claimed:
            staff_action_queries.note(connection, [note])
        return _begin(run, connection, _review(run, connection, claimed, by_staff=True))

    return _counted(run, in_transaction(run.engine, begin_one))


def claim_lapsed(run: Collection, tenant_ids: Sequence[TenantId], limit: int) -> tuple[bool, list[Attempt]]:
    """Claim fees whose attempt was never recorded; return whether there were any, and their last attempts.

    A fee whose visit is not sound stays `processing`, and each run names it.
    """

    def last_of_lapsed(connection: Connection) -> Reviewed:
        lapsed = claim_queries.claim_lapsed(connection, tenant_ids, _claim(run, limit))
        visits, past = _history(connection, lapsed)
        found = Reviewed(bool(lapsed))
        sound = {each.visit_id: visit for each in lapsed if (visit := _sound_visit(run, each, visits, found))}
        found.attempts = _last_attempts(run, lapsed, sound, past)
        return found

    return _counted(run, in_transaction(run.engine, last_of_lapsed))


def claim_closed(run: Collection, tenant_ids: Sequence[TenantId], limit: int) -> tuple[bool, list[Attempt]]:
    """Claim fees that were closed after a payment was begun; return whether there were any, and their last attempts."""

    def last_of_closed(connection: Connection) -> tuple[bool, list[Attempt]]:
        closed = claim_queries.claim_closed(connection, tenant_ids, _claim(run, limit))
        return bool(closed), _last_attempts(run, closed, *_history(connection, closed))

    return in_transaction(run.engine, last_of_closed)


def _claim(run: Collection, limit: int = 1) -> Claim:
    return Claim(run.worker, run.wall(), CLAIM_HOLD, limit)


def _history(connection: Connection, fees: Sequence[Fee]) -> tuple[dict[VisitId, MissedVisit], dict[FeeId, Past]]:
    """Return the visits of fees by their ids, and the earlier attempts to collect the fees by the fees' ids."""
    ids = [each.id for each in fees]
    visits = missed_visits(connection, [each.visit_id for each in fees])
    past = attempt_queries.past_attempts(connection, ids)
    return visits, {id_: Past(past.get(id_, ())) for id_ in ids}


def _last_attempts(
    run: Collection, fees: Sequence[Fee], visits: Mapping[VisitId, MissedVisit], past: Mapping[FeeId, Past]
) -> list[Attempt]:
    return [
        last_attempt(each, visits[each.visit_id], run.served[each.tenant_id], past[each.id])
        for each in fees
        if each.visit_id in visits
    ]


def _sound_visit(
    run: Collection, fee: Fee, visits: Mapping[VisitId, MissedVisit], into: Reviewed
) -> MissedVisit | None:
    """Return a fee's visit; note a problem if it is not on record, or refers to another business."""
    visit, subject = visits.get(fee.visit_id), f"payment {fee.id}"
    if visit is None or visit.tenant_id != fee.tenant_id:
        into.problems.append(Problem(run.subdomain(fee), subject, "its visit is not on record"))
    elif part := visit.foreign_part:
        into.problems.append(foreign_reference(run.subdomain(fee), subject, f"visit's {part}"))
    else:
        return visit
    return None


def would_collect(run: Collection) -> Iterator[DryRunLine]:
    """Yield the dry run's lines on fees that are due: each would be charged, or why not. Nothing is claimed."""
    with reading(run.engine) as connection:
        due = claim_queries.due(connection, run.charging(), run.now() + EARLY, BATCH)
        found = _review(run, connection, due)
    for problem in found.problems:
        run.tally.problem(problem)
    for fee, reason in [*((each.fee, each.refusal) for each in found.attempts), *found.refused]:
        subject = f"payment {fee.id}, {fee.amount_cents} {fee.currency}"
        yield DryRunLine("charge", run.subdomain(fee), subject, when=run.now(), reason=reason)


def _review(run: Collection, connection: Connection, claimed: Sequence[Fee], *, by_staff: bool = False) -> Reviewed:
    """Look at claimed fees and their visits again, and decide which of them are charged."""
    visits, past = _history(connection, claimed)
    found, now = Reviewed(bool(claimed)), run.now()
    for fee in claimed:
        served, visit = run.served[fee.tenant_id], _sound_visit(run, fee, visits, found)
        if visit is None or not is_still_owed(visit, served.zone):
            found.changes.append(outcomes.put_off(fee, now))
            continue
        attempt = attempt_of(fee, visit, served, past[fee.id], run.wall(), by_staff=by_staff)
        code = refusal(fee, visit, served, now, by_staff=by_staff)
        if code := code or (None if attempt.is_of_its_fee else FeeCode.AMOUNT_CHANGED):
            _refuse(found, last_attempt(fee, visit, served, past[fee.id], refusal=code), code, now)
        else:
            found.attempts.append(attempt)
    _leave_shared_customers(run, connection, found)
    return found


def _refuse(found: Reviewed, attempt: Attempt, code: FeeCode, now: datetime) -> None:
    """Leave a fee to staff: at once, or once the payment that was begun is cancelled at the provider."""
    if attempt.fee.intent_id:
        found.attempts.append(attempt)
    else:
        found.changes.append(outcomes.refused(attempt.fee, code, now))
        found.refused.append((attempt.fee, code))


def _leave_shared_customers(run: Collection, connection: Connection, found: Reviewed) -> None:
    """Leave out fees whose Stripe customer is also an owner of another business, and name them as problems."""
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
    """Whether a customer also belongs to another business that, like the fee's, has no account of its own at Stripe."""
    served = run.served.get(other.tenant_id)
    return other.tenant_id != fee.tenant_id and (served is None or served.policy.stripe_account is None)


def _begin(run: Collection, connection: Connection, found: Reviewed) -> Reviewed:
    state_queries.record(connection, run.worker, found.changes)
    begun = [each.row(run.wall()) for each in found.attempts if not each.refusal]
    attempt_queries.begin_attempts(connection, run.worker, begun)
    return found


def _counted(run: Collection, found: Reviewed) -> tuple[bool, list[Attempt]]:
    """Count the fees that are not charged; return whether any fee was claimed, and the attempts to make."""
    for each in found.problems:
        run.tally.problem(each)
    for fee, code in found.refused:
        run.tally.add(run.subdomain(fee), "total_fees_failed")
        run.tally.add(run.subdomain(fee), f"skipped.{code}")
    return found.is_any, found.attempts
