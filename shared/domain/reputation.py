"""The frozen values of reputation: events, the scores they fold into, and what they are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.domain.ids import AppointmentId, OwnerId, TenantId, VisitId
from shared.domain.quiet_hours import local_date
from shared.domain.records import AppointmentStatus, EventKind, lasting_id

BEST_SCORE: Final = 100
"""Reputation scores go from 0 to this, and begin with it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One reputation event on record. `occurred_at`: aware UTC; a reversed one counts no more."""

    id: UUID
    kind: EventKind
    points: int
    occurred_at: datetime
    is_reversed: bool


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A reputation event to be written unless one of its key is there already.

    `subject_id`: an appointment, for a no-show its visit, for a recovery the owner; `since`: for a recovery the instant
    from which the good days were counted.
    """

    tenant_id: TenantId
    owner_id: OwnerId
    kind: EventKind
    points: int
    subject_id: UUID
    occurred_at: datetime
    since: datetime | None = None

    @property
    def ledger_key(self) -> str:
        """The unique key: one event per subject and kind, one recovery per instant counted from."""
        since = f":{self.since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if self.since else ""
        return f"{self.kind}:{self.subject_id}{since}"

    @property
    def id(self) -> UUID:
        """The same for the same key, so that events of one instant fold in the same order whoever wrote them first."""
        return lasting_id(self.ledger_key)

    def recorded(self) -> Event:
        """Return it as it will stand on record."""
        return Event(self.id, self.kind, self.points, self.occurred_at, is_reversed=False)


@dataclass(frozen=True, slots=True)
class NoShow:
    """A no-show event on record, standing or reversed. `visit_id`: under which id the missed visit goes."""

    visit_id: VisitId
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class PastAppointment:
    """An appointment of the past with what its owner's reputation depends on. Instants: aware UTC.

    `foreign_part`: which of its rows belongs to another tenant ("owner", "pet", …), None when none does.
    """

    id: AppointmentId
    tenant_id: TenantId
    owner_id: OwnerId
    starts_at: datetime
    status: AppointmentStatus
    arrived_at: datetime | None
    cancelled_at: datetime | None
    foreign_part: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An owner's score and what its recovery counts from. Instants: aware UTC.

    `scored_at`: when the score was first what it was before any event; reversed events are left out.
    """

    owner_id: OwnerId
    tenant_id: TenantId
    score: int
    scored_at: datetime
    last_negative: datetime | None
    last_recovery: datetime | None


def fold(opening: int, events: Iterable[Event]) -> int:
    """Return the score that `events` make of `opening`: in order of time, kept within 0 to 100 at each step."""
    score = _clamped(opening)
    for event in sorted(events, key=lambda each: (each.occurred_at, str(each.id))):
        if not event.is_reversed:
            score = _clamped(score + event.points)
    return score


def _clamped(score: int) -> int:
    return max(0, min(BEST_SCORE, score))


def id_on_record(known: Iterable[NoShow], on: date, zone: ZoneInfo) -> VisitId | None:
    """Return the id under which a missed visit of a local day goes. `known`: its owner's, those that stand first.

    One that passed over from another owner keeps the id which it had there.
    """
    return next((each.visit_id for each in known if local_date(each.occurred_at, zone) == on), None)


POINTS: Final = {
    EventKind.NO_SHOW: -20,
    EventKind.LATE_CANCELLATION: -10,
    EventKind.COMPLETED: 2,
    EventKind.ON_TIME: 5,
}
"""What each event adds to the score. A recovery's points are the tenant's."""
