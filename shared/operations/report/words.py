"""Figures in words, as the page shows them: counts, shares, money, days, and changes against the period before."""

from datetime import date
from decimal import Decimal
from typing import Final

from babel.dates import format_date

from shared.domain.records import Kind
from shared.messages.wording import decimals_of, money_words
from shared.operations.report.figures import Both, Rate

NOTHING: Final = "—"
"""Stands for a figure that cannot be computed."""
_KIND_WORDS: Final[dict[str, str]] = {
    Kind.REMINDER_24H: "24-hour reminder",
    Kind.REMINDER_2H: "2-hour reminder",
    Kind.VACCINATION_EXPIRING: "Vaccination alert",
    Kind.NO_SHOW_NOTICE: "No-show notice",
    Kind.FEE_RECEIPT: "Fee receipt",
    Kind.FEE_FAILED: "Card declined",
}
WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_FEW: Final = 10
"""From fewer than this a change is no percentage."""
_SLIGHT: Final = 0.005
"""A smaller change would be rounded to none."""
_LANGUAGE, _REGION = "en", "US"


def readable(name: str) -> str:
    """Return a stored name as words: "expiring_soon" as "Expiring soon"."""
    return name.replace("_", " ").capitalize()


def kind_words(kind: str) -> str:
    """Return what a kind of text is called: "24-hour reminder"."""
    return _KIND_WORDS.get(kind, readable(kind))


def count_words(count: int) -> str:
    """Return "1,234"."""
    return f"{count:,}"


def many(count: int, thing: str) -> str:
    """Return "1 text" or "1,234 texts"."""
    return f"{count_words(count)} {thing}{'' if count == 1 else 's'}"


def share_words(rate: Rate) -> str:
    """Return "4.2%"."""
    return NOTHING if rate.share is None else f"{rate.share:.1%}"


def cents_words(cents: int, currency: str) -> str:
    """Return an amount in a currency's minor unit: "$25.00"."""
    return money_words(cents, currency, language=_LANGUAGE, region=_REGION)


def micros_words(micros: int, currency: str) -> str:
    """Return an amount in millionths of a currency's unit, rounded to its minor unit: "$1.58"."""
    return cents_words(cents_of_micros(micros, currency), currency)


def cents_of_micros(micros: int, currency: str) -> int:
    """Return an amount in millionths of a currency's unit in its minor unit, rounded."""
    return int((Decimal(micros).scaleb(-6 + decimals_of(currency.strip().upper()))).to_integral_value())


def amount(cents: int, currency: str) -> Decimal:
    """Return an amount in a currency's minor unit in its unit: 25.00."""
    return Decimal(cents).scaleb(-decimals_of(currency.strip().upper()))


def day_words(day: date) -> str:
    """Return "Mon, Mar 2"."""
    return format_date(day, "EEE, MMM d", locale=_LANGUAGE)


def date_words(day: date) -> str:
    """Return "March 2, 2026"."""
    return format_date(day, "long", locale=_LANGUAGE)


def short_day(day: date) -> str:
    """Return "Mar 2"."""
    return format_date(day, "MMM d", locale=_LANGUAGE)


def hour_words(hour: int) -> str:
    """Return "9 AM"."""
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"


def change(both: Both[int], words: str | None = None) -> str:
    """Return how a count or an amount changed. `words`: the one before in words, as a count if None."""
    before = count_words(both.before) if words is None else words
    if both.now == both.before:
        return "the same as before" if both.now else "none before either"
    if not both.before:
        return "none before"
    if abs(both.before) < _FEW:
        return f"{before} before"
    percent = abs(both.now - both.before) / abs(both.before)
    if percent < _SLIGHT:
        return f"nearly the same as before ({before})"
    return f"{percent:.0%} {'more' if both.now > both.before else 'less'} than before ({before})"


def change_of_rates(both: Both[Rate]) -> str:
    """Return how a rate changed, in percentage points."""
    if both.before.share is None:
        return "no figure before"
    if both.now.share is None:
        return f"{share_words(both.before)} before"
    points = round(100 * (both.now.share - both.before.share), 1)
    if not points:
        return "the same as before"
    return f"{abs(points):.1f} points {'up' if points > 0 else 'down'} from {share_words(both.before)}"
