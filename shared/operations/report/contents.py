"""What a report holds, in its order: sections of charts, each with its table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.operations.report import charts, tables, words
from shared.operations.report.bars import Bars
from shared.operations.report.figures import Rate, Report
from shared.operations.report.headlines import summary
from shared.operations.report.tables import Table
from shared.tasks.reputation_updater.rules import BOOKING_THRESHOLD

_n, _many = words.count_words, words.many


@dataclass(frozen=True, slots=True)
class Figure:
    """A table, and the charts that show it. None of them where there is nothing to show."""

    table: Table
    bars: Sequence[Bars] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Figures about one thing. `lead`: what they say in a sentence or two."""

    title: str
    lead: str
    figures: Sequence[Figure]


def sections(report: Report) -> list[Section]:
    """Return the sections that have something to show; that about all businesses only in a report about all."""
    found = [_texts(report), _visits(report), _fees(report), _pets(report), _scores(report)]
    if report.title is None:
        found.append(Section("Businesses", "", [Figure(tables.businesses(report))]))
    return [each for each in found if each.figures]


def all_tables(report: Report) -> list[Table]:
    """Return every table of the report, the headline figures first."""
    return [summary(report), *(figure.table for section in sections(report) for figure in section.figures)]


def _texts(report: Report) -> Section:
    its = report.texts
    if not its.by_kind:
        return Section("Texts", "", [])
    figures = [
        Figure(tables.texts_by_day(report), [charts.texts_by_day(report)]),
        Figure(tables.texts_by_kind(report), [charts.texts_by_kind(report)]),
    ]
    return Section("Texts", " ".join(_of_texts(report)), figures)


def _of_texts(report: Report) -> Iterator[str]:
    total, its = report.texts.total.now, report.texts
    yield f"{_many(total.sent, 'text')} left, in {_many(its.segments.now, 'segment')}: carriers bill by the segment."
    if total.unconfirmed:
        yield f"For {_n(total.unconfirmed)} of them there is no receipt yet."
    if total.refused:
        yield f"{_many(total.refused, 'text')} never left: refused by the provider, or given up."
    if total.withdrawn:
        yield f"{_n(total.withdrawn)} more were planned and then not sent, since they were no longer right or useful."
    if not its.priced.now:
        yield "What they cost is not on record: the SMS provider named no price, so only segments are counted."
        return
    named = _many(its.priced.now, "text")
    cost = ", ".join(words.micros_words(each.now, currency) for currency, each in its.micros.items() if each.now)
    yield f"Those that left cost {cost or 'nothing'}, by the prices that the SMS provider named for {named}."


def _visits(report: Report) -> Section:
    if not report.visits.by_weekday:
        return Section("No-shows", "", [])
    figures = [
        Figure(tables.no_shows_by_reminder(report), [charts.no_shows_by_reminder(report)]),
        Figure(tables.no_shows_by_weekday(report), [charts.no_shows_by_weekday(report)]),
        Figure(tables.no_shows_by_hour(report), [charts.no_shows_by_hour(report)]),
        Figure(tables.no_shows_by_service(report), [charts.no_shows_by_service(report)]),
    ]
    return Section("No-shows", " ".join(_of_visits(report)), figures)


def _of_visits(report: Report) -> Iterator[str]:
    its = report.visits
    yield f"{_n(its.total.now.part)} of {_many(its.total.now.whole, 'appointment')} were missed."
    reminded, others = (its.by_reminded[each].now if each in its.by_reminded else Rate() for each in (True, False))
    if reminded.whole and others.whole:
        shares = words.share_words(reminded), words.share_words(others)
        yield f"Of those with a delivered reminder {shares[0]} were missed, of the others {shares[1]}."
    if its.unrecorded.now:
        yield f"For {_n(its.unrecorded.now)} more nobody recorded whether the owner came."


def _fees(report: Report) -> Section:
    bars = [charts.fees(report, currency) for currency in report.fees]
    return Section("No-show fees", "", [Figure(tables.fees(report), bars)] if bars else [])


def _pets(report: Report) -> Section:
    figures = []
    if report.pets:
        figures.append(Figure(tables.pets(report), [charts.pets(report)]))
    if report.expiring:
        figures.append(Figure(tables.expiring(report), [charts.expiring(report)]))
    return Section("Vaccinations", _of_pets(report), figures)


def _of_pets(report: Report) -> str:
    whole = sum(report.pets.values())
    covered = report.pets.get("current", 0) + report.pets.get("expiring_soon", 0)
    soon = _many(sum(report.expiring.values()), "vaccination")
    share = f"{covered / whole:.0%} of {_many(whole, 'pet')} are vaccinated. " if whole else ""
    return f"{share}In the next 60 days {soon} will expire."


def _scores(report: Report) -> Section:
    if not report.scores:
        return Section("Reputation", "", [])
    below = sum(count for band, count in report.scores.items() if band is not None and band < BOOKING_THRESHOLD)
    lead = f"Owners with a score below {BOOKING_THRESHOLD}, for whom booking is restricted: {_n(below)}."
    return Section("Reputation", lead, [Figure(tables.scores(report), [charts.scores(report)])])
