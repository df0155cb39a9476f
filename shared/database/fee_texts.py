"""Texts about missed visits that never reached the provider, and how long each is still of use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, and_, func, select

from shared.database.dialects import chunks
from shared.database.tables import decisions, payments, reputation_events
from shared.reasons import Reason
from shared.records import RETAKEN, EventKind, Kind

# The fee is written when detection marks the visit; the event may be older, where staff had marked a part of it.
_MARKED_AT = func.coalesce(payments.c.created_at, reputation_events.c.created_at)


@dataclass(frozen=True, slots=True)
class Untold:
    """A text about a visit that was skipped or cancelled. `about_at`: when what it tells happened."""

    kind: Kind
    visit_id: UUID
    tenant_id: UUID
    reason: Reason
    about_at: datetime | None


def untold(connection: Connection, kinds: Sequence[Kind], tenant_ids: Sequence[UUID], since: datetime) -> list[Untold]:
    """Texts that were not sent about visits that began after `since`. Index: reputation_events (kind, occurred_at)."""
    event = reputation_events.c
    found: list[Untold] = []
    for ids in chunks(tenant_ids):
        query = (
            select(decisions, _MARKED_AT.label("marked_at"), payments.c.succeeded_at, payments.c.updated_at)
            .join(reputation_events, and_(event.subject_id == decisions.c.subject_id, event.kind == EventKind.NO_SHOW))
            .outerjoin(payments, and_(payments.c.id == event.subject_id, payments.c.tenant_id == event.tenant_id))
            .where(
                event.tenant_id == decisions.c.tenant_id,
                event.occurred_at > since,
                decisions.c.tenant_id.in_(ids),
                decisions.c.kind.in_(kinds),
                decisions.c.outcome.in_(RETAKEN),
            )
            .order_by(decisions.c.ledger_key)
        )
        for row in connection.execute(query):
            happened = {Kind.NO_SHOW_NOTICE: row.marked_at, Kind.FEE_RECEIPT: row.succeeded_at}
            about_at = happened.get(Kind(row.kind), row.updated_at)
            found.append(Untold(Kind(row.kind), row.subject_id, row.tenant_id, Reason(row.reason), about_at))
    return found
