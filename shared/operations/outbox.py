"""List the outbox for people, and put texts back into it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select, update

from shared.database.dialects.lists import chunks
from shared.database.tables import notifications, tenants
from shared.database.transactions import in_transaction
from shared.domain.ids import NotificationId, OwnerId
from shared.domain.reasons import Reason
from shared.domain.records import Kind, NotificationStatus

REPLAYED: Final = (NotificationStatus.DEAD, NotificationStatus.FAILED)
"""Statuses from which a text may be put back: final, and the provider never took it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Selects notifications by status, tenant (subdomain) and id. An empty field selects all."""

    statuses: Collection[str] = ()
    tenants: Collection[str] = ()
    ids: Collection[NotificationId] = ()

    def condition(self) -> ColumnElement[bool]:
        """Return the filter as SQL over notifications and tenants."""
        chosen = [notifications.c.tenant_id == tenants.c.id]
        if self.statuses:
            chosen.append(notifications.c.status.in_(self.statuses))
        if self.tenants:
            chosen.append(tenants.c.subdomain.in_(self.tenants))
        if self.ids:
            chosen.append(notifications.c.id.in_(self.ids))
        return and_(*chosen)


@dataclass(frozen=True, slots=True)
class Listed:
    """One notification with its tenant's subdomain. Instants: aware UTC."""

    id: NotificationId
    tenant: str
    owner_id: OwnerId
    kind: Kind
    status: NotificationStatus
    reason: str | None
    error_code: str | None
    to_phone: str | None
    body: str | None
    segments: int | None
    price_micros: int | None
    price_currency: str | None
    attempts: int
    ambiguities: int
    provider_message_id: str | None
    created_at: datetime
    not_before: datetime
    useful_until: datetime
    sent_at: datetime | None
    updated_at: datetime | None


def listed(connection: Connection, chosen: Filter, limit: int | None = None) -> list[Listed]:
    """Return notifications, newest first. Index, with statuses: notifications (status, priority, not_before, id)."""
    query = (
        select(*LISTED)
        .where(chosen.condition())
        .order_by(notifications.c.created_at.desc(), notifications.c.id)
        .limit(limit)
    )
    return [listed_of(row) for row in connection.execute(query)]


def count(connection: Connection, chosen: Filter) -> dict[NotificationStatus, int]:
    """Count the notifications in each status."""
    query = (
        select(notifications.c.status, func.count())
        .select_from(notifications.join(tenants, tenants.c.id == notifications.c.tenant_id))
        .where(chosen.condition())
        .group_by(notifications.c.status)
    )
    found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    return {status: found[status] for status in NotificationStatus if status in found}


def put_back(
    engine: Engine, found: Sequence[Listed], now: datetime, *, only_certain: bool = False
) -> dict[NotificationId, str]:
    """Put dead or failed texts back into the outbox; return, by id, why the others were not.

    `only_certain`: leave out those that the provider may have taken.
    """
    objections = {each.id: objection(each, now) or (_doubt(each) if only_certain else None) for each in found}
    wanted = [id_ for id_, why in objections.items() if why is None]
    replayed = in_transaction(engine, lambda connection: replay(connection, wanted, now))
    left = (each.id for each in found if each.id not in replayed)
    return {id_: objections[id_] or "it changed at the same moment; look at it again" for id_ in left}


def replay(connection: Connection, ids: Sequence[NotificationId], now: datetime) -> set[NotificationId]:
    """Put notifications back into the outbox and return their ids. `objection` says why the others stay.

    The UPDATE repeats the expected state, so a text that the provider took in the meantime stays as it is. Decisions
    keep pointing at their notifications, so nothing is decided and texted a second time. Index: primary key.
    """
    replayed: set[NotificationId] = set()
    for some in chunks(ids):
        statement = (
            update(notifications)
            .where(
                notifications.c.id.in_(some),
                notifications.c.status.in_(REPLAYED),
                notifications.c.provider_message_id.is_(None),
                notifications.c.useful_until > now,
                or_(notifications.c.reason.is_(None), notifications.c.reason != Reason.OPTED_OUT),
            )
            .values(
                status=NotificationStatus.PLANNED,
                reason=None,  # the code stays: why the last attempt failed
                attempts=0,
                unclear_answers=0,
                not_before=now,
                updated_at=now,
            )
            .returning(notifications.c.id)
        )
        replayed |= set(connection.execute(statement).scalars())
    return replayed


def objection(each: Listed, now: datetime) -> str | None:
    """Return in words why a notification cannot be put back, or None if it can."""
    if each.provider_message_id:
        return f"the provider took it ({each.status}); nothing is sent twice"
    if each.status not in REPLAYED:
        return f"it is {each.status}; only {' and '.join(REPLAYED)} ones can be sent again"
    if each.reason == Reason.OPTED_OUT:
        return "the recipient replied STOP"
    if each.useful_until <= now:
        return f"it was useful until {each.useful_until:%Y-%m-%d %H:%M} UTC"
    return None


def _doubt(each: Listed) -> str | None:
    if each.reason == Reason.UNCONFIRMED:
        return "it may have been sent; look into the provider's console, then name its ID"
    return None


LISTED: Final = (
    tenants.c.subdomain,
    *(notifications.c[name] for name in Listed.__slots__ if name != "tenant"),
)
"""What `listed_of` reads."""


def listed_of(row: Any) -> Listed:
    """Return the notification in a row with the columns `LISTED`; it may have more."""
    values = {name: getattr(row, "subdomain" if name == "tenant" else name) for name in Listed.__slots__}
    return Listed(**values | {"kind": Kind(row.kind), "status": NotificationStatus(row.status)})
