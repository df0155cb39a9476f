"""Local time against two tables that were worked out elsewhere from the pinned time zone data.

They cover every change of the clocks from 2010 to 2030 in 39 odd zones, and appointments around each.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.domain.policy.models import zone_of
from shared.domain.quiet_hours import QuietHours, after_quiet, local_day
from shared.tasks.appointment_reminders.rules import due_at, is_due
from tests.domain.builders import DAY_BEFORE, MINUTE, TWO_HOURS, a_tenant, first_open, shows_quiet, utc

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HOUR = timedelta(hours=1)
Row = dict[str, str]


def rows(name: str) -> list[Row]:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"NOT CHECKED: local time around every change of the clocks ({name} is not here)")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def appointments() -> list[Row]:
    return rows("tz_appointment_vectors.csv")


def changes() -> list[Row]:
    """The changes of the offset; the table also tells of changes in name only."""
    return [row for row in rows("tz_odd_zone_transitions.csv") if row["shift_min"] != "0"]


@cache
def zone(name: str) -> ZoneInfo:
    return zone_of(a_tenant(timezone=name), ZoneInfo("UTC"))


def shown(instant: datetime, row: Row) -> datetime:
    return instant.astimezone(zone(row["zone"])).replace(tzinfo=None)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


def hours_until(end: datetime, length: timedelta) -> QuietHours:
    """Quiet hours that end at a local time of day."""
    return QuietHours(start=(end - length).time(), end=end.time())


def test_the_zones_in_use_are_those_of_the_pinned_data() -> None:
    wrong = [
        row
        for row in changes()
        if shown(utc(row["utc"]) - datetime.resolution, row) != naive(row["local_before"]) - datetime.resolution
        or shown(utc(row["utc"]), row) != naive(row["local_after"])
    ]
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def test_local_appointment_times_are_those_of_the_pinned_data() -> None:
    wrong = [
        row
        for row in appointments()
        for fold in (0, 1)
        if naive(row["appointment_local"]).replace(tzinfo=zone(row["zone"]), fold=fold).astimezone(UTC)
        != utc(row[f"utc_fold{fold}"])
    ]
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def test_24_hours_before_every_appointment_are_elapsed_hours() -> None:
    wrong = [
        row
        for row in appointments()
        if due_at(utc(row["utc_fold0"]), DAY_BEFORE, None, zone(row["zone"])) != utc(row["minus24h_absolute_utc"])
    ]
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def test_a_run_24_hours_before_every_appointment_takes_its_reminder() -> None:
    wrong = [
        row
        for row in appointments()
        if not is_due(
            utc(row["utc_fold0"]), DAY_BEFORE, None, zone(row["zone"]), utc(row["minus24h_absolute_utc"]) - MINUTE * 30
        )
        or is_due(
            utc(row["utc_fold0"]), DAY_BEFORE, None, zone(row["zone"]), utc(row["minus24h_absolute_utc"]) - MINUTE * 31
        )
    ]
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def test_quiet_hours_that_end_at_an_appointments_local_time_end_at_its_instant() -> None:
    """The first of two when it is repeated."""
    wrong = [
        row
        for row in appointments()
        if row["status"] != "nonexistent"
        and after_quiet(
            utc(row["utc_fold0"]) - MINUTE,
            hours_until(naive(row["appointment_local"]), 8 * HOUR),
            zone(row["zone"]),
        )
        != utc(row["utc_fold0"])
    ]
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def test_quiet_hours_that_end_in_a_gap_end_when_the_clocks_jump() -> None:
    wrong = [
        (row, after)
        for row in changes()
        if row["kind"] == "gap" and int(row["shift_min"]) < 240  # a zone that skips a whole day is told of elsewhere
        for after in range(0, int(row["shift_min"]) + 1, 15)
        if after_quiet(
            utc(row["utc"]) - HOUR,
            hours_until(naive(row["local_before"]) + after * MINUTE, 8 * HOUR),
            zone(row["zone"]),
        )
        != utc(row["utc"])
    ]
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def test_quiet_hours_that_end_in_an_overlap_end_twice() -> None:
    """The first time it is heard from before, the second time from within the repeated hour."""
    wrong = []
    for row in changes():
        if row["kind"] != "overlap":
            continue
        change, shift = utc(row["utc"]), -int(row["shift_min"]) * MINUTE
        quiet = hours_until(naive(row["local_after"]) + shift / 2, 8 * HOUR)
        first, second = change - shift / 2, change + shift / 2
        if after_quiet(change - shift - HOUR, quiet, zone(row["zone"])) != first:
            wrong.append(row)
        if after_quiet(change, quiet, zone(row["zone"])) != second:
            wrong.append(row)
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def nights(row: Row) -> Iterator[tuple[datetime, QuietHours]]:
    """Instants shortly before and after a change, with quiet hours that begin, end or lie around it."""
    change, before = utc(row["utc"]), naive(row["local_before"])
    for start, end in ((-9, 2), (-3, 0), (0, 6), (-1, 1)):
        hours = QuietHours(start=(before + start * HOUR).time(), end=(before + end * HOUR).time())
        for away in (-61, -20, 0, 20, 61):
            yield change + away * MINUTE, hours


def test_around_every_change_quiet_hours_end_when_a_clock_on_the_wall_says_so() -> None:
    wrong = [
        (row, instant, str(hours))
        for row in changes()
        for instant, hours in nights(row)
        if after_quiet(instant, hours, zone(row["zone"])) != first_open(instant, hours, zone(row["zone"]))
    ]
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def test_around_every_change_no_reminder_is_due_in_quiet_hours() -> None:
    wrong = [
        (row, instant, str(hours))
        for row in changes()
        for instant, hours in nights(row)
        if shows_quiet(due_at(instant + 2 * HOUR, TWO_HOURS, hours, zone(row["zone"])), hours, zone(row["zone"]))
    ]
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"


def test_around_every_change_a_day_lasts_from_midnight_to_midnight() -> None:
    wrong = []
    for row in changes():
        for away in (-26 * HOUR, -HOUR, -datetime.resolution, 0 * HOUR, HOUR, 26 * HOUR):
            instant = utc(row["utc"]) + away
            begins, ends = local_day(instant, zone(row["zone"]))
            day = shown(instant, row).date()
            inside = [shown(each, row).date() == day for each in (begins, instant, ends - MINUTE)]
            outside = [shown(each, row).date() != day for each in (begins - MINUTE, ends)]
            if not (begins <= instant < ends and all(inside) and all(outside)):
                wrong.append((row, instant))
    assert not wrong, f"{len(wrong)}, for instance {wrong[0]}"
