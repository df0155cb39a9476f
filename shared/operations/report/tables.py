"""The figures of a report as tables: one behind each chart, and each a CSV file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from shared.operations.report import words
from shared.operations.report.figures import Both, Business, Outcomes, Rate, Report, Sum

Value = str | int | float | Decimal | date | None

FEE_WORDS: Final = ("applied", "collected", "waived", "refunded")
PET_STATUSES: Final = ("current", "expiring_soon", "expired", "unknown")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure for the page, in words, and for a file. `is_number`: it is set flush right."""

    words: str
    value: Value

    @property
    def is_number(self) -> bool:
        """Whether it is a number, perhaps one that cannot be computed."""
        return not isinstance(self.value, str | date)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; the first cell of a row names it. `name`: of its file; `note`: how to read it."""

    name: str
    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


def texts_by_day(report: Report) -> Table:
    """What became of the texts of each day."""
    size = _outcomes_shown(report)
    rows = [(_day(day), *_outcomes(each)[:size]) for day, each in report.texts.by_day.items()]
    return Table("texts_by_day", "Texts by day", ("Day", *_OUTCOMES[:size]), rows, _WHEN)


def texts_by_kind(report: Report) -> Table:
    """What became of the texts of each kind, and how many were sent before."""
    size = _outcomes_shown(report)
    rows = [
        (_text(words.kind_words(kind)), *_outcomes(each.now)[:size], *_arrived(each))
        for kind, each in report.texts.by_kind.items()
    ]
    headings = ("Kind", *_OUTCOMES[:size], "Delivery rate", "Sent before", "Delivery rate before")
    return Table("texts_by_kind", "Texts by kind", headings, rows, _RATE)


_OUTCOMES: Final = (
    *("Sent", "Delivered", "No receipt yet", "Not delivered", "Refused or given up", "Not sent after all", "Other"),
)
_WHEN: Final = "A text counts on the day it left; one that was never sent, on the day it was due."
_RATE: Final = "The delivery rate is the share of the texts whose fate is known that arrived."


def _outcomes_shown(report: Report) -> int:
    """Return how many of the outcomes are shown: the last, only where a status is unknown."""
    its = report.texts.total
    return len(_OUTCOMES) - (its.now.other == its.before.other == 0)


def _outcomes(each: Outcomes) -> tuple[Cell, ...]:
    counts = each.sent, each.delivered, each.unconfirmed, each.undelivered, each.refused, each.withdrawn, each.other
    return tuple(map(_count, counts))


def _arrived(each: Both[Outcomes]) -> tuple[Cell, ...]:
    return _share(each.now.rate), _count(each.before.sent), _share(each.before.rate)


def no_shows_by_weekday(report: Report) -> Table:
    """The no-show rate of each weekday."""
    its = report.visits.by_weekday
    rows = [(_text(name), *_rates(its.get(number, _NO_RATES))) for number, name in enumerate(words.WEEKDAYS)]
    return Table("no_shows_by_weekday", "No-shows by weekday", ("Weekday", *_RATES), rows, _KNOWN)


def no_shows_by_hour(report: Report) -> Table:
    """The no-show rate by the hour at which appointments begin, from the first hour to the last that has any."""
    its = report.visits.by_hour
    hours = range(min(its), max(its) + 1) if its else ()
    rows = [(_text(words.hour_words(hour)), *_rates(its.get(hour, _NO_RATES))) for hour in hours]
    return Table("no_shows_by_hour", "No-shows by hour of the day", ("Begins at", *_RATES), rows, _KNOWN)


def no_shows_by_service(report: Report) -> Table:
    """The no-show rate of each service, the most booked first."""
    its = sorted(report.visits.by_service.items(), key=lambda each: (-each[1].now.whole, each[0]))
    rows = [(_text(name or "No service named"), *_rates(each)) for name, each in its]
    return Table("no_shows_by_service", "No-shows by service", ("Service", *_RATES), rows, _KNOWN)


def no_shows_by_reminder(report: Report) -> Table:
    """The no-show rate with and without a delivered reminder."""
    its = report.visits.by_reminded
    names = {True: "A reminder was delivered", False: "None, or none known to be delivered"}
    rows = [(_text(name), *_rates(its.get(is_reminded, _NO_RATES))) for is_reminded, name in names.items()]
    return Table("no_shows_by_reminder", "No-shows with and without a reminder", ("Reminder", *_RATES), rows, _KNOWN)


_RATES: Final = ("Appointments", "No-shows", "No-show rate", "Appointments before", "No-shows before", "Rate before")
_NO_RATES: Final = Both(Rate(), Rate())
_KNOWN: Final = "Only appointments recorded as completed or no-show count."


def _rates(each: Both[Rate]) -> tuple[Cell, ...]:
    return tuple(cell for it in (each.now, each.before) for cell in (_count(it.whole), _count(it.part), _share(it)))


def fees(report: Report) -> Table:
    """What happened to no-show fees, by currency."""
    rows = [
        (_text(words.readable(what)), _text(currency), *_sums(its.get(what, NO_SUMS), currency))
        for currency, its in report.fees.items()
        for what in FEE_WORDS
    ]
    headings = ("Fees", "Currency", "Number", "Amount", "Number before", "Amount before")
    return Table("fees", "No-show fees", headings, rows, _FEES)


NO_SUMS: Final = Both(Sum(), Sum())
_FEES: Final = (
    "Each amount counts on the day it was applied, collected, waived by staff or given back. Fees that cost nothing, "
    "or that were taken back because the owner came after all, are not among those applied."
)


def _sums(each: Both[Sum], currency: str) -> tuple[Cell, ...]:
    return tuple(cell for it in (each.now, each.before) for cell in (_count(it.count), money(it.cents, currency)))


def pets(report: Report) -> Table:
    """The living pets by the status of their vaccinations."""
    others = sorted(report.pets.keys() - set(PET_STATUSES))
    whole = sum(report.pets.values())
    rows = [
        (_text(words.readable(each)), _count(report.pets.get(each, 0)), _share(Rate(report.pets.get(each, 0), whole)))
        for each in (*PET_STATUSES, *others)
    ]
    return Table("vaccination_coverage", "Pets by vaccination status", ("Status", "Pets", "Share"), rows, _TODAY)


_TODAY: Final = "As it is on the day of this report."


def expiring(report: Report) -> Table:
    """The vaccinations that expire soon, by week and vaccine."""
    weeks = weeks_of(report)
    vaccines = sorted({vaccine for _, vaccine in report.expiring})
    rows = [
        (_day(first), *(_count(its.get(each, 0)) for each in vaccines), _count(sum(its.values())))
        for first, its in weeks.items()
    ]
    headings = ("Week from", *map(words.readable, vaccines), "All")
    return Table("vaccinations_expiring", "Vaccinations that expire in the next 60 days", headings, rows, _RENEWED)


_RENEWED: Final = "Vaccinations that a newer one has taken the place of are left out."


def weeks_of(report: Report) -> Mapping[date, Mapping[str, int]]:
    """Return the vaccinations that expire, by the first day of each week from the report's day on, then by vaccine."""
    if not report.expiring:
        return {}
    found: dict[date, dict[str, int]] = {report.made_on + timedelta(weeks=number): {} for number in range(9)}
    for (on, vaccine), count in report.expiring.items():
        first = report.made_on + timedelta(weeks=(on - report.made_on).days // 7)
        its = found.setdefault(first, {})
        its[vaccine] = its.get(vaccine, 0) + count
    return found


def scores(report: Report) -> Table:
    """The owners by reputation score."""
    whole = sum(report.scores.values())
    bands: list[tuple[str, int]] = [(score_words(each), report.scores.get(each, 0)) for each in range(0, 101, 10)]
    if None in report.scores:
        bands.append(("Not a score", report.scores[None]))
    rows = [(_text(name), _count(count), _share(Rate(count, whole))) for name, count in bands]
    return Table("reputation_scores", "Owners by reputation score", ("Score", "Owners", "Share"), rows, _TODAY)


def score_words(band: int) -> str:
    """Return "90 to 99" for 90."""
    return "100" if band == 100 else f"{band} to {band + 9}"


def businesses(report: Report) -> Table:
    """A line for each business, the busiest first."""
    ordered = sorted(report.businesses, key=lambda each: (-each.visits.now.whole, -each.texts.now.sent, each.name))
    rows = [_business(each) for each in ordered]
    headings = (
        *("Business", "Subdomain", "Texts sent", "Segments", "Delivery rate", "Appointments", "No-show rate"),
        *("Rate before", "Fees collected"),
    )
    return Table("businesses", "The businesses", headings, rows, _KNOWN)


def _business(each: Business) -> tuple[Cell, ...]:
    collected = ", ".join(words.cents_words(sums.now.cents, code) for code, sums in each.collected.items())
    return (
        *(_text(each.name), _text(each.subdomain), _count(each.texts.now.sent), _count(each.segments.now)),
        *(_share(each.texts.now.rate), _count(each.visits.now.whole), _share(each.visits.now)),
        *(_share(each.visits.before), _text(collected)),
    )


def money(cents: int, currency: str) -> Cell:
    """An amount in a currency's minor unit."""
    return Cell(words.cents_words(cents, currency), words.amount(cents, currency))


def _text(value: str) -> Cell:
    return Cell(value, value)


def _day(day: date) -> Cell:
    return Cell(words.day_words(day), day)


def _count(count: int) -> Cell:
    return Cell(words.count_words(count), count)


def _share(rate: Rate) -> Cell:
    return Cell(words.share_words(rate), rate.rounded)
