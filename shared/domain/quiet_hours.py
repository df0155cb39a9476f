"""When a tenant's owners may be texted: local time of day, daylight saving and skipped days included."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    model_validator,
)

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


LEAST_OPEN_MINUTES: Final = 240  # four sendable hours a day: an hour's clock change cannot swallow them


class QuietHours(BaseModel):
    """The hours of the local day, `[start, end)`, in which nobody is texted. May wrap past midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def contains(self, local: time) -> bool:
        """Whether a local time of day lies inside the quiet hours."""
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    @property
    def minutes(self) -> int:
        """How long the quiet hours last on an ordinary day."""
        begin, end = (t.hour * 60 + t.minute for t in (self.start, self.end))
        return (end - begin) % (24 * 60)

    @model_validator(mode="after")
    def _leaves_time_to_send(self) -> Self:
        if self.start == self.end:
            raise ValueError('start and end are the same; write "off" to have no quiet hours')
        if 24 * 60 - self.minutes < LEAST_OPEN_MINUTES:
            raise ValueError(f"they leave less than {LEAST_OPEN_MINUTES // 60} hours a day for sending")
        return self


_SPAN: Final = re.compile(r"\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d)\s*")


def parse_quiet_hours(value: object) -> object:
    """Read "21:00-08:00" into a QuietHours and "off" into None. Raise ValueError for anything else."""
    if value == "off":
        return None
    if isinstance(value, QuietHours):
        return value
    if not isinstance(value, str):
        raise ValueError('write it like "21:00-08:00", or "off"')
    try:
        start, end = map(time.fromisoformat, _SPAN.fullmatch(value).groups())  # type: ignore[union-attr]  # caught below
    except (ValueError, AttributeError):
        raise ValueError(f'{value!r} is not a span of local times; write it like "21:00-08:00", or "off"') from None
    return QuietHours(start=start, end=end)


def _quiet_as_written(value: QuietHours | None) -> str:
    return str(value) if value else "off"


OptionalQuietHours = Annotated[
    QuietHours | None, BeforeValidator(parse_quiet_hours), PlainSerializer(_quiet_as_written)
]


def is_quiet(instant: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> bool:
    """Whether the local time of `instant` lies inside quiet hours."""
    return quiet is not None and quiet.contains(instant.astimezone(zone).time())


def after_quiet(instant: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> datetime:
    """Return `instant`, or the end of the quiet hours it falls inside, as an aware UTC instant.

    The end is the first instant whose local time has reached it. If the clocks jump from quiet hours straight into the
    next ones (a zone that skips a day), the end of the latter counts.
    """
    moved = instant
    while quiet is not None and is_quiet(moved, quiet, zone):
        moved = _first_instant_at(_next_end(moved.astimezone(zone), quiet), zone, moved)
    return moved.astimezone(UTC)


def quiet_began(instant: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """Return when the quiet hours that `instant` falls inside began, as an aware UTC instant.

    If the clocks jumped into them from other quiet hours (a zone that skipped a day), the beginning of the latter.
    """
    began = _last_begin(instant, quiet, zone)
    while is_quiet(before := began - datetime.resolution, quiet, zone):
        began = _last_begin(before, quiet, zone)
    return began


def local_day(instant: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the local day of `instant` as aware UTC instants `[midnight, next midnight)`."""
    midnight = datetime.combine(instant.astimezone(zone).date(), time())
    return (
        _first_instant_at(midnight, zone, instant - 3 * _DAY),
        _first_instant_at(midnight + _DAY, zone, instant),
    )


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the date that a calendar in `zone` shows at an aware instant."""
    return instant.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant, aware UTC, at which a local day begins; if the clocks skip midnight, when they jump."""
    return _first_instant_at(datetime.combine(day, time()), zone, datetime.combine(day, time(), UTC) - 3 * _DAY)


def _last_begin(instant: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    day = local.date() if local.time() >= quiet.start else local.date() - _DAY
    return _first_instant_at(datetime.combine(day, quiet.start), zone, instant - 2 * _DAY)


def _next_end(local: datetime, quiet: QuietHours) -> datetime:
    """Return the naive local time at which the quiet hours around `local` end."""
    day = local.date() if local.time() < quiet.end else local.date() + _DAY
    return datetime.combine(day, quiet.end)


def _first_instant_at(local: datetime, zone: ZoneInfo, not_before: datetime) -> datetime:
    """Return the first instant after `not_before` whose local time has reached the naive `local`.

    An ambiguous time counts the first time it is late enough. A time that the clocks skip counts when they jump: a
    bisection finds that instant between the readings by the offsets after and before the jump.
    """
    readings = sorted(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    exact = [at for at in readings if at.astimezone(zone).replace(tzinfo=None) == local and at > not_before]
    if exact:
        return exact[0]
    early, late = readings
    while late - early > _MINUTE:
        middle = early + (late - early) / 2
        if middle.astimezone(zone).replace(tzinfo=None) >= local:
            late = middle
        else:
            early = middle
    return late.replace(second=0, microsecond=0)
