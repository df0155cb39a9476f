"""Notifications as delivery sees them: claimed, unclear, and the decisions behind them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.domain.ids import NotificationId, OwnerId, TenantId
from shared.domain.records import Kind


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notification that a worker claimed to send. `attempts` includes this one; `owner_id`: for whom it was planned.

    `unclear_answers`: how often the provider, when asked, gave no clear answer.
    """

    id: NotificationId
    tenant_id: TenantId
    owner_id: OwnerId
    kind: Kind
    useful_until: datetime
    attempts: int
    unclear_answers: int = 0


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A notification handed over at `attempted_at`, with unknown outcome.

    `was_answered`: the provider gave no clear answer; otherwise the worker died. `ambiguities`: how often the outcome
    was unknown before; `code`: what came in place of an answer.
    """

    claimed: Claimed
    to_phone: str
    body: str
    segments: int
    attempted_at: datetime
    ambiguities: int
    was_answered: bool
    code: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One decision behind a notification."""

    notification_id: NotificationId
    ledger_key: str
    subject_id: UUID
    occurs_at: datetime | None
