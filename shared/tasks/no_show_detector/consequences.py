"""What is written about a missed visit: the decisions, the event, the fee, and the texts."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.domain.fees import NewFee
from shared.domain.ids import FeeId, RunId
from shared.domain.missed_visits import Candidate
from shared.domain.plans import Decision, Plan
from shared.domain.reasons import Reason
from shared.domain.records import EventKind, Kind, Outcome
from shared.domain.reputation import POINTS, NewEvent
from shared.fees import pricing
from shared.fees.text_plans import FeeText, text_plan
from shared.tasks.no_show_detector.rules import FoundVisit


def no_show_decision(candidate: Candidate, outcome: Outcome, reason: Reason | None = None) -> Decision:
    """Return the decision that an appointment was missed (`notify`), or does not count as missed (`skipped`)."""
    return Decision(
        tenant_id=candidate.tenant_id,
        kind=Kind.NO_SHOW,
        subject_type="appointment",
        subject_id=candidate.id,
        occurrence=f"{candidate.starts_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        outcome=outcome,
        reason=reason,
        occurs_at=candidate.starts_at,
    )


def decisions_of(visit: FoundVisit) -> list[Decision]:
    """Return the decisions that a visit's appointments were missed; the reason says why there is no fee."""
    reason = None if pricing.is_fee_configured(visit.served) else Reason.FEE_NOT_CONFIGURED
    return [no_show_decision(each, Outcome.NOTIFY, reason) for each in visit.appointments]


def excused(found: Iterable[tuple[Candidate, Reason]]) -> Plan:
    """Return the plan that skips appointments that do not count as missed, unless the ledger says so already."""
    news = [(each, reason) for each, reason in found if each.earlier_reason is not reason]
    made = {each.id: no_show_decision(each, Outcome.SKIPPED, reason) for each, reason in news}
    return Plan(tuple(made.values()), retaken=frozenset(made[each.id].ledger_key for each, _ in news if each.earlier))


def event_of(visit: FoundVisit) -> NewEvent:
    """Return the event that a missed visit adds to the owner's reputation."""
    return NewEvent(
        tenant_id=visit.served.tenant.id,
        owner_id=visit.owner.id,
        kind=EventKind.NO_SHOW,
        points=POINTS[EventKind.NO_SHOW],
        subject_id=visit.id,
        occurred_at=visit.appointments[0].starts_at,
    )


def fee_of(visit: FoundVisit, offence: int, now: datetime) -> NewFee | None:
    """Return the fee of the owner's `offence`-th missed visit; None if the currency has no fee schedule."""
    served, policy = visit.served, visit.served.policy.no_show
    if not pricing.is_fee_configured(served):
        return None
    currency = served.tenant.currency.strip().upper()
    price = pricing.rounded_down(pricing.price_for(visit.appointments, offence, policy), currency)
    price = pricing.above_minimum(price, currency)
    return NewFee(
        id=FeeId(visit.id),
        tenant_id=served.tenant.id,
        owner_id=visit.owner.id,
        appointment_id=visit.appointments[0].id,
        price=price,
        currency=currency,
        offence_number=offence,
        visit_on=visit.on,
        description=pricing.description(offence, price),
        policy=pricing.snapshot(policy, visit.appointments, price),
        due_at=now + timedelta(hours=policy.hold_hours),
    )


def notice_of(visit: FoundVisit, now: datetime, run_id: RunId) -> Plan:
    """Return the plan of the notice to the owner that the visit was missed and what it costs."""
    text = FeeText(Kind.NO_SHOW_NOTICE, visit.id, visit.on, visit.owner, visit.served, about_at=now)
    return text_plan(text, run_id)
