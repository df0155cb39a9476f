"""Texts about missed visits that never reached the provider, and how long each is still of use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, and_, select

from shared.database.dialects import chunks
from shared.database.tables import decisions, reputation_events
from shared.reasons import Reason
from shared.records import RETAKEN, EventKind, Kind


@dataclass(frozen=True, slots=True)
class Untold:
    """A text about a visit that was skipped or cancelled. `about_at`: when what it tells happened."""

    kind: Kind
    visit_id: UUID
    tenant_id: UUID
    reason: Reason
    about_at: datetime


def untold(
    connection: Connection, kinds: Sequence[Kind], tenant_ids: Sequence[UUID], since: datetime, *, about_after: datetime
) -> list[Untold]:
    """Texts that were not sent about visits that began after `since`, of what happened after `about_after`.

    Index: reputation_events (kind, occurred_at).
    """
    event = reputation_events.c
    found: list[Untold] = []
    for ids in chunks(tenant_ids):
        query = (
            select(decisions)
            .join(reputation_events, and_(event.subject_id == decisions.c.subject_id, event.kind == EventKind.NO_SHOW))
            .where(
                event.tenant_id == decisions.c.tenant_id,
                event.occurred_at > since,
                decisions.c.tenant_id.in_(ids),
                decisions.c.kind.in_(kinds),
                decisions.c.outcome.in_(RETAKEN),
                decisions.c.occurs_at > about_after,
            )
            .order_by(decisions.c.ledger_key)
        )
        found += [
            Untold(Kind(row.kind), row.subject_id, row.tenant_id, Reason(row.reason), row.occurs_at)
            for row in connection.execute(query)
        ]
    return found
