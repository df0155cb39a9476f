"""The evidence about a fee, for a bank that disputes its charge: from the booking to the last refund."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.reasons import SENTENCES, Reason
from shared.domain.records import REMINDERS, Kind, mask_phone
from shared.operations.remembered import (
    ActionRecord,
    AppointmentRecord,
    AttemptRecord,
    DecisionRecord,
    PaymentRecord,
    Remembered,
)

_TEXTS: Final = {
    "notice": Kind.NO_SHOW_NOTICE,
    "receipt": Kind.FEE_RECEIPT,
    "could_not_be_charged": Kind.FEE_FAILED,
}


def of_its_day(remembered: Remembered, zone: ZoneInfo) -> Remembered:
    """Return a payment's history with only the appointments of its visit's local day."""
    (fee,) = remembered.payments
    visit = [
        each
        for each in remembered.visit
        if each.id == fee.appointment_id or _local(each.scheduled_start, zone) == fee.visit_on
    ]
    others = {each.id for each in remembered.visit} - {each.id for each in visit}
    kept = [each for each in remembered.decisions if each.subject_id not in others]
    return replace(remembered, visit=visit, decisions=kept)


def pack(remembered: Remembered) -> dict[str, Any]:
    """Return the evidence about a payment: instants in UTC, amounts in minor units, phone numbers masked."""
    (fee,), texts = remembered.payments, remembered.decisions
    return {
        "payment": _payment(fee, remembered.tenant.business_name),
        "policy_in_force": fee.policy,
        "visit": [_appointment(each) for each in sorted(remembered.visit, key=lambda each: each.scheduled_start)],
        "reminders": [_text(each) for each in _in_order(each for each in texts if each.kind in REMINDERS)],
        **{name: [_text(each) for each in texts if each.kind == kind] for name, kind in _TEXTS.items()},
        "attempts": [_attempt(each) for each in sorted(remembered.attempts, key=lambda each: each.attempt)],
        "refunds": [_refund(each) for each in remembered.actions if each.action == "refund"],
        "by_hand": [_action(each) for each in remembered.actions],
    }


def _payment(row: PaymentRecord, business: str) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "business": business,
        "status": row.status,
        "amount_cents": row.amount,
        "currency": row.currency,
        "description": row.description,
        "offence_number": row.offence_number,
        "visit_on": _plain(row.visit_on),
        "stripe_payment_intent_id": row.stripe_payment_intent_id,
        "failure_code": row.failure_code,
        "written_at": _plain(row.created_at),
        "due_at": _plain(row.due_at),
        "collected_at": _plain(row.succeeded_at),
    }


def _appointment(row: AppointmentRecord) -> dict[str, Any]:
    names = "scheduled_start scheduled_end status created_at arrived_at actual_start cancelled_at".split()
    return {"id": str(row.id), **{name: _plain(getattr(row, name)) for name in names}}


def _text(decision: DecisionRecord) -> dict[str, Any]:
    reason, is_reminder = decision.reason or decision.text_reason, decision.kind in REMINDERS
    return {
        "kind": decision.kind,
        "appointment_id": str(decision.subject_id) if is_reminder else None,
        "about_the_start": _plain(decision.occurs_at) if is_reminder else None,
        "status": decision.status or decision.outcome,
        "not_sent_because": SENTENCES[Reason(reason)] if reason else None,
        "sent_at": _plain(decision.sent_at),
        "to": mask_phone(decision.to_phone) if decision.sent_at else None,
        "text": decision.body if decision.sent_at else None,
        "provider_message_id": decision.provider_message_id,
        "error_code": decision.error_code,
        "status_since": _plain(decision.updated_at),
    }


def _attempt(row: AttemptRecord) -> dict[str, Any]:
    asked = row.parameters or {}
    return {
        "attempt": row.attempt,
        "started_at": _plain(row.started_at),
        "finished_at": _plain(row.finished_at),
        "outcome": row.outcome,
        "code": row.code,
        "stripe_charge_id": row.stripe_charge_id,
        "stripe_customer_id": asked.get("customer"),
        "stripe_payment_method_id": asked.get("payment_method"),
        "stripe_account": asked.get("account"),
        "idempotency_key": row.idempotency_key,
    }


def _refund(row: ActionRecord) -> dict[str, Any]:
    return {
        "amount_cents": row.amount,
        "outcome": row.outcome,
        "code": row.code,
        "stripe_refund_id": row.stripe_refund_id,
        "asked_at": _plain(row.created_at),
        "updated_at": _plain(row.updated_at),
    }


def _action(row: ActionRecord) -> dict[str, Any]:
    return {"action": row.action, "who": row.who, "why": row.why, "at": _plain(row.created_at)}


def _in_order(decisions: Iterable[DecisionRecord]) -> list[DecisionRecord]:
    return sorted(decisions, key=lambda each: (each.sent_at or each.decided_at, each.ledger_key))


def _local(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def _plain(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, date) else value
