"""What a task decides and writes in one transaction: decisions and notifications."""

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

    `occurs_at`: for a reminder or a no-show, the start it was about; for a text about a fee, when the event it reports
    happened. `occurrence`: tells it apart from others about the same subject, as text in the ledger key.
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
        """The unique key that allows the decision once. It holds no personal data."""
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
    """An appointment without a final decision about its reminder, with what an earlier run decided, if any.

    `occurrence`: how that decision names the start; older decisions include its seconds.
    """

    appointment: Appointment
    earlier: Outcome | None
    earlier_reason: Reason | None
    occurrence: str | None = None


@dataclass(frozen=True, slots=True)
class UndecidedAlert:
    """A record without a final decision about its alert of a tier (days before expiry).

    `earlier`, `earlier_reason`: what an earlier run decided, if any.
    """

    vaccination: Vaccination
    tier: int
    earlier: Outcome | None
    earlier_reason: Reason | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write in one transaction: decisions, and the notifications of those that win.

    `retaken`: ledger keys of an earlier run's decisions that never reached the provider.
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
    """Return a plan of the decisions that differ from the ledger's."""
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
