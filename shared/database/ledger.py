"""The ledger of decisions: its key allows exactly one for each (kind, subject, occurrence)."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from shared.database import outbox
from shared.database.dialects.lists import among, chunks
from shared.database.dialects.writing import insert_absent, update_each
from shared.database.tables import decisions, notifications
from shared.domain.ids import NotificationId, RunId
from shared.domain.notifications import Member
from shared.domain.plans import Decision, Plan
from shared.domain.reasons import Reason
from shared.domain.records import RETAKEN, Outcome

log = logging.getLogger(__name__)


def record(connection: Connection, plan: Plan, run_id: RunId, now: datetime) -> set[str]:
    """Write a plan's decisions, and the notifications of those that win; return the ledger keys that won.

    A decision wins when nobody took it before, or when it retakes one that never reached the provider.
    """
    rows = {each.ledger_key: _decision_row(each, run_id, now) for each in plan.decisions}
    fresh = [row for key, row in rows.items() if key not in plan.retaken]
    retaken = [row for key, row in rows.items() if key in plan.retaken]
    won = insert_absent(connection, decisions, fresh, "ledger_key") | _retake(connection, retaken)
    wanted = {rows[key]["notification_id"] for key in won}
    outbox.plan(connection, [each for each in plan.notifications if each.id in wanted], run_id, now)
    for key in sorted(won) if log.isEnabledFor(logging.DEBUG) else ():
        log.debug("%s: %s, %s", key, rows[key]["outcome"], rows[key]["reason"] or "no objection")
    return won


def _decision_row(decision: Decision, run_id: RunId, now: datetime) -> dict[str, Any]:
    return {
        "ledger_key": decision.ledger_key,
        "tenant_id": decision.tenant_id,
        "kind": decision.kind,
        "subject_type": decision.subject_type,
        "subject_id": decision.subject_id,
        "occurrence": decision.occurrence,
        "occurs_at": decision.occurs_at,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "notification_id": decision.notification_id,
        "run_id": run_id,
        "decided_at": now,
    }


def _retake(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Decide again what was skipped or cancelled; return the keys that this run retook.

    The UPDATE repeats the expected outcome, so of two runs that retake a decision one wins.
    """
    if not rows:
        return set()
    changing = ("outcome", "reason", "notification_id", "run_id", "decided_at")
    statement = (
        update(decisions)
        .where(decisions.c.ledger_key == bindparam("key"), or_(*(decisions.c.outcome == each for each in RETAKEN)))
        .values({name: bindparam(f"new_{name}") for name in changing})
    )
    ordered = sorted(rows, key=lambda row: str(row["ledger_key"]))
    connection.execute(
        statement, [{"key": row["ledger_key"], **{f"new_{name}": row[name] for name in changing}} for row in ordered]
    )
    expected = {row["ledger_key"]: (row["run_id"], row["notification_id"]) for row in rows}
    won: set[str] = set()
    for keys in chunks(sorted(expected)):
        query = select(decisions.c.ledger_key, decisions.c.run_id, decisions.c.notification_id)
        for key, run_id, notification_id in connection.execute(query.where(decisions.c.ledger_key.in_(keys))):
            if expected[key] == (run_id, notification_id):
                won.add(key)
    return won


def known(connection: Connection, keys: Sequence[str]) -> set[str]:
    """The keys that have a decision already. Index: primary key."""
    found: set[str] = set()
    for some in chunks(sorted(keys)):
        query = select(decisions.c.ledger_key).where(decisions.c.ledger_key.in_(some))
        found |= set(connection.execute(query).scalars())
    return found


def withdraw(connection: Connection, keys: Sequence[str]) -> None:
    """Take back decisions of this transaction that turned out not to hold, as if nobody had decided."""
    for some in chunks(sorted(keys)):
        connection.execute(decisions.delete().where(decisions.c.ledger_key.in_(some)))


def cancel(connection: Connection, cancelled: Mapping[str, Reason], now: datetime) -> None:
    """Turn `notify` decisions into `cancelled` (ledger key → reason)."""
    _close(connection, Outcome.CANCELLED, cancelled, now)


def _close(connection: Connection, outcome: Outcome, closed: Mapping[str, Reason], now: datetime) -> None:
    rows = [
        {"ledger_key": key, "outcome": outcome, "reason": reason, "notification_id": None, "decided_at": now}
        for key, reason in closed.items()
    ]
    update_each(connection, decisions, rows, "ledger_key", _IS_TO_NOTIFY)


def expire(connection: Connection, notification_ids: Sequence[NotificationId], now: datetime) -> None:
    """Turn the decisions behind notifications that became useless into `expired`, `too_late`."""
    keys = [each.ledger_key for each in members(connection, notification_ids)]
    _close(connection, Outcome.EXPIRED, dict.fromkeys(keys, Reason.TOO_LATE), now)


def members(connection: Connection, notification_ids: Sequence[NotificationId]) -> list[Member]:
    """The decisions behind some notifications, if of the same tenant. Index: decisions (notification_id)."""
    found = []
    for ids in chunks(notification_ids):
        found += [Member(*row) for row in connection.execute(_MEMBERS, {"notification_ids": ids}).all()]
    return found


_IS_TO_NOTIFY = decisions.c.outcome == Outcome.NOTIFY
_MEMBERS = (
    select(decisions.c.notification_id, decisions.c.ledger_key, decisions.c.subject_id, decisions.c.occurs_at)
    .join(
        notifications,
        and_(notifications.c.id == decisions.c.notification_id, notifications.c.tenant_id == decisions.c.tenant_id),
    )
    .where(among(decisions.c.notification_id, "notification_ids"))
)
