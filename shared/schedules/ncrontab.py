"""NCRONTAB, the syntax of Azure's timer schedules, with the meaning that the Functions host gives it.

Six fields: second, minute, hour, day of the month, month, day of the week; with five, the second is 0. Unlike in other
cron dialects, Sunday is 0 and 7 is refused, both day fields must match, `22-4` is 4 to 22, `5/15` is 5, 20, 35 and 50,
a name may be any prefix (`SEPT`; `m` is March), and there is no `?`, `L`, `W`, `#` or `@daily`.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.records import ensure_aware

_MONTHS = "january february march april may june july august september october november december"
_WEEKDAYS = "sunday monday tuesday wednesday thursday friday saturday"

LONGEST_WAIT: Final = 41
"""Years. The longest gap between two 29 Februaries on the same weekday is 40 years (1888 to 1928): a schedule without
an occurrence by then has none."""

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


class _Field(NamedTuple):
    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()


_FIELDS: Final = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, tuple(_MONTHS.split())),
    _Field("day of the week", 0, 6, tuple(_WEEKDAYS.split())),
)


@dataclass(frozen=True, slots=True)
class Ncrontab:
    """A schedule: `text` as it was written, and the values of each field in order (Sunday is 0)."""

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def next_local(self, after: datetime) -> datetime | None:
        """Return the first matching local time (naive) later than `after`, or None if there is none."""
        start = after.replace(microsecond=0) + _SECOND
        for day in self._days(start.date()):
            at = start.time() if day == start.date() else time.min
            if (found := self._time_from(at)) is not None:
                return datetime.combine(day, found)
        return None

    def next_after(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first occurrence in `zone` strictly after an instant, in UTC, or None if there is none.

        A local time that the clocks skip counts as if they had not been set forward: 02:30 in a skipped hour is 03:30.
        A repeated local time counts once, the first time; a schedule for every hour of the day runs in both.
        """
        local = ensure_aware(instant).astimezone(zone)
        naive = local.replace(tzinfo=None) - _jump_around(local)
        best: datetime | None = None
        while (found := self.next_local(naive)) is not None:
            naive = found
            first, second = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
            if best is not None and min(first, second) >= best:
                break  # around a clock change a later local time can be an earlier instant
            is_both = second > first and len(self.hours) == 24
            later = [each for each in ((first, second) if is_both else (first,)) if each > instant]
            best = min([*later, *([best] if best else [])], default=None)
        return best

    def _days(self, start: date) -> Iterator[date]:
        """Yield the days that match, from `start` on."""
        for year in range(start.year, min(start.year + LONGEST_WAIT, date.max.year) + 1):
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                for day in self.days:
                    if (
                        (found := _date(year, month, day))
                        and found >= start
                        and found.isoweekday() % 7 in self.weekdays
                    ):
                        yield found

    def _time_from(self, start: time) -> time | None:
        """Return the first time of day that matches, not before `start`."""
        for hour in self.hours[bisect_left(self.hours, start.hour) :]:
            low = start.minute if hour == start.hour else 0
            for minute in self.minutes[bisect_left(self.minutes, low) :]:
                least = start.second if (hour, minute) == (start.hour, start.minute) else 0
                for second in self.seconds[bisect_left(self.seconds, least) :]:
                    return time(hour, minute, second)
        return None


def parse(text: str) -> Ncrontab:
    """Parse a schedule. Raise ValueError, naming the field and what is wrong with it."""
    words = [word for word in text.split(" ") if word]
    if len(words) == 5:
        words = ["0", *words]
    if len(words) != 6:
        raise ValueError(
            f"a schedule has six fields ({', '.join(field.name for field in _FIELDS)}) or five without the second; "
            f"this has {len(words)}"
        )
    values = [_values(word, field) for word, field in zip(words, _FIELDS, strict=True)]
    return Ncrontab(text, *values)


def _values(word: str, field: _Field) -> tuple[int, ...]:
    try:
        return tuple(sorted({value for part in word.split(",") for value in _part(part, field)}))
    except ValueError as error:
        raise ValueError(f"the {field.name} {word!r}: {error}") from None


def _part(part: str, field: _Field) -> range:
    """Return the values of one part of a list: `*`, `5`, `1-5`, each perhaps with a step after a slash."""
    span, slash, step = part.partition("/")
    every = max(_number(step), 1) if slash else 1  # a step of 0 is 1
    if span == "*":
        return range(field.first, field.last + 1, every)
    low, dash, high = span.partition("-")
    first = _value(low, field)
    last = _value(high, field) if dash else field.last if slash else first
    return range(min(first, last), max(first, last) + 1, every)


def _value(word: str, field: _Field) -> int:
    if not word[:1].isdigit():
        return _named(word, field)
    if not field.first <= (value := _number(word)) <= field.last:
        raise ValueError(f"{value} is not between {field.first} and {field.last}")
    return value


def _named(word: str, field: _Field) -> int:
    for value, name in enumerate(field.names, field.first):
        if word and name.startswith(word.lower()):
            return value
    hint = f"a name like {field.names[0].capitalize()}, or " if field.names else ""
    raise ValueError(f"{word!r} is not {hint}a number from {field.first} to {field.last}")


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise ValueError(f"{word!r} is no number")
    return int(word)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _jump_around(local: datetime) -> timedelta:
    """Return how far the clocks are set forward in the day before or back in the day after; usually zero."""
    here = local.replace(tzinfo=None)
    before, after = (
        (local.astimezone(UTC) + day).astimezone(local.tzinfo).replace(tzinfo=None) for day in (-_DAY, _DAY)
    )
    return max(here - before - _DAY, here - after + _DAY, timedelta())
