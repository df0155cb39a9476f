"""How the outbox is, for those who watch over it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from shared.database.tables import notifications
from shared.records import NotificationStatus


def queue_age(connection: Connection, now: datetime) -> timedelta:
    """How long the text that is due longest has waited; zero when none is due.

    Index: notifications (status, not_before).
    """
    query = select(func.min(notifications.c.not_before)).where(
        notifications.c.status == NotificationStatus.PLANNED,
        notifications.c.not_before <= now,
        notifications.c.useful_until > now,
    )
    since: datetime | None = connection.execute(query).scalar()
    return now - since if since else timedelta()
