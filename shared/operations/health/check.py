"""The results of health checks, and the words for spans of time in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

RUN: Final = "python -m shared run"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `since`: when it went wrong; `command`: what to run next, if a command helps."""

    name: str
    is_well: bool
    words: str
    since: datetime | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """All checks, as of the wall clock's `at`."""

    at: datetime
    checks: tuple[Check, ...]

    @property
    def is_well(self) -> bool:
        """Whether every check passed."""
        return all(each.is_well for each in self.checks)

    @property
    def ordered(self) -> list[Check]:
        """The checks, failed ones first."""
        return sorted(self.checks, key=lambda each: each.is_well)

    def as_object(self) -> dict[str, Any]:
        """Return the checks for machines; instants in ISO 8601."""
        return {
            "healthy": self.is_well,
            "at": self.at.isoformat(),
            "checks": [
                {
                    "name": each.name,
                    "healthy": each.is_well,
                    "detail": each.words,
                    "since": each.since.isoformat() if each.since else None,
                    "command": each.command,
                }
                for each in self.checks
            ],
        }


def ago(instant: datetime, wall: datetime) -> str:
    """Return how long ago an instant was, in words (`3 h ago`)."""
    return f"{span_words(wall - instant)} ago"


def counted(count: int, thing: str) -> str:
    """Return "1 text" or "2 texts". `thing`: its singular, which takes an s, or ends in `ss` and takes an es."""
    return f"{count} {thing}{'' if count == 1 else 'es' if thing.endswith('ss') else 's'}"


def span_words(span: timedelta) -> str:
    """Return a span of time in its largest unit, rounded down (`3 h`, `2 d`)."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length or (seconds >= length and unit == "min"):
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
