"""What is written about a missed visit: the decisions, the event, the fee, and the texts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from shared.domain.contact import cannot_text
from shared.domain.fees import Candidate, MissedVisit, NewFee
from shared.domain.policy import ServedTenant
from shared.domain.quiet_hours import after_quiet
from shared.domain.reasons import Reason
from shared.domain.records import Decision, EventKind, Kind, Outcome, Owner, Plan, PlannedNotification
from shared.domain.reputation import NewEvent
from shared.fees import pricing as fees
from shared.tasks.appointment_reminders import rules as reminders
from shared.tasks.no_show_detector.rules import FoundVisit
from shared.tasks.reputation_updater.rules import POINTS

TEXT_USEFUL = timedelta(days=7)
"""How long after what it tells a notice, a receipt or a "could not be charged" is worth sending."""


def decision(candidate: Candidate, outcome: Outcome, reason: Reason | None = None) -> Decision:
    """Return the decision that an appointment was missed (`notify`), or why it does not count (`skipped`)."""
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
    """Return the decisions that a visit's appointments were missed, with the reason where that costs nothing."""
    reason = None if fees.is_fee_configured(visit.served) else Reason.FEE_NOT_CONFIGURED
    return [decision(each, Outcome.NOTIFY, reason) for each in visit.appointments]


def excused(found: Iterable[tuple[Candidate, Reason]]) -> Plan:
    """Return the plan of skipping appointments that do not count as missed, without what the ledger says already."""
    news = [(each, reason) for each, reason in found if each.earlier_reason is not reason]
    made = {each.id: decision(each, Outcome.SKIPPED, reason) for each, reason in news}
    return Plan(tuple(made.values()), retaken=frozenset(made[each.id].ledger_key for each, _ in news if each.earlier))


def refers_elsewhere(visit: MissedVisit) -> str | None:
    """Return which of the visit's rows belongs to another tenant, or owner; None if none."""
    if visit.owner.tenant_id != visit.tenant_id:
        return "owner"
    if visit.fee and visit.fee.owner_id != visit.owner.id:
        return "fee's owner"
    return next(filter(None, map(reminders.refers_elsewhere, visit.missed)), None)


def event_of(visit: FoundVisit) -> NewEvent:
    """Return what a missed visit does to the owner's reputation."""
    return NewEvent(
        tenant_id=visit.served.tenant.id,
        owner_id=visit.owner.id,
        kind=EventKind.NO_SHOW,
        points=POINTS[EventKind.NO_SHOW],
        subject_id=visit.id,
        occurred_at=visit.appointments[0].starts_at,
    )


def fee_of(visit: FoundVisit, offence: int, now: datetime) -> NewFee | None:
    """Return the fee of a visit that is the owner's `offence`-th; None where there is no schedule for the currency."""
    served, policy = visit.served, visit.served.policy.no_show
    if not fees.is_fee_configured(served):
        return None
    currency = served.tenant.currency.strip().upper()
    charge = fees.rounded_down(fees.charge_for(visit.appointments, offence, policy), currency)
    charge = fees.above_minimum(charge, currency)
    return NewFee(
        id=visit.id,
        tenant_id=served.tenant.id,
        owner_id=visit.owner.id,
        appointment_id=visit.appointments[0].id,
        charge=charge,
        currency=currency,
        offence_number=offence,
        visit_on=visit.on,
        description=fees.description(offence, charge),
        policy=fees.snapshot(policy, visit.appointments, charge),
        due_at=now + timedelta(hours=policy.hold_hours),
    )


def notice_of(visit: FoundVisit, now: datetime, run_id: UUID) -> Plan:
    """Return the plan of telling the owner that the visit was missed and what it costs."""
    return text_plan(Kind.NO_SHOW_NOTICE, visit.id, visit.on, visit.owner, visit.served, now=now, run_id=run_id)


def retold(
    kind: Kind,
    visit: MissedVisit,
    served: ServedTenant,
    reason: Reason | None,
    about_at: datetime,
    *,
    now: datetime,
    run_id: UUID,
) -> Plan:
    """Return the plan of deciding again about a text that never reached the provider. `reason`: why not now either.

    `about_at`: when what it tells happened.
    """
    on = visit.began_at.astimezone(served.zone).date()
    plan = _plan(kind, visit.id, on, visit.owner, served, reason, about_at, now=now, run_id=run_id)
    return replace(plan, retaken=frozenset(each.ledger_key for each in plan.decisions))


def text_plan(
    kind: Kind, visit: UUID, on: date, owner: Owner, served: ServedTenant, *, now: datetime, run_id: UUID
) -> Plan:
    """Return the plan of one text about a visit's fee: sent after quiet hours, or skipped because it cannot be sent.

    Its decision is unique for the visit, so each kind of text goes out once at most.
    """
    reason = cannot_text(owner, served.region, served.blocked) if owner.is_active else Reason.OWNER_INACTIVE
    return _plan(kind, visit, on, owner, served, reason, now, now=now, run_id=run_id)


def _plan(
    kind: Kind,
    visit: UUID,
    on: date,
    owner: Owner,
    served: ServedTenant,
    reason: Reason | None,
    about_at: datetime,
    *,
    now: datetime,
    run_id: UUID,
) -> Plan:
    leaves_at = after_quiet(now, served.policy.sms.quiet_hours, served.zone)
    text = PlannedNotification(
        uuid5(run_id, f"{kind}:{visit}"), served.tenant.id, owner.id, kind, leaves_at, about_at + TEXT_USEFUL
    )
    made = Decision(
        tenant_id=served.tenant.id,
        kind=kind,
        subject_type="visit",
        subject_id=visit,
        occurrence=on.isoformat(),
        outcome=Outcome.SKIPPED if reason else Outcome.NOTIFY,
        reason=reason,
        notification_id=None if reason else text.id,
        occurs_at=about_at,
    )
    return Plan((made,), () if reason else (text,))
