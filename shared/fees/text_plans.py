"""Planning the texts about a missed visit and its fee: each is sent after quiet hours, or skipped with the reason."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid5

from shared.domain.contact import cannot_text
from shared.domain.ids import NotificationId, RunId, VisitId
from shared.domain.plans import Decision, Plan, PlannedNotification
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import after_quiet
from shared.domain.reasons import Reason
from shared.domain.records import Kind, Outcome, Owner

TEXT_USEFUL = timedelta(days=7)
"""How long after the event a notice, a receipt or a "could not be charged" is worth sending."""


@dataclass(frozen=True, slots=True)
class FeeText:
    """One text about a missed visit or its fee. `on`: the visit's local day; `about_at`: when what it says happened."""

    kind: Kind
    visit_id: VisitId
    on: date
    owner: Owner
    served: ServedTenant
    about_at: datetime


def text_plan(text: FeeText, run_id: RunId) -> Plan:
    """Return the plan of a text about what happened just now: sent after quiet hours, or skipped with the reason.

    Its decision is unique for the visit, so each kind of text goes out once at most.
    """
    owner, served = text.owner, text.served
    reason = cannot_text(owner, served.region, served.blocked) if owner.is_active else Reason.OWNER_INACTIVE
    return _plan(text, reason, text.about_at, run_id)


def renewed_plan(text: FeeText, reason: Reason | None, now: datetime, run_id: RunId) -> Plan:
    """Return the plan of a text that was decided before and never reached the provider.

    `reason`: why it still cannot be sent; None if it can.
    """
    plan = _plan(text, reason, now, run_id)
    return replace(plan, retaken=frozenset(each.ledger_key for each in plan.decisions))


def _plan(text: FeeText, reason: Reason | None, now: datetime, run_id: RunId) -> Plan:
    kind, served = text.kind, text.served
    notification = PlannedNotification(
        id=NotificationId(uuid5(run_id, f"{kind}:{text.visit_id}")),
        tenant_id=served.tenant.id,
        owner_id=text.owner.id,
        kind=kind,
        not_before=after_quiet(now, served.policy.sms.quiet_hours, served.zone),
        useful_until=text.about_at + TEXT_USEFUL,
    )
    made = Decision(
        tenant_id=served.tenant.id,
        kind=kind,
        subject_type="visit",
        subject_id=text.visit_id,
        occurrence=text.on.isoformat(),
        outcome=Outcome.SKIPPED if reason else Outcome.NOTIFY,
        reason=reason,
        notification_id=None if reason else notification.id,
        occurs_at=text.about_at,
    )
    return Plan((made,), () if reason else (notification,))
