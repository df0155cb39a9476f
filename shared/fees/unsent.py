"""Texts about missed visits that never reached the provider, and how long each is still of use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, select

from shared.database.dialects.lists import among, chunks
from shared.database.tables import decisions, reputation_events
from shared.domain.ids import TenantId, VisitId
from shared.domain.reasons import Reason
from shared.domain.records import RETAKEN, EventKind, Kind


@dataclass(frozen=True, slots=True)
class UnsentText:
    """A text about a visit that was skipped or cancelled. `about_at`: when what it says happened."""

    kind: Kind
    visit_id: VisitId
    tenant_id: TenantId
    reason: Reason
    about_at: datetime


def unsent_texts(
    connection: Connection,
    kinds: Sequence[Kind],
    tenant_ids: Sequence[TenantId],
    since: datetime,
    *,
    about_after: datetime,
) -> list[UnsentText]:
    """Return the unsent texts about visits that began after `since`, on events after `about_after`.

    Index: reputation_events (kind, occurred_at).
    """
    found: list[UnsentText] = []
    for ids in chunks(tenant_ids):
        given = {"kinds": kinds, "tenant_ids": ids, "since": since, "about_after": about_after}
        found += [
            UnsentText(Kind(row.kind), row.subject_id, row.tenant_id, Reason(row.reason), row.occurs_at)
            for row in connection.execute(_UNSENT, given)
        ]
    return found


_EVENT = reputation_events.c
_UNSENT = (
    select(decisions)
    .join(reputation_events, and_(_EVENT.subject_id == decisions.c.subject_id, _EVENT.kind == EventKind.NO_SHOW))
    .where(
        _EVENT.tenant_id == decisions.c.tenant_id,
        _EVENT.occurred_at > bindparam("since"),
        among(decisions.c.tenant_id, "tenant_ids"),
        decisions.c.kind.in_(bindparam("kinds", expanding=True)),
        decisions.c.outcome.in_(RETAKEN),
        decisions.c.occurs_at > bindparam("about_after"),
    )
    .order_by(decisions.c.ledger_key)
)
