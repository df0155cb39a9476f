"""The figures of a report. Those of a period stand beside those of the period before it, which is as long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Both(Generic[T]):
    """A figure of the reported period, and of the one before it."""

    now: T
    before: T


@dataclass(frozen=True, slots=True)
class Rate:
    """`part` of `whole`."""

    part: int = 0
    whole: int = 0

    @property
    def share(self) -> float | None:
        """The part of the whole, 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def rounded(self) -> float | None:
        """The share to a hundredth of a percent."""
        return None if self.share is None else round(self.share, 4)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of texts. `unconfirmed`: sent, no receipt yet; `refused`: by the SMS provider, or given up;
    `withdrawn`: cancelled or useless before they left; `other`: of a status that this version does not know."""

    delivered: int = 0
    unconfirmed: int = 0
    undelivered: int = 0
    refused: int = 0
    withdrawn: int = 0
    other: int = 0

    @property
    def sent(self) -> int:
        """How many the provider took."""
        return self.delivered + self.unconfirmed + self.undelivered

    @property
    def tried(self) -> int:
        """How many the provider took or refused."""
        return self.sent + self.refused

    @property
    def failed(self) -> int:
        """How many did not arrive."""
        return self.undelivered + self.refused

    @property
    def rate(self) -> Rate:
        """How many arrived, of those of which it is known."""
        return Rate(self.delivered, self.delivered + self.failed)


@dataclass(frozen=True, slots=True)
class Sum:
    """So many fees, and so much money in the minor unit of a currency."""

    count: int = 0
    cents: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, `first` to `last`."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """The period before it, of the same length."""
        return Period(self.first - timedelta(days=self.length), self.first - timedelta(days=1))

    @property
    def days(self) -> list[date]:
        """Its days, in order."""
        return [self.first + timedelta(days=number) for number in range(self.length)]


@dataclass(frozen=True, slots=True)
class Texts:
    """All about texts. `micros`: what they cost by currency, in millionths of its unit; `priced`: so many texts have a
    price on record."""

    total: Both[Outcomes]
    by_day: Mapping[date, Outcomes]
    by_kind: Mapping[str, Both[Outcomes]]
    segments: Both[int]
    micros: Mapping[str, Both[int]]
    priced: Both[int]


@dataclass(frozen=True, slots=True)
class Visits:
    """Missed appointments of those kept or missed. `by_weekday`: 0 is Monday; `by_service`: by name, empty if
    none is known; `unrecorded`: whether the owner came is
    not on record."""

    total: Both[Rate]
    by_weekday: Mapping[int, Both[Rate]]
    by_hour: Mapping[int, Both[Rate]]
    by_service: Mapping[str, Both[Rate]]
    by_reminded: Mapping[bool, Both[Rate]]
    unrecorded: Both[int]


@dataclass(frozen=True, slots=True)
class Business:
    """One business in a report about all of them. `collected`: by currency, in minor units."""

    name: str
    subdomain: str
    texts: Both[Outcomes]
    segments: Both[int]
    visits: Both[Rate]
    collected: Mapping[str, Both[Sum]]


@dataclass(frozen=True, slots=True)
class Report:
    """All figures. `title`: the business, None for all of them; `notes`: what the reader must know of the data.

    `fees`: by currency, then by what happened. `pets`, `expiring` and `scores` are as of `made_on`.
    """

    title: str | None
    made_on: date
    period: Period
    businesses: Sequence[Business]
    texts: Texts
    visits: Visits
    fees: Mapping[str, Mapping[str, Both[Sum]]]
    opted_out: Both[int]
    opted_in: Both[int]
    dead_numbers: Both[int]
    pets: Mapping[str, int]
    expiring: Mapping[tuple[date, str], int]
    scores: Mapping[int | None, int]
    notes: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report yet."""
        texts = self.texts.total.now, self.texts.total.before
        some = any(each != Outcomes() for each in texts) or self.visits.by_service or self.fees
        return not (some or self.pets or self.scores)
