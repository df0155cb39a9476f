"""The clocks change at 07:00Z and 06:00Z in New York, and at or near midnight in Havana and Beirut."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.quiet_hours import after_quiet, is_quiet, local_day, quiet_began
from tests.domain.builders import NEW_YORK, NIGHT, local, quiet, utc


@pytest.mark.parametrize(
    ("span", "shown", "expected"),
    [
        ("21:00-08:00", time(20, 59, 59, 999999), False),
        ("21:00-08:00", time(21), True),
        ("21:00-08:00", time(0), True),
        ("21:00-08:00", time(7, 59, 59, 999999), True),
        ("21:00-08:00", time(8), False),
        ("21:00-08:00", time(12), False),
        ("12:00-14:00", time(11, 59, 59, 999999), False),
        ("12:00-14:00", time(12), True),
        ("12:00-14:00", time(13, 59, 59, 999999), True),
        ("12:00-14:00", time(14), False),
        ("12:00-14:00", time(0), False),
        ("22:00-00:00", time(23, 59), True),
        ("22:00-00:00", time(0), False),
        ("00:00-06:00", time(0), True),
        ("00:00-06:00", time(6), False),
        ("off", time(3), False),
    ],
)
def test_quiet_hours_include_their_start_and_not_their_end(span: str, shown: time, expected: bool) -> None:
    instant = datetime.combine(datetime(2026, 1, 15, tzinfo=UTC), shown, tzinfo=NEW_YORK)
    assert is_quiet(instant, quiet(span), NEW_YORK) is expected


def test_quiet_hours_are_those_of_the_tenants_zone() -> None:
    instant = utc("2026-01-15T02:30Z")
    assert is_quiet(instant, NIGHT, NEW_YORK)
    assert not is_quiet(instant, NIGHT, ZoneInfo("Asia/Kathmandu"))


@pytest.mark.parametrize(
    ("zone", "span", "instant", "end"),
    [
        ("America/New_York", "21:00-08:00", "2026-01-15T17:00Z", "2026-01-15T17:00Z"),
        ("America/New_York", "21:00-08:00", "2026-01-15T02:00Z", "2026-01-15T13:00Z"),
        ("America/New_York", "21:00-08:00", "2026-01-15T12:59:59.999999Z", "2026-01-15T13:00Z"),
        ("America/New_York", "21:00-08:00", "2026-01-15T13:00Z", "2026-01-15T13:00Z"),
        ("America/New_York", "12:00-14:00", "2026-01-15T17:00Z", "2026-01-15T19:00Z"),
        ("America/New_York", "22:00-00:00", "2026-01-15T04:00Z", "2026-01-15T05:00Z"),
        ("America/New_York", "off", "2026-01-15T06:00Z", "2026-01-15T06:00Z"),
        ("Asia/Kathmandu", "21:00-08:00", "2026-01-15T15:15Z", "2026-01-16T02:15Z"),
        ("America/St_Johns", "21:00-08:00", "2026-01-15T00:30Z", "2026-01-15T11:30Z"),
    ],
)
def test_what_falls_inside_waits_for_the_end(zone: str, span: str, instant: str, end: str) -> None:
    assert after_quiet(utc(instant), quiet(span), ZoneInfo(zone)) == utc(end)


@pytest.mark.parametrize(
    ("zone", "span", "instant", "end"),
    [
        ("America/New_York", "21:00-08:00", "2026-03-08T03:00Z", "2026-03-08T12:00Z"),  # a night of 10 hours
        ("America/New_York", "21:00-08:00", "2026-11-01T02:00Z", "2026-11-01T13:00Z"),  # a night of 12 hours
        ("Australia/Lord_Howe", "21:00-08:00", "2026-10-03T11:00Z", "2026-10-03T21:00Z"),
        ("Australia/Lord_Howe", "21:00-08:00", "2026-04-04T11:00Z", "2026-04-04T21:30Z"),
        ("America/St_Johns", "21:00-08:00", "2026-03-08T01:00Z", "2026-03-08T10:30Z"),
        ("Pacific/Apia", "21:00-08:00", "2011-12-30T07:30Z", "2011-12-30T18:00Z"),  # the 30th never was
        ("Pacific/Apia", "12:00-14:00", "2011-12-29T22:30Z", "2011-12-30T00:00Z"),
    ],
)
def test_a_night_in_which_the_clocks_change_ends_at_the_same_local_time(
    zone: str, span: str, instant: str, end: str
) -> None:
    assert after_quiet(utc(instant), quiet(span), ZoneInfo(zone)) == utc(end)


@pytest.mark.parametrize(
    ("zone", "span", "instant", "jump"),
    [
        ("America/New_York", "21:00-02:30", "2026-03-08T03:00Z", "2026-03-08T07:00Z"),
        ("America/New_York", "21:00-02:00", "2026-03-08T03:00Z", "2026-03-08T07:00Z"),
        ("America/New_York", "21:00-03:00", "2026-03-08T03:00Z", "2026-03-08T07:00Z"),
        ("Australia/Lord_Howe", "21:00-02:15", "2026-10-03T11:00Z", "2026-10-03T15:30Z"),
        ("America/Havana", "20:00-00:30", "2025-03-09T02:00Z", "2025-03-09T05:00Z"),
        ("America/Havana", "20:00-00:00", "2025-03-09T02:00Z", "2025-03-09T05:00Z"),
        ("Asia/Beirut", "21:00-00:00", "2025-03-29T20:00Z", "2025-03-29T22:00Z"),
        ("Asia/Beirut", "21:00-00:59", "2025-03-29T20:00Z", "2025-03-29T22:00Z"),
    ],
)
def test_quiet_hours_that_end_in_a_skipped_hour_end_when_the_clocks_jump(
    zone: str, span: str, instant: str, jump: str
) -> None:
    assert after_quiet(utc(instant), quiet(span), ZoneInfo(zone)) == utc(jump)


@pytest.mark.parametrize(
    ("zone", "span", "instant", "end"),
    [
        ("America/New_York", "21:00-01:30", "2026-11-01T02:00Z", "2026-11-01T05:30Z"),
        ("Australia/Lord_Howe", "21:00-01:45", "2026-04-04T11:00Z", "2026-04-04T14:45Z"),
        ("America/Havana", "20:00-00:30", "2025-11-02T02:00Z", "2025-11-02T04:30Z"),
        ("Asia/Beirut", "20:00-23:30", "2025-10-25T19:00Z", "2025-10-25T20:30Z"),
    ],
)
def test_quiet_hours_that_end_in_a_repeated_hour_end_the_first_time(
    zone: str, span: str, instant: str, end: str
) -> None:
    assert after_quiet(utc(instant), quiet(span), ZoneInfo(zone)) == utc(end)


@pytest.mark.parametrize(
    ("zone", "span", "instant", "end"),
    [
        ("America/New_York", "21:00-01:30", "2026-11-01T06:10Z", "2026-11-01T06:30Z"),
        ("Australia/Lord_Howe", "21:00-01:45", "2026-04-04T15:05Z", "2026-04-04T15:15Z"),
        ("America/Havana", "20:00-00:30", "2025-11-02T05:10Z", "2025-11-02T05:30Z"),
        ("Asia/Beirut", "20:00-23:30", "2025-10-25T21:10Z", "2025-10-25T21:30Z"),
        ("Asia/Beirut", "21:00-00:00", "2025-10-25T19:00Z", "2025-10-25T22:00Z"),
    ],
)
def test_nothing_is_sent_when_the_clocks_fall_back_into_quiet_hours(
    zone: str, span: str, instant: str, end: str
) -> None:
    assert after_quiet(utc(instant), quiet(span), ZoneInfo(zone)) == utc(end)


@pytest.mark.parametrize("span", ["off", "21:00-08:00"])
def test_the_answer_is_in_utc(span: str) -> None:
    noon = datetime(2026, 1, 15, 12, tzinfo=NEW_YORK)
    assert after_quiet(noon, quiet(span), NEW_YORK).tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "span", "instant", "began"),
    [
        ("America/New_York", "21:00-08:00", "2026-01-15T02:00Z", "2026-01-15T02:00Z"),
        ("America/New_York", "21:00-08:00", "2026-01-15T04:59Z", "2026-01-15T02:00Z"),
        ("America/New_York", "21:00-08:00", "2026-01-15T12:59Z", "2026-01-15T02:00Z"),
        ("America/New_York", "12:00-14:00", "2026-01-15T18:30Z", "2026-01-15T17:00Z"),
        ("America/New_York", "00:00-06:00", "2026-01-15T05:00Z", "2026-01-15T05:00Z"),
        ("America/New_York", "21:00-08:00", "2026-03-08T11:30Z", "2026-03-08T02:00Z"),
        ("America/New_York", "21:00-08:00", "2026-11-01T12:30Z", "2026-11-01T01:00Z"),
        ("America/New_York", "02:30-08:00", "2026-03-08T11:30Z", "2026-03-08T07:00Z"),
        ("America/New_York", "01:30-08:00", "2026-11-01T12:30Z", "2026-11-01T05:30Z"),
        ("Asia/Kathmandu", "21:00-08:00", "2026-01-16T01:00Z", "2026-01-15T15:15Z"),
        ("Asia/Beirut", "00:30-08:00", "2025-03-30T04:00Z", "2025-03-29T22:00Z"),
        ("Pacific/Apia", "21:00-08:00", "2011-12-30T16:30Z", "2011-12-30T07:00Z"),  # the evening of the 29th
    ],
)
def test_when_quiet_hours_began(zone: str, span: str, instant: str, began: str) -> None:
    hours = quiet(span)
    assert hours is not None
    assert quiet_began(utc(instant), hours, ZoneInfo(zone)) == utc(began)


@pytest.mark.parametrize(
    ("zone", "instant", "begins", "ends"),
    [
        ("America/New_York", "2026-01-15T17:00Z", "2026-01-15T05:00Z", "2026-01-16T05:00Z"),
        ("America/New_York", "2026-01-15T05:00Z", "2026-01-15T05:00Z", "2026-01-16T05:00Z"),
        ("America/New_York", "2026-01-15T04:59Z", "2026-01-14T05:00Z", "2026-01-15T05:00Z"),
        ("America/New_York", "2026-03-08T17:00Z", "2026-03-08T05:00Z", "2026-03-09T04:00Z"),
        ("America/New_York", "2026-11-01T17:00Z", "2026-11-01T04:00Z", "2026-11-02T05:00Z"),
        ("Australia/Lord_Howe", "2026-10-04T01:00Z", "2026-10-03T13:30Z", "2026-10-04T13:00Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:00Z", "2026-04-04T13:00Z", "2026-04-05T13:30Z"),
        ("Asia/Kathmandu", "2026-01-15T20:00Z", "2026-01-15T18:15Z", "2026-01-16T18:15Z"),
        ("Asia/Beirut", "2025-03-30T10:00Z", "2025-03-29T22:00Z", "2025-03-30T21:00Z"),
        ("Asia/Beirut", "2025-10-25T10:00Z", "2025-10-24T21:00Z", "2025-10-25T22:00Z"),
        ("Asia/Beirut", "2025-10-25T21:30Z", "2025-10-24T21:00Z", "2025-10-25T22:00Z"),
        ("America/Havana", "2025-11-02T05:30Z", "2025-11-02T04:00Z", "2025-11-03T05:00Z"),
        ("Pacific/Apia", "2011-12-29T22:00Z", "2011-12-29T10:00Z", "2011-12-30T10:00Z"),
        ("Pacific/Apia", "2011-12-30T12:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"),
    ],
)
def test_a_local_day_lasts_from_midnight_to_midnight(zone: str, instant: str, begins: str, ends: str) -> None:
    assert local_day(utc(instant), ZoneInfo(zone)) == (utc(begins), utc(ends))


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-07", 24), ("2026-03-08", 23), ("2026-10-31", 24), ("2026-11-01", 25)]
)
def test_a_day_on_which_the_clocks_change_has_23_or_25_hours(day: str, hours: int) -> None:
    begins, ends = local_day(local(f"{day}T12:00"), NEW_YORK)
    assert ends - begins == timedelta(hours=hours)
