"""The plans of the texts about a missed visit and its fee: sent after quiet hours, or skipped, with the reason."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from shared.domain.contact import cannot_text
from shared.domain.missed_visits import MissedVisit
from shared.domain.policy import ServedTenant
from shared.domain.quiet_hours import after_quiet
from shared.domain.reasons import Reason
from shared.domain.records import Decision, Kind, Outcome, Owner, Plan, PlannedNotification

TEXT_USEFUL = timedelta(days=7)
"""How long after what it tells a notice, a receipt or a "could not be charged" is worth sending."""


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
