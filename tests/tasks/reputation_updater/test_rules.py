"""What conduct costs, in which order, and when good days mend it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.policy.models import NoShowPolicy, ReputationPolicy, ServedTenant, TenantPolicy
from shared.domain.records import AppointmentStatus, EventKind, Tenant, visit_id
from shared.domain.reputation import POINTS, Event, NewEvent, PastAppointment, Standing, fold
from shared.tasks.reputation_updater.rules import crossed, events_of, recovery, settle_since

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
SUNDAY = datetime(2026, 3, 8, tzinfo=UTC)
DAY = timedelta(days=1)
PAWS = Tenant(uuid4(), "paws", "Happy Paws", None, None, "America/New_York", "USD", None)
SERVED = ServedTenant(PAWS, TenantPolicy(), ZoneInfo("America/New_York"), "US")
POLICY = ReputationPolicy()


def event(kind: EventKind, at: datetime = MONDAY, *, is_reversed: bool = False, points: int | None = None) -> Event:
    return Event(uuid4(), kind, POINTS[kind] if points is None else points, at, is_reversed)


def past(status: AppointmentStatus, **columns: object) -> PastAppointment:
    ordinary = PastAppointment(uuid4(), PAWS.id, uuid4(), MONDAY, status, None, None, None)
    return replace(ordinary, **columns)  # type: ignore[arg-type]


def standing(score: int = 80, **columns: object) -> Standing:
    ordinary = Standing(uuid4(), PAWS.id, score, SUNDAY - 400 * DAY, None, None)
    return replace(ordinary, **columns)  # type: ignore[arg-type]


# The fold


def test_a_visit_kept_on_monday_at_full_score_does_not_soften_a_no_show_on_tuesday() -> None:
    events = [event(EventKind.NO_SHOW, MONDAY + DAY), event(EventKind.COMPLETED), event(EventKind.ON_TIME)]
    assert fold(100, events) == 80


def test_a_visit_kept_after_a_no_show_does() -> None:
    assert fold(100, [event(EventKind.NO_SHOW), event(EventKind.COMPLETED, MONDAY + DAY)]) == 82


@pytest.mark.parametrize(
    ("opening", "kind", "score"),
    [
        (10, EventKind.NO_SHOW, 0),
        (99, EventKind.COMPLETED, 100),
        (0, EventKind.COMPLETED, 2),
        (20, EventKind.NO_SHOW, 0),
    ],
)
def test_a_score_stays_between_nothing_and_a_hundred(opening: int, kind: EventKind, score: int) -> None:
    assert fold(opening, [event(kind)]) == score


def test_the_score_is_kept_in_bounds_at_each_step_not_only_at_the_end() -> None:
    assert fold(10, [event(EventKind.NO_SHOW), event(EventKind.ON_TIME, MONDAY + DAY)]) == 5


def test_an_opening_out_of_bounds_is_brought_inside() -> None:
    assert (fold(120, []), fold(-3, [])) == (100, 0)


def test_events_of_one_instant_fold_in_the_order_of_their_ids() -> None:
    good = Event(UUID(int=1), EventKind.ON_TIME, 5, MONDAY, is_reversed=False)
    bad = Event(UUID(int=2), EventKind.NO_SHOW, -20, MONDAY, is_reversed=False)
    assert fold(100, [bad, good]) == fold(100, [good, bad]) == 80
    assert fold(100, [replace(bad, id=UUID(int=0)), good]) == 85


some_events = st.lists(
    st.builds(
        Event,
        id=st.uuids(),
        kind=st.just(EventKind.COMPLETED),
        points=st.integers(-30, 10),
        occurred_at=st.integers(0, 8).map(lambda days: MONDAY + days * DAY),
        is_reversed=st.booleans(),
    ),
    max_size=10,
    unique_by=lambda each: each.id,
)


@given(st.integers(0, 100), some_events, st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_settled_does_not_matter(opening: int, events: list[Event], random) -> None:
    shuffled = random.sample(events, len(events))
    assert fold(opening, shuffled) == fold(opening, events)


@given(st.integers(0, 100), some_events)
def test_a_reversed_event_is_as_if_it_had_never_been(opening: int, events: list[Event]) -> None:
    assert fold(opening, events) == fold(opening, [each for each in events if not each.is_reversed])


@given(st.integers(0, 100), some_events)
def test_a_fold_stays_in_bounds(opening: int, events: list[Event]) -> None:
    assert 0 <= fold(opening, events) <= 100


# What an appointment did


def kinds(appointment: PastAppointment, served: ServedTenant = SERVED) -> list[tuple[EventKind, int]]:
    return [(each.kind, each.points) for each in events_of(appointment, served)]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (None, [("completed", 2)]),
        (-10, [("completed", 2), ("on_time", 5)]),
        (15, [("completed", 2), ("on_time", 5)]),
        (16, [("completed", 2)]),
    ],
)
def test_a_kept_appointment_earns_more_when_the_owner_arrived_within_the_grace_period(
    minutes: int | None, expected: list
) -> None:
    arrived_at = None if minutes is None else MONDAY + timedelta(minutes=minutes)
    assert kinds(past(AppointmentStatus.COMPLETED, arrived_at=arrived_at)) == expected


def test_the_grace_period_is_the_tenants() -> None:
    patient = replace(SERVED, policy=TenantPolicy(no_show=NoShowPolicy(grace_minutes=30)))
    appointment = past(AppointmentStatus.COMPLETED, arrived_at=MONDAY + timedelta(minutes=30))
    assert kinds(appointment, patient) == [("completed", 2), ("on_time", 5)]


def test_a_kept_appointments_events_are_its_own_and_happened_at_its_start() -> None:
    appointment = past(AppointmentStatus.COMPLETED, arrived_at=MONDAY - timedelta(minutes=5))
    found = {(each.subject_id, each.occurred_at, each.owner_id) for each in events_of(appointment, SERVED)}
    assert found == {(appointment.id, MONDAY, appointment.owner_id)}


@pytest.mark.parametrize(("hours", "is_late"), [(25, False), (24, False), (23.99, True), (0, True), (-1, True)])
def test_an_appointment_cancelled_less_than_24_hours_before_is_cancelled_late(hours: float, is_late: bool) -> None:
    cancelled_at = MONDAY - timedelta(hours=hours)
    events = events_of(past(AppointmentStatus.CANCELLED, cancelled_at=cancelled_at), SERVED)
    assert [(each.kind, each.points, each.occurred_at) for each in events] == (
        [("late_cancellation", -10, cancelled_at)] if is_late else []
    )


def test_a_cancellation_at_an_unknown_time_costs_nothing() -> None:
    assert events_of(past(AppointmentStatus.CANCELLED), SERVED) == []


def test_a_no_show_is_the_visits_on_the_local_day() -> None:
    late = datetime(2026, 3, 3, 3, tzinfo=UTC)  # Monday evening in New York
    appointment = past(AppointmentStatus.NO_SHOW, starts_at=late)
    (missed,) = events_of(appointment, SERVED)
    assert missed.subject_id == visit_id(PAWS.id, appointment.owner_id, date(2026, 3, 2))
    assert (missed.kind, missed.points, missed.occurred_at) == ("no_show", -20, late)


def test_a_no_show_on_a_day_that_the_tenant_names_closed_costs_nothing() -> None:
    closed = replace(SERVED, policy=TenantPolicy(no_show=NoShowPolicy(closed_on=frozenset({date(2026, 3, 2)}))))
    assert kinds(past(AppointmentStatus.NO_SHOW), closed) == []
    assert kinds(past(AppointmentStatus.NO_SHOW, starts_at=MONDAY + DAY), closed) == [("no_show", -20)]
    assert kinds(past(AppointmentStatus.COMPLETED), closed) == [("completed", 2)]


def test_keys_are_unique_per_subject_and_kind_and_hold_no_names() -> None:
    appointment = past(AppointmentStatus.COMPLETED, arrived_at=MONDAY)
    keys = [each.ledger_key for each in events_of(appointment, SERVED)]
    assert keys == [f"completed:{appointment.id}", f"on_time:{appointment.id}"]


# How far back


def test_a_run_settles_since_the_last_complete_one_and_at_least_fourteen_days() -> None:
    assert settle_since(None, SUNDAY) == SUNDAY - 14 * DAY
    assert settle_since(SUNDAY - 7 * DAY, SUNDAY) == SUNDAY - 14 * DAY
    assert settle_since(SUNDAY - 40 * DAY, SUNDAY) == SUNDAY - 40 * DAY


# Recovery


def is_due(found: Standing, policy: ReputationPolicy = POLICY) -> bool:
    return recovery(found, policy, SUNDAY) is not None


@pytest.mark.parametrize("kept", ["last_negative", "last_recovery", "scored_at"])
def test_a_step_is_earned_by_ninety_days_since_whatever_came_last(kept: str) -> None:
    assert is_due(standing(**{kept: SUNDAY - 90 * DAY}))
    assert not is_due(standing(**{kept: SUNDAY - 89 * DAY}))


def test_a_negative_event_resets_the_clock() -> None:
    assert not is_due(standing(last_recovery=SUNDAY - 100 * DAY, last_negative=SUNDAY - 10 * DAY))
    assert not is_due(standing(last_negative=SUNDAY - 100 * DAY, last_recovery=SUNDAY - 10 * DAY))


def test_when_the_score_was_found_matters_only_while_nothing_is_on_record() -> None:
    assert is_due(standing(scored_at=SUNDAY, last_negative=SUNDAY - 100 * DAY))


def test_the_last_recoverys_days_are_not_a_run_longer_because_a_run_was_some_seconds_early() -> None:
    early = SUNDAY - 90 * DAY + timedelta(seconds=40)
    assert is_due(standing(last_recovery=early))
    assert not is_due(standing(last_negative=early))


def test_a_full_score_does_not_recover() -> None:
    assert is_due(standing(99))
    assert not is_due(standing(100))


def test_the_days_and_the_points_are_the_tenants() -> None:
    found = standing(last_negative=SUNDAY - 30 * DAY)
    step = recovery(found, ReputationPolicy(recovery_days=30, recovery_points=8), SUNDAY)
    assert step is not None
    assert (step.points, step.occurred_at) == (8, SUNDAY)
    assert not is_due(found, ReputationPolicy(recovery_days=31))
    assert not is_due(found, ReputationPolicy(recovery_days=30, recovery_points=0))


def test_a_recoverys_key_is_the_instant_from_which_the_days_were_counted() -> None:
    found = standing(last_negative=SUNDAY - 90 * DAY)
    first, second = (recovery(found, POLICY, SUNDAY + timedelta(minutes=later)) for later in (0, 5))
    assert isinstance(first, NewEvent)
    assert isinstance(second, NewEvent)
    assert first.ledger_key == second.ledger_key == f"recovery:{found.owner_id}:2025-12-08T00:00:00.000000Z"


def test_a_score_dated_at_the_end_of_time_is_nobodys_trouble() -> None:
    assert not is_due(standing(scored_at=datetime.max.replace(tzinfo=UTC)))


# The booking threshold


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (30, 29, "restricted"),
        (100, 0, "restricted"),
        (29, 30, "unrestricted"),
        (29, 20, None),
        (30, 31, None),
        (30, 30, None),
        (29, 29, None),
    ],
)
def test_an_owner_is_restricted_below_thirty(before: int, after: int, expected: str | None) -> None:
    assert crossed(before, after) == expected
