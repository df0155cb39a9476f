"""Writing what a task decided, or listing it in a dry run, for all tasks that plan texts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from shared.database import ledger
from shared.database.transactions import in_transaction
from shared.domain.ids import TenantId
from shared.domain.plans import Decision, Plan
from shared.domain.policy.models import ServedTenant
from shared.domain.records import Outcome, mask_phone
from shared.domain.tally import DryRunLine
from shared.planning.context import Context
from shared.planning.subject import SubjectKinds


def write(
    context: Context,
    tenants: Mapping[TenantId, ServedTenant],
    plan: Plan,
    subjects: Mapping[Any, Any],
    *,
    planned_as: str,
) -> None:
    """Write a plan in one transaction and count what won. `planned_as`: the result's key for planned texts.

    An empty plan takes no lock: most runs find nothing new.
    """
    if not plan.decisions:
        return
    if context.is_dry:
        won = context.tally.unreported({each.ledger_key for each in plan.decisions})
        context.tally.would.extend(_dry_run_lines(context.kinds, tenants, plan, subjects, won))
    else:
        won = in_transaction(
            context.engine, lambda connection: ledger.record(connection, plan, context.run_id, context.now)
        )
    count(context, tenants, [each for each in plan.decisions if each.ledger_key in won], planned_as=planned_as)


def count(
    context: Context, tenants: Mapping[TenantId, ServedTenant], won: Sequence[Decision], *, planned_as: str
) -> None:
    """Count decisions that won, by tenant and outcome, and the texts they made."""
    texts = {each.notification_id: each.tenant_id for each in won if each.notification_id}
    for tenant_id in texts.values():
        context.tally.add(tenants[tenant_id].tenant.subdomain, planned_as)
    for each in won:
        key = {Outcome.SKIPPED: f"skipped.{each.reason}", Outcome.EXPIRED: "expired"}.get(each.outcome)
        if key:
            context.tally.add(tenants[each.tenant_id].tenant.subdomain, key)


def _dry_run_lines(
    kinds: SubjectKinds,
    tenants: Mapping[TenantId, ServedTenant],
    plan: Plan,
    subjects: Mapping[Any, Any],
    won: Collection[str],
) -> Iterator[DryRunLine]:
    """Yield a line for each SMS with its text, and for each decision without one."""
    decisions = [each for each in plan.decisions if each.ledger_key in won]
    for notification in plan.notifications:
        served, kind = tenants[notification.tenant_id], kinds[notification.kind]
        members = [each for each in decisions if each.notification_id == notification.id]
        if not members:
            continue
        its = [subjects[each.subject_id] for each in members]
        text = kind.text(notification.kind, served, its, notification.not_before)
        yield DryRunLine(
            Outcome.NOTIFY,
            served.tenant.subdomain,
            ", ".join(f"{each.subject_type} {each.subject_id}" for each in members),
            mask_phone(kind.owner(its[0]).phone),
            notification.not_before,
            text.body,
            text.segments,
        )
    for each in decisions:
        if each.outcome is not Outcome.NOTIFY:
            to = mask_phone(kinds[each.kind].owner(subjects[each.subject_id]).phone)
            subdomain, subject = tenants[each.tenant_id].tenant.subdomain, f"{each.subject_type} {each.subject_id}"
            yield DryRunLine(each.outcome, subdomain, subject, to, reason=each.reason)
