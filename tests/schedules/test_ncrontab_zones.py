"""Schedules in a time zone: what happens when the clocks change, against a clock that is watched minute by minute."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.schedules.ncrontab import Ncrontab, parse

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

CHANGES = [
    ("America/Los_Angeles", "2026-03-08T10:00Z"),  # an hour is lost at 02:00
    ("America/Los_Angeles", "2026-11-01T09:00Z"),  # 01:00 to 02:00 comes twice
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),  # half an hour is lost
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),  # half an hour comes twice
    ("Asia/Beirut", "2026-03-28T22:00Z"),  # midnight is lost
    ("Africa/Casablanca", "2026-02-15T02:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),  # a whole day is lost
    ("America/Havana", "2026-11-01T05:00Z"),  # midnight comes twice
]
SCHEDULES = (
    "0 0 * * * *",
    "0 30 * * * *",
    "0 */20 * * * *",
    "0 30 6 * * *",
    "0 15 0 * * *",
    "0 45 2 * * *",
    "0 15,45 2,3 * * *",
    "0 */10 1-2 * * *",
    "0 10,20,35 2 * * *",
    "0 0 0 * * 0",
    "0 30 * * * 0",
)


def in_turn(schedule: Ncrontab, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """Return the occurrences after `start` and up to `end`, each found from the one before."""
    found, at = [], schedule.next_after(start, zone)
    while at is not None and at <= end:
        found.append(at)
        at = schedule.next_after(at, zone)
    return found


def watched(schedule: Ncrontab, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the same by watching the clock on the wall, minute by minute."""
    seen, instant = set(), start
    while (instant := instant + MINUTE) <= end:
        shown = wall(instant, zone)
        # A clock set forward in the last day: what it skipped comes as if it had not been.
        lost = shown - wall(instant - DAY, zone) - DAY
        skipped = lost > timedelta() and wall((shown - lost).replace(tzinfo=zone).astimezone(UTC), zone) != shown - lost
        is_again = shown in seen and len(schedule.hours) < 24
        if (matches(schedule, shown) and not is_again) or (skipped and matches(schedule, shown - lost)):
            yield instant
        seen.add(shown)


@cache
def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows."""
    return instant.astimezone(zone).replace(tzinfo=None)


def matches(schedule: Ncrontab, at: datetime) -> bool:
    return (
        at.second in schedule.seconds
        and at.minute in schedule.minutes
        and at.hour in schedule.hours
        and at.day in schedule.days
        and at.month in schedule.months
        and at.isoweekday() % 7 in schedule.weekdays
    )


@pytest.mark.parametrize(("name", "change"), CHANGES)
@pytest.mark.parametrize("text", SCHEDULES)
def test_around_a_change_of_the_clocks_a_schedule_comes_as_one_who_watches_the_clock_says(
    text: str, name: str, change: str
) -> None:
    schedule, zone, at = parse(text), ZoneInfo(name), datetime.fromisoformat(change)
    start, end = at - 26 * 60 * MINUTE, at + 50 * 60 * MINUTE
    expected = list(watched(schedule, zone, start, end))
    assert in_turn(schedule, zone, start, end) == expected
    for minutes in range(0, 76 * 60, 7):  # and from any instant between
        moment = start + minutes * MINUTE
        later = [each for each in expected if each > moment]
        if later:
            assert schedule.next_after(moment, zone) == later[0]


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("0 30 2 * * *", "2026-03-08T00:00:00-08:00", "2026-03-08T03:30:00-07:00"),  # there is no 02:30
        ("0 30 2 * * *", "2026-03-08T03:30:00-07:00", "2026-03-09T02:30:00-07:00"),
        ("0 30 1 * * *", "2026-11-01T00:00:00-07:00", "2026-11-01T01:30:00-07:00"),  # the first 01:30
        ("0 30 1 * * *", "2026-11-01T01:30:00-07:00", "2026-11-02T01:30:00-08:00"),  # not the second
        ("0 30 * * * *", "2026-11-01T01:30:00-07:00", "2026-11-01T01:30:00-08:00"),  # every hour is every hour
        ("0 30 * * * *", "2026-03-08T01:30:00-08:00", "2026-03-08T03:30:00-07:00"),
        ("0 45 2 8 3 *", "2026-03-08T03:44:59-07:00", "2026-03-08T03:45:00-07:00"),
    ],
)
def test_a_lost_hour_is_made_up_for_and_a_repeated_one_counts_once(text: str, after: str, expected: str) -> None:
    found = parse(text).next_after(datetime.fromisoformat(after), LOS_ANGELES)
    assert found == datetime.fromisoformat(expected)


def test_without_a_next_time_there_is_none() -> None:
    assert parse("0 0 0 30 2 *").next_after(datetime(2026, 3, 8, tzinfo=UTC), LOS_ANGELES) is None


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no UTC offset"):
        parse("* * * * *").next_after(datetime(2026, 3, 8), LOS_ANGELES)  # noqa: DTZ001


# The vectors of the Functions host


def vectors(*kinds: str) -> list[dict[str, str]]:
    path = DATA / "azure_timer_vectors.csv"
    if not path.is_file():
        pytest.skip("NOT CHECKED: the timers of the Functions host (azure_timer_vectors.csv is not here)")
    with path.open(newline="", encoding="utf-8") as file:
        # A span of time instead of NCRONTAB is not a schedule here.
        return [row for row in csv.DictReader(file) if row["kind"] in kinds and ":" not in row["schedule"]]


def local(text: str, row: dict[str, str]) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(row["zone"] or "UTC"))


def following(row: dict[str, str], after: datetime) -> datetime:
    found = parse(row["schedule"]).next_after(after, ZoneInfo(row["zone"] or "UTC"))
    assert found is not None
    return found


def test_the_wait_over_a_change_of_the_clocks_is_that_of_the_functions_host() -> None:
    rows = vectors("dst_interval_hours", "next_interval_seconds")
    assert len(rows) == 3
    for row in rows:
        unit = timedelta(hours=1) if row["kind"].endswith("hours") else timedelta(seconds=1)
        now = local(row["now_local"], row).astimezone(UTC)
        assert following(row, now) - now == int(row["expected"]) * unit, row


def test_the_occurrences_are_those_of_the_functions_host() -> None:
    (row,) = vectors("next_n")
    at = local(row["now_local"], row)
    for expected in row["expected"].split("|"):
        at = following(row, at)
        assert at == local(expected, row)
        at += timedelta(seconds=1)


def test_a_timer_that_fired_a_millisecond_early_does_not_fire_again() -> None:
    (row,) = vectors("clock_skew_next")
    last, later = (local(each.split("=")[1], row) for each in row["expected"].split(";"))
    assert following(row, local(row["now_local"], row)) == last
    assert following(row, last) == later
