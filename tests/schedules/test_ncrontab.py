"""The schedule language: what each field means, and when a schedule comes next on a wall clock."""

import csv
import re
from datetime import datetime, timedelta
from itertools import islice, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.schedules.ncrontab import Ncrontab, parse

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FIELDS = ("seconds", "minutes", "hours", "days", "months", "weekdays")
NEW_YEAR = datetime(2026, 1, 1)  # noqa: DTZ001  a wall clock's time; a Thursday


def occurrences(text: str, after: datetime, count: int) -> list[str]:
    schedule, found = parse(text), []
    at = schedule.next_local(after)
    while at is not None and len(found) < count:
        found.append(at.isoformat())
        at = schedule.next_local(at)
    return found


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("5/15 * * * * *", "seconds", (5, 20, 35, 50)),
        ("* 59/1 * * * *", "minutes", (59,)),
        ("* * 22-4 * * *", "hours", tuple(range(4, 23))),  # swapped, not wrapped around midnight
        ("* * 0-23/6,7 * * *", "hours", (0, 6, 7, 12, 18)),
        ("* * */0 * * *", "hours", tuple(range(24))),
        ("* * * */10 * *", "days", (1, 11, 21, 31)),
        ("* * * * dec-nov *", "months", (11, 12)),
        ("* * * * m *", "months", (3,)),  # the first month whose name begins so
        ("* * * * SEPT,ju *", "months", (6, 9)),
        ("* * * * * 0", "weekdays", (0,)),
        ("* * * * * s,T", "weekdays", (0, 2)),
        ("* * * * * Friday-Mon", "weekdays", (1, 2, 3, 4, 5)),
        ("* * * * *", "seconds", (0,)),  # five fields
        ("  30   6  * * *  ", "minutes", (30,)),
    ],
)
def test_a_field_means_what_ncrontab_says(text: str, field: str, values: tuple[int, ...]) -> None:
    assert getattr(parse(text), field) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "or five without the second; this has 0"),
        ("* * * *", "this has 4"),
        ("0 0 0 * * 0 2026", "this has 7"),
        ("@daily", "this has 1"),
        ("0\t0 6 * * *", "the minute '0\\t0'"),
        ("0 0 0 * * 7", "the day of the week '7': 7 is not between 0 and 6"),
        ("60 * * * * *", "the second '60': 60 is not between 0 and 59"),
        ("0 0 24 * * *", "the hour '24': 24 is not between 0 and 23"),
        ("0 0 0 0 * *", "the day of the month '0': 0 is not between 1 and 31"),
        ("0 0 0 * 1-13 *", "the month '1-13': 13 is not between 1 and 12"),
        ("0 0 0 ? * *", "the day of the month '?': '?' is not a number from 1 to 31"),
        ("0 0 0 L * *", "the day of the month 'L'"),
        ("0 0 0 15W * *", "the day of the month '15W': '15W' is no number"),
        ("0 0 0 * * 5#3", "the day of the week '5#3'"),
        ("0 0 0 * * sundays", "'sundays' is not a name like Sunday, or a number from 0 to 6"),
        ("0 0 0 * nope *", "'nope' is not a name like January, or a number from 1 to 12"),
        ("0 1,,2 * * * *", "the minute '1,,2'"),
        ("0 ,1 * * * *", "the minute ',1'"),
        ("0 1- * * * *", "the minute '1-'"),
        ("0 -5 * * * *", "the minute '-5'"),
        ("0 1/ * * * *", "the minute '1/'"),
        ("0 */-5 * * * *", "the minute '*/-5'"),
        ("0 ** * * * *", "the minute '**'"),
        ("0 ٣ * * * *", "the minute '٣'"),
    ],
)
def test_what_ncrontab_has_not_is_refused_and_the_field_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 * * * *", ["2026-01-01T01:00:00", "2026-01-01T02:00:00"]),
        ("0 30 6 * * *", ["2026-01-01T06:30:00", "2026-01-02T06:30:00"]),
        ("0 0 0 * * 0", ["2026-01-04T00:00:00", "2026-01-11T00:00:00"]),
        ("59 59 23 31 12 *", ["2026-12-31T23:59:59", "2027-12-31T23:59:59"]),
        ("0 0 0 13 * 5", ["2026-02-13T00:00:00", "2026-03-13T00:00:00"]),  # the 13th and a Friday
        ("0 0 0 31 * *", ["2026-01-31T00:00:00", "2026-03-31T00:00:00"]),
        ("0 0 0 29 2 *", ["2028-02-29T00:00:00", "2032-02-29T00:00:00"]),
        ("0 0 0 29 2 0", ["2032-02-29T00:00:00", "2060-02-29T00:00:00"]),
        ("*/20 * * * * *", ["2026-01-01T00:00:20", "2026-01-01T00:00:40"]),
        ("0 0 0 31 feb *", []),
    ],
)
def test_a_schedule_comes_next_strictly_after(text: str, expected: list[str]) -> None:
    assert occurrences(text, NEW_YEAR, 2) == expected


def test_a_leap_day_on_a_weekday_is_found_across_forty_years() -> None:
    assert occurrences("0 0 0 29 2 wed", datetime(1888, 2, 29), 1) == ["1928-02-29T00:00:00"]  # noqa: DTZ001


def test_the_part_of_a_second_that_has_begun_does_not_count() -> None:
    assert occurrences("1 * * * * *", NEW_YEAR + timedelta(seconds=1, microseconds=1), 1) == ["2026-01-01T00:01:01"]
    assert occurrences("1 * * * * *", NEW_YEAR + timedelta(microseconds=999_999), 1) == ["2026-01-01T00:00:01"]


values = {"seconds": (0, 59), "minutes": (0, 59), "hours": (0, 23), "days": (1, 31), "months": (1, 12)}
some = [
    st.sampled_from(["*", "*/7"]) | st.builds("{}".format, st.integers(*ends)) | st.builds("{}-{}".format, *2 * [whole])
    for ends in [*values.values(), (0, 6)]
    for whole in [st.integers(*ends)]
]


@settings(deadline=None, max_examples=60)  # there are many days and seconds to look at
@given(st.tuples(*some), st.datetimes(datetime(2023, 1, 1), datetime(2029, 1, 1)))  # noqa: DTZ001
def test_the_next_occurrence_matches_every_field_and_none_lies_before_it(
    words: tuple[str, ...], after: datetime
) -> None:
    schedule = parse(" ".join(words))
    found = schedule.next_local(after)
    if found is None:
        assert not any(
            matches(schedule, after + timedelta(days=n), *"days months weekdays".split()) for n in range(9000)
        )
        return
    assert found > after
    assert matches(schedule, found, *FIELDS)
    # No match on the days between, nor on the seconds before it of its day.
    days = (found.date() - after.date()).days
    between = (after + timedelta(days=n) for n in range(1, days))
    assert not any(matches(schedule, day, "days", "months", "weekdays") for day in between)
    midnight = found.replace(hour=0, minute=0, second=0)
    times = (3600 * h + 60 * m + s for h, m, s in product(schedule.hours, schedule.minutes, schedule.seconds))
    later = (time for time in times if time > (after - midnight).total_seconds())
    assert min(later) == (found - midnight).total_seconds()


def matches(schedule: Ncrontab, at: datetime, *fields: str) -> bool:
    shown = (at.second, at.minute, at.hour, at.day, at.month, at.isoweekday() % 7)
    return all(value in getattr(schedule, field) for field, value in zip(FIELDS, shown, strict=True) if field in fields)


# The vectors of NCrontab itself


def vectors() -> list[dict[str, str]]:
    path = DATA / "ncrontab_vectors.csv"
    if not path.is_file():
        pytest.skip("NOT CHECKED: NCrontab's own vectors (ncrontab_vectors.csv is not here)")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def complaint(row: dict[str, str]) -> str | None:
    """Return what a vector says and we do not; None when we agree."""
    try:
        schedule = parse(row["expression"])
    except ValueError:
        return None if row["kind"] == "invalid" else "refused"
    if row["kind"] == "invalid":
        # Plain NCrontab counts the fields it was told to expect; the Functions host takes five and six.
        return None if len(row["expression"].split()) != int(row["fields"]) else "taken"
    if row["kind"] == "equivalent":
        same = parse(row["expected"])
        return None if all(getattr(schedule, each) == getattr(same, each) for each in FIELDS) else "differs"
    start, end = (datetime.fromisoformat(row[each] or "9999-01-01T00:00:00") for each in ("start", "end"))
    expected = row["expected"].split("|")
    found = occurrences(row["expression"], start, len(expected))
    capped = [min(each, end.isoformat()) for each in found] or [end.isoformat()]
    return None if capped == expected else f"{capped}"


def test_every_vector_of_ncrontab_is_met() -> None:
    rows = vectors()
    assert len(rows) == 175
    complaints = [(row, said) for row in rows if (said := complaint(row))]
    assert not complaints, f"{len(complaints)}, for instance {list(islice(complaints, 3))}"
