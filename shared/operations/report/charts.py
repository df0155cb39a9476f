"""The charts of a report, as data: what each of them shows, in which colours."""

from collections.abc import Mapping, Sequence
from typing import Final

from shared.operations.report import words
from shared.operations.report.bars import Bars, Series
from shared.operations.report.figures import Both, Outcomes, Rate, Report
from shared.operations.report.tables import FEE_WORDS, NO_SUMS, PET_STATUSES, weeks_of

MOST_SERVICES: Final = 8
"""The most services in a chart; its table has them all."""


def texts_by_day(report: Report) -> Bars:
    """The texts of each day by outcome."""
    its = report.texts.by_day
    return Bars(
        name="chart-texts-by-day",
        title="Texts by day",
        description=f"Texts sent on each of {len(its)} days, stacked by what became of them.",
        labels=[words.short_day(day) for day in its],
        series=_outcomes(list(its.values())),
        words=_count,
        every=-(-len(its) // 5),
        is_stacked=True,
        is_labelled=False,
    )


def texts_by_kind(report: Report) -> Bars:
    """The texts of each kind by outcome."""
    its = sorted(report.texts.by_kind.items(), key=lambda each: -each[1].now.tried)
    return Bars(
        name="chart-texts-by-kind",
        title="Texts by kind",
        description="Texts of each kind, stacked by what became of them.",
        labels=[
            f"{words.kind_words(kind)}: {words.count_words(each.now.sent + each.now.refused)}" for kind, each in its
        ],
        series=_outcomes([each.now for _, each in its]),
        words=_count,
        is_stacked=True,
        is_horizontal=True,
        is_labelled=False,
    )


def _outcomes(its: Sequence[Outcomes]) -> list[Series]:
    return [
        Series("Delivered", "good", [each.delivered for each in its]),
        Series("No receipt yet", "pale", [each.unconfirmed for each in its]),
        Series("Not delivered", "bad", [each.failed for each in its]),
    ]


def no_shows_by_weekday(report: Report) -> Bars:
    """The no-show rate of each weekday."""
    its = {name: report.visits.by_weekday.get(number) for number, name in enumerate(words.WEEKDAYS)}
    return _no_shows("weekday", "No-show rate by weekday", its)


def no_shows_by_hour(report: Report) -> Bars:
    """The no-show rate of each hour of the day."""
    found = report.visits.by_hour
    hours = range(min(found), max(found) + 1) if found else ()
    its = {words.hour_words(hour): found.get(hour) for hour in hours}
    return _no_shows("hour", "No-show rate by hour of the day", its, every=3, is_horizontal=False)


def no_shows_by_service(report: Report) -> Bars:
    """The no-show rate of the services that are booked most."""
    its = sorted(report.visits.by_service.items(), key=lambda each: (-each[1].now.whole, each[0]))
    chosen = {name or "No service named": rates for name, rates in its[:MOST_SERVICES]}
    return _no_shows("service", "No-show rate by service", chosen)


def no_shows_by_reminder(report: Report) -> Bars:
    """The no-show rate with and without a delivered reminder."""
    its = report.visits.by_reminded
    return _no_shows(
        "reminder",
        "No-show rate with and without a reminder",
        {"Reminder delivered": its.get(True), "No such reminder": its.get(False)},
    )


def _no_shows(
    name: str,
    title: str,
    its: Mapping[str, Both[Rate] | None],
    *,
    every: int = 1,
    is_horizontal: bool = True,
) -> Bars:
    now = [each.now.share if each else None for each in its.values()]
    before = [each.before.share if each else None for each in its.values()]
    return Bars(
        name=f"chart-no-shows-by-{name}",
        title=title,
        description="The share of appointments that were missed, in this period and in the one before.",
        labels=list(its),
        series=_compared(now, before),
        words=lambda share: f"{share:.1%}".replace(".0%", "%"),
        every=every,
        is_horizontal=is_horizontal,
        is_labelled=is_horizontal,
    )


def _compared(now: Sequence[float | None], before: Sequence[float | None]) -> list[Series]:
    """Return bars of this period, and of the period before if it has any."""
    found = [Series("This period", "now", now), Series("The period before", "pale", before)]
    return found if any(before) else found[:1]


def fees(report: Report, currency: str) -> Bars:
    """What happened to the fees in one currency."""
    its = [report.fees[currency].get(each, NO_SUMS) for each in FEE_WORDS]
    return Bars(
        name=f"chart-fees-{list(report.fees).index(currency)}",
        title=f"No-show fees in {currency}",
        description="The amounts applied, collected, waived and refunded, in this period and in the one before.",
        labels=[words.readable(each) for each in FEE_WORDS],
        series=_compared([each.now.cents for each in its], [each.before.cents for each in its]),
        words=lambda cents: words.cents_words(int(cents), currency),
        is_horizontal=True,
    )


def pets(report: Report) -> Bars:
    """The pets by vaccination status."""
    return Bars(
        name="chart-pets",
        title="Pets by vaccination status",
        description="How many pets are vaccinated, soon due, overdue, or without a known vaccination.",
        labels=[words.readable(each) for each in PET_STATUSES],
        series=[Series("Pets", "now", [report.pets.get(each, 0) for each in PET_STATUSES])],
        shades=("good", "warn", "bad", "pale"),
        words=_count,
        is_horizontal=True,
    )


def expiring(report: Report) -> Bars:
    """The vaccinations that expire in each week."""
    weeks = weeks_of(report)
    return Bars(
        name="chart-expiring",
        title="Vaccinations that expire, by week",
        description="How many vaccinations expire in each of the next nine weeks, up to the 60th day.",
        labels=[words.short_day(first) for first in weeks],
        series=[Series("Expire", "now", [sum(its.values()) for its in weeks.values()])],
        words=_count,
        every=2,
    )


def scores(report: Report) -> Bars:
    """The owners by reputation score."""
    bands = range(0, 101, 10)
    return Bars(
        name="chart-scores",
        title="Owners by reputation score",
        description="How many owners have a score from 0 to 9, from 10 to 19 and so on, and of 100.",
        labels=[str(each) for each in bands],
        series=[Series("Owners", "now", [report.scores.get(each, 0) for each in bands])],
        words=_count,
        every=2,
    )


def _count(value: float) -> str:
    return words.count_words(int(value))
