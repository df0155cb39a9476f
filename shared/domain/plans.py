"""What a task decides, and what is written of it in one transaction: decisions and notifications."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.domain.ids import NotificationId, OwnerId, TenantId
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, Kind, Outcome, Vaccination


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one occurrence of one subject, and why.

    `occurs_at`: of a reminder or a no-show the start it was about, of a text about a fee when what it tells happened;
    `occurrence`: what tells it apart from others about the same subject, as the text in the ledger key.
    """

    tenant_id: TenantId
    kind: Kind
    subject_type: str
    subject_id: UUID
    occurrence: str
    outcome: Outcome
    reason: Reason | None = None
    notification_id: NotificationId | None = None
    occurs_at: datetime | None = None

    @property
    def ledger_key(self) -> str:
        """The unique key that makes it exactly once. Holds no personal data."""
        return f"{self.kind}:{self.subject_id}:{self.occurrence}"


@dataclass(frozen=True, slots=True)
class PlannedNotification:
    """One SMS to be sent at or after `not_before` and before `useful_until` (aware UTC)."""

    id: NotificationId
    tenant_id: TenantId
    owner_id: OwnerId
    kind: Kind
    not_before: datetime
    useful_until: datetime


@dataclass(frozen=True, slots=True)
class Undecided:
    """An appointment about whose reminder nothing final was decided, with what an earlier run decided, if any.

    `occurrence`: how that decision names the start. Before starts counted to the minute it had their seconds.
    """

    appointment: Appointment
    earlier: Outcome | None
    earlier_reason: Reason | None
    occurrence: str | None = None


@dataclass(frozen=True, slots=True)
class UndecidedAlert:
    """A record about whose alert of a tier (days before expiry) nothing final was decided.

    `earlier`, `earlier_reason`: what an earlier run decided, if any.
    """

    vaccination: Vaccination
    tier: int
    earlier: Outcome | None
    earlier_reason: Reason | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written in one transaction: decisions, and the notifications of those that win.

    `retaken`: ledger keys of decisions that an earlier run took and that never reached the provider.
    """

    decisions: tuple[Decision, ...] = ()
    notifications: tuple[PlannedNotification, ...] = ()
    retaken: frozenset[str] = frozenset()


def joined(plans: Iterable[Plan]) -> Plan:
    """Return several plans as one."""
    every = list(plans)
    return Plan(
        decisions=tuple(each for plan in every for each in plan.decisions),
        notifications=tuple(each for plan in every for each in plan.notifications),
        retaken=frozenset(key for plan in every for key in plan.retaken),
    )


def news(
    decided: Sequence[tuple[Undecided | UndecidedAlert, Decision]], notification: PlannedNotification | None
) -> Plan:
    """Return a plan of what the ledger does not say already."""
    fresh = [
        (before, each)
        for before, each in decided
        if (each.outcome, each.reason) != (before.earlier, before.earlier_reason)
    ]
    return Plan(
        decisions=tuple(each for _, each in fresh),
        notifications=(notification,) if notification else (),
        retaken=frozenset(each.ledger_key for before, each in fresh if before.earlier),
    )
