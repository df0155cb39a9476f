"""What holds in any zone, for any quiet hours and at any time: counter-examples are looked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.quiet_hours import LEAST_OPEN_MINUTES, QuietHours, after_quiet, local_day
from shared.tasks.appointment_reminders.rules import LEADS, Lead, due_at, is_due, latest_start_due, send_at
from tests.domain.builders import DAY_BEFORE, MINUTE, TWO_HOURS, first_open, quiet, shows_quiet, utc

settings.register_profile("rules", derandomize=True, deadline=None, max_examples=250)
checked = settings(settings.get_profile("rules"))

HOUR = timedelta(hours=1)
HALF_AN_HOUR = timedelta(minutes=30)
DAY = 24 * 60
LONGEST = DAY - LEAST_OPEN_MINUTES
Place = tuple[ZoneInfo, datetime]


@dataclass(frozen=True)
class Case:
    """A reminder of a visit that starts at `start`, and a run at `now`."""

    zone: ZoneInfo
    lead: Lead
    hours: QuietHours | None
    start: datetime
    now: datetime

    @property
    def due(self) -> datetime:
        return due_at(self.start, self.lead, self.hours, self.zone)

    @property
    def at_lead(self) -> datetime:
        return self.start - self.lead.before

    @property
    def deadline(self) -> datetime:
        return self.start - self.lead.useful

    def is_due(self, now: datetime | None = None) -> bool:
        return is_due(self.start, self.lead, self.hours, self.zone, now or self.now)

    def leaves(self, now: datetime | None = None) -> datetime:
        return send_at(self.start, self.lead, self.hours, self.zone, now or self.now)

    def is_quiet(self, instant: datetime) -> bool:
        return shows_quiet(instant, self.hours, self.zone)

    def first_open(self, instant: datetime) -> datetime:
        return first_open(instant, self.hours, self.zone)


CHANGES: list[Place] = [
    (ZoneInfo(name), utc(text))
    for name, text in (
        ("America/New_York", "2026-03-08T07:00Z"),
        ("America/New_York", "2026-11-01T06:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
        ("America/St_Johns", "2026-03-08T05:30Z"),
        ("America/Havana", "2025-03-09T05:00Z"),
        ("America/Havana", "2025-11-02T05:00Z"),
        ("Asia/Beirut", "2025-03-29T22:00Z"),
        ("Asia/Beirut", "2025-10-25T21:00Z"),
        ("Africa/Cairo", "2025-04-24T22:00Z"),
        ("Europe/London", "2026-10-25T01:00Z"),
        ("Asia/Kathmandu", "2026-01-15T00:00Z"),  # no change: an odd offset
        ("Antarctica/Troll", "2025-10-26T01:00Z"),  # two hours
        ("Pacific/Apia", "2011-12-30T10:00Z"),  # a whole day
    )
]

leads = st.sampled_from(list(LEADS.values()))
ordinary = st.builds(
    lambda zone, minute: (zone, datetime(2015, 1, 1, tzinfo=UTC) + minute * MINUTE),
    st.sampled_from(sorted(available_timezones())).map(ZoneInfo),
    st.integers(0, 15 * 365 * DAY),
)
near_a_change = st.builds(
    lambda place, away: (place[0], place[1] + away * MINUTE), st.sampled_from(CHANGES), st.integers(-DAY, DAY)
)
places = st.one_of(ordinary, near_a_change)


def span(start: int, length: int) -> QuietHours:
    ends = (start + length) % DAY
    return QuietHours(start=time(start // 60, start % 60), end=time(ends // 60, ends % 60))


spans = st.one_of(
    st.just(span(21 * 60, 11 * 60)),
    st.builds(span, st.integers(0, DAY - 1), st.integers(1, LONGEST)),
    st.builds(lambda start, length: span(start * 15, length * 15), st.integers(0, 95), st.integers(1, 48)),
)
any_hours = st.one_of(st.none(), spans)


@st.composite
def cases(draw: Callable[..., Any]) -> Case:
    """Mostly near where things change: quiet hours that begin or end around the lead, a run around it."""
    lead, (zone, at_lead) = draw(leads), draw(places)
    shown = at_lead.astimezone(zone)
    edge, length = shown.hour * 60 + shown.minute + draw(st.integers(-90, 90)), draw(st.integers(1, LONGEST))
    near = st.sampled_from([span(edge % DAY, length), span((edge - length) % DAY, length)])
    hours = draw(st.one_of(near, any_hours))
    now = at_lead + draw(st.one_of(st.integers(-120, 120), st.integers(-DAY, DAY))) * MINUTE
    return Case(zone, lead, hours, at_lead + lead.before, now)


# Waiting


@checked
@given(places, any_hours)
def test_waiting_ends_at_the_first_minute_at_or_past_the_end(place: Place, hours: QuietHours | None) -> None:
    zone, instant = place
    assert after_quiet(instant, hours, zone) == first_open(instant, hours, zone)


@checked
@given(places, spans, st.integers(0, 59_999_999))
def test_no_instant_gives_a_sending_time_inside_quiet_hours(place: Place, hours: QuietHours, extra: int) -> None:
    zone, minute = place
    instant = minute + timedelta(microseconds=extra)
    moved = after_quiet(instant, hours, zone)
    assert not shows_quiet(moved, hours, zone)
    assert moved >= instant


@checked
@given(places)
def test_every_instant_lies_in_a_local_day_of_its_date(place: Place) -> None:
    zone, instant = place
    begins, ends = local_day(instant, zone)
    assert begins <= instant < ends
    assert begins.astimezone(zone).date() == instant.astimezone(zone).date()
    assert ends.astimezone(zone).date() > instant.astimezone(zone).date()
    assert (begins - MINUTE).astimezone(zone).date() < instant.astimezone(zone).date()


# One reminder and one run


@checked
@given(cases())
def test_no_reminder_is_due_inside_quiet_hours(case: Case) -> None:
    assert not case.is_quiet(case.due)


@checked
@given(cases())
def test_no_run_plans_a_reminder_for_quiet_hours(case: Case) -> None:
    assert not case.is_quiet(case.leaves())
    assert case.leaves() >= case.now


@checked
@given(cases())
def test_a_reminder_is_never_both_due_and_past_its_deadline(case: Case) -> None:
    if case.is_due():
        assert case.now <= case.leaves() < case.deadline


@checked
@given(cases())
def test_no_reminder_leaves_more_than_half_an_hour_early(case: Case) -> None:
    is_shifted = case.due != case.at_lead
    assert case.leaves() >= (case.due if is_shifted else case.due - HALF_AN_HOUR)


@checked
@given(cases())
def test_what_is_due_starts_before_the_latest_start_that_is_looked_for(case: Case) -> None:
    if case.is_due():
        assert case.start <= latest_start_due(case.lead, case.hours, case.zone, case.now)


# The rule once more, minute by minute


def due_by_the_clock(case: Case) -> datetime:
    if not case.is_quiet(case.at_lead):
        return case.at_lead
    after = case.first_open(case.at_lead)
    if case.start - after >= (HOUR if case.lead is TWO_HOURS else case.lead.least_notice):
        return after
    began = case.at_lead
    while case.is_quiet(began - MINUTE):
        began -= MINUTE
    return began - HALF_AN_HOUR


def goes_by_the_clock(case: Case) -> bool:
    """Due within half an hour; or within the hour, when a later run might find that quiet hours have begun."""
    due = due_by_the_clock(case)
    if due == case.at_lead:
        is_last_chance = case.is_quiet(due + HALF_AN_HOUR - datetime.resolution)
        ahead, earliest = HOUR if is_last_chance else HALF_AN_HOUR, due - HALF_AN_HOUR
    else:
        ahead, earliest = HALF_AN_HOUR, due
    return due <= case.now + ahead and case.first_open(max(earliest, case.now)) < case.deadline


def clocks_go_back(case: Case) -> bool:
    """Whether they do so nearby: then a night may come in two pieces, and "before quiet hours" twice."""
    offsets = [(case.at_lead + hours * HOUR).astimezone(case.zone).utcoffset() for hours in range(-48, 49)]
    return any(one is not None and two is not None and two < one for one, two in pairwise(offsets))


@checked
@given(cases())
def test_a_run_takes_what_is_due_soon_and_can_still_leave_in_time(case: Case) -> None:
    assume(not clocks_go_back(case))
    assert case.due == due_by_the_clock(case)
    assert case.is_due() is goes_by_the_clock(case)


# Hourly runs, all on time


def runs(case: Case) -> list[datetime]:
    """Every run from two days before the start: at the hour for 24h, at half past for 2h."""
    minute = 0 if case.lead is DAY_BEFORE else 30
    first = (case.start - 48 * HOUR).replace(minute=minute, second=0, microsecond=0)
    return [first + hours * HOUR for hours in range(50)]


def first_run(case: Case) -> datetime | None:
    return next((now for now in runs(case) if case.is_due(now)), None)


@checked
@given(places, leads)
def test_without_quiet_hours_every_reminder_leaves_within_half_an_hour_of_its_lead(place: Place, lead: Lead) -> None:
    zone, start = place
    case = Case(zone, lead, None, start, start)
    now = first_run(case)
    assert now is not None
    assert abs(case.leaves(now) - case.at_lead) <= HALF_AN_HOUR


@checked
@given(cases())
def test_with_runs_on_time_every_reminder_leaves_within_half_an_hour_of_when_it_is_due(case: Case) -> None:
    """What is due as quiet hours end, too, and what is due just before them; unless they come twice in one night."""
    assume(case.due < case.deadline and not clocks_go_back(case))
    now = first_run(case)
    assert now is not None
    assert abs(case.leaves(now) - case.due) <= HALF_AN_HOUR


@checked
@given(cases())
def test_every_reminder_that_some_run_could_send_in_time_is_taken_by_one(case: Case) -> None:
    could = [
        now
        for now in runs(case)
        if case.due - HALF_AN_HOUR <= now and case.first_open(max(case.due, now)) < case.deadline
    ]
    if could:
        assert first_run(case) is not None


@checked
@given(cases(), st.integers(0, 3))
def test_what_one_run_missed_the_next_takes_while_it_is_useful(case: Case, missed: int) -> None:
    now = first_run(case)
    assume(now is not None)
    assert now is not None
    then = now + missed * HOUR
    assert case.is_due(then) or case.first_open(max(case.due, then)) >= case.deadline


def test_the_default_quiet_hours_are_among_those_tried() -> None:
    assert span(21 * 60, 11 * 60) == quiet("21:00-08:00")
