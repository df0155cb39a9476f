"""Deciding again about texts on missed visits that could not be sent: a phone number may have been added since."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from shared.database.transactions import fetch
from shared.domain.ids import NotificationId, VisitId
from shared.domain.missed_visits import MissedVisit
from shared.domain.notifications import Member
from shared.domain.plans import Plan, joined
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date
from shared.domain.records import FEE_TEXTS
from shared.fees import visit_queries
from shared.fees.text import FEE_TEXT
from shared.fees.text_plans import TEXT_USEFUL, FeeText, renewed_plan
from shared.fees.unsent import UnsentText, unsent_texts
from shared.planning.context import Context
from shared.planning.writing import write

LOOK_BACK = timedelta(days=30)
"""How long after a visit a text about it may still be of use: its fee is settled within two weeks, the text for one."""


def renotify(context: Context) -> None:
    """Plan again the texts that could not be sent, can be sent now and are still of use."""
    tenants = {each.tenant.id: each for each in context.served}

    def unsent(connection: Connection) -> tuple[list[UnsentText], dict[VisitId, MissedVisit]]:
        since, about_after = context.now - LOOK_BACK, context.now - TEXT_USEFUL
        found = unsent_texts(connection, FEE_TEXTS, list(tenants), since, about_after=about_after)
        return found, visit_queries.missed_visits(connection, {each.visit_id for each in found})

    found, missed = fetch(context.engine, unsent)
    if found:
        plan = joined([_decide(context, tenants[each.tenant_id], each, missed) for each in found])
        write(context, tenants, plan, missed, planned_as="texts_planned")


def _decide(context: Context, served: ServedTenant, text: UnsentText, missed: Mapping[VisitId, MissedVisit]) -> Plan:
    visit = missed.get(text.visit_id)
    if visit is None:
        return Plan()
    # No notification exists yet, and the objection does not look at it.
    member = Member(NotificationId(text.visit_id), "", text.visit_id, None)
    reason = FEE_TEXT.objection(text.kind, visit, member, served)
    if reason == text.reason:
        return Plan()
    on = local_date(visit.began_at, served.zone)
    again = FeeText(text.kind, visit.id, on, visit.owner, served, text.about_at)
    plan = renewed_plan(again, reason, context.now, context.run_id)
    return Plan() if any(each.not_before >= each.useful_until for each in plan.notifications) else plan
