"""Counts of both periods by key: of anything, of texts by outcome, of missed appointments."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from typing import Final, Generic, TypeVar

from shared.domain.records import AppointmentStatus, NotificationStatus
from shared.operations.report.figures import Both, Outcomes, Rate

K = TypeVar("K", bound=Hashable)

OUTCOMES: Final[Mapping[str | None, str]] = {
    NotificationStatus.DELIVERED: "delivered",
    NotificationStatus.SENT: "unconfirmed",
    NotificationStatus.UNDELIVERED: "undelivered",
    NotificationStatus.FAILED: "refused",
    NotificationStatus.DEAD: "refused",
    NotificationStatus.CANCELLED: "withdrawn",
    NotificationStatus.EXPIRED: "withdrawn",
}
"""What became of a text, as a business sees it, by the text's status."""


class Tally(Generic[K]):
    """Counts by key, of both periods. To iterate over it yields each key once; so does `OutcomeTally`."""

    def __init__(self) -> None:
        self.counts: tuple[Counter[K], Counter[K]] = Counter(), Counter()

    def add(self, key: K, period: int, count: int) -> None:
        """Count some more."""
        self.counts[period][key] += count

    def of(self, key: K) -> Both[int]:
        """Return the counts of a key."""
        return Both(self.counts[1][key], self.counts[0][key])

    def __iter__(self) -> Iterator[K]:
        yield from dict.fromkeys((*self.counts[1], *self.counts[0]))


class OutcomeTally(Generic[K]):
    """Texts by key and outcome."""

    def __init__(self) -> None:
        self.tally = Tally[tuple[K, str]]()

    def add(self, key: K, status: str | None, period: int, count: int) -> None:
        """Count some more."""
        self.tally.add((key, OUTCOMES.get(status, "other")), period, count)

    def of(self, key: K) -> Both[Outcomes]:
        """Return what became of the texts of a key."""
        counts = {name: self.tally.of((key, name)) for name in Outcomes.__slots__}
        return Both(
            Outcomes(**{name: count.now for name, count in counts.items()}),
            Outcomes(**{name: count.before for name, count in counts.items()}),
        )

    def __iter__(self) -> Iterator[K]:
        yield from dict.fromkeys(key for key, _ in self.tally)


class RateTally(Generic[K]):
    """Missed appointments of those kept or missed, by key. Others do not count."""

    def __init__(self) -> None:
        self.missed, self.known = Tally[K](), Tally[K]()

    def add(self, key: K, status: str | None, period: int, count: int) -> None:
        """Count some more."""
        if status in (AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW):
            self.known.add(key, period, count)
            self.missed.add(key, period, count if status == AppointmentStatus.NO_SHOW else 0)

    def of(self, key: K) -> Both[Rate]:
        """Return the rate of a key."""
        missed, known = self.missed.of(key), self.known.of(key)
        return Both(Rate(missed.now, known.now), Rate(missed.before, known.before))

    def all(self) -> dict[K, Both[Rate]]:
        """Return the rates of all keys."""
        return {key: self.of(key) for key in self.known}
