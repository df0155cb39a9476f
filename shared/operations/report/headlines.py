"""The headline figures of a report, each with how it changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.operations.report import words
from shared.operations.report.figures import Both, Rate, Report
from shared.operations.report.tables import NO_SUMS, Cell, Table, money


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of this period and of the one before. `change`: in words; `is_better`: None where neither is better."""

    name: str
    now: Cell
    before: Cell
    change: str
    is_better: bool | None = None


def headlines(report: Report) -> list[Headline]:
    """Return the headline figures, the most important first."""
    return [*_of_texts(report), *_of_visits(report), *_of_fees(report), *_of_owners(report)]


def _of_texts(report: Report) -> Iterator[Headline]:
    its = report.texts
    yield _count("Texts sent", Both(its.total.now.sent, its.total.before.sent))
    yield _rate("Delivery rate", Both(its.total.now.rate, its.total.before.rate), more_is_better=True)
    yield _count("Segments", its.segments)
    for currency, micros in its.micros.items():
        cents = Both(*(words.cents_of_micros(each, currency) for each in (micros.now, micros.before)))
        yield _money("Cost of texts", cents, currency)


def _of_visits(report: Report) -> Iterator[Headline]:
    its = report.visits
    yield _count("Appointments kept or missed", Both(its.total.now.whole, its.total.before.whole))
    yield _count("No-shows", Both(its.total.now.part, its.total.before.part), more_is_better=False)
    yield _rate("No-show rate", its.total, more_is_better=False)
    if its.unrecorded.now or its.unrecorded.before:
        yield _count("Attendance not recorded", its.unrecorded, more_is_better=False)


def _of_fees(report: Report) -> Iterator[Headline]:
    for currency, its in report.fees.items():
        for what in ("applied", "collected", "refunded"):
            sums = its.get(what, NO_SUMS)
            if what != "refunded" or sums != NO_SUMS:
                yield _money(f"Fees {what}", Both(sums.now.cents, sums.before.cents), currency)


def _of_owners(report: Report) -> Iterator[Headline]:
    yield _count("Owners who opted out", report.opted_out, more_is_better=False)
    if report.opted_in != Both(0, 0):
        yield _count("Owners who opted in", report.opted_in)
    yield _count("Numbers found dead", report.dead_numbers, more_is_better=False)


def _count(name: str, both: Both[int], *, more_is_better: bool | None = None) -> Headline:
    now, before = (Cell(words.count_words(each), each) for each in (both.now, both.before))
    return Headline(name, now, before, words.change(both), _is_better(both.now, both.before, more_is_better))


def _rate(name: str, both: Both[Rate], *, more_is_better: bool) -> Headline:
    now, before = (Cell(words.share_words(each), each.rounded) for each in (both.now, both.before))
    is_better = _is_better(both.now.rounded, both.before.rounded, more_is_better)
    return Headline(name, now, before, words.change_of_rates(both), is_better)


def _money(name: str, both: Both[int], currency: str) -> Headline:
    now, before = (money(each, currency) for each in (both.now, both.before))
    return Headline(f"{name} ({currency})", now, before, words.change(both, before.words))


def _is_better(now: float | None, before: float | None, more_is_better: bool | None) -> bool | None:
    if more_is_better is None or now is None or not before or now == before:
        return None
    return (now > before) is more_is_better


def summary(report: Report) -> Table:
    """The headline figures as a table."""
    rows = [(Cell(each.name, each.name), each.now, each.before) for each in headlines(report)]
    return Table("summary", "The figures at a glance", ("Figure", "This period", "The period before"), rows)
