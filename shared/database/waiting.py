"""What waits, and what hangs: rows that a worker took and never gave back, and texts that were given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    func,
    or_,
    select,
)

from shared.database.rows.promises import FIRST_YEAR
from shared.database.tables import notifications, payments
from shared.domain.ids import RunId
from shared.domain.records import Kind, NotificationStatus

RECENT: Final = timedelta(hours=24)
"""How long a given-up text is worth a look, even when it is too late to send it again."""

FOR_STAFF: Final = ("failed", "requires_action", "needs_refund")
"""The statuses of a fee that waits for somebody."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """How many rows hang, and since when the oldest does."""

    count: int
    since: datetime | None


def waiting_texts(connection: Connection, now: datetime) -> Hanging:
    """Texts that are due and not sent yet. Index: notifications (status, not_before)."""
    waiting = (
        (notifications.c.status == NotificationStatus.PLANNED)
        & (notifications.c.not_before <= now)
        & (notifications.c.useful_until > now)
    )
    return _hanging(connection, notifications.c.not_before, waiting)


def first_planned(connection: Connection) -> datetime | None:
    """From when on the first text waits that is not sent yet. Index: notifications (status, priority, not_before)."""
    query = select(func.min(notifications.c.not_before)).where(notifications.c.status == NotificationStatus.PLANNED)
    return connection.execute(query).scalar()


def lapsed_texts(connection: Connection, wall: datetime) -> Hanging:
    """Texts `sending` beyond their claim. Index: notifications (status, claimed_until)."""
    lapsed = (notifications.c.status == NotificationStatus.SENDING) & (notifications.c.claimed_until <= wall)
    return _hanging(connection, notifications.c.claimed_until, lapsed)


def lapsed_fees(connection: Connection, wall: datetime) -> Hanging:
    """Fees `processing` beyond their claim. Index: payments (status, next_attempt_at)."""
    lapsed = (
        (payments.c.type == "no_show_fee") & (payments.c.status == "processing") & (payments.c.claimed_until <= wall)
    )
    return _hanging(connection, payments.c.claimed_until, lapsed)


def fees_for_staff(connection: Connection) -> dict[str, Hanging]:
    """Fees that somebody must see to, by status, with the change that each has waited for the longest.

    Index: payments (status, next_attempt_at).
    """
    query = (
        select(payments.c.status, func.count(), func.min(payments.c.updated_at))
        .where(payments.c.type == "no_show_fee", payments.c.status.in_(FOR_STAFF))
        .group_by(payments.c.status)
        .order_by(payments.c.status)
    )
    return {row[0]: Hanging(row[1], _possible(row[2])) for row in connection.execute(query)}


def dead_texts(connection: Connection, wall: datetime) -> Hanging:
    """Texts that were given up lately, or could still be sent again. Index: notifications (status, useful_until)."""
    counts = or_(notifications.c.useful_until > wall, notifications.c.updated_at > wall - RECENT)
    return _hanging(
        connection, notifications.c.updated_at, (notifications.c.status == NotificationStatus.DEAD) & counts
    )


def _hanging(connection: Connection, since: Any, condition: ColumnElement[bool]) -> Hanging:
    row = connection.execute(select(func.count(), func.min(since)).where(condition)).one()
    return Hanging(row[0], _possible(row[1]))


def _possible(instant: datetime | None) -> datetime | None:
    """Return an instant unless it is nonsense."""
    return instant if instant and instant.year >= FIRST_YEAR else None


def texts_of_run(connection: Connection, run_id: RunId, kind: Kind) -> int:
    """How many of the notifications that a run planned wait for a later run. Index: notifications (run_id)."""
    return connection.execute(_TEXTS_OF_RUN, {"run": run_id, "its_kind": kind}).scalar_one()


_TEXTS_OF_RUN = select(func.count()).where(
    notifications.c.run_id == bindparam("run"),
    notifications.c.kind == bindparam("its_kind"),
    notifications.c.status == NotificationStatus.PLANNED,
)
