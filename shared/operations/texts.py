"""Find texts for people, newest first: by business, state, kind, words and day."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from shared.database.outbox import PRIORITIES
from shared.database.rows.reading import read
from shared.database.tables import notifications, tenants
from shared.domain.records import TEXTS, Kind, NotificationStatus
from shared.operations.outbox import LISTED, Listed, listed_of

SEARCHED: Final = timedelta(days=31)
"""How far back one search looks: with rare words it reads every text of that time."""

_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Selects texts. Empty: all. `tenant`: a subdomain; `words`: each is in the body; `until`: due before then."""

    statuses: Collection[NotificationStatus] = ()
    tenant: str = ""
    kind: Kind | None = None
    words: Sequence[str] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text and its business. `timezone`: unchecked, its row may hold none or an invalid one."""

    text: Listed
    business: str
    timezone: str | None

    @property
    def at(self) -> datetime:
        """When it left, or may leave at the earliest."""
        return self.text.sent_at or self.text.not_before


def found(connection: Connection, wanted: Wanted, now: datetime, limit: int, offset: int = 0) -> list[FoundText]:
    """Return texts that were due in the month before `until`, else before `now` or later; newest first.

    Index: notifications (status, priority, not_before, id), once for each pair.
    """
    some = [_found(row) for query in _queries(wanted, now) for row in read(connection, query.limit(offset + limit))]
    some.sort(key=lambda each: (each.text.not_before, each.text.id), reverse=True)
    return some[offset : offset + limit]


def _queries(wanted: Wanted, now: datetime) -> Iterator[Select[Any]]:
    """Yield a query for each status and priority, so that none sorts or reads more than its page."""
    kinds = (wanted.kind,) if wanted.kind else TEXTS
    for status in wanted.statuses or NotificationStatus:
        for priority in sorted({PRIORITIES[kind] for kind in kinds}):
            query = (
                select(*LISTED, tenants.c.business_name, tenants.c.timezone)
                .join_from(notifications, tenants, tenants.c.id == notifications.c.tenant_id)
                .where(
                    notifications.c.status == status,
                    notifications.c.priority == priority,
                    notifications.c.not_before >= (wanted.until or now) - SEARCHED,
                    notifications.c.not_before < (wanted.until or _FAR),
                )
                .order_by(notifications.c.not_before.desc(), notifications.c.id.desc())
            )
            yield _narrowed(query, wanted)


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.tenant:
        query = query.where(tenants.c.subdomain == wanted.tenant)
    if wanted.kind:
        query = query.where(notifications.c.kind == wanted.kind)
    for word in wanted.words:
        query = query.where(notifications.c.body.icontains(word, autoescape=True))
    return query


def _found(row: Any) -> FoundText:
    return FoundText(listed_of(row), row.business_name, row.timezone)
