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
"""Reputation scores range from 0 to this, and start at it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One reputation event on record. `occurred_at`: aware UTC; a reversed one no longer counts."""

    id: UUID
    kind: EventKind
    points: int
    occurred_at: datetime
    is_reversed: bool


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A reputation event to write unless one with its key exists already.

    `subject_id`: the appointment; for a no-show, its visit; for a recovery, the owner. `since`: for a recovery, the
    instant from which the good days were counted.
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
        """The id made from the key, so that simultaneous events fold in the same order whoever wrote them first."""
        return lasting_id(self.ledger_key)

    def recorded(self) -> Event:
        """Return the event as it will be on record."""
        return Event(self.id, self.kind, self.points, self.occurred_at, is_reversed=False)


@dataclass(frozen=True, slots=True)
class NoShow:
    """A no-show event on record, standing or reversed. `visit_id`: the id of the missed visit."""

    visit_id: VisitId
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class PastAppointment:
    """A past appointment with all that its owner's reputation depends on. Instants: aware UTC.

    `foreign_part`: which of its rows is foreign ("owner", "pet", …); None if none.
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
    """An owner's score and the events from which its recovery counts. Instants: aware UTC.

    `scored_at`: since when the owner had the score found before any event. Reversed events are left out.
    """

    owner_id: OwnerId
    tenant_id: TenantId
    score: int
    scored_at: datetime
    last_negative: datetime | None
    last_recovery: datetime | None


def fold(opening: int, events: Iterable[Event]) -> int:
    """Return the score after `events` from `opening`: in order of time, kept within 0 to 100 at each step."""
    score = _clamped(opening)
    for event in sorted(events, key=lambda each: (each.occurred_at, str(each.id))):
        if not event.is_reversed:
            score = _clamped(score + event.points)
    return score


def _clamped(score: int) -> int:
    return max(0, min(BEST_SCORE, score))


def id_on_record(known: Iterable[NoShow], on: date, zone: ZoneInfo) -> VisitId | None:
    """Return the id on record of a missed visit on a local day. `known`: its owner's no-shows, standing ones first.

    A visit passed on from another owner keeps its id.
    """
    return next((each.visit_id for each in known if local_date(each.occurred_at, zone) == on), None)


POINTS: Final = {
    EventKind.NO_SHOW: -20,
    EventKind.LATE_CANCELLATION: -10,
    EventKind.COMPLETED: 2,
    EventKind.ON_TIME: 5,
}
"""What each event adds to the score. A recovery's points are the tenant's."""
