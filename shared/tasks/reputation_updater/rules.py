"""How an owner's conduct changes the reputation score, and when good days mend it."""

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from shared.domain.policy.models import ReputationPolicy, ServedTenant
from shared.domain.records import AppointmentStatus, EventKind, visit_id
from shared.domain.reputation import BEST_SCORE, POINTS, NewEvent, PastAppointment, Standing

NEGATIVE: Final = frozenset(kind for kind, points in POINTS.items() if points < 0)
BOOKING_THRESHOLD: Final = 30
"""Below this score an owner is restricted in booking."""
LEAST_NOTICE: Final = timedelta(hours=24)
"""An owner who cancels with less notice than this cancels late."""
SETTLED_BACK: Final = timedelta(days=14)
"""How far back a run settles at least: staff complete and correct appointments days afterwards."""
_RUNS_DRIFT: Final = timedelta(hours=1)
"""Daily runs may be a little less than a whole number of days apart: without this a step would slip to the next run."""

Crossing = Literal["restricted", "unrestricted"]


def crossed(before: int, after: int) -> Crossing | None:
    """Return in which direction a change of score crossed the booking threshold; None if it did not."""
    if before >= BOOKING_THRESHOLD > after:
        return "restricted"
    if before < BOOKING_THRESHOLD <= after:
        return "unrestricted"
    return None


def settle_since(last_complete: datetime | None, now: datetime) -> datetime:
    """Return the instant after which the run at `now` settles appointments. `last_complete`: the last run that left
    nothing out.

    What a run for some businesses, or one that ran out of time, did not reach must not stay unsettled for good.
    """
    return min(last_complete or now, now - SETTLED_BACK)


def events_of(past: PastAppointment, served: ServedTenant) -> list[NewEvent]:
    """Return the events an appointment adds to its owner's reputation: none, one or two.

    A no-show belongs to its visit, so that two missed appointments on one day cost once, whoever marked them; on a day
    that the tenant names closed it costs nothing.
    """
    if past.status is AppointmentStatus.COMPLETED:
        kinds = [EventKind.COMPLETED, *([EventKind.ON_TIME] if _is_on_time(past, served) else [])]
        return [_event(past, kind, past.id, past.starts_at) for kind in kinds]
    if past.status is AppointmentStatus.NO_SHOW:
        on = past.starts_at.astimezone(served.zone).date()
        if on in served.policy.no_show.closed_on:
            return []
        return [_event(past, EventKind.NO_SHOW, visit_id(past.tenant_id, past.owner_id, on), past.starts_at)]
    if past.cancelled_at and past.starts_at - past.cancelled_at < LEAST_NOTICE:
        return [_event(past, EventKind.LATE_CANCELLATION, past.id, past.cancelled_at)]
    return []


def recovery(standing: Standing, policy: ReputationPolicy, now: datetime) -> NewEvent | None:
    """Return the recovery that an owner's good days have earned at `now`; None if they have earned none.

    Good days count from the last negative event or recovery; without either, from when the score was found.
    """
    since = max(filter(None, (standing.last_negative, standing.last_recovery)), default=standing.scored_at)
    earned_after = timedelta(days=policy.recovery_days)
    if since == standing.last_recovery:
        earned_after -= _RUNS_DRIFT
    if standing.score >= BEST_SCORE or not policy.recovery_points or now - since < earned_after:
        return None
    return NewEvent(
        tenant_id=standing.tenant_id,
        owner_id=standing.owner_id,
        kind=EventKind.RECOVERY,
        points=policy.recovery_points,
        subject_id=standing.owner_id,
        occurred_at=now,
        since=since,
    )


def _is_on_time(past: PastAppointment, served: ServedTenant) -> bool:
    grace = timedelta(minutes=served.policy.no_show.grace_minutes)
    return past.arrived_at is not None and past.arrived_at <= past.starts_at + grace


def _event(past: PastAppointment, kind: EventKind, subject_id: UUID, occurred_at: datetime) -> NewEvent:
    return NewEvent(past.tenant_id, past.owner_id, kind, POINTS[kind], subject_id, occurred_at)
