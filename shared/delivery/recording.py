"""Recording the answers to many messages in one transaction of few statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shared.database import outbox
from shared.database.failures import is_duplicate
from shared.database.transactions import in_transaction
from shared.delivery.blocked_numbers.blocking import block_dead
from shared.delivery.consent.opting_out import Withdrawal, withdraw_consent
from shared.delivery.drain import Drain
from shared.delivery.message import Answer
from shared.delivery.outcomes import change
from shared.delivery.senders import trouble
from shared.domain.ids import NotificationId, TenantId
from shared.domain.notifications import Claimed
from shared.domain.records import ConsentSource
from shared.gateways.sms import DailyCapReached, OptedOut, OutcomeUnknown, Rejected, SenderRefused, SmsError

Counted = dict[str, list[Claimed]]
"""Notifications by the name under which the result counts them."""
Change = tuple[str, dict[str, Any], Answer]
"""The name under which an answer counts, what changes, and the answer."""
TAKEN = "provider_message_id"
"""The code of an answer that names the id of another message."""


def record(drain: Drain, answers: Sequence[Answer], also: Callable[[Connection], None] = lambda _: None) -> Counted:
    """Record answers with what follows from them: consent withdrawn, dead numbers, senders that are paused.

    `also`: what else belongs into the transaction.
    """

    def record_answers(connection: Connection) -> list[Change]:
        changes = _changes(drain, connection, answers)
        dead = (each for each in answers if isinstance(each.outcome, Rejected) and each.outcome.is_dead_number)
        block_dead(drain, connection, _phones(dead))
        withdraw_consent(drain, connection, _withdrawals(answers, drain.now()))
        trouble.pause(drain, connection, _codes(answers, DailyCapReached))
        trouble.pause(drain, connection, _codes(answers, SenderRefused), is_sender_trouble=True)
        also(connection)
        return changes

    counted: Counted = defaultdict(list)
    for name, row, answer in in_transaction(drain.engine, record_answers):
        counted[name].append(answer.ready.claimed)
        drain.note(name, answer.ready.claimed, row.get("error_code"))
    return counted


def _changes(drain: Drain, connection: Connection, answers: Sequence[Answer]) -> list[Change]:
    """Write the rows; return each with the name under which it is counted."""
    now, wall = drain.now(), drain.wall()
    changes = [(*change(each, now, wall, drain.dice), each) for each in answers]
    taken = write_unique(connection, drain.worker, [row for _, row, _ in changes])
    if not taken:
        return changes
    # The provider took these under an id that another message has: settling finds out from its log which is whose.
    doubted = [replace(each, outcome=OutcomeUnknown(TAKEN)) for each in answers if each.ready.claimed.id in taken]
    others = [each for each in changes if each[2].ready.claimed.id not in taken]
    return others + _changes(drain, connection, doubted)


def write_unique(connection: Connection, worker: str, rows: Sequence[Mapping[str, Any]]) -> set[NotificationId]:
    """Write rows, those with the same columns in one statement; return the ids of those that could not be written.

    They carry a message id that another notification has. A row that says "sent" is written whoever holds the
    notification, any other only where `worker` does.
    """
    shapes: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        shapes[tuple(row)].append(row)
    taken: set[NotificationId] = set()
    for alike in shapes.values():
        if not _is_written(connection, worker, alike):
            taken |= {row["id"] for row in alike if not _is_written(connection, worker, [row])}
    return taken


def _is_written(connection: Connection, worker: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    if "provider_message_id" not in rows[0]:
        outbox.record_outcomes(connection, worker, rows)
        return True
    try:
        with connection.begin_nested():
            outbox.record_sent(connection, rows)
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        return False
    return True


def _withdrawals(answers: Iterable[Answer], now: datetime) -> list[Withdrawal]:
    return [
        Withdrawal(each.ready.claimed, each.ready.sms.to, now, ConsentSource.REFUSAL)
        for each in answers
        if isinstance(each.outcome, OptedOut)
    ]


def _phones(answers: Iterable[Answer]) -> dict[TenantId, set[str]]:
    """Return the numbers that were answered about, by tenant."""
    found: dict[TenantId, set[str]] = defaultdict(set)
    for each in answers:
        found[each.ready.claimed.tenant_id].add(each.ready.sms.to)
    return found


def _codes(answers: Iterable[Answer], error: type[SmsError]) -> dict[TenantId, str]:
    """Return the codes of answers of a kind, by tenant."""
    return {each.ready.claimed.tenant_id: each.outcome.code for each in answers if isinstance(each.outcome, error)}
