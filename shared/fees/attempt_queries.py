"""Attempts to collect fees: written down before they are made, completed once their outcome is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    or_,
    select,
    update,
)

from shared.database.dialects.lists import chunks
from shared.database.tables import payment_attempts
from shared.domain.fees import FeeChange, FeeStatus, PastAttempt
from shared.domain.ids import FeeId
from shared.fees.state_queries import record

UNKNOWN = "unknown"
"""The outcome of an attempt whose effect is not known yet."""


def past_attempts(connection: Connection, ids: Sequence[FeeId]) -> dict[FeeId, list[PastAttempt]]:
    """Return the attempts to collect some fees, the earliest first. Index: primary key."""
    found: dict[FeeId, list[PastAttempt]] = {}
    for some in chunks(ids):
        query = select(payment_attempts).where(payment_attempts.c.payment_id.in_(some))
        for row in connection.execute(query.order_by(payment_attempts.c.payment_id, payment_attempts.c.attempt)):
            past = PastAttempt(row.attempt, row.parameters, row.outcome, row.code, row.stripe_charge_id, row.started_at)
            found.setdefault(row.payment_id, []).append(past)
    return found


def begin_attempts(connection: Connection, worker: str, attempts: Sequence[Mapping[str, Any]]) -> None:
    """Note attempts before they are made: `payment_id`, `attempt`, `idempotency_key`, `parameters`, `started_at`."""
    if attempts:
        connection.execute(payment_attempts.insert(), list(attempts))
        counts = {each["payment_id"]: {"attempts": each["attempt"]} for each in attempts}
        record(connection, worker, [FeeChange(id_, FeeStatus.PROCESSING, count) for id_, count in counts.items()])


def ready_attempts(connection: Connection, ready: Sequence[Mapping[str, Any]]) -> None:
    """Note what is about to be charged: `payment_id`, `attempt`, `parameters`."""
    _change_attempts(connection, ready)


def end_attempts(connection: Connection, ended: Sequence[Mapping[str, Any]]) -> None:
    """Note the outcomes of attempts: `payment_id`, `attempt`, `outcome`, `code`, `stripe_charge_id`, `finished_at`.

    A known outcome stands: a later writer with another one changes nothing.
    """
    outcome = payment_attempts.c.outcome
    _change_attempts(connection, ended, or_(outcome.is_(None), outcome == UNKNOWN))


def _change_attempts(connection: Connection, changes: Sequence[Mapping[str, Any]], *expected: Any) -> None:
    if not changes:
        return
    which = ("payment_id", "attempt")
    attempt = payment_attempts.c
    statement = (
        update(payment_attempts)
        .where(attempt.payment_id == bindparam("its_payment_id"), attempt.attempt == bindparam("its_attempt"))
        .where(*expected)
        .values({name: bindparam(f"new_{name}") for name in changes[0] if name not in which})
    )
    rows = [
        {f"its_{name}" if name in which else f"new_{name}": value for name, value in each.items()} for each in changes
    ]
    connection.execute(statement, sorted(rows, key=lambda row: str(row["its_payment_id"])))
